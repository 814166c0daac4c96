"""The song through pedalboard. It takes the reported latency out of the audio itself."""

import numpy as np
from job import Job, padded
from pedalboard import load_plugin

job = Job()


def load(name: str = "One2Four"):
    return load_plugin(job.vst3, plugin_name=name)


def put(plugin, values) -> None:
    for name, value in values:
        # Its own names are the shown ones in lower case, with the unit behind.
        key = name.lower().replace(" ", "_")
        plugin.parameters[key if key in plugin.parameters else f"{key}_db"].raw_value = value


def whole(plugin, block: int = 512):
    audio = plugin(job.song.T.copy(), job.rate, buffer_size=block).T
    return audio, plugin.reported_latency_samples, 0


def default():
    return whole(load())


def changed():
    plugin = load()
    put(plugin, job.changed)
    return whole(plugin)


def odd_blocks():
    plugin = load()
    put(plugin, job.changed)
    return whole(plugin, 17)


def automation():
    # It has no automation, so the song is played in pieces with changes between them. All have the
    # length of the first: a longer one than ever before makes it prepare the plugin again.
    plugin = load()
    put(plugin, job.start)
    plugin.reset()
    latency = plugin.reported_latency_samples
    song = padded(job.song, latency + job.block)
    events, pieces = list(job.automation), []
    for position in range(0, len(song) - job.block + 1, job.block):
        while events and events[0][0] <= position:
            put(plugin, [events.pop(0)[1:]])
        piece = song[position : position + job.block].T.copy()
        pieces.append(plugin(piece, job.rate, buffer_size=job.block, reset=False).T)
    return np.concatenate(pieces)[: len(job.song)], latency, 0


def save():
    plugin = load()
    put(plugin, job.changed)
    audio = whole(plugin)
    (job.out / "state.bin").write_bytes(plugin.raw_state)
    return audio


def reopen():
    plugin = load()
    plugin.raw_state = (job.out / "state.bin").read_bytes()
    return whole(plugin)


def multi_out():
    plugin = load("One2Four Multi-Out")
    put(plugin, job.changed)
    return whole(plugin)


if job.phase == "play":
    job.step("default", "default", default)
    job.step("drums -12 dB", "changed", changed)
    job.step("drums -12 dB, blocks of 17", "changed", odd_blocks)
    job.step("every gain automated", "automation", automation)
    job.step("save", "changed", save)
    job.step("Multi-Out, drums -12 dB", "changed", multi_out)
else:
    job.step("reopen", "changed", reopen)
