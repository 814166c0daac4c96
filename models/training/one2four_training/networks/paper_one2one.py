"""The paper's One2One: one BiLSTM for all stems, which so know each other and not their own past."""

from .paper import PaperNet


def build(stems: tuple[str, ...]) -> PaperNet:
    return PaperNet([stems])
