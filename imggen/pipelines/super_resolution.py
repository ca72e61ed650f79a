"""Super-resolution of images of any size, from faithful to detailed, with as much clean-up as they need."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from imggen.device import Compute
from imggen.errors import CheckpointError
from imggen.imaging.decode import Source
from imggen.imaging.limits import Part, crop_and_shrink
from imggen.imaging.recipe import RECIPE_KEY
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.arguments import decoded, number
from imggen.pipelines.layers import reported_layers
from imggen.pipelines.result_size import recorded, result_size
from imggen.pipelines.tiles import tiles
from imggen.ranges import SCALE
from imggen.store.model_info import ModelInfo

#: Side of a tile before its margin. Larger tiles waste less on margins, smaller ones report and cancel sooner.
TILE = 512
#: Very deep networks have receptive fields of hundreds of pixels whose rim hardly counts: margins stop here.
MAX_MARGIN = 48


class SuperResolution:
    """Upscale by four with one network, or with a blend of a network and its fine-tunes.

    Blending the *weights* of a network and its fine-tune gives a continuous choice between the two at the price of one
    network: Wang et al., 2018, ESRGAN (https://arxiv.org/abs/1809.00219), section 3.4. With two fine-tunes, what each
    has changed is added up: Ilharco et al., 2023, "Editing Models with Task Arithmetic"
    (https://arxiv.org/abs/2212.04089), section 2.

    Args:
        base: the catalogue's entry of the network for clean pictures that stays closest to their pixels.
        network: maps (B, 3, H, W) in 0..1 to (B, 3, 4H, 4W).
        compute: where and in which precision to run.
        ends: its fine-tunes, each the upper end of a slider: "detail" invents texture, "clean_up" takes the marks of
            compression and noise away. Entry and network, of the same architecture as ``network``.
        info: the entry that was asked for: ``base``, which it is by default, or one of ``ends``.
    """

    task = "super_resolution"

    def __init__(
        self,
        base: ModelInfo,
        network: nn.Module,
        compute: Compute,
        ends: Mapping[str, tuple[ModelInfo, nn.Module]] = MappingProxyType({}),
        info: ModelInfo | None = None,
    ) -> None:
        cleans = info is not None and "clean_up" in ends and info.id == ends["clean_up"][0].id
        self.info = info if info is not None and cleans else base
        #: How much clean-up there is unless another amount is asked for.
        self.default_clean_up = float(cleans)
        self.compute = compute
        self.margin = min(int(getattr(network, "receptive_radius", MAX_MARGIN)), MAX_MARGIN)
        self._base_info = base
        self._end_infos = {slider: end for slider, (end, _) in ends.items()}
        self._base = {name: value.float().clone() for name, value in network.state_dict().items()}
        self._changes = {slider: self._change(end) for slider, (_, end) in ends.items()}
        self._network = network.eval().to(compute.device).to(memory_format=compute.memory_format)
        self._blended = dict.fromkeys(ends, 0.0)

    def _change(self, end: nn.Module) -> dict[str, Tensor]:
        """What a fine-tune added to the weights of the base."""
        state = end.state_dict()
        if {name: value.shape for name, value in state.items()} != {n: v.shape for n, v in self._base.items()}:
            raise CheckpointError(f"The fine-tune of {self._base_info.id!r} belongs to a network of another size.")
        floating = (name for name, value in state.items() if value.is_floating_point())
        return {name: state[name].float() - self._base[name] for name in floating}

    @property
    def has_detail(self) -> bool:
        """Whether ``detail`` changes anything: only when a detailed fine-tune belongs to this model."""
        return "detail" in self._changes

    @property
    def has_clean_up(self) -> bool:
        """Whether ``clean_up`` changes anything: only when such a fine-tune belongs to this model."""
        return "clean_up" in self._changes

    @property
    def size_bytes(self) -> int:
        """Memory the weights take."""
        kept = (self._base, *self._changes.values(), self._network.state_dict())
        return sum(value.nbytes for state in kept for value in state.values())

    def upscale(
        self,
        image: Source,
        detail: float = 0.5,
        report: Report = silent,
        max_pixels: int | None = None,
        crop: Part | None = None,
        clean_up: float | None = None,
        scale: float = SCALE,
        size: int | None = None,
    ) -> Image.Image:
        """Upscale an image, or a part of it, to four times its width and height, or to less.

        Args:
            image: a PIL image, a path, or the bytes of a file.
            detail: 0 stays closest to the input's pixels, 1 invents the most texture. Ignored, and recorded as
                None, when the model has no detailed fine-tune.
            report: gets the fraction done a few times a second; may raise to stop.
            max_pixels: an image, or a part, with more is shrunk to so many first, and the recipe says so.
            crop: left, top, width and height of the part to upscale; the whole image when None.
            clean_up: 0 enlarges the marks of compression and noise with the rest, 1 takes them away. By default 1 with
                a model that is made for it, else 0. Ignored, and not recorded, where no such fine-tune belongs to the
                model.
            scale: 1 to 4. The network makes four times the width and height; a smaller result is resampled from that
                (Lanczos).
            size: pixels of the longest side of the result, in place of ``scale``.

        Returns:
            An RGB image with the recipe in ``info["imggen"]``.

        Raises:
            InputError: when ``detail`` or ``clean_up`` is no number in 0..1, ``crop`` no part of the image, or
                ``scale`` or ``size`` out of range.
        """
        number(detail, 0, 1, "Detail must be a number from 0 (faithful) to 1 (detailed).")
        if clean_up is None:
            clean_up = self.default_clean_up
        number(clean_up, 0, 1, "Clean-up must be a number from 0 (none) to 1 (all).")
        original = decoded(image)
        photo, fitted = crop_and_shrink(original, max_pixels, crop)
        target = result_size(photo.size, scale, size)
        wanted = {"detail": float(detail), "clean_up": float(clean_up)}
        used = {slider: value for slider, value in wanted.items() if slider in self._changes}
        self._blend(used)
        result = Image.fromarray(self._upscale_tiles(np.asarray(photo), report))
        if result.size != target:
            result = result.resize(target, Image.Resampling.LANCZOS)
        parameters = {"detail": None, **used, **fitted, **recorded(scale, size)}
        result.info[RECIPE_KEY] = recipe(self.task, self.info, parameters, [original], *self._also_in(used))
        return result

    def _also_in(self, used: Mapping[str, float]) -> list[ModelInfo]:
        """The models beside ``info`` whose weights took part."""
        parts = [self._base_info, *(self._end_infos[slider] for slider, value in used.items() if value)]
        return [part for part in parts if part.id != self.info.id]

    def _blend(self, used: dict[str, float]) -> None:
        if used == self._blended:
            return
        weights = {name: value.clone() for name, value in self._base.items()}
        for slider, amount in used.items():
            for name, change in self._changes[slider].items():
                weights[name] += amount * change
        self._network.load_state_dict(weights)
        self._blended = used

    def _upscale_tiles(self, pixels: NDArray[np.uint8], report: Report) -> NDArray[np.uint8]:
        height, width, _ = pixels.shape
        result = np.empty((height * SCALE, width * SCALE, 3), np.uint8)
        side = min(TILE, int(getattr(self._network, "tile", TILE)))
        parts = tiles(height, width, side)
        report(0.0)
        for index, (rows, columns) in enumerate(parts):
            # A margin as wide as the receptive field makes the tile's core equal to the untiled result.
            top, left = max(0, rows.start - self.margin), max(0, columns.start - self.margin)
            tile = pixels[top : rows.stop + self.margin, left : columns.stop + self.margin]
            y, x = (rows.start - top) * SCALE, (columns.start - left) * SCALE
            core_height, core_width = len(rows) * SCALE, len(columns) * SCALE
            with reported_layers(self._network, lambda part, done=index: report((done + part) / len(parts))):  # type: ignore[misc]
                upscaled = self._run(torch.from_numpy(tile.copy()))[:, y : y + core_height, x : x + core_width]
            target = result[rows.start * SCALE :, columns.start * SCALE :][:core_height, :core_width]
            target[:] = upscaled.permute(1, 2, 0).cpu().numpy()
            report((index + 1) / len(parts))
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
