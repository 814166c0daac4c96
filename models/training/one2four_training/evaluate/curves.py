"""Learning curves as pictures, one per stem, a panel per network, from the packs' run.json."""

from pathlib import Path

from .. import STEMS, runs
from .packs import Pack

Curve = list[list[float]]
"""[step, loss] after each slice of the training."""


def curves_of(pack: Pack, stem: str) -> tuple[dict[str, Curve], str] | None:
    """The curves, by what they are of, of the network that gives this stem, and its title. A network for
    several stems is trained on one loss; where its run kept what the held-out songs had of each, that is
    shown too."""
    for log in pack.trainings:
        stems = log["arguments"]["stems"]
        if stem not in stems:
            continue
        found = {"training": log["losses"], "held out": log["valid_losses"]}
        if len(stems) == 1:
            return found, pack.id
        found = {f"{name}, all stems": curve for name, curve in found.items()}
        if by_stem := log.get("valid_by_stem"):
            place = 1 + stems.index(stem)
            found[f"held out, {stem}"] = [[point[0], point[place]] for point in by_stem]
        return found, pack.id
    return None


def draw(packs: list[Pack], folder: Path = runs.PACKAGE.parents[1] / "evaluation") -> list[Path]:
    """Writes curves-STEM.png for each stem. Without matplotlib the old ones stay."""
    try:
        import matplotlib
    except ImportError:
        print("the learning curves are not drawn: matplotlib is not installed", flush=True)
        return sorted(folder.glob("curves-*.png"))

    matplotlib.use("agg")
    from matplotlib import pyplot

    written = []
    for stem in STEMS:
        found = [curves for pack in packs if (curves := curves_of(pack, stem))]
        if not found:
            continue
        figure, panels = pyplot.subplots(1, len(found), figsize=(3 * len(found), 2.4), squeeze=False)
        for panel, (curves, title) in zip(panels[0], found, strict=True):
            for label, curve in curves.items():
                panel.plot(*zip(*curve, strict=True), label=label, linewidth=1)
            panel.legend(fontsize=5)
            panel.set_title(title, fontsize=7)
            panel.set_xlabel("step", fontsize=7)
            panel.tick_params(labelsize=6)
        panels[0][0].set_ylabel(f"loss, {stem}", fontsize=7)
        figure.tight_layout()
        file = folder / f"curves-{stem}.png"
        folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, dpi=110, metadata={"Software": None})
        pyplot.close(figure)
        written.append(file)
    return written
