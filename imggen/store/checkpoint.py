"""A checkpoint is a folder with the files of one Hub repository.

    config.json         how to rebuild the network, what it is for, how it was trained
    model.safetensors   the weights
    README.md           the model card, with Hub front matter
    preview.webp        a sample sheet (optional)

:class:`Checkpoint` lets ``huggingface_hub`` do the saving and pushing; :func:`load` adds the checks the app needs.
"""

from __future__ import annotations

import copy
import inspect
import json
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import PyTorchModelHubMixin
from safetensors import SafetensorError
from safetensors.torch import load_model
from torch import nn

from imggen.errors import CheckpointError
from imggen.models import build
from imggen.store.blueprint import check_weights
from imggen.store.config import read_config
from imggen.store.file_names import CARD_NAME, CONFIG_NAME, WEIGHTS_NAME, sha256_of
from imggen.store.file_names import PREVIEW_NAME as PREVIEW_NAME
from imggen.store.finite import refuse_not_finite


class Checkpoint(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="imggen",
    tags=["imggen"],
):
    """A network together with everything needed to use it and to train it again. The arguments are config.json.

    Args:
        task: name of the pipeline that runs it, such as ``"super_resolution"``.
        architecture: key of :data:`imggen.models.ARCHITECTURES`.
        architecture_config: the network constructor's arguments.
        title: short name shown in the app.
        license: SPDX identifier in lower case, as the Hub writes it.
        base_model: id of the model it was fine-tuned from, when there is one.
        slider: of an upscaler with a base model, the setting that goes from the base at 0 to this one at 1: "detail",
            the default, or "clean_up".
        image_size: side of the images it makes, for models of one size.
        value_range: range of the network's input and output values.
        latent_size: length of the latent vector, for generators.
        class_names: names of the classes, for conditional models.
        directions: what the first, second ... direction of the latent space does, such as "Thin to bold"; empty for one
            that does no one thing. See :meth:`imggen.models.generator_network.GeneratorNetwork.directions`.
        training: the recipe, data and number of steps it was trained with.
        imggen_version: version of this library that wrote it.
    """

    def __init__(
        self,
        task: str,
        architecture: str,
        architecture_config: dict[str, Any],
        title: str = "",
        license: str = "apache-2.0",
        base_model: str | None = None,
        slider: str | None = None,
        image_size: int | None = None,
        value_range: list[float] | None = None,
        latent_size: int | None = None,
        class_names: list[str] | None = None,
        directions: list[str] | None = None,
        training: dict[str, Any] | None = None,
        imggen_version: str | None = None,
    ) -> None:
        super().__init__()
        self.task = task
        self.architecture = architecture
        self.class_names = class_names
        self.directions = directions
        self.image_size = image_size
        self.network = build(architecture, architecture_config)


def save(checkpoint: Checkpoint, folder: str | Path, card: str, dtype: torch.dtype = torch.float16) -> Path:
    """Write a checkpoint folder, replacing weights, configuration and card, with the weights' sha256 in config.json.

    Args:
        checkpoint: the network and its description.
        folder: created when missing.
        card: text of README.md, front matter included.
        dtype: number format of the stored weights.

    Raises:
        CheckpointError: when there are weights that are not finite in that format; then nothing is written.
    """
    folder = Path(folder)
    stored = copy.deepcopy(checkpoint).to("cpu", dtype).to(memory_format=torch.contiguous_format)
    refuse_not_finite(stored.network, f"What was to be saved in {str(folder.name)!r}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD_NAME).write_text(card, encoding="utf-8")
    stored.save_pretrained(folder)
    config = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    config["sha256"] = sha256_of(folder / WEIGHTS_NAME)
    (folder / CONFIG_NAME).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return folder


def load(folder: str | Path, sha256: str | None = None) -> Checkpoint:
    """Load a checkpoint folder in float32, on the CPU, in eval mode.

    Args:
        folder: with config.json and model.safetensors.
        sha256: what the weights must hash to; by default the value config.json records, if any.

    Raises:
        CheckpointError: when a file is missing, damaged, or does not fit its configuration, or a weight is not finite.
    """
    folder = Path(folder)
    config = read_config(folder)
    weights = folder / WEIGHTS_NAME
    try:
        expected = sha256 or config.sha256
        if expected and sha256_of(weights) != expected:
            raise CheckpointError(f"The weights of {folder.name!r} are damaged: their sha256 differs from the record.")
        check_weights(config, folder)
        arguments = config.model_dump(include={*inspect.signature(Checkpoint.__init__).parameters})
        checkpoint = Checkpoint(**arguments)
        load_model(checkpoint, weights)
        refuse_not_finite(checkpoint.network, f"The checkpoint {folder.name!r}")
    except CheckpointError:
        raise
    except (OSError, ValueError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(
            f"The checkpoint {folder.name!r} is incomplete or damaged: {type(error).__name__} while loading it."
        ) from error
    return checkpoint.eval()
