"""Super-resolution models in the app: which are offered, which sliders they have, and the job in words."""

from __future__ import annotations

from typing import Any

from PIL import Image

from imggen.engine.engine import Engine
from imggen.errors import InputError
from imggen.pipelines import Pipeline, Report
from imggen.ranges import SCALE
from imggen.store.model_info import ModelInfo
from imggen.ui.photo_tab import Made, Values

TASK = "super_resolution"
PHOTO, DRAWING = "photo", "drawing"


def work(
    pipeline: Pipeline,
    photo: Image.Image,
    report: Report,
    max_pixels: int,
    detail: Any,
    crop: Any,
    clean_up: Any = None,
    scale: Any = SCALE,
    size: Any = None,
) -> Made:
    """Upscale, and say what was done. Raises :class:`InputError`."""
    from imggen.pipelines.super_resolution import SuperResolution

    if not isinstance(pipeline, SuperResolution):
        raise InputError(f"{pipeline.info.id!r} is no super-resolution model. Choose another.")
    result = pipeline.upscale(photo, detail, report, max_pixels, crop, clean_up, scale, size)
    if clean_up is None:
        clean_up = pipeline.default_clean_up
    return Made(result, told(detail if pipeline.has_detail else 0, clean_up if pipeline.has_clean_up else None))


def repeated(made: Values) -> Values:
    """The arguments of :func:`work` that a recipe describes."""
    sizes = {"scale": made.get("scale") or SCALE, "size": made.get("size")}
    return {"detail": made.get("detail") or 0, "crop": None, "clean_up": made.get("clean_up"), **sizes}


def told(detail: float, clean_up: float | None) -> str:
    """What was done to a photo, in words. ``clean_up`` is None for a model that has no such setting."""
    sentences = []
    if clean_up is not None:
        sentences.append(
            f"Marks of compression and noise were cleaned up ({clean_up:.0%})."
            if clean_up
            else "Nothing was cleaned up."
        )
    if detail:
        sentences.append(f"Texture was sharpened and partly invented (detail {detail:.0%}).")
    sentences.append(
        "The close-up shows the place that changed most, beside bicubic enlargement. Click on the photo to move it."
    )
    return " ".join(sentences)


def offered(engine: Engine) -> list[ModelInfo]:
    """The models to choose from; what is the detailed end of another is not a choice of its own."""
    catalog = engine.catalog

    def is_detailed_end(info: ModelInfo) -> bool:
        base = catalog.base_of(info)
        if base is None or info.slider != "detail":
            return False
        _, ends = catalog.family(base)
        return "detail" in ends and ends["detail"].id == info.id

    return [info for info in catalog.models(TASK) if not is_detailed_end(info)]


def has_slider(engine: Engine, model_id: str, slider: str) -> bool:
    """Whether a slider, "detail" or "clean_up", means something for a model."""
    _, ends = engine.catalog.family(engine.catalog.get(model_id))
    return slider in ends


def by_source(engine: Engine) -> dict[str, ModelInfo] | None:
    """The first model that cleans photos up, and the one it was fine-tuned from, by source; None without such two."""
    catalog = engine.catalog
    for info in offered(engine):
        base = catalog.base_of(info)
        if base is not None and info.slider == "clean_up":
            return {PHOTO: info, DRAWING: base}
    return None


def suited(info: ModelInfo, values: Values) -> Values:
    """The values of the settings for another model: with as much clean-up as it is made for."""
    return {**values, "clean_up": default_clean_up(info)}


def default_clean_up(info: ModelInfo | None) -> float:
    """Where the slider stands when a model is chosen: all the way up for one that is made for it."""
    return float(info is not None and info.base_model is not None and info.slider == "clean_up")
