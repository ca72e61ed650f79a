"""From a catalogue entry to a pipeline that is ready to run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from imggen import checkpoint, hub
from imggen.catalog import Catalog, ModelInfo
from imggen.checkpoint import Checkpoint
from imggen.device import Compute
from imggen.errors import CheckpointError
from imggen.pipelines import Pipeline
from imggen.pipelines.conditional import Conditional
from imggen.pipelines.sampling import Sampling
from imggen.pipelines.super_resolution import SCALE, SuperResolution

#: Gets the bytes downloaded and the total when known; may raise to cancel.
DownloadReport = Callable[[int, int | None], None]


def load_pipeline(
    model_id: str, catalog: Catalog, compute: Compute, offline: bool = False, report: DownloadReport | None = None
) -> Pipeline:
    """Find a model's weights, load them, and build the pipeline of its task.

    Raises:
        CheckpointError: unknown model, damaged folder, or a task this version does not know.
        WeightsUnavailable: the weights are on the Hub and cannot be had now.
    """
    info = catalog.get(model_id)
    if info.task == "super_resolution":
        return _super_resolution(info, catalog, compute, offline, report)
    if info.task == "sampling":
        return Sampling(info, _generator(info, offline, report).network, compute)
    if info.task == "conditional":
        loaded = _generator(info, offline, report)
        return Conditional(info, loaded.network, compute, loaded.class_names or [])
    raise CheckpointError(f"{info.id!r} is made for the task {info.task!r}, which this version does not know.")


def _super_resolution(
    info: ModelInfo, catalog: Catalog, compute: Compute, offline: bool, report: DownloadReport | None
) -> SuperResolution:
    faithful, detailed = info, catalog.fine_tuned_from(info.id)
    base = catalog.base_of(info)
    if base is not None:
        faithful, detailed = catalog.get(base.id), info
    network = _network(faithful, offline, report)
    if detailed is None:
        return SuperResolution(faithful, network, compute)
    return SuperResolution(faithful, network, compute, detailed, _network(detailed, offline, report))


def _network(info: ModelInfo, offline: bool, report: DownloadReport | None) -> nn.Module:
    path = hub.find(info, offline=offline, report=report)
    network = _spandrel(path) if info.architecture == "spandrel" else checkpoint.load(path, info.sha256).network
    scale = getattr(network, "scale", None)
    if info.task == "super_resolution" and scale != SCALE:
        raise CheckpointError(f"{info.id!r} upscales {scale} times; the super-resolution tab needs {SCALE} times.")
    return network


def _generator(info: ModelInfo, offline: bool, report: DownloadReport | None) -> Checkpoint:
    loaded = checkpoint.load(hub.find(info, offline=offline, report=report), info.sha256)
    if not hasattr(loaded.network, "latent_size"):
        raise CheckpointError(f"{info.id!r} is of the architecture {info.architecture}, which is no generator.")
    return loaded


def _spandrel(path: Path) -> nn.Module:
    from spandrel import ImageModelDescriptor, ModelLoader  # a second of imports that shipped models do not need

    try:
        if path.suffix == ".safetensors":
            model = ModelLoader(device="cpu").load_from_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
            model = ModelLoader(device="cpu").load_from_state_dict(state)
    except Exception as error:  # spandrel raises its own and torch's errors for files it does not recognise
        raise CheckpointError(f"{path.name} is not a super-resolution network that spandrel recognises.") from error
    if not isinstance(model, ImageModelDescriptor) or model.input_channels != 3 or model.output_channels != 3:
        raise CheckpointError(f"{path.name} is not a network from RGB images to RGB images.")
    network: nn.Module = model.model
    network.scale = model.scale
    return network
