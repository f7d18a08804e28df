"""Loudness and peaks of a mix, as broadcasters measure them.

References:
    ITU-R BS.1770-4, Algorithms to measure audio programme loudness and true-peak audio level (2015), annexes 1 and 2.
    Giannoulis, Massberg & Reiss, Digital dynamic range compressor design, JAES 60(6), 399-408 (2012): look-ahead.
"""

import warnings

import numpy as np
import pyloudnorm
from scipy import ndimage, signal

from stylernn.sound import RATE

__all__ = ["CEILING", "TARGET", "limit", "loudness", "master", "true_peak"]

TARGET = -16.0
"""Loudness of a recording in LUFS; what services for music and speech ask for."""

CEILING = -1.0
"""Highest true peak in dB below full scale, so that no converter and no codec clips."""

_OVERSAMPLING = 4  # what BS.1770 asks for at 48 kHz
_HEADROOM = 0.1  # dB; the gain of the limiter moves between the samples too
_LOOK_AHEAD = RATE // 50
_ROUNDS = 10
_BLOCK, _EDGE = RATE * 10, 64  # frames oversampled at a time, and what the filter needs around them


def loudness(samples: np.ndarray) -> float:
    """Integrated loudness in LUFS, gated; minus infinity for silence. At least .4 seconds are needed."""
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # silence has no logarithm
        return float(pyloudnorm.Meter(RATE).integrated_loudness(samples))


def true_peak(samples: np.ndarray) -> float:
    """Highest true peak in dB of full scale."""
    return _decibels(_peaks(samples).max(initial=0.0))


def limit(samples: np.ndarray, ceiling: float = CEILING) -> np.ndarray:
    """Turn down what lies above a ceiling, smoothly and beginning before the peak.

    The gain at each frame is a mean of gains that all are low enough for it: none is larger than its own peak allows.

    Args:
        samples: the mix.
        ceiling: in dB of full scale.
    """
    allowed = np.minimum(
        1.0, 10 ** ((ceiling - _HEADROOM) / 20) / np.maximum(_peaks(samples), 1e-9)
    )
    if allowed.min(initial=1.0) == 1.0:
        return samples
    window = signal.windows.hann(_LOOK_AHEAD + 1)
    gain = ndimage.minimum_filter1d(allowed, len(window), mode="nearest")
    gain = ndimage.convolve1d(gain, window / window.sum(), mode="nearest")
    return samples * gain[:, None]


def master(samples: np.ndarray) -> np.ndarray:
    """Bring a mix to `TARGET` and below `CEILING`; silence stays silence.

    What the limiter takes away is given back before it, until the loudness is right; the gate of the measurement, too,
    lets more pass at a higher level.
    """
    level = loudness(samples)
    if not np.isfinite(level):
        return samples
    gain = TARGET - level
    for _ in range(_ROUNDS):
        mastered = limit(samples * 10 ** (gain / 20))
        missing = TARGET - loudness(mastered)
        if abs(missing) < 0.05:
            break
        gain += missing
    return mastered


def _peaks(samples: np.ndarray) -> np.ndarray:
    """Highest magnitude near each frame over both channels, between the samples too; shape (frames,)."""
    peaks = np.zeros(len(samples))
    for channel in samples.T.astype(
        np.float32
    ):  # single precision is finer than any tolerance here, and twice as fast
        np.maximum(peaks, np.abs(channel), out=peaks)
        for start in range(0, len(channel), _BLOCK):
            first, last = max(start - _EDGE, 0), min(start + _BLOCK, len(channel))
            finer = np.abs(signal.resample_poly(channel[first : last + _EDGE], _OVERSAMPLING, 1))
            for phase in range(_OVERSAMPLING):
                between = finer[phase::_OVERSAMPLING][start - first : last - first]
                np.maximum(peaks[start:last], between, out=peaks[start:last])
    return peaks


def _decibels(amplitude: float) -> float:
    return float(20 * np.log10(max(amplitude, 1e-9)))
