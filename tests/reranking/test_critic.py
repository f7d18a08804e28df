"""The critic: the better candidate wins, and children are judged by their parents' critic."""

import numpy as np

from stylernn.corpus.styles import Style
from stylernn.music.descriptors import DESCRIPTORS, describe_sections
from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import Melody, Note
from stylernn.reranking import critic

C_MAJOR = Tonality(0, "major")


def test_one_that_leaps_less_is_preferred_by_a_critic_of_leaps() -> None:
    scale = Melody(
        tuple(Note(24 * k, 24, 60 + step) for k, step in enumerate((0, 2, 4, 5, 7, 9, 11, 12)))
    )
    leaps = Melody(tuple(Note(24 * k, 24, 60 + 12 * (k % 2)) for k in range(16)))
    described = [describe_sections(melody, C_MAJOR) for melody in (leaps, scale)]
    size, weights = len(DESCRIPTORS), -1.0 * (np.array(DESCRIPTORS) == "leaps")
    name = critic.named("jazz", compound=False)
    arrays = {
        f"{name}/mean": np.zeros(size),
        f"{name}/scale": np.ones(size),
        f"{name}/weights": weights,
    }
    for style in (Style("jazz", "jazz"), Style("bebop", "jazz")):
        judged = critic.judge(arrays, style, described, compound=False)
        assert judged is not None
        np.testing.assert_allclose(judged, [-1, 0])
    assert critic.judge(arrays, Style("jazz", "jazz"), described, compound=True) is None
    assert critic.judge(arrays, Style("irish", "celtic"), described, compound=False) is None
