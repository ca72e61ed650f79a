"""imggen: generate, interpolate, stylise, translate and upscale images with small networks.

>>> import imggen
>>> from PIL import Image
>>> upscaler = imggen.load("sr-span-x4")
>>> upscaler.upscale(Image.open("photo.jpg"), detail=0.5).save("photo_4x.png")
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imggen.version import __version__

if TYPE_CHECKING:
    import torch

    from imggen.store.model_info import ModelInfo

__all__ = ["__version__", "list_models", "load"]

# PyTorch reads this at its first allocation: tensors of 2 MB and more then lie in large pages where the system offers
# them (Linux, "madvise"). Enlarging a photo of 1 megapixel took 7.9 s of processor time instead of 8.7.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


def list_models(task: str | None = None) -> list[ModelInfo]:
    """List the models that ship with the library or that its catalogue knows on the Hub.

    Args:
        task: such as ``"super_resolution"``; None lists every task.
    """
    from imggen.store.catalogue import Catalog

    return Catalog().models(task)


def load(
    model_id_or_path: str | Path, device: str | torch.device | None = None, dtype: torch.dtype | None = None
) -> Any:
    """Load a model and return the pipeline of its task.

    Args:
        model_id_or_path: an id from :func:`list_models`, a checkpoint folder, or a Hub repository ``owner/name``.
        device: such as ``"cpu"`` or ``"cuda"``; the best available by default.
        dtype: precision of the networks; the fastest on the device by default.

    Raises:
        imggen.errors.CheckpointError: no such model, or a damaged one.
        imggen.errors.WeightsUnavailable: its weights cannot be downloaded now.
    """
    from imggen.device import best
    from imggen.engine.loading import load_pipeline
    from imggen.store.catalogue import Catalog

    catalog = Catalog()
    return load_pipeline(catalog.find(model_id_or_path).id, catalog, best(device, dtype))
