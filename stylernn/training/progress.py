"""Progress of a training run: steps, losses and speed."""

import time
from dataclasses import dataclass, field

from stylernn.config import TrainSettings

__all__ = ["Meter", "RunState", "Progress"]

_SHOWN = 20


@dataclass
class RunState:
    """The position of a run: all that is needed to resume it, the arrays excepted.

    Args:
        step: number of optimiser steps done.
        best_step: step of the best validation.
        best_bits: bits per note of the best validation.
        valid_bits: bits per note of the latest validation, None before the first.
        seconds: time spent on training.
        recent: bits per note of the last 20 training batches.

    Example:
        >>> state = RunState()
        >>> state.advance(bits=5.0, seconds=0.5)
        >>> state.advance(bits=4.0, seconds=0.5)
        >>> state.step, state.seconds, state.train_bits
        (2, 1.0, 4.5)
        >>> state.is_over(TrainSettings(steps=2))
        True
    """

    step: int = 0
    best_step: int = 0
    best_bits: float = float("inf")
    valid_bits: float | None = None
    seconds: float = 0.0
    recent: list[float] = field(default_factory=list)

    @property
    def train_bits(self) -> float:
        """Training loss in bits per note, the mean of the last 20 steps."""
        return sum(self.recent) / max(len(self.recent), 1)

    def advance(self, bits: float, seconds: float) -> None:
        """Count a step.

        Args:
            bits: bits per note of its batch.
            seconds: the time that it took.
        """
        self.step += 1
        self.seconds += seconds
        self.recent = [*self.recent, bits][-_SHOWN:]

    def is_over(self, settings: TrainSettings) -> bool:
        """Whether training ends here.

        Args:
            settings: give the numbers of steps and minutes, and the patience.

        Returns:
            True if all steps are done, the time is up, or validation has stopped improving.
        """
        is_late = 0 < 60 * settings.minutes <= self.seconds
        is_stale = self.step - self.best_step >= settings.patience * settings.every
        return self.step >= settings.steps or is_late or is_stale


@dataclass(frozen=True)
class Progress:
    """A report of a run after one of its steps.

    Args:
        step: number of steps done.
        steps: number of steps in all.
        train_bits: training loss in bits per note, the mean of the last 20 steps.
        valid_bits: bits per note of the latest validation, None before the first.
        notes_per_second: speed of training since this process began.
        seconds_left: remaining time at this speed, if the run does not stop early.
        waiting: share of the time that was spent waiting for batches.
    """

    step: int
    steps: int
    train_bits: float
    valid_bits: float | None
    notes_per_second: float
    seconds_left: float
    waiting: float


class Meter:
    """A clock and counters of this process, for reports only.

    Example:
        >>> meter = Meter()
        >>> meter.count(notes=300)
        >>> report = meter.progress(RunState(step=1, recent=[4.5]), steps=100)
        >>> report.step, report.steps, report.train_bits
        (1, 100, 4.5)
    """

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.waited = 0.0
        self.notes = 0.0
        self.steps = 0

    def count(self, notes: float) -> None:
        """Count a step.

        Args:
            notes: number of notes in its batch.
        """
        self.notes += notes
        self.steps += 1

    def progress(self, run_state: RunState, steps: int) -> Progress:
        """A report after a step.

        Args:
            run_state: position of the run.
            steps: number of steps in all.

        Returns:
            The report; at least one step has been counted.
        """
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
