"""The paper's One2Four, combined: a BiLSTM per stem, trained together."""

from .. import STEMS
from .paper import PaperNet


def build(stems: tuple[str, ...]) -> PaperNet:
    if stems != STEMS:
        raise SystemExit("paper-one2four-combined is one network for all stems: leave --stems out")
    return PaperNet([(stem,) for stem in stems])
