"""The paper's One2Four, combined: a BiLSTM per stem, trained together."""

from .paper import PaperNet


def build(stems: tuple[str, ...]) -> PaperNet:
    return PaperNet([(stem,) for stem in stems])
