"""Sound: what was asked for is heard, as loud and as long as it should be, and never clipped."""

import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stylernn.cli import outputs
from stylernn.errors import FileFormatError, UsageError
from stylernn.formats import registry
from stylernn.music.melody import Melody, Note
from stylernn.sound.performance import Played

pytest.importorskip("midirenderer", reason="the synthesiser has no wheel for this machine")

import soundfile

from stylernn.sound import RATE, mastering, recording, synthesis

EXAMPLES = Path(__file__).parents[2] / "examples"
TUNE = EXAMPLES / "auld-lang-syne.mid"


def sine(
    decibels: float, frequency: float = 997.0, length: float = 5.0, phase: float = 0.0
) -> np.ndarray:
    time = np.arange(int(length * RATE)) / RATE
    tone = 10 ** (decibels / 20) * np.sin(2 * np.pi * frequency * time + phase)
    return np.stack([tone, tone], axis=1)


# Mastering


def test_loudness_of_the_reference_tone() -> None:
    """EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS reads -23 LUFS, within .1 LU."""
    assert mastering.loudness(sine(-23, 1000.0, 20.0)) == pytest.approx(-23, abs=0.1)


def test_true_peak_lies_between_the_samples() -> None:
    """BS.1770-4, annex 2: at a quarter of the rate and 45 degrees, samples miss 3 dB."""
    tone = sine(0.0, RATE / 4, 1.0, np.pi / 4)
    assert 20 * np.log10(np.abs(tone).max()) == pytest.approx(-3.01, abs=0.01)
    assert mastering.true_peak(tone[1000:-1000]) == pytest.approx(0.0, abs=0.15)


def test_peaks_do_not_depend_on_where_blocks_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(1).normal(size=(40_000, 2))
    whole = mastering._peaks(noise)
    monkeypatch.setattr(mastering, "_BLOCK", 7_000)
    np.testing.assert_allclose(mastering._peaks(noise), whole, atol=1e-4)


def test_the_limiter_holds_the_ceiling_and_leaves_the_rest_alone() -> None:
    samples = sine(-12)
    samples[100_000:100_100] *= 6
    limited = mastering.limit(samples)
    assert mastering.true_peak(limited) <= -1.0
    np.testing.assert_allclose(limited[:90_000], samples[:90_000], atol=1e-12)
    np.testing.assert_array_equal(mastering.limit(sine(-12)), sine(-12))


