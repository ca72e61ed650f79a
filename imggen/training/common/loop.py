"""The training loop that all trainers share: steps, averages, logs, samples, checkpoints, interruption."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from imggen.training.common.ema import EMA
from imggen.training.common.interrupt import interruptible
from imggen.training.common.output import LOGS_DIR, SAMPLES_DIR, load_state, save_state
from imggen.training.common.schedule import set_learning_rate


@dataclass
class Job:
    """What one trainer hands to :func:`run`.

    Attributes:
        accelerator: from :func:`imggen.training.common.accelerator.create_accelerator`.
        generator: the prepared network whose average is kept.
        networks: all prepared networks, the generator included; gradients accumulate over these together.
        optimizers: each prepared optimiser with its highest learning rate.
        ema: the average; registered with the accelerator already.
        micro_step: forward, backward and (where gradients are complete) optimiser steps on one batch; returns scalars.
        batches: prepared batches, given the micro-steps already done.
        schedule: factor on the learning rates, given the optimiser steps already taken.
        sample: draws a sample sheet from the average.
        publish: writes the checkpoint folder after this many optimiser steps, with this preview.
    """

    accelerator: Accelerator
    generator: nn.Module
    networks: list[nn.Module]
    optimizers: list[tuple[torch.optim.Optimizer, float]]
    ema: EMA
    micro_step: Callable[[Any], Mapping[str, Tensor]]
    batches: Callable[[int], Iterable[Any]]
    schedule: Callable[[int], float]
    sample: Callable[[], Image.Image]
    publish: Callable[[int, Image.Image], None]


@dataclass(frozen=True)
class Intervals:
    """Numbers of optimiser steps: of the whole training, and between logs, sample sheets and checkpoints."""

    steps: int
    log: int
    sample: int
    checkpoint: int


def run(job: Job, intervals: Intervals, output: Path, resume: bool) -> bool:
    """Train to the end, or until Ctrl-C or SIGTERM; in both cases the state and the checkpoint are saved.

    Returns:
        Whether the training reached its end.
    """
    accelerator = job.accelerator
    accelerator.init_trackers(LOGS_DIR)
    step = load_state(accelerator, output) if resume else 0
    start = step
    meters = Meters(accelerator)
    with (
        interruptible() as interrupted,
        tqdm(total=intervals.steps, initial=step, disable=not accelerator.is_main_process, unit="step") as bar,
    ):
        for batch in job.batches(step * accelerator.gradient_accumulation_steps):
            factor = job.schedule(step)
            for optimizer, lr in job.optimizers:
                set_learning_rate(optimizer, lr * factor)
            with accelerator.accumulate(*job.networks):
                meters.add(job.micro_step(batch))
            if not accelerator.sync_gradients:
                continue
            step += 1
            bar.update()
            if accelerator.is_main_process:
                job.ema.update(accelerator.unwrap_model(job.generator))
            if interrupted():
                accelerator.set_trigger()
            stopping = accelerator.check_trigger()  # every process must stop at the same step
            last = stopping or step == intervals.steps
            if last or step % intervals.log == 0:
                bar.set_postfix_str(meters.flush(step, job.optimizers[0][1] * factor))
            if last or step % intervals.checkpoint == 0:
                save_state(accelerator, output, step)
            if accelerator.is_main_process:
                # Building the network that is saved draws random numbers; the training's must not depend on it.
                device = accelerator.device
                with torch.random.fork_rng([device] if device.type == "cuda" else []):
                    _show(job, intervals, output, step, last)
            if stopping:
                break
    if step == start:
        accelerator.print(f"The training is already at step {step} of {intervals.steps}.")
    elif step < intervals.steps:
        accelerator.print(f"Stopped after step {step} of {intervals.steps}. Go on with --resume.")
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return step >= intervals.steps


def _show(job: Job, intervals: Intervals, output: Path, step: int, last: bool) -> None:
    """Write the sample sheet and the checkpoint folder when they are due."""
    publishing = last or step % intervals.checkpoint == 0
    if publishing or step % intervals.sample == 0:
        sheet = job.sample()
        (output / SAMPLES_DIR).mkdir(parents=True, exist_ok=True)
        sheet.save(output / SAMPLES_DIR / f"{step:08d}.png")
        if publishing:
            job.publish(step, sheet)


class Meters:
    """Averages of the scalars that micro-steps return, since the last flush and over all processes.

    A scalar that only some micro-steps return is averaged over these.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self._accelerator = accelerator
        self._sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=accelerator.device))
        self._counts: Counter[str] = Counter()

    def add(self, scalars: Mapping[str, Tensor]) -> None:
        """Count the scalars of one micro-step in."""
        for name, value in scalars.items():
            self._sums[name] = self._sums[name] + value.detach().float()
            self._counts[name] += 1

    def flush(self, step: int, lr: float) -> str:
        """Log the averages to TensorBoard, start again from zero, and return them as a short text."""
        means = {
            name: float(self._accelerator.reduce(total / self._counts[name], reduction="mean"))
            for name, total in sorted(self._sums.items())
        }
        self._accelerator.log({**means, "lr": lr}, step=step)
        self._sums.clear()
        self._counts.clear()
        return ", ".join(f"{name} {value:.4g}" for name, value in means.items())
