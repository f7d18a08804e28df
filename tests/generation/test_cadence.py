"""How melodies end, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from stylernn.generation import cadence
from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import Melody, Note
from stylernn.representation import event_codec
from stylernn.representation.event_codec import LOWEST

C_MAJOR = Tonality(0, "major")


def ending(onset: int, duration: int, pitch: int) -> Melody:
    return Melody((Note(0, 24, 67), Note(onset, duration, pitch)), end=192)


@pytest.mark.parametrize(
    ("onset", "duration", "pitch", "closes"),
    [
        (96, 48, 60, 1),
        (144, 24, 64, 1),
        (120, 24, 60, 2 / 3),
        (96, 12, 60, 2 / 3),
        (120, 12, 62, 0),
        (48, 48, 60, 0),
    ],
)
def test_closing_counts_triad_beat_and_length(
    onset: int, duration: int, pitch: int, closes: float
) -> None:
    assert cadence.closure(ending(onset, duration, pitch), C_MAJOR) == pytest.approx(closes)


@pytest.mark.parametrize(
    ("onset", "given", "time", "pitch"),
    [(96, 60, 64, 60), (144, 62, 96, 60), (120, 66, 64, 67), (168, 65, 64, 64), (48, 70, 64, 72)],
)
def test_a_cadence_is_where_the_tune_closes_or_on_the_last_bars_first_beat(
    onset: int, given: int, time: int, pitch: int
) -> None:
    events = event_codec.encode(ending(onset, 12, 60))
    assert cadence.cadence(events, C_MAJOR, given - LOWEST) == (time, pitch - LOWEST)


def test_without_a_tune_it_is_on_the_last_bars_first_beat() -> None:
    events, nothing = event_codec.encode(ending(120, 12, 60)), np.zeros(0, np.int32)
    empty = replace(events, time=nothing, pitch=nothing, duration=nothing)
    assert cadence.cadence(empty, C_MAJOR, 63 - LOWEST) == (64, 64 - LOWEST)


@pytest.mark.parametrize(("pitch", "semitones"), [(67, 0), (62, 0), (61, 1), (79, 7)])
def test_a_fourth_is_no_leap_to_the_last_note(pitch: int, semitones: int) -> None:
    assert cadence.final_leap(ending(96, 48, pitch)) == semitones


def test_a_single_bar_has_no_cadence() -> None:
    assert cadence.cadence(event_codec.encode(Melody((Note(0, 24, 60),))), C_MAJOR, 40) is None


def test_the_nearest_tonic() -> None:
    assert cadence.on_tonic(ending(96, 24, 65), C_MAJOR).notes[-1].pitch == 60
    assert cadence.on_tonic(ending(96, 24, 67), C_MAJOR).notes[-1].pitch == 72
    assert cadence.on_tonic(Melody((), end=96), C_MAJOR) == Melody((), end=96)
