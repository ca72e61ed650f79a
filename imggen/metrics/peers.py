"""The same network in other programs, side by side.

The network is the default upscaler's, exported to ONNX, without what is around it; a program whose result differs is
left out. Upscalers of others, as spandrel reads them, are other networks: for them only the time compares. Every
program is timed once in each round, so that a machine that is busy for a while is so for all of them.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from imggen.device import Compute, dtype_name
from imggen.errors import InputError
from imggen.metrics.latency import seconds as seconds_of
from imggen.metrics.typical_jobs import photo
from imggen.store import adapters, checkpoint
from imggen.store.catalogue import Catalog

#: The network that is compared: the one that the shipped upscalers are fine-tuned from.
MODEL = "sr-span-x4"
#: Side of the input, in pixels.
SIDE = 256
#: Largest difference of a pixel, in 0..1, that is put down to rounding.
TOLERANCE = 0.05

#: Takes and gives float32 pixels in 0..1, shape (1, 3, H, W).
Run = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Ratio:
    """One row: a program, its median seconds, and these over ours."""

    name: str
    seconds: float
    ratio: float


def compare(catalog: Catalog, compute: Compute, weights: Sequence[Path], runs: int) -> list[Ratio]:
    """Time our upscaler's network, and the same or others in programs that are installed.

    Args:
        catalog: the models.
        compute: where and in which precision ours runs.
        weights: files of upscalers of others, for spandrel.
        runs: rounds, of which the median counts.

    Raises:
        InputError: when no peer is installed.
        CheckpointError: when one of ``weights`` is no upscaler.
    """
    source = catalog.get(MODEL).source
    assert isinstance(source, Path)
    network = checkpoint.load(source).network.eval()
    pixels = np.asarray(photo(SIDE), np.float32).transpose(2, 0, 1)[None] / 255
    name = dtype_name(compute.dtype)
    programs: dict[str, Run] = {f"imggen, {name}": _torch(network, compute)}
    expected = programs[f"imggen, {name}"](pixels)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        for peer, load in PEERS.items():
            if find_spec(peer) and find_spec("onnx") and find_spec("onnxscript"):
                if not path.exists():
                    _export(network, path)
                title, run = load(path)
                if np.abs(run(pixels) - expected).max() > TOLERANCE:
                    logging.getLogger(__name__).warning("%s is left out: its result differs.", title)
                    continue
                programs[title] = run
        for file in weights:
            programs[f"spandrel, {file.stem}"] = _torch(adapters.load("spandrel", file), compute)
        if len(programs) == 1:
            raise InputError("There is nothing to compare with: pip install '.[bench]'.")
        for run in programs.values():
            run(pixels)
        seconds: dict[str, list[float]] = {title: [] for title in programs}
        for _ in range(runs):
            for title, run in programs.items():
                seconds[title].append(seconds_of(lambda run=run: run(pixels)))  # type: ignore[misc]
    ours, *_ = (statistics.median(each) for each in seconds.values())
    return [Ratio(title, statistics.median(each), statistics.median(each) / ours) for title, each in seconds.items()]


def _torch(network: nn.Module, compute: Compute) -> Run:
    network = network.to(compute.device).to(memory_format=compute.memory_format)

    @torch.inference_mode()
    def run(pixels: np.ndarray) -> np.ndarray:
        x = torch.from_numpy(pixels).to(compute.device).contiguous(memory_format=compute.memory_format)
        with torch.autocast(compute.device.type, compute.dtype, enabled=compute.dtype != torch.float32):
            return network(x).float().cpu().numpy()

    return run


def _export(network: nn.Module, path: Path) -> None:
    example = torch.zeros(1, 3, SIDE, SIDE)
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # the exporter tells its steps
        torch.onnx.export(network.cpu(), (example,), path, dynamo=True, verbose=False)


def _onnxruntime(path: Path) -> tuple[str, Run]:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return f"onnxruntime {onnxruntime.__version__}", lambda pixels: session.run(None, {name: pixels})[0]


def _openvino(path: Path) -> tuple[str, Run]:
    import openvino

    model: Any = openvino.Core().compile_model(path, "CPU")
    precision = model.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    return f"openvino {openvino.__version__.partition('-')[0]}, {precision}", lambda pixels: model(pixels)[0]


def _opencv(path: Path) -> tuple[str, Run]:
    import cv2

    network = cv2.dnn.readNetFromONNX(str(path))

    def run(pixels: np.ndarray) -> np.ndarray:
        network.setInput(pixels)
        return network.forward()

    return f"opencv {cv2.__version__}", run


#: By the module to import: loads a network from an ONNX file.
PEERS: dict[str, Callable[[Path], tuple[str, Run]]] = {
    "onnxruntime": _onnxruntime,
    "openvino": _openvino,
    "cv2": _opencv,
}


def table(ratios: Sequence[Ratio]) -> str:
    """The comparison as a table in Markdown."""
    lines = [f"| program, {SIDE} to {4 * SIDE} px | seconds | times ours |", "|---|---|---|"]
    lines += [f"| {row.name} | {row.seconds:.3f} | {row.ratio:.2f} |" for row in ratios]
    return "\n".join(lines)
