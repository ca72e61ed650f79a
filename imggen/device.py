"""The device, number format and memory layout that are fastest on this machine."""

from __future__ import annotations

import platform
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Compute:
    """Where and in which precision networks run."""

    device: torch.device
    dtype: torch.dtype
    memory_format: torch.memory_format = torch.channels_last


def best(device: str | torch.device | None = None, dtype: torch.dtype | None = None) -> Compute:
    """Choose the fastest setting, or complete a partial choice.

    bfloat16 on a CPU only where the hardware multiplies it (AVX512-BF16 or AMX): elsewhere it is emulated and slower
    than float32. float16 on CUDA, float32 on Apple's MPS.
    """
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    device = torch.device(device)
    if dtype is None:
        if device.type == "cuda":
            dtype = torch.float16
        elif device.type == "cpu" and has_fast_bfloat16():
            dtype = torch.bfloat16
        else:
            dtype = torch.float32
    return Compute(device, dtype)


def dtype_name(dtype: torch.dtype) -> str:
    """The name of a number format without PyTorch's prefix, such as ``"float32"``."""
    return str(dtype).removeprefix("torch.")


def has_fast_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware."""
    return bfloat16_unit() != "none"


def bfloat16_unit() -> str:
    """What multiplies bfloat16 in this CPU. AMX has matrix units, and is several times faster than AVX512."""
    capabilities = torch.cpu.get_capabilities()
    if capabilities.get("amx_bf16"):
        return "AMX"
    return "AVX512-BF16 without AMX" if capabilities.get("avx512_bf16") else "none"


def describe(device: torch.device) -> str:
    """Name the hardware, for model cards and benchmarks."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = torch.cpu.get_capabilities().get("cpu_name") or platform.machine()
    threads = torch.get_num_threads()
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}"
