"""Load the pipeline of a catalogue entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from imggen.device import Compute
from imggen.errors import CheckpointError, WeightsUnavailable
from imggen.models.generator_network import GeneratorNetwork
from imggen.pipelines import Pipeline
from imggen.pipelines.day_night.pipeline import DayNight
from imggen.pipelines.generators.conditional import Conditional
from imggen.pipelines.generators.sampling import Sampling
from imggen.pipelines.style.optimisation import LAYERS, StyleOptimisation
from imggen.pipelines.style.style_transfer import StyleTransfer
from imggen.pipelines.style.styles import only_style, shipped_styles
from imggen.pipelines.super_resolution import SuperResolution
from imggen.ranges import SCALE
from imggen.store import adapters, checkpoint, hub
from imggen.store.abilities import optimises
from imggen.store.catalogue import Catalog
from imggen.store.download import DownloadReport
from imggen.store.file_names import sha256_of
from imggen.store.model_info import ModelInfo
from imggen.store.vgg16 import load_vgg16


@dataclass(frozen=True)
class Request:
    """What a loader needs besides the model.

    Attributes:
        catalog: the models on offer.
        compute: where and in which precision to run.
        offline: never contact the Hub.
        report: gets the progress of a download.
        vgg16: safetensors file with VGG-16, instead of the one on the Hub.
    """

    catalog: Catalog
    compute: Compute
    offline: bool = False
    report: DownloadReport | None = None
    vgg16: Path | None = None


def load_pipeline(
    model_id: str,
    catalog: Catalog,
    compute: Compute,
    offline: bool = False,
    report: DownloadReport | None = None,
    vgg16: Path | None = None,
) -> Pipeline:
    """Find a model's weights, load them, and build the pipeline of its task.

    Args:
        model_id: id in the catalogue.
        catalog, compute, offline, report, vgg16: see :class:`Request`.

    Raises:
        CheckpointError: unknown model, damaged folder, or a task this version does not know.
        WeightsUnavailable: the weights are on the Hub and cannot be had now.
    """
    info = catalog.get(model_id)
    if info.task not in LOADERS:
        raise CheckpointError(f"{info.id!r} is made for the task {info.task!r}, which this version does not know.")
    return LOADERS[info.task](info, Request(catalog, compute, offline, report, vgg16))


def _sampling(info: ModelInfo, request: Request) -> Sampling:
    return Sampling(info, _generator(info, request), request.compute)


def _conditional(info: ModelInfo, request: Request) -> Conditional:
    return Conditional(info, _generator(info, request), request.compute, info.class_names)


def _day_night(info: ModelInfo, request: Request) -> DayNight:
    return DayNight(info, _network(info, request), request.compute)


def _super_resolution(info: ModelInfo, request: Request) -> SuperResolution:
    base, fine_tunes = request.catalog.family(info)
    ends = {slider: (end, _upscaler(end, request)) for slider, end in fine_tunes.items()}
    return SuperResolution(base, _upscaler(base, request), request.compute, ends, info)


def _style_transfer(info: ModelInfo, request: Request) -> StyleTransfer | StyleOptimisation:
    if optimises(info):
        return _style_optimisation(info, request)
    with hub.weights(info, offline=request.offline, report=request.report) as path:
        network = _read(info, path)
        styles = [only_style(info)] if info.architecture in adapters.ADAPTERS else shipped_styles(path)
    return StyleTransfer(info, network, request.compute, styles)


def _style_optimisation(info: ModelInfo, request: Request) -> StyleOptimisation:
    if request.vgg16 is not None:
        info = replace(info, revision=None, sha256=sha256_of(request.vgg16))
        return StyleOptimisation(info, load_vgg16(request.vgg16, LAYERS), request.compute)
    try:
        with hub.weights(info, offline=request.offline, report=request.report) as path:
            return StyleOptimisation(info, load_vgg16(path, LAYERS), request.compute)
    except WeightsUnavailable as error:
        raise WeightsUnavailable(
            f"Optimisation needs VGG-16, which is not here: start the app with --vgg16 PATH, or choose another model. "
            f"({error})"
        ) from error


#: The loader of each task that has models.
LOADERS: dict[str, Callable[[ModelInfo, Request], Pipeline]] = {
    "sampling": _sampling,
    "conditional": _conditional,
    "day_night": _day_night,
    "style_transfer": _style_transfer,
    "super_resolution": _super_resolution,
}


def _upscaler(info: ModelInfo, request: Request) -> nn.Module:
    network = _network(info, request)
    scale = getattr(network, "scale", None)
    if scale != SCALE:
        raise CheckpointError(f"{info.id!r} upscales {scale} times; the super-resolution tab needs {SCALE} times.")
    return network


def _generator(info: ModelInfo, request: Request) -> GeneratorNetwork:
    network = _network(info, request)
    assert isinstance(network, GeneratorNetwork)
    return network


def _network(info: ModelInfo, request: Request) -> nn.Module:
    with hub.weights(info, offline=request.offline, report=request.report) as path:
        return _read(info, path)


def _read(info: ModelInfo, path: Path) -> nn.Module:
    if info.architecture in adapters.ADAPTERS:
        network = adapters.load(info.architecture, path)
    else:
        network = checkpoint.load(path, info.sha256).network
    if info.task not in network.tasks:  # type: ignore[operator]
        raise CheckpointError(
            f"{info.id!r} says that it is made for the task {info.task}, which its architecture, {info.architecture}, "
            "cannot do."
        )
    return network
