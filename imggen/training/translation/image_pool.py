"""A history of generated images that discriminators learn from.

Shrivastava et al., 2017, "Learning from Simulated and Unsupervised Images through Adversarial Training"
(https://arxiv.org/abs/1612.07828), section 2.3, as CycleGAN uses it (Zhu et al., 2017,
https://arxiv.org/abs/1703.10593, section 4).
"""

from __future__ import annotations

from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor


class ImagePool:
    """The images of one process and one domain.

    Args:
        accelerator: gathers the pools of all processes into the training state.
        size: images kept (50 in the papers); 0 returns every image unchanged.
        side: of the images.
    """

    def __init__(self, accelerator: Accelerator, size: int, side: int) -> None:
        self._accelerator = accelerator
        self._images = torch.zeros(size, 3, side, side, device=accelerator.device)
        self._filled = 0

    def exchange(self, images: Tensor, dice: Tensor) -> Tensor:
        """Put images in and get as many out: the same ones while the pool fills, then older ones half of the time.

        Args:
            images: (B, 3, S, S) without gradient.
            dice: (B, 2) uniform in 0..1: whether to swap, and which one.
        """
        size = len(self._images)
        if not size:
            return images
        given = images.clone()
        for image, out, (swap, which) in zip(images, given, dice.tolist(), strict=True):
            if self._filled < size:
                self._images[self._filled] = image
                self._filled += 1
            elif swap < 0.5:
                place = min(int(which * size), size - 1)
                out.copy_(self._images[place])
                self._images[place] = image
        return given

    def state_dict(self) -> dict[str, Any]:
        """State of all processes, for ``accelerator.register_for_checkpointing``, which asks every process for it."""
        return {"filled": self._filled, "images": self._accelerator.gather(self._images[None])}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned; with another number of processes, from the first one's pool."""
        pools = state["images"]
        index = self._accelerator.process_index
        self._images.copy_(pools[index if len(pools) == self._accelerator.num_processes else 0])
        self._filled = state["filled"]
