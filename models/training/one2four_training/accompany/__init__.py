"""What the pack of kind `notes` is made of: songs by MMA, a solo to hear, and a band to play.

    chords.py     the vocabulary of chords and keys
    grid.py       cells: time in beats, six cells a beat, and the phase of a cell in its bar
    songs.py      chord charts, made into songs by MMA                       collect
    arranged.py   songs written by hand, with the chords that are read off them
    score.py      a song's notes as what the networks are to say of each cell
    solo.py       one instrument that plays the chart
    nothing.py    sounds in which there is no chord
    features.py   what is heard of it in each cell
    render.py     the solo as audio, its features and the score in one file  render
    examples.py   cuts of these files: the batches of both networks          train
    decode.py     from a network's numbers to notes
    perform.py    the networks on a whole song, and the decoder's thresholds
    players.py    bands to compare: baselines, the networks, the generator itself
    measure.py    how good they are                                          evaluate
    picture.py    piano rolls of them

The networks are `networks/accompany_plan.py` and `networks/accompany_band.py`; the pack's format stands in
models/README.md.
"""

NAME = "accompany"


def folder():
    """Songs and features in the cache."""
    from .. import runs

    return runs.cache() / NAME
