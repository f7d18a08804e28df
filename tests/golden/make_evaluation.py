"""Make `evaluation.json`, metrics of made-up melodies: `python tests/golden/make_evaluation.py`.

If these numbers change, the metrics have changed; say in the commit why the new ones are right.
"""

import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))


def golden():
    """Every deterministic metric on five pairs, rounded to 6 places."""
    from evaluation_melodies import ornate, plain
    from stylernn.evaluation import (
        baselines,
        bits,
        content,
        features,
        music,
        originality,
        overlap,
        style,
    )

    sources = [plain(i) for i in range(5)]
    outputs = [baselines.jazzify(melody, i) for i, melody in enumerate(sources)]
    training = [plain(i) for i in range(10, 30)]
    values = {
        "content": content.evaluate(sources, outputs, training),
        "features": {"means": features.extract(outputs).mean(axis=0)},
        "music": music.evaluate(outputs),
        "originality": originality.evaluate(outputs, originality.index(training), sources),
        "bits": {
            kind: bits.evaluate(bits.fit(training, kind), outputs)["bits"] for kind in bits.KINDS
        },
        "profile": {"cosine": style.profile_cosine(outputs, [ornate(i) for i in range(5)])},
        "overlap": overlap.overlap(training, [ornate(i) for i in range(20)]),
    }
    return {
        chapter: {
            name: np.round(np.asarray(value, dtype=float), 6).tolist()
            for name, value in parts.items()
        }
        for chapter, parts in values.items()
    }


if __name__ == "__main__":
    (HERE / "evaluation.json").write_text(json.dumps(golden(), indent=1) + "\n", encoding="utf-8")
