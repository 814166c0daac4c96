"""The command line: `python -m one2four_training {collect,render,train,evaluate,export}`."""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from . import STEMS, networks, runs

PACKS = ("remix", "accompany")


def main() -> None:
    parser = argparse.ArgumentParser(prog="one2four_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    collect = commands.add_parser("collect", help="MIDI songs into the cache")
    pack_of(collect)
    collect.add_argument("--mma-songs", type=int, default=80, help="from which the held-out styles come")
    collect.add_argument("--more-mma-songs", type=int, default=600, help="for training only")
    collect.add_argument("--seed", type=int, default=1)
    collect.add_argument("--openttd-folder", type=Path, help="where the test songs lie")
    collect.add_argument(
        "--per-style", type=int, default=8, help="accompany: training songs of a named style"
    )
    collect.add_argument("--other-songs", type=int, default=80, help="accompany: of styles without a name")

    render = commands.add_parser("render", help="excerpts of the songs as stems")
    pack_of(render)
    render.add_argument("--seed", type=int, default=1)
    render.add_argument("--jobs", type=over_zero(int), default=2)
    render.add_argument(
        "--minutes", type=over_zero(float), default=1e6, help="stop after so many, keep what is done"
    )

    train = commands.add_parser("train", help="a network, from its last checkpoint on")
    train.add_argument("--network", choices=networks.NAMES, default="remix")
    train.add_argument("--stems", nargs="+", choices=STEMS, default=list(STEMS), help="of a network for one")
    train.add_argument("--run", type=name, help="a folder in the cache; by default the network's name")
    train.add_argument("--seed", type=over_zero(int, up_to=1e12), default=1)
    train.add_argument("--steps", type=over_zero(int), default=1_000_000, help="stop after so many")
    train.add_argument("--minutes", type=over_zero(float), default=1e6, help="or after so long")
    train.add_argument("--rows", type=over_zero(int), default=16, help="mixes in a batch; by default 16")
    train.add_argument(
        "--rate", type=over_zero(float, up_to=1.0), default=1e-3, help="learning rate; by default 1e-3"
    )
    train.add_argument(
        "--slice-steps", type=over_zero(int), default=200, help="steps between checkpoints; by default 200"
    )
    train.add_argument("--threads", type=over_zero(int), default=1)
    train.add_argument("--songs", type=Path, help="your own, SONG/{drums,bass,piano,other}.{wav,flac,mp3}")
    train.add_argument("--trim", type=over_zero(float), help="of your own songs, the first so many seconds")
    train.add_argument("--device", choices=("cpu", "cuda"), help="by default a GPU where there is one")
    train.add_argument("--start", type=Path, help="a pack to go on from, such as the one that ships")

    export = commands.add_parser("export", help="write the pack of a network")
    export.add_argument("--network", choices=(*networks.NAMES, "accompany"), default="remix")
    export.add_argument(
        "--run", type=name, help="of the training, in the cache, with --out; by default the network's name"
    )
    export.add_argument("--untrained", action="store_true", help="random weights, right shapes; with --out")
    export.add_argument("--out", type=Path, help="the pack's folder; by default the one that ships")
    export.add_argument("--version", help="by default that of the pack which is written over, else 0.1.0")
    export.add_argument("--mean-with", type=Path, help="a pack: write the mean of its weights and the run's")
    export.add_argument("--share", type=float, default=0.5, help="of the run in that mean, 0 to 1")
    export.add_argument("--at-end", action="store_true", help="the run's last weights, not its best")
    export.add_argument("--seed", type=int, default=1)

    evaluate = commands.add_parser("evaluate", help="write models/EVALUATION.md")
    pack_of(evaluate)
    evaluate.add_argument(
        "--run", type=name, help="accompany: the band's training run; by default the network's name"
    )
    evaluate.add_argument("--others", nargs="+", default=[], metavar="RUN", help="accompany: only these runs")
    evaluate.add_argument("--jobs", type=over_zero(int), default=2, help="remix: processes")
    evaluate.add_argument(
        "--minutes", type=over_zero(float), default=1e6, help="stop after so many, keep what is done"
    )
    evaluate.add_argument(
        "--rows", nargs="+", default=[], metavar="ID", help="remix: measure only these, such as mix"
    )
    evaluate.add_argument("--songs", type=Path, help="only print how packs do on the held-out of your songs")
    evaluate.add_argument("--trim", type=over_zero(float), help="of your own songs, as they were trained on")
    evaluate.add_argument(
        "--packs",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="for your songs; by default Remix",
    )

    args = parser.parse_args()
    runs.commit()
    try:
        run_command(parser, args)
    except OSError as error:  # a full disk, a file that is missing
        raise SystemExit(f"{args.command}: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit(f"{args.command}: stopped; the same command goes on from what is done") from None


def run_command(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    for option in ("trim", "packs"):
        if getattr(args, option, None) and not args.songs:
            parser.error(f"--{option} goes with your own songs: name their folder with --songs")
    if getattr(args, "trim", None):
        from .folders import MIN_SECONDS

        if args.trim < MIN_SECONDS:
            parser.error(f"--trim is {args.trim:g} s, and must be {MIN_SECONDS} at least")
    if args.command == "collect" and args.network == "accompany":
        from .accompany.songs import collect_songs

        collect_songs(args.per_style, args.other_songs, args.seed)
    elif args.command == "collect":
        from . import collect

        collect.collect(
            args.mma_songs, args.more_mma_songs, args.seed, args.openttd_folder or collect.OPENTTD_FOLDER
        )
    elif args.command == "render" and args.network == "accompany":
        from .accompany.render import render_songs

        render_songs(args.seed, args.jobs, args.minutes)
    elif args.command == "render":
        from .render import render as run

        run(args.seed, args.jobs, args.minutes)
    elif args.command == "train":
        from .train import train as run

        data = None
        if args.songs and args.network.startswith("accompany"):
            parser.error(f"{args.network} learns from MIDI songs (collect, render): leave --songs out")
        if args.songs:
            from .folders import prepared

            data = prepared(args.songs, args.trim)
        run(
            args.network, args.stems, args.run, args.seed, args.steps, args.minutes, args.rows, args.rate,
            args.slice_steps, args.threads, data, args.start, args.device,
        )  # fmt: skip
    elif args.command == "export":
        from .export import export as run

        run(
            args.network, args.run, args.out, args.version, args.seed, args.untrained, args.mean_with,
            args.share, args.at_end,
        )  # fmt: skip
    elif args.command == "evaluate" and args.songs:
        from .evaluate.own import evaluate_own

        evaluate_own(args.songs, args.trim, args.packs)
    elif args.command == "evaluate" and args.network == "accompany":
        from .accompany.evaluate import evaluate as run
        from .accompany.evaluate import evaluate_others

        evaluate_others(args.others) if args.others else run(args.run, args.minutes)
        log_evaluation(args)
    elif args.command == "evaluate":
        from .evaluate import evaluate as run

        run(args.jobs, args.minutes, args.rows)
        log_evaluation(args)


def log_evaluation(args: argparse.Namespace) -> None:
    """The last evaluation of each of the packs, in models/evaluation/run.json."""
    path = runs.CHECKOUT / "models" / "evaluation" / "run.json"
    log = runs.read(path) if path.exists() else {}
    options = {
        name: value for name, value in vars(args).items() if value and name not in ("command", "network")
    }
    what = f"{args.network}, others" if args.others else args.network
    log[what] = {"commit": runs.commit(), "arguments": options}
    runs.write(path, **{**log, "command": "evaluate", "commit": runs.commit()})


def over_zero(kind: type, up_to: float = sys.float_info.max) -> Callable[[str], float]:
    """A number that argparse takes: over zero, and finite."""

    def number(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(0)
        if not 0 < value <= up_to:
            what = "whole number" if kind is int else "number"
            limit = f", at most {up_to:g}" if up_to < sys.float_info.max else ""
            raise argparse.ArgumentTypeError(f"{text} is refused: expected a {what} over 0{limit}")
        return value

    return number


def name(text: str) -> str:
    """Of a folder in the cache."""
    if not re.fullmatch(r"\w[\w.-]*", text):
        raise argparse.ArgumentTypeError(
            f"{text} is refused: expected a name of letters, digits, - and _, not a path"
        )
    return text


def pack_of(command: argparse.ArgumentParser) -> None:
    command.add_argument("--network", choices=PACKS, default="remix", help="for which of the packs")


if __name__ == "__main__":
    main()
