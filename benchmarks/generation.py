"""Generated melodies beside real ones, in one table.

    python benchmarks/generation.py DATA STYLE

DATA holds one folder a style with a manifest. Melodies of STYLE are generated without a tune, of 32
bars and of 128. Those of 32 bars stand beside real melodies of the validation part in the same
metre: two-sample tests on windows of 64 quarters, copies, endings, density, silence, repeated
n-grams. For both lengths two more things are printed. One is the share of the bars that repeat an
earlier one where an AABA form plans it. The other is how far the second half (32 bars) or the last
quarter (128 bars) is from the first: notes a bar, mean pitch, mean interval and silence, as means
over all melodies.
"""

import argparse
from pathlib import Path

import numpy as np
from stylernn.evaluation import features, music, originality, realism
from stylernn.evaluation.task import WINDOW_QUARTERS

from stylernn import corpus
from stylernn.cli import evaluation_data
from stylernn.generation import generate
from stylernn.model import checkpoint
from stylernn.music.melody import Melody
from stylernn.representation import event_codec

_ALIKE = 0.7


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("style")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--long", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    split = evaluation_data.splits(corpus.load_folder(asked.data))
    train, held_out = evaluation_data.by_style(
        type(split)(split.train, split.valid, []), (asked.style,), only=True
    )
    model = checkpoint.load_model()
    short, long = (
        generate.generate(model, asked.style, bars=bars, count=count, seed=asked.seed)
        for bars, count in ((32, asked.count), (128, asked.long))
    )
    real = [melody for melody in held_out[asked.style] if melody.metre == short[0].metre]
    print(
        f"{asked.style}, {len(short)} of 32 bars, {len(long)} of 128 bars, "
        f"{len(real)} real, seed {asked.seed}"
    )
    _beside(short, real, train[asked.style], asked.seed)
    for melodies, parts in ((short, 2), (long, 4)):
        print(
            f"{melodies[0].bars} bars: returns of an AABA form {_returned(melodies):.2f}; "
            "last part against first:"
        )
        first, last = (
            np.mean([_part(m, k, parts) for m in melodies], axis=0) for k in (0, parts - 1)
        )
        for name, before, after in zip(
            ("density", "pitch", "interval", "silence"), first, last, strict=True
        ):
            print(f"  {name:10s} {before:8.3f} {after:8.3f}  {after / before - 1:+.1%}")


def _beside(made: list[Melody], real: list[Melody], train: list[Melody], seed: int) -> None:
    """Print measures of generated and real melodies side by side."""
    ours, theirs = (
        [features.excerpt(melody, WINDOW_QUARTERS, seed, least=8) for melody in melodies]
        for melodies in (made, real)
    )
    a, b = features.extract(theirs), features.extract(ours)
    for family in features.FAMILIES:
        print(f"  C2ST {family:8s} {realism.c2st(a, b, family, seed=seed)[0].mean():.3f}")
    learnt = originality.index(train)
    for name, values in (("made", (made, ours)), ("real", (real, theirs))):
        whole, pieces = (music.evaluate(melodies) for melodies in values)
        copied = originality.evaluate(values[1], learnt)["copied"].mean()
        ends = " ".join(
            f"{whole[key].mean():.2f}"
            for key in ("ends_in_triad", "ends_long", "ends_on_strong_beat")
        )
        rest = " ".join(
            f"{key} {pieces[key].mean():.3f}" for key in ("density", "silence", "repetition")
        )
        print(f"  {name}: copied {copied:.2f}, ends in triad, long, strong {ends}, {rest}")


def _returned(melodies: list[Melody]) -> float:
    """Share of bars that repeat an earlier one, of those for which the form plans it."""
    shares = []
    for melody in melodies:
        plan = generate.form(melody.bars)
        events = event_codec.encode(melody)
        pairs = [(bar, int(plan[bar])) for bar in np.flatnonzero(plan >= 0)]
        shares += [_is_alike(events, *pair) for pair in pairs]
    return float(np.mean(shares)) if shares else float("nan")


def _is_alike(events: event_codec.Events, bar: int, earlier: int) -> bool:
    """Whether two bars share as many notes as `skeleton.repetitions` requires."""
    sounding = events.pitch < event_codec.PITCHES
    time, pitch, first = events.time[sounding], events.pitch[sounding], events.grid.first
    one, other = (
        {
            (int(t - 16 * first[k]), int(p % 12))
            for t, p in zip(time, pitch, strict=True)
            if events.grid.bar[t // 16] == k
        }
        for k in (bar, earlier)
    )
    return len(one & other) >= _ALIKE * max(len(one), len(other), 1)


def _part(melody: Melody, k: int, parts: int) -> np.ndarray:
    """Notes a bar, mean pitch, mean size of intervals and share of silence of a part; (4,)."""
    each = melody.bars // parts
    piece = melody.slice(k * each, (k + 1) * each)
    duration, pitch = piece.array[:, 1], piece.array[:, 2]
    return np.array(
        [
            len(pitch) / each,
            pitch.mean(),
            np.abs(np.diff(pitch)).mean(),
            1 - duration.sum() / piece.end,
        ]
    )


if __name__ == "__main__":
    main()
