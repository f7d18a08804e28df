"""Loss and measures: bits of a model that knows nothing, masks, windows put together, Markov-3."""

import math
from pathlib import Path
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from stylernn.model import checkpoint, loss
from stylernn.model.network import Logits
from stylernn.music.melody import Melody, Note
from stylernn.representation import batching
from stylernn.representation.copy_memory import ONSETS
from stylernn.representation.event_codec import (
    DURATIONS,
    END,
    LEGATO,
    MAX_AHEAD,
    PITCHES,
    POSITIONS,
    REST,
)
from stylernn.representation.examples import Example, prepare
from stylernn.training import likelihood
from stylernn.training.likelihood import Measure, hidden


@pytest.fixture(scope="module")
def quarters() -> Example:
    """Two bars of quarter notes."""
    return prepare(Melody(tuple(Note(24 * k, 24, 60 + 2 * (k % 3)) for k in range(8))), 1, 1)


def uniform(piece, history, time, pitch, key, products) -> Logits:
    """A network that finds everything equally likely."""
    shape = np.shape(time)
    sizes = (ONSETS, PITCHES + 1, len(DURATIONS))
    return Logits(*(jnp.zeros((*shape, size)) for size in sizes))


def test_bits_of_a_model_that_knows_nothing(quarters: Example) -> None:
    batch = batching.collate([(quarters, 0, 2, hidden(quarters, "none", True))], 16)
    scored = loss.score(uniform, batch)
    assert scored.notes.tolist() == [8]
    assert scored.choices.tolist() == [[9, 8, 8]]  # END has an onset only
    # From beat b of 8: START may reach places of beats 0 to 7 and END, each note those after it.
    places = len(POSITIONS)
    possible = [8 * places + 1] + [(8 - b) * places for b in range(8)]
    expected = [
        sum(map(math.log2, possible)),
        8 * math.log2(PITCHES),
        8 * math.log2(len(DURATIONS)),
    ]
    np.testing.assert_allclose(scored.bits[0], expected, rtol=1e-5)
    assert loss.mean_loss(uniform, batch, None) == pytest.approx(sum(expected) / 8, rel=1e-5)


def test_a_bridge_counts_its_onset_and_that_it_rests() -> None:
    silent = prepare(Melody((Note(0, 24, 60), Note(24 * 20, 24, 62))))
    batch = batching.collate([(silent, 0, 6, hidden(silent, "none", True))], 16)
    assert (batch.pitch == REST).sum() == 1
    assert loss.score(uniform, batch).choices.tolist() == [[4, 3, 2]]


def test_only_a_bridge_can_rest() -> None:
    masked = loss.mask_pitch(
        jnp.zeros((3, PITCHES + 1)), jnp.array([0, 16 * (MAX_AHEAD - 1), ONSETS - 1])
    )
    assert (np.asarray(masked[:, REST]) == 0).tolist() == [False, True, False]
    assert (np.asarray(masked[:, :REST]) == 0).all()


def quarter_notes(count: int) -> Example:
    return prepare(Melody(tuple(Note(24 * k, 24, 60 + 2 * (k % 3)) for k in range(count))), 1, 1)


def test_melodies_are_scored_whole_and_very_long_ones_in_windows_that_add_up() -> None:
    short, fitting, long, very_long = map(quarter_notes, (8, 191, 204, 2000))
    calls = []

    def compiled(state, batch):
        calls.append(batch.time.shape)
        return loss.score(uniform, batch)

    results = likelihood.measure_melodies(compiled, None, [short, long, very_long, fitting, short])
    assert [entry.notes for entry in results] == [8, 204, 2000, 191, 8]
    assert results[2].choices.tolist() == [2001, 2000, 2000]
    np.testing.assert_array_equal(results[0].bits, results[4].bits)
    assert calls == [(32, 192), (16, 384), (4, 1536)]
    assert likelihood.bits_per_note(results[:1]) == pytest.approx(results[0].bits.sum() / 8)


def test_only_the_opening_counts_where_it_is_asked_for() -> None:
    results = likelihood.measure_melodies(
        lambda state, batch: loss.score(uniform, batch),
        None,
        [quarter_notes(20), quarter_notes(2000)],
        opening=8,
    )
    assert [entry.notes for entry in results] == [8, 8]
    assert results[1].choices.tolist() == [8, 8, 8]


def test_what_the_model_is_told(quarters: Example) -> None:
    told, untold = hidden(quarters, "beat", True), hidden(quarters, "none", False)
    assert (told.style, told.level, len(told.skeleton.time)) == (1, 3, 8)
    assert (untold.style, untold.level, len(untold.skeleton.time)) == (0, 0, 0)
    assert (told.repeats == -1).all()


def test_markov_learns_what_returns(quarters: Example) -> None:
    rng = np.random.default_rng(0)
    noise = Melody(tuple(Note(24 * k, 24, int(p)) for k, p in enumerate(rng.integers(50, 80, 64))))
    scale = Melody(tuple(Note(24 * k, 24, 60 + k % 8) for k in range(64)))
    train = [prepare(melody) for melody in (scale, noise)]
    known, unknown = likelihood.markov_bits(train[:1], train) / 64
    assert known < 0.5 < 4 < unknown
    # Events it has never met cost no more than all of them together would.
    assert unknown < math.log2(ONSETS) + math.log2(49) + math.log2(len(DURATIONS))


def test_the_end_of_a_markov_melody_has_an_onset_only(quarters: Example) -> None:
    columns = likelihood._columns(quarters)
    assert columns.shape == (9, 4)
    assert columns[:, 0].tolist() == [16] * 9  # the next beat, from START on
    assert columns[1:4, 1].tolist() == [26, 26, 20]
    assert (quarters.events.pitch[-1], columns[-1, 2]) == (END, LEGATO)


def test_the_table_has_a_row_for_every_root_style_that_was_tested(tiny_model: Path) -> None:
    model = checkpoint.load_model(tiny_model)
    tune = SimpleNamespace(
        melody=Melody(tuple(Note(24 * k, 24, 60 + k) for k in range(8))),
        style="jazz",
        substyle="bebop",
        work="a",
    )
    rows = likelihood.table(model, SimpleNamespace(train=[tune], valid=[], test=[tune, tune]))
    assert [(row.style, row.tunes, row.notes) for row in rows] == [("jazz", 2, 16)]
    # The file's weights are fresh ones of another seed: no better than untrained.
    assert rows[0].markov_bits < rows[0].bits == pytest.approx(rows[0].untrained_bits, rel=0.2)
    assert 0 <= rows[0].pitch_accuracy <= 1


def test_sums_are_kept_by_melody() -> None:
    one, two = (Measure(np.full(3, n), np.zeros(3), np.ones(3), n) for n in (2.0, 4.0))
    assert likelihood.bits_per_note([one, two]) == pytest.approx(3.0)
