"""The images that generators learn from."""

from __future__ import annotations

from typing import Any

from accelerate import Accelerator

from imggen.errors import InputError
from imggen.training.common.image_store import ImageStore
from imggen.training.common.labelled_images import find_classes
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


def load_images(
    accelerator: Accelerator, data: str, side: int, cache_gb: float, labelled: bool
) -> tuple[ImageStore, list[str] | None, list[int] | None]:
    """Decode the training images at the model's size; those of less than half of it are left out.

    Args:
        accelerator: for the number of processes.
        data: folder of images, or a Hub dataset ``owner/name``.
        side: of the model's images, in pixels.
        cache_gb: memory for decoded images, of all processes together.
        labelled: whether training needs to know the class of each image.

    Returns:
        The images; the names of the classes and the class of each image, or None where they are not needed.

    Raises:
        InputError: when there is no usable image, or the classes are not clear.
    """
    with accelerator.main_process_first():  # one process downloads a Hub dataset, the others find it cached
        pictures = find_images(data)
    budget = int(cache_gb * 2**30) // accelerator.num_processes
    images = ImageStore(pictures, max(1, side // 2), budget, square=side)
    names, labels = find_classes(pictures, images.pictures) if labelled else (None, None)
    classes = [names[label] for label in labels] if names and labels else []
    accelerator.print(f"Training on {images.summary('images', classes)}.")
    return images, names, labels
