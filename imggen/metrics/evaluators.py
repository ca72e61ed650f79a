"""Which function measures the models of a task."""

from __future__ import annotations

from collections.abc import Callable

from imggen.metrics import generators, style_transfer, super_resolution, translation
from imggen.metrics.card import Evaluation

#: Gets: a function that loads the pipeline in a given precision, the data folder, the VGG-16 file or None, and the
#: precision to measure quality in or None. That of upscalers also takes ``jpeg``.
Evaluator = Callable[..., Evaluation]

EVALUATORS: dict[str, Evaluator] = {
    "super_resolution": super_resolution.evaluate,
    "sampling": generators.evaluate,
    "conditional": generators.evaluate,
    "style_transfer": style_transfer.evaluate,
    "day_night": translation.evaluate,
}
