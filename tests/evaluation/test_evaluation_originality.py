"""Originality: hand-made copies, a search by brute force, and the source that does not count."""

import numpy as np
import pytest
from evaluation_melodies import ornate, plain, tune
from stylernn.evaluation import originality

from stylernn.music.melody import Melody, Note


def _moved(melody, ticks, semitones):
    return Melody(
        tuple(Note(n.onset + ticks, n.duration, n.pitch + semitones) for n in melody.notes)
    )


def _brute_force(melody, training):
    """Nearest windows of 8 notes by their definition: all translations are tried."""
    best = []
    for w in range(len(melody.notes) - 7):
        window = [(n.onset, n.pitch) for n in melody.notes[w : w + 8]]
        top = 0.0
        for other in training:
            points = {(n.onset, n.pitch) for n in other.notes}
            for onset, pitch in points:
                for own_onset, own_pitch in window:
                    dt, dp = onset - own_onset, pitch - own_pitch
                    shared = sum((o + dt, p + dp) in points for o, p in window)
                    span = sum(window[0][0] + dt <= o <= window[-1][0] + dt for o, _ in points)
                    top = max(top, shared / max(8, span))
        best.append(top)
    return np.array(best)


def test_a_training_tune_is_a_copy_in_any_key_and_place():
    index = originality.index([plain(i) for i in range(20)])
    values = originality.evaluate([_moved(plain(3), 96, 5)], index)
    assert values["window_notes"][0] == 1
    assert values["window_bars"][0] == 1
    assert values["longest_copy"][0] == len(plain(3).notes)
    assert values["copied"][0] == 1


def test_nearest_windows_agree_with_brute_force_on_a_varied_copy():
    training = [plain(i, bars=4) for i in range(3)]
    notes = [
        note._replace(pitch=note.pitch + (i % 7 == 3)) for i, note in enumerate(training[1].notes)
    ]
    melody = _moved(Melody(tuple(notes)), 48, -2)
    fast = originality.nearest_windows(melody, originality.index(training))["notes"]
    slow = _brute_force(melody, training)
    np.testing.assert_allclose(fast, slow)
    assert set(np.round(8 * slow)) <= {6, 7}


def test_nearest_windows_never_claim_more_than_brute_force():
    training = [plain(i, bars=4) for i in range(3)]
    fast = originality.nearest_windows(plain(7, bars=4), originality.index(training))["notes"]
    assert np.all(fast <= _brute_force(plain(7, bars=4), training) + 1e-9)
    assert fast.max() > 0


def test_a_passage_of_known_length_is_measured():
    copied = plain(0).notes[20:35]
    before = [Note(24 * i, 24, 50 + 7 * (i % 3)) for i in range(6)]
    start = 24 * 6 - copied[0].onset
    melody = Melody((*before, *(Note(n.onset + start, n.duration, n.pitch + 2) for n in copied)))
    index = originality.index([plain(i) for i in range(5)])
    assert originality.longest_copies([melody], index)[0] in (15, 16)


def test_a_stretched_copy_is_still_a_verbatim_run():
    slow = Melody(tuple(Note(2 * n.onset, 2 * n.duration, n.pitch) for n in plain(1).notes))
    index = originality.index([plain(1)])
    assert originality.longest_copies([slow], index)[0] == len(slow.notes)


def test_what_the_output_shares_with_its_own_source_does_not_count():
    index = originality.index([plain(i) for i in range(5)])
    assert originality.longest_copies([plain(2)], index, [plain(2)])[0] == 0
    assert originality.evaluate([plain(2)], index, [plain(2)])["window_notes"][0] == 0
    assert originality.longest_copies([plain(2)], index, [ornate(2)])[0] == len(plain(2).notes)


def test_runs_do_not_cross_from_one_training_tune_to_the_next():
    whole = plain(4)
    half = len(whole.notes) // 2
    first, second = Melody(whole.notes[:half]), Melody(whole.notes[half:])
    index = originality.index([first, second])
    assert originality.longest_copies([whole], index)[0] <= len(whole.notes) - half + 1


def test_other_material_is_original():
    index = originality.index([plain(i) for i in range(20)])
    values = originality.evaluate([ornate(0)], index)
    assert values["longest_copy"][0] < 6
    assert values["copied"][0] == 0
    assert values["window_notes"][0] < 0.5


def test_melodies_shorter_than_a_window_have_no_windows():
    index = originality.index([plain(0)])
    short = originality.nearest_windows(tune((0, 24, 60), (24, 24, 62)), index)
    assert len(short["notes"]) == len(short["bars"]) == 0
    assert originality.longest_copies([tune((0, 24, 60))], index)[0] == 0


def test_malformed_input_is_refused():
    with pytest.raises(ValueError, match="training must hold at least 1"):
        originality.index([])
    with pytest.raises(ValueError, match="one for each of 2"):
        originality.longest_copies([plain(0), plain(1)], originality.index([plain(0)]), [plain(0)])