@pytest.mark.parametrize("crest", [1, 30, 200])
def test_a_master_is_as_loud_as_it_should_be(crest: float) -> None:
    samples = sine(-50, 440.0)
    samples[:: RATE // 4] *= crest
    mastered = mastering.master(samples)
    assert mastering.loudness(mastered) == pytest.approx(-16, abs=0.2)
    assert mastering.true_peak(mastered) <= -1.0


def test_silence_stays_silence() -> None:
    silence = np.zeros((RATE, 2))
    np.testing.assert_array_equal(mastering.master(silence), silence)


# Synthesis


def strongest(samples: np.ndarray) -> float:
    """Frequency of the strongest partial."""
    spectrum = np.abs(np.fft.rfft(samples.sum(axis=1) * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE / len(samples))


@pytest.mark.parametrize("pitch", [69, 81])
def test_a_note_sounds_at_its_pitch_and_time(pitch: int) -> None:
    samples = synthesis.synthesise([Played(0.5, 1.0, pitch, 90)], "flute", 2.0)
    assert samples.shape == (2 * RATE, 2)
    assert np.abs(samples[: RATE // 2 - 200]).max() == 0
    assert np.abs(samples[RATE // 2 : RATE]).max() > 0.01
    assert strongest(samples[int(0.7 * RATE) : int(1.4 * RATE)]) == pytest.approx(
        440 * 2 ** ((pitch - 69) / 12), rel=0.01
    )


def test_pan_and_instrument_are_heard() -> None:
    note = [Played(0.0, 1.0, 69, 90)]
    left = synthesis.synthesise(note, "oboe", 1.0, pan=-0.8)
    assert (left[:, 0] ** 2).sum() > 4 * (left[:, 1] ** 2).sum()
    assert not np.allclose(
        synthesis.synthesise(note, "oboe", 1.0), synthesis.synthesise(note, "clarinet", 1.0)
    )


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("clarinet", 71),
        ("Tenor Sax", 66),
        ("piano", 0),
        ("nylon guitar", 24),
        ("Fiddle", 110),
        ("violin", 40),
    ],
)
def test_instruments_are_found_by_their_words(name: str, number: int) -> None:
    assert synthesis.program(name) == number


def test_an_unknown_instrument_names_near_ones() -> None:
    with pytest.raises(UsageError, match="Clarinet"):
        synthesis.program("clarnet")
    with pytest.raises(UsageError, match="no such instrument"):
        synthesis.program("")


def test_every_manner_has_its_instrument() -> None:
    from stylernn.sound import performance
    from stylernn.sound.accompaniment import accompany
    from stylernn.system import style_data

    melody = Melody((Note(0, 96, 60),))
    for style in (*style_data.labels(), ""):
        synthesis.program(performance.manner(style).instrument)
        band = accompany(melody, style)
        synthesis.program(band.bass_instrument)
        synthesis.program(band.chord_instrument)


@pytest.mark.parametrize("content", [b"", b"RIFF1234WAVE", b"RIFF\x00\x00\x00\x00sfbk"])
def test_what_is_no_sound_font(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.sf2"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="sound font"):
        synthesis.synthesise(
            [Played(0.0, 0.5, 60, 80)], "piano", 1.0, font=synthesis.sound_font(path)
        )
    with pytest.raises(FileFormatError, match="no such file"):
        synthesis.sound_font(tmp_path / "none.sf2")


# Recordings


@pytest.mark.parametrize(
    ("name", "style"), [("greensleeves", "art_song"), ("auld-lang-syne", "jazz")]
)
@pytest.mark.parametrize("accompanied", [False, True])
def test_a_recording_is_neither_silent_nor_clipped_nor_too_long(
    name: str, style: str, accompanied: bool
) -> None:
    melody = registry.read(EXAMPLES / f"{name}.mid")
    samples = recording.record(melody, style, accompanied=accompanied)
    assert mastering.loudness(samples) == pytest.approx(-16, abs=0.2)
    assert mastering.true_peak(samples) <= -1.0
    quarter = 60 / melody.tempo
    expected = (melody.end - melody.notes[0].onset) / 24 * quarter + recording.TAIL
    assert len(samples) / RATE == pytest.approx(expected, abs=0.05)
    assert np.abs(samples[-10:]).max() < 1e-3


def test_tempo_seed_and_straight_are_heard() -> None:
    melody = registry.read(TUNE).slice(1, 3)
    first = recording.record(melody, "jazz", seed=1)
    np.testing.assert_array_equal(first, recording.record(melody, "jazz", seed=1))
    assert not np.array_equal(first, recording.record(melody, "jazz", seed=2))
    straight = [recording.record(melody, "jazz", seed=seed, straight=True) for seed in (1, 2)]
    np.testing.assert_array_equal(*straight)
    faster = recording.record(melody, "jazz", tempo=2 * melody.tempo, straight=True)
    assert len(straight[0]) - len(faster) == pytest.approx(
        melody.end / 24 * 30 / melody.tempo * RATE, abs=RATE / 50
    )


def test_a_tune_of_32_bars_takes_less_than_three_seconds() -> None:
    melody = Melody(tuple(Note(12 * k, 12, 60 + k % 12) for k in range(32 * 8)))
    begin = time.process_time()
    samples = recording.record(melody, "jazz")
    recording.write(samples, io_path := Path("tune.wav"))
    spent = time.process_time() - begin
    io_path.unlink()
    assert len(samples) / RATE > 64
    assert spent < 3


def test_what_is_too_long_is_refused_before_any_work() -> None:
    with pytest.raises(UsageError, match="at most 20 minutes"):
        recording.record(Melody((Note(0, 24, 60), Note(24 * 3000, 24, 60)), tempo=60))


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3"])
def test_what_is_written_is_read_back(tmp_path: Path, ending: str) -> None:
    samples = mastering.master(sine(-20))
    recording.write(samples, tmp_path / f"tone.{ending}")
    again, rate = soundfile.read(io.BytesIO((tmp_path / f"tone.{ending}").read_bytes()))
    assert rate == RATE
    assert len(again) / RATE == pytest.approx(len(samples) / RATE, abs=0.05)
    assert mastering.loudness(again) == pytest.approx(-16, abs=0.2)
    with pytest.raises(UsageError, match="an ending out of"):
        recording.write(samples, tmp_path / "tone.ogg")
    assert len(list(tmp_path.iterdir())) == 1


# The command line


def test_render(stylernn: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = stylernn("render", TUNE, "--style", "jazz", "--accompany", "--tempo", 300, "-o", "a.flac")
    assert ran.code == 0, ran.err
    assert "17 bars" in ran.out
    assert "-16.0 LUFS" in ran.out
    assert soundfile.info("a.flac").duration == pytest.approx(
        float(ran.out.split(" seconds")[0].split()[-1]), abs=0.1
    )
    for words, says in (
        (("-o", "a.flac"), "exists"),
        (("-o", "a.ogg"), "an ending out of .wav"),
        (("--instrument", "kazoo"), "no such instrument"),
        (("--sound-font", TUNE), "no sound font"),
    ):
        ran = stylernn("render", TUNE, *words)
        assert ran.code in (1, 2)
        assert says in ran.err
        assert ran.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"]


def test_results_are_written_as_notes_or_as_sound(tmp_path: Path) -> None:
    melody = registry.read(TUNE).slice(0, 4)
    paths = [tmp_path / name for name in ("a.wav", "b.mid")]
    outputs.check(paths, force=False)
    for path in paths:
        outputs.write(melody, path, "jazz", seed=3)
    np.testing.assert_allclose(
        soundfile.read(paths[0])[0], recording.record(melody, "jazz", seed=3), atol=1e-4, rtol=0
    )
    assert registry.read(paths[1]).notes == melody.notes


def test_without_the_synthesiser_sound_is_refused_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outputs, "find_spec", lambda name: None)
    outputs.check([Path("a.mid")], force=False)
    with pytest.raises(UsageError, match=r"pip install 'stylernn\[sound\]'"):
        outputs.check([Path("a.wav")], force=False)
