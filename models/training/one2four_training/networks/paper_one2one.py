"""The paper's One2One: one BiLSTM for all stems, which so know each other and not their own past."""

from .. import STEMS
from .paper import PaperNet


def build(stems: tuple[str, ...]) -> PaperNet:
    if stems != STEMS:
        raise SystemExit("paper-one2one is one network for all stems: leave --stems out")
    return PaperNet([stems])
