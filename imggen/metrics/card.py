"""Measured results, as a table for people and as ``model-index`` metadata for the Hub."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from huggingface_hub import EvalResult, ModelCard, ModelCardData
from PIL import Image

from imggen.errors import CheckpointError
from imggen.store.card import END, START
from imggen.store.file_names import CARD_NAME


@dataclass(frozen=True)
class Metric:
    """One column of the table.

    Attributes:
        key: identifier on the Hub, in lower case.
        title: column heading, with the unit and an arrow towards better.
        digits: decimals shown.
        arguments: what else one must know to compare the number with others; goes into the metadata.
    """

    key: str
    title: str
    digits: int
    arguments: dict[str, str] | None = None


@dataclass(frozen=True)
class Row:
    """What one method reached on one set of images.

    Attributes:
        dataset: name of the set.
        images: how many images it has.
        method: what was measured: a baseline, or a setting of the model.
        values: metric key -> mean over the images; NaN, shown as a dash, where a metric means nothing.
        baseline: whether this is something to compare the model with; baselines stay out of the metadata.
    """

    dataset: str
    images: int
    method: str
    values: dict[str, float]
    baseline: bool = False


@dataclass(frozen=True)
class Evaluation:
    """The result of one evaluation.

    Attributes:
        hub_task: the Hub's name of the task, such as ``"image-to-image"``.
        metrics: the columns, in order.
        rows: the table.
        notes: paragraphs below it: protocol, hardware, speed.
        pictures: file name -> picture, kept beside the card and not published with it.
    """

    hub_task: str
    metrics: list[Metric]
    rows: list[Row]
    notes: list[str]
    pictures: dict[str, Image.Image] = field(default_factory=dict)

    def to_markdown(self) -> str:
        """Render the table and its notes."""
        header = ["Data", "Images", "Method", *(metric.title for metric in self.metrics)]
        lines = [header, ["---", "---:", "---", *("---:" for _ in self.metrics)]]
        for row in self.rows:
            values = [f"{row.values[metric.key]:.{metric.digits}f}".replace("nan", "-") for metric in self.metrics]
            lines.append([row.dataset, str(row.images), row.method, *values])
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return "\n\n".join([table, *self.notes])

    def to_hub(self) -> list[EvalResult]:
        """Describe the model's own rows as the Hub does. Infinite values are not allowed there and are left out."""
        return [
            EvalResult(
                task_type=self.hub_task,
                dataset_type=re.sub(r"[^a-z0-9]+", "-", row.dataset.lower()).strip("-") or "images",
                dataset_name=row.dataset,
                metric_type=metric.key,
                metric_name=f"{metric.key.upper()}, {row.method}",
                metric_args=metric.arguments,
                metric_value=round(row.values[metric.key], metric.digits),
            )
            for row in self.rows
            for metric in self.metrics
            if not row.baseline and math.isfinite(row.values[metric.key])
        ]


def write(folder: str | Path, model_name: str, evaluation: Evaluation) -> Path:
    """Put an evaluation into the model card of a checkpoint folder, in place of the one before.

    The table goes between the markers ``<!-- metrics -->`` and ``<!-- /metrics -->``, or into a new section at the
    end; the numbers also go into the front matter. Everything else in the card stays. The evaluation's pictures are
    saved in the folder. Nothing is sent anywhere.

    Raises:
        CheckpointError: when the card cannot be read or its front matter is damaged.
    """
    path = Path(folder) / CARD_NAME
    try:
        card = ModelCard(path.read_text(encoding="utf-8"))
    except Exception as error:  # YAML errors of many kinds, besides files that are missing or no text
        raise CheckpointError(f"The model card {CARD_NAME} in {path.parent.name!r} is missing or damaged.") from error
    assert isinstance(card.data, ModelCardData)
    card.data.model_name = card.data.model_name or model_name
    card.data.eval_results = evaluation.to_hub()
    card.text = _replace(card.text, f"{START}\n\n{evaluation.to_markdown()}\n\n{END}")
    path.write_text(str(card), encoding="utf-8")
    for name, picture in evaluation.pictures.items():
        picture.save(path.with_name(name), quality=90)
    return path


def _replace(text: str, section: str) -> str:
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if start and end:
        return before + section + after
    return f"{text.rstrip()}\n\n## Metrics\n\n{section}\n"
