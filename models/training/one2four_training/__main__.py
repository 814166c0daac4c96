"""The command line: `python -m one2four_training {collect,render,train,evaluate,export}`."""

import argparse
from pathlib import Path

from . import STEMS, runs

DESCRIPTION = "Splits a mix into drums, bass, piano and other."
PACK = runs.PACKAGE.parents[1] / "packs" / "remix"


def main() -> None:
    parser = argparse.ArgumentParser(prog="one2four_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    collect = commands.add_parser("collect", help="MIDI songs into the cache")
    collect.add_argument("--mma-songs", type=int, default=80)
    collect.add_argument("--seed", type=int, default=1)
    collect.add_argument("--openttd-folder", type=Path, help="where the test songs lie")

    render = commands.add_parser("render", help="excerpts of the songs as stems")
    render.add_argument("--seed", type=int, default=1)
    render.add_argument("--jobs", type=int, default=2)

    train = commands.add_parser("train", help="one network per stem")
    train.add_argument("--run", default="remix", help="name of the run, a folder in the cache")
    train.add_argument("--stems", nargs="+", choices=STEMS, default=list(STEMS))
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--steps", type=int, default=10_000)
    train.add_argument("--rows", type=int, default=16, help="mixes in a batch")
    train.add_argument("--rate", type=float, default=1e-3, help="learning rate")
    train.add_argument("--slice-steps", type=int, default=200, help="steps of one stem's turn")
    train.add_argument("--minutes", type=float, default=1e6, help="stop after so many")

    export = commands.add_parser("export", help="write the pack")
    export.add_argument("--run", default="remix", help="name of the training run in the cache")
    export.add_argument("--untrained", action="store_true", help="random weights, right shapes")
    export.add_argument("--out", type=Path, default=PACK)
    export.add_argument("--version", default="0.1.0")
    export.add_argument("--seed", type=int, default=1)

    evaluate = commands.add_parser("evaluate", help="SI-SDR on songs not trained on")
    evaluate.add_argument("--pack", type=Path, default=PACK)
    evaluate.add_argument("--card", action="store_true", help="write the numbers into MODEL_CARD.md")
    evaluate.add_argument("--limit", type=int, default=1000, help="clips per set")

    args = parser.parse_args()
    runs.commit()
    # Each command imports what it needs: `collect` works without torch.
    if args.command == "collect":
        from . import collect

        collect.collect(args.mma_songs, args.seed, args.openttd_folder or collect.OPENTTD_FOLDER)
    elif args.command == "render":
        from .render import render as run

        run(args.seed, args.jobs)
    elif args.command == "train":
        from .train import train as run

        run(
            args.stems, args.run, args.seed, args.steps, args.rows, args.rate, args.slice_steps,
            args.minutes,
        )  # fmt: skip
    elif args.command == "export":
        from .export import export as run

        checkpoints = None if args.untrained else runs.cache() / "runs" / args.run
        untrained = "Untrained: right shapes, no meaning." if args.untrained else DESCRIPTION
        run(checkpoints, args.out, args.version, untrained, args.seed)
    elif args.command == "evaluate":
        from .evaluate import evaluate as run

        run(args.pack, args.card, args.limit)


if __name__ == "__main__":
    main()
