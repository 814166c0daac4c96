"""The paper's One2Four, split: a network per stem. `train --stems drums`, and so on, trains each apart."""

from .paper import PaperNet


def build(stems: tuple[str, ...]) -> PaperNet:
    if len(stems) != 1:
        raise SystemExit("paper-one2four-split is trained stem by stem: train --stems with one of them")
    return PaperNet([stems])
