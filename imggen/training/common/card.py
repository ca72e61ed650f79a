"""The model card of a trained checkpoint: README.md with Hub front matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from imggen.metrics.card import END, START


@dataclass(frozen=True)
class CardFacts:
    """What a card tells.

    Attributes:
        model_id: name of the checkpoint folder.
        title: short name for people.
        license: SPDX identifier in lower case.
        base_model: id of the model it was fine-tuned from, if any.
        pipeline_tag: the Hub's name of the job, such as ``"image-to-image"``.
        tags: further Hub tags.
        summary: what it is, one paragraph.
        parameters: number of weights.
        training: recipe, data, steps, images seen and settings, as config.json records them.
        limits: what it cannot do, one paragraph.
        example: Python lines that use it.
    """

    model_id: str
    title: str
    license: str
    base_model: str | None
    pipeline_tag: str
    tags: tuple[str, ...]
    summary: str
    parameters: int
    training: Mapping[str, Any]
    limits: str
    example: str


def write_card(facts: CardFacts) -> str:
    """Return the text of README.md. The evaluate command replaces what stands between the metrics markers."""
    front: dict[str, Any] = {
        "license": facts.license,
        "library_name": "imggen",
        "pipeline_tag": facts.pipeline_tag,
        "tags": ["imggen", *facts.tags],
    }
    if facts.base_model:
        front["base_model"] = facts.base_model
    training = facts.training
    start = f", starting from `{facts.base_model}`" if facts.base_model else ", from random weights"
    refined = f" Every picture is redrawn by `{training['refined_by']}`." if "refined_by" in training else ""
    settings = yaml.safe_dump(dict(training["settings"]), sort_keys=False, default_flow_style=None, width=100).strip()
    return f"""---
{yaml.safe_dump(front, sort_keys=False).strip()}
---

# {facts.title}

{facts.summary} It has {facts.parameters:,} parameters.

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
Not measured yet: `python -m imggen evaluate {facts.model_id} --data DIR`
{END}

## Limits

{facts.limits}

## Use

```python
{facts.example}
```
"""
