"""Loudness and true peaks of a mix: their measurement and their correction.

Samples are float64 arrays of shape (frames, channels), see `stylernn.sound`.

References:
    ITU-R (2015), BS.1770-4: Algorithms to measure audio programme loudness and true-peak audio
        level, annexes 1 and 2.
    Giannoulis, Massberg & Reiss (2012), Digital dynamic range compressor design, Journal of the
    Audio
        Engineering Society 60(6), 399-408 (look-ahead).
"""

import warnings

import numpy as np
import pyloudnorm
from scipy import ndimage, signal

from stylernn.sound import RATE

__all__ = ["CEILING", "TARGET", "limit", "loudness", "master", "true_peak"]

TARGET = -16.0
"""Loudness of a recording in LUFS; streaming services of music and speech ask for it."""

CEILING = -1.0
"""Highest true peak in dB of full scale; it leaves room for converters and codecs."""

_OVERSAMPLING = 4  # the factor of BS.1770 at 48 kHz
_HEADROOM = 0.1  # dB, since the gain of the limiter varies between the samples too
_LOOK_AHEAD = RATE // 50  # frames
_ROUNDS = 10
_BLOCK = RATE * 10  # frames that are oversampled at a time
_EDGE = 64  # frames around a block that the filter needs


def loudness(samples: np.ndarray) -> float:
    """Integrated, gated loudness.

    Args:
        samples: at least 0.4 seconds, shape (frames, channels).

    Returns:
        LUFS; minus infinity for silence.

    Raises:
        ValueError: if there are fewer samples.

    Example:
        >>> second = np.arange(RATE) / RATE
        >>> tone = 0.1 * np.sin(2 * np.pi * 997 * second)
        >>> round(loudness(np.stack([tone, tone], axis=1)), 1)
        -20.0

    Reference:
        ITU-R (2015), BS.1770-4, annex 1.
    """
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # silence has no logarithm
        return float(pyloudnorm.Meter(RATE).integrated_loudness(samples))


def true_peak(samples: np.ndarray) -> float:
    """The highest true peak, which may lie between two samples.

    Args:
        samples: shape (frames, channels).

    Returns:
        dB of full scale; -180 for silence.

    Example:
        >>> round(true_peak(np.zeros((480, 2))))
        -180

    Reference:
        ITU-R (2015), BS.1770-4, annex 2.
    """
    return _decibels(_peaks(samples).max(initial=0.0))


def limit(samples: np.ndarray, ceiling: float = CEILING) -> np.ndarray:
    """Limit the true peaks of a mix with a gain that falls smoothly, before the peak.

    The gain at a frame is a weighted mean of gains around it, each of which is low enough for every
    peak within the window. The mean is therefore low enough too.

    Args:
        samples: the mix, shape (frames, channels).
        ceiling: highest true peak, in dB of full scale.

    Returns:
        Samples of the same shape; the same array if no peak is above the ceiling.

    Example:
        >>> second = np.arange(RATE) / RATE
        >>> tone = np.sin(2 * np.pi * 440 * second)
        >>> limited = limit(np.stack([tone, tone], axis=1), ceiling=-6.0)
        >>> -6.3 < true_peak(limited) <= -6.0
        True

    Reference:
        Giannoulis, Massberg & Reiss (2012), Digital dynamic range compressor design.
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
    """Bring a mix to the loudness `TARGET`, with true peaks below `CEILING`.

    The limiter lowers the loudness, so that gain and limiter are applied again with the missing
    gain added, until the loudness is within 0.05 LU of the target.

    Args:
        samples: the mix, at least 0.4 seconds, shape (frames, channels).

    Returns:
        Samples of the same shape; silence is returned as it is.

    Example:
        >>> second = np.arange(RATE) / RATE
        >>> tone = 0.01 * np.sin(2 * np.pi * 440 * second)
        >>> mastered = master(np.stack([tone, tone], axis=1))
        >>> abs(loudness(mastered) - TARGET) < 0.05
        True
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
    """Highest magnitude near each frame over all channels, between samples too; shape (frames,)."""
    peaks = np.zeros(len(samples))
    # Single precision is exact enough for every tolerance here, and twice as fast.
    for channel in samples.T.astype(np.float32):
        np.maximum(peaks, np.abs(channel), out=peaks)
        for start in range(0, len(channel), _BLOCK):
            first, last = max(start - _EDGE, 0), min(start + _BLOCK, len(channel))
            finer = np.abs(signal.resample_poly(channel[first : last + _EDGE], _OVERSAMPLING, 1))
            for phase in range(_OVERSAMPLING):
                between = finer[phase::_OVERSAMPLING][start - first : last - first]
                np.maximum(peaks[start:last], between, out=peaks[start:last])
    return peaks


def _decibels(amplitude: float) -> float:
    """An amplitude in dB of full scale, at least -180."""
    return float(20 * np.log10(max(amplitude, 1e-9)))
