"""Put a super-resolution network behind a generator, as one checkpoint."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from imggen.errors import CheckpointError, InputError
from imggen.models.gan.refined import RefinedGenerator
from imggen.store import checkpoint
from imggen.store.file_names import CONFIG_NAME
from imggen.training.common.generators import describe, draw_sheet
from imggen.training.common.model_folder import write_model_folder
from imggen.training.common.state import check_output


@dataclass(frozen=True)
class _Description:
    task: str
    title: str
    license: str
    architecture: str = "refined"


def refine(generator: Path, upscaler: Path, output: Path, enlarge: bool = False) -> None:
    """Write a checkpoint whose pictures are those of a generator, redrawn by a super-resolution network.

    Args:
        generator: checkpoint folder of one without a latent space of its own.
        upscaler: checkpoint folder of a super-resolution network.
        output: a new folder.
        enlarge: whether the pictures become as many times larger as the network enlarges.

    Raises:
        InputError: when one is of another kind, or the output is in use.
        CheckpointError: when one is damaged.
    """
    check_output(output, resume=False)
    first, second = checkpoint.load(generator), checkpoint.load(upscaler)
    drawing, enlarging = (
        {"architecture": part.architecture, "config": part.network.config} for part in (first, second)
    )
    try:
        network = RefinedGenerator(drawing, enlarging, enlarge).eval()
    except ValueError as error:
        raise InputError(f"{generator.name!r} cannot be refined: {error}.") from error
    network.generator.load_state_dict(first.network.state_dict())
    network.upscaler.load_state_dict(second.network.state_dict())
    config = json.loads((generator / CONFIG_NAME).read_text(encoding="utf-8"))
    if not config.get("training"):
        raise CheckpointError(f"{generator.name!r} does not record its training, which the card of the result tells.")
    training = {**config["training"], "refined_by": upscaler.name}
    output.mkdir(parents=True, exist_ok=True)
    description = _Description(first.task, f"{config['title']}, refined", config["license"])
    sheet = draw_sheet(network, torch.device("cpu"))
    result = describe(network, description, first.class_names, output.resolve().name)
    result = replace(result, directions=first.directions)  # the latent space stays as it was
    write_model_folder(result, description, config.get("base_model"), training, output, sheet)
