"""Write the result of a training: a checkpoint folder with weights, configuration, model card and sample sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml
from PIL import Image

from imggen.store import checkpoint
from imggen.store.card import END, START
from imggen.store.checkpoint import PREVIEW_NAME, Checkpoint
from imggen.version import __version__


class Described(Protocol):
    """The settings that describe a model, common to all recipes."""

    @property
    def task(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def license(self) -> str: ...
    @property
    def architecture(self) -> str: ...


@dataclass(frozen=True)
class Result:
    """A trained network and its description for the model card.

    Attributes:
        network: in the form in which it is used, with ``config``.
        value_range: of its pictures.
        pipeline_tag: the Hub's name of the job, such as ``"image-to-image"``.
        tag: a further Hub tag, besides the architecture.
        summary: one sentence for the model card.
        limits: limits of the model, one paragraph for the model card.
        example: Python lines that use it.
        image_size: side of its pictures, for models of one size.
        latent_size: length of the latent vector, for generators.
        class_names: for conditional models.
        directions: see :class:`.Checkpoint`.
    """

    network: Any
    value_range: list[float]
    pipeline_tag: str
    tag: str
    summary: str
    limits: str
    example: str
    image_size: int | None = None
    latent_size: int | None = None
    class_names: list[str] | None = None
    directions: list[str] | None = None


def write_model_folder(
    result: Result,
    recipe: Described,
    base_model: str | None,
    training: Mapping[str, Any],
    output: Path,
    preview: Image.Image,
) -> None:
    """Write a checkpoint folder.

    Args:
        result: the network and its description.
        recipe: for task, title, licence and architecture.
        base_model: id of the checkpoint that training started from, if any.
        training: the record for config.json and the card.
        output: the folder.
        preview: a sample sheet.

    Raises:
        CheckpointError: when the weights are not finite; then nothing is written.
    """
    network = result.network
    stored = Checkpoint(
        task=recipe.task,
        architecture=recipe.architecture,
        architecture_config=network.config,
        title=recipe.title,
        license=recipe.license,
        base_model=base_model,
        image_size=result.image_size,
        value_range=result.value_range,
        latent_size=result.latent_size,
        class_names=result.class_names,
        directions=result.directions,
        training=dict(training),
        imggen_version=__version__,
    )
    stored.network.load_state_dict(network.state_dict())
    card = write_card(result, recipe, base_model, training, output.resolve().name)
    checkpoint.save(stored, output, card)
    preview.save(output / PREVIEW_NAME, quality=90)


def write_card(
    result: Result, recipe: Described, base_model: str | None, training: Mapping[str, Any], model_id: str
) -> str:
    """Return the text of README.md, with Hub front matter. Arguments as of :func:`write_model_folder`.

    ``imggen evaluate`` replaces the text between the metrics markers.
    """
    front: dict[str, Any] = {
        "license": recipe.license,
        "library_name": "imggen",
        "pipeline_tag": result.pipeline_tag,
        "tags": ["imggen", result.tag, recipe.architecture],
    }
    if base_model:
        front["base_model"] = base_model
    parameters = sum(parameter.numel() for parameter in result.network.parameters())
    start = f", starting from `{base_model}`" if base_model else ", from random weights"
    refined = f" Every picture is redrawn by `{training['refined_by']}`." if "refined_by" in training else ""
    settings = yaml.safe_dump(dict(training["settings"]), sort_keys=False, default_flow_style=None, width=100).strip()
    return f"""---
{yaml.safe_dump(front, sort_keys=False).strip()}
---

# {recipe.title}

{result.summary} It has {parameters:,} parameters.

![Sample sheet](preview.webp)

## Training

Recipe `{training["recipe"]}` of imggen{start}: {training["steps"]:,} steps,
{training["images_seen"]:,} samples seen. The weights are an exponential moving average over the training.{refined}

<details><summary>All settings</summary>

```yaml
{settings}
```

</details>

## Data

`{training["data"]}`, {training["images"]:,} images. The data keeps its own licence.

## Metrics

{START}
Not measured yet: `python -m imggen evaluate {model_id} --data DIR`
{END}

## Limits

{result.limits}

## Use

```python
{result.example}
```
"""
