"""Makes One2Four's model packs.

The commands, in order (`python -m one2four_training COMMAND --help`):

    collect   MIDI songs, from installed packages and from a generator   collect.py
    render    each song as four stems of audio, with effects             render.py, effects.py
    train     any network, on random mixes of the stems                  train.py, mixes.py, networks/
    export    a network as a pack: ONNX, pack.toml, golden vectors       export/
    evaluate  how good the packs are on songs they never saw             evaluate/

`midi.py` splits a song into stems, `stft.py` is the spectrogram that the plugin uses too, `folders.py`
reads a user's own songs.
"""

STEMS = ("drums", "bass", "piano", "other")
