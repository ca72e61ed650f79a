"""4x super-resolution of images of any size, from faithful to detailed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from imggen.device import Compute
from imggen.errors import CheckpointError
from imggen.imaging.decode import Source
from imggen.imaging.limits import Part, fit
from imggen.imaging.recipe import RECIPE_KEY
from imggen.models import SCALE
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.arguments import decoded, number
from imggen.pipelines.layers import reported_layers
from imggen.store.catalogue import ModelInfo

#: Side of a tile before its margin. Larger tiles waste less on margins, smaller ones report and cancel sooner.
TILE = 512
#: Very deep networks have receptive fields of hundreds of pixels whose rim hardly counts: margins stop here.
MAX_MARGIN = 48


class SuperResolution:
    """Upscale by four with one network, or with a blend of a faithful network and its detailed fine-tune.

    Blending the *weights* of a network and its adversarial fine-tune gives a continuous choice between the two at the
    price of one network: Wang et al., 2018, ESRGAN (https://arxiv.org/abs/1809.00219), section 3.4.

    Args:
        info: the catalogue's entry of the faithful network.
        network: maps (B, 3, H, W) in 0..1 to (B, 3, 4H, 4W).
        compute: where and in which precision to run.
        detailed_info: the entry of the fine-tune, when there is one.
        detailed: the fine-tune; same architecture as ``network``.
    """

    task = "super_resolution"

    def __init__(
        self,
        info: ModelInfo,
        network: nn.Module,
        compute: Compute,
        detailed_info: ModelInfo | None = None,
        detailed: nn.Module | None = None,
    ) -> None:
        self.info = info
        self.detailed_info = detailed_info
        self.compute = compute
        self.margin = min(int(getattr(network, "receptive_radius", MAX_MARGIN)), MAX_MARGIN)
        self._ends = [{name: value.float().clone() for name, value in network.state_dict().items()}]
        if detailed is not None:
            self._ends.append({name: value.float().clone() for name, value in detailed.state_dict().items()})
            faithful_shapes, detailed_shapes = ({n: v.shape for n, v in end.items()} for end in self._ends)
            if faithful_shapes != detailed_shapes:
                raise CheckpointError(f"The fine-tune of {info.id!r} belongs to a network of another size.")
        self._network = network.eval().to(compute.device).to(memory_format=compute.memory_format)
        self._detail = 0.0

    @property
    def has_detail(self) -> bool:
        """Whether ``detail`` changes anything: only when a detailed fine-tune belongs to this model."""
        return len(self._ends) == 2

    @property
    def size_bytes(self) -> int:
        """Memory the weights take."""
        kept = sum(value.nbytes for end in self._ends for value in end.values())
        return kept + sum(value.nbytes for value in self._network.state_dict().values())

    def upscale(
        self,
        image: Source,
        detail: float = 0.5,
        report: Report = silent,
        max_pixels: int | None = None,
        crop: Part | None = None,
    ) -> Image.Image:
        """Upscale an image, or a part of it, to four times its width and height.

        Args:
            image: a PIL image, a path, or the bytes of a file.
            detail: 0 stays closest to the input's pixels, 1 invents the most texture. Ignored, and recorded as
                None, when the model has no detailed fine-tune.
            report: gets the fraction done a few times a second; may raise to stop.
            max_pixels: an image, or a part, with more is shrunk to so many first, and the recipe says so.
            crop: left, top, width and height of the part to upscale; the whole image when None.

        Returns:
            An RGB image with the recipe in ``info["imggen"]``.

        Raises:
            InputError: when ``detail`` is no number in 0..1, or ``crop`` no part of the image.
        """
        number(detail, 0, 1, "Detail must be a number from 0 (faithful) to 1 (detailed).")
        original = decoded(image)
        photo, fitted = fit(original, max_pixels, crop)
        used = float(detail) if self.has_detail else None
        if used is not None:
            self._blend(used)
        result = Image.fromarray(self._upscale_tiles(np.asarray(photo), report))
        also = [self.detailed_info] if self.detailed_info is not None and used else []
        result.info[RECIPE_KEY] = recipe(self.task, self.info, {"detail": used, **fitted}, [original], *also)
        return result

    def _blend(self, detail: float) -> None:
        if detail == self._detail:
            return
        faithful, detailed = self._ends
        self._network.load_state_dict(
            {
                name: torch.lerp(value, detailed[name], detail) if value.is_floating_point() else value
                for name, value in faithful.items()
            }
        )
        self._detail = detail

    def _upscale_tiles(self, pixels: NDArray[np.uint8], report: Report) -> NDArray[np.uint8]:
        height, width, _ = pixels.shape
        result = np.empty((height * SCALE, width * SCALE, 3), np.uint8)
        side = min(TILE, int(getattr(self._network, "tile", TILE)))
        tiles = [(rows, columns) for rows in _spans(height, side) for columns in _spans(width, side)]
        report(0.0)
        for index, (rows, columns) in enumerate(tiles):
            # A margin as wide as the receptive field makes the tile's core equal to the untiled result.
            top, left = max(0, rows.start - self.margin), max(0, columns.start - self.margin)
            tile = pixels[top : rows.stop + self.margin, left : columns.stop + self.margin]
            y, x = (rows.start - top) * SCALE, (columns.start - left) * SCALE
            core_height, core_width = len(rows) * SCALE, len(columns) * SCALE
            with reported_layers(self._network, lambda part, done=index: report((done + part) / len(tiles))):  # type: ignore[misc]
                upscaled = self._run(torch.from_numpy(tile.copy()))[:, y : y + core_height, x : x + core_width]
            target = result[rows.start * SCALE :, columns.start * SCALE :][:core_height, :core_width]
            target[:] = upscaled.permute(1, 2, 0).cpu().numpy()
            report((index + 1) / len(tiles))
        return result

    @torch.inference_mode()
    def _run(self, tile: Tensor) -> Tensor:
        """(H, W, 3) uint8 -> (3, 4H, 4W) uint8."""
        device, dtype = self.compute.device, self.compute.dtype
        x = tile.to(device).permute(2, 0, 1)[None].to(torch.float32).div_(255)
        # Autocast keeps the input and the skip around the network in float32: bfloat16 pixels would cost 0.01 dB.
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            y = self._network(x.contiguous(memory_format=self.compute.memory_format))
        return y[0].float().clamp_(0, 1).mul_(255).round_().to(torch.uint8)


def _spans(length: int, limit: int) -> Iterator[range]:
    """Cut 0..length into equal ranges of at most ``limit``."""
    count = math.ceil(length / limit)
    edges = [round(index * length / count) for index in range(count + 1)]
    return (range(start, stop) for start, stop in itertools.pairwise(edges))
