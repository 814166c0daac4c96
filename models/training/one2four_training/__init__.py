"""Makes One2Four's model packs.

The commands, in order (`python -m one2four_training COMMAND --help`):

    collect   MIDI songs, from installed packages and from a generator   collect.py
    render    each song as four stems of audio                           render.py
    train     one StemNet per stem, on random mixes of the stems         train.py
    export    the networks as ONNX files, a pack.toml, golden vectors    export.py
    evaluate  SI-SDR of the exported pack on songs it never saw          evaluate.py

`network.py` is the network, `stft.py` the spectrogram that the plugin uses too,
`midi.py` splits a song into stems.
"""

STEMS = ("drums", "bass", "piano", "other")
