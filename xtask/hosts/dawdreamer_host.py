"""The song through DawDreamer. The reported latency stays in its audio.

It loads the first class of a file, so Multi-Out comes from a copy of the bundle whose
`moduleinfo.json` names that class alone.
"""

import dawdreamer
import numpy as np
from job import Job

job = Job()


class Graph:
    """The song into one plugin."""

    def __init__(self, path: str, block: int) -> None:
        self.engine = dawdreamer.RenderEngine(job.rate, block)
        song = self.engine.make_playback_processor("song", np.ascontiguousarray(job.song.T))
        self.plugin = self.engine.make_plugin_processor("plugin", path)
        self.engine.load_graph([(song, []), (self.plugin, ["song"])])
        description = self.plugin.get_parameters_description()
        self.indices = {param["name"]: param["index"] for param in description}

    def put(self, values) -> None:
        for name, value in values:
            self.plugin.set_parameter(self.indices[name], value)

    def automate(self, events) -> None:
        """Steps, as a value per sample."""
        frames = len(job.song) + 2 * self.plugin.get_latency_samples()
        curves = {}
        for sample, name, value in events:
            curve = curves.setdefault(name, np.full(frames, value, "float32"))
            curve[sample:] = value
        for name, curve in curves.items():
            if not self.plugin.set_automation(self.indices[name], curve):
                raise RuntimeError(f"DawDreamer refuses automation of {name}")

    def render(self):
        latency = self.plugin.get_latency_samples()
        self.engine.render((len(job.song) + latency) / job.rate + 0.5)
        return self.engine.get_audio().T, latency, latency


def play(path: str, values, block: int = 512):
    graph = Graph(path, block)
    graph.put(values)
    return graph.render()


def automation(path: str):
    # Its automation acts at the start of a block.
    graph = Graph(path, job.block)
    graph.put(job.start)
    graph.automate(job.automation)
    return graph.render()


def save(path: str, state):
    graph = Graph(path, 512)
    graph.put(job.changed)
    audio = graph.render()
    graph.plugin.save_state(str(state))
    return audio


def reopen(path: str, state):
    graph = Graph(path, 512)
    try:
        graph.plugin.load_state(str(state))
    except RuntimeError as error:
        # It loads the state and then opens the editor for a moment, which needs a screen.
        if "editor" not in str(error):
            raise
    return graph.render()


for name, path in (("", job.vst3), ("Multi-Out, ", job.multi_vst3)):
    state = job.out / f"{name.partition(',')[0] or 'stereo'}.bin"
    if job.phase == "reopen":
        job.step(f"{name}reopen", "changed", lambda: reopen(path, state))
        continue
    job.step(f"{name}default", "default", lambda: play(path, []))
    job.step(f"{name}drums -12 dB", "changed", lambda: play(path, job.changed))
    job.step(f"{name}drums -12 dB, blocks of 17", "changed", lambda: play(path, job.changed, 17))
    job.step(f"{name}every gain automated", "automation", lambda: automation(path))
    job.step(f"{name}save", "changed", lambda: save(path, state))
