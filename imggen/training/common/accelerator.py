"""Set up Accelerate, in the same way for all trainers."""

from __future__ import annotations

from pathlib import Path

import torch
from accelerate import Accelerator, DataLoaderConfiguration
from accelerate.utils import DistributedDataParallelKwargs, ProjectConfiguration, set_seed

from imggen.device import has_fast_bfloat16
from imggen.errors import InputError


def create_accelerator(
    output: Path, precision: str, accumulate: int, seed: int, some_unused: bool = False
) -> Accelerator:
    """Create the accelerator and seed every random generator.

    Without an accelerator the processes of ``torchrun`` talk over gloo. All processes get the same seed, so that they
    build equal networks; the data is divided between them by item number.

    Args:
        output: checkpoint folder, which will hold the TensorBoard log.
        precision: "no", "bf16" or "fp16".
        accumulate: micro-steps per optimiser step.
        some_unused: whether a step may leave out some of the networks' weights.
        seed: of Python's, NumPy's and PyTorch's generators.

    Raises:
        InputError: for a precision that does not exist here.
    """
    cpu = not torch.accelerator.is_available()
    if precision not in ("no", "bf16", "fp16"):
        raise InputError(f"The precision must be no, bf16 or fp16, not {precision!r}.")
    if cpu and precision == "fp16":
        raise InputError("The precision fp16 needs a GPU; use bf16 or no.")
    emulated = cpu and precision == "bf16" and not has_fast_bfloat16()
    unused = [DistributedDataParallelKwargs(find_unused_parameters=True)] if some_unused else None
    accelerator = Accelerator(
        kwargs_handlers=unused,
        cpu=cpu,
        mixed_precision="no" if emulated else precision,
        gradient_accumulation_steps=accumulate,
        log_with="tensorboard",
        project_config=ProjectConfiguration(project_dir=str(output), logging_dir=str(output)),
        dataloader_config=DataLoaderConfiguration(use_seedable_sampler=True, data_seed=seed),
    )
    if emulated:
        accelerator.print("This CPU only emulates bfloat16: training in float32.")
    set_seed(seed)
    return accelerator
