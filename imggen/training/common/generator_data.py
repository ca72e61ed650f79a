"""The images that generators learn from."""

from __future__ import annotations

from typing import Any

from accelerate import Accelerator

from imggen.errors import InputError
from imggen.training.common.image_store import ImageStore
from imggen.training.common.sources import find_images


def image_size(architecture_config: dict[str, Any]) -> int:
    """The side of the images an architecture is asked for.

    Raises:
        InputError: when it is missing or no whole number above 0.
    """
    side = architecture_config.get("image_size")
    if isinstance(side, bool) or not isinstance(side, int) or side < 1:
        raise InputError("The setting 'architecture_config' needs an image_size: the side of the images, in pixels.")
    return side


def load_images(accelerator: Accelerator, data: str, side: int, cache_gb: float) -> ImageStore:
    """Decode the training images at the model's size; those of less than half of it are left out."""
    with accelerator.main_process_first():  # one process downloads a Hub dataset, the others find it cached
        sources = find_images(data)
    budget = int(cache_gb * 2**30) // accelerator.num_processes
    images = ImageStore(sources, max(1, side // 2), budget, square=side)
    if images.too_small or images.damaged:
        accelerator.print(f"Training on {len(images)} images; left out: {images.skipped()}.")
    return images
