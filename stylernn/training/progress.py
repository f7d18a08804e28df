"""How far a training run has come, and how fast it goes."""

import time
from dataclasses import dataclass, field

from stylernn.config import TrainSettings

__all__ = ["Meter", "RunState", "Progress"]

_SHOWN = 20


@dataclass
class RunState:
    """Where a run is: all that a resumed one needs beside the arrays.

    Args:
        step: optimiser steps done.
        best_step: that of the best validation.
        best_bits: bits per note of the best validation.
        valid_bits: of the latest, None before the first.
        seconds: spent on training.
        recent: training bits of the last twenty steps.
    """

    step: int = 0
    best_step: int = 0
    best_bits: float = float("inf")
    valid_bits: float | None = None
    seconds: float = 0.0
    recent: list[float] = field(default_factory=list)

    @property
    def train_bits(self) -> float:
        """Training bits per note, mean of the last steps."""
        return sum(self.recent) / max(len(self.recent), 1)

    def advance(self, bits: float, seconds: float) -> None:
        """Count a step."""
        self.step += 1
        self.seconds += seconds
        self.recent = [*self.recent, bits][-_SHOWN:]

    def is_over(self, settings: TrainSettings) -> bool:
        """Whether all steps are done, the time is up, or validation has stopped improving."""
        is_late = 0 < 60 * settings.minutes <= self.seconds
        is_stale = self.step - self.best_step >= settings.patience * settings.every
        return self.step >= settings.steps or is_late or is_stale


@dataclass(frozen=True)
class Progress:
    """One step of a run.

    Args:
        step: steps done.
        steps: in all.
        train_bits: bits per note, mean of the last 20 steps.
        valid_bits: of the latest validation, None before the first.
        notes_per_second: trained on, since this process began.
        seconds_left: at this pace, should the run not stop early.
        waiting: share of the time spent waiting for batches.
    """

    step: int
    steps: int
    train_bits: float
    valid_bits: float | None
    notes_per_second: float
    seconds_left: float
    waiting: float


class Meter:
    """Running figures of this process, for the display only."""

    def __init__(self) -> None:
        self.began, self.waited, self.notes, self.steps = time.monotonic(), 0.0, 0.0, 0

    def count(self, notes: float) -> None:
        self.notes += notes
        self.steps += 1

    def progress(self, run_state: RunState, steps: int) -> Progress:
        seconds = time.monotonic() - self.began
        speed, left = self.notes / seconds, seconds / self.steps * (steps - run_state.step)
        return Progress(
            run_state.step,
            steps,
            run_state.train_bits,
            run_state.valid_bits,
            speed,
            left,
            self.waited / seconds,
        )
