"""Hypothesis strategies that several test modules draw from."""

from hypothesis import strategies as st

from stylernn.music.melody import TICKS_PER_QUARTER, Chord, Key, Melody, Note, TimeSignature

METRES = [
    TimeSignature(*sign)
    for sign in ((4, 4), (3, 4), (2, 4), (6, 8), (9, 8), (2, 2), (5, 8), (7, 16))
]
CHORDS = ["C", "F#m7b5", "Bb7", "Ebj7", "G-7", "Am/G", "N.C.", "Dsus4", "E7#9", "Abmaj7", "Bo7"]

keys = st.builds(Key, st.integers(-7, 7), st.sampled_from(["major", "minor"]))
tempos = st.integers(2000, 30000).map(lambda hundredths: hundredths / 100)
titles = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12)


@st.composite
def note_lists(
    draw: st.DrawFn, *, least: int = 2, most: int = 24, lowest: int = 0
) -> tuple[Note, ...]:
    """Notes without overlaps, with rests and lengths of every kind."""
    at, notes = draw(st.integers(0, 3 * TICKS_PER_QUARTER)), []
    for _ in range(draw(st.integers(least, most))):
        note = Note(at, draw(st.integers(1, 5 * TICKS_PER_QUARTER)), draw(st.integers(lowest, 127)))
        notes.append(note)
        at = note.end + draw(st.sampled_from([0, 0, 0, 1, 8, 12, 24, 100]))
    return tuple(notes)


@st.composite
def melodies(draw: st.DrawFn, *, most: int = 24, lowest: int = 0, cuts: bool = True) -> Melody:
    """Valid melodies as readers give them: no empty bars at the end, and a regular pickup.

    Args:
        draw: supplied by hypothesis.
        most: number of notes.
        lowest: pitch.
        cuts: whether a change of metre may cut the bar before it short.
    """
    notes = draw(note_lists(most=most, lowest=lowest))
    metres = [(0, draw(st.sampled_from(METRES)))]
    for _ in range(draw(st.integers(0, 2))):
        start, metre = metres[-1]
        tick = (
            start
            + metre.bar * draw(st.integers(2, 4))
            + (draw(st.sampled_from([0, 12])) if cuts else 0)
        )
        following = draw(st.sampled_from(METRES))
        if tick < notes[-1].end and (following != metre or (tick - start) % metre.bar):
            metres.append((tick, following))
    bar, first = metres[0][1].bar, notes[0].onset
    ticks = draw(st.sets(st.integers(0, notes[-1].end - 1), max_size=3))
    return Melody(
        notes,
        tuple(metres),
        draw(st.none() | keys),
        draw(tempos),
        bar - first if first < bar <= 2 * first else 0,
        title=draw(titles),
        chords=tuple(Chord(tick, draw(st.sampled_from(CHORDS))) for tick in sorted(ticks)),
    )
