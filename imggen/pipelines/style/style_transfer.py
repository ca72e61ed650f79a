"""Paint photos of any size in the style of a picture, of a style that ships with the model, or of a mixture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from imggen.device import Compute
from imggen.errors import CheckpointError, InputError, closest
from imggen.imaging.decode import Source
from imggen.imaging.limits import crop_and_shrink
from imggen.imaging.recipe import RECIPE_KEY
from imggen.imaging.tensors import to_image, to_tensor
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.arguments import decoded
from imggen.pipelines.heartbeat import kept_alive
from imggen.pipelines.style.styles import Mix, Style, Weighted, check, describe, finish, weighted
from imggen.pipelines.tiles import tiles
from imggen.store.model_info import ModelInfo
from imggen.store.style_codes import StyleCode, style_input

#: Pictures of up to this many pixels are painted in one piece; larger ones lend their statistics at this size.
WHOLE = 1024 * 1024
#: Side of a tile of larger pictures, before its margin.
TILE = 512
#: The underpainting takes about as long as so many tiles, ...
_UNDERPAINTING = 4
#: ... and so do the statistics.
_STATISTICS = 4
#: Of longer pictures only the middle is looked at for their style.
LONGEST_STYLE = 4  # times as long as wide
#: Below this strength the painting fades into the photo, because no network paints a photo back exactly.
_FADE = 0.25


class StyleTransfer:
    """Paint with one feed-forward network.

    Args:
        info: the catalogue's entry.
        network: one of :data:`imggen.models.STYLISERS`.
        compute: where and in which precision to run.
        styles: what ships with the network.

    Raises:
        CheckpointError: when a style's code does not fit the network.
    """

    task = "style_transfer"

    def __init__(self, info: ModelInfo, network: nn.Module, compute: Compute, styles: Sequence[StyleCode] = ()) -> None:
        self.info = info
        self.compute = compute
        self.network = network.eval().to(compute.device).to(memory_format=compute.memory_format)
        for module in network.modules():
            if isinstance(module, nn.Conv2d):  # all else is cheap, and pixels and statistics need float32
                module.to(compute.dtype)
        self.styles = list(styles)
        if any(list(style.code.shape) != [network.code_size] for style in self.styles):
            raise CheckpointError(f"The style codes of {info.id!r} belong to another network.")

    @property
    def takes_pictures(self) -> bool:
        """Whether any picture can be the style; otherwise only the styles that ship with the model."""
        return bool(self.network.takes_pictures)

    @property
    def size_bytes(self) -> int:
        """Memory the weights take."""
        return sum(value.nbytes for value in self.network.state_dict().values())

    def stylize(
        self,
        content: Source,
        style: Mix,
        strength: float = 1.0,
        keep_colors: bool = False,
        scale: float = 1.0,
        mask: Source | None = None,
        inside: Mix | None = None,
        report: Report = silent,
        max_pixels: int | None = None,
    ) -> Image.Image:
        """Paint a photo in a style.

        Args:
            content: a PIL image, a path, or the bytes of a file.
            style: a picture, the id or title of one of ``styles``, or several of these with weights.
            strength: 0 is the photo itself, 1 the full style.
            keep_colors: take the colours from the photo and only light and shade from the style.
            scale: size of the strokes: the photo is painted at ``1 / scale`` of its size.
            mask: a picture of any size; the style shows only where it is white, or transparent.
            inside: a second style for where the mask is white; ``style`` then shows elsewhere.
            report: gets the fraction done a few times a second; may raise to stop.
            max_pixels: a photo with more is shrunk to so many first, and the recipe says so.

        Returns:
            An RGB image of the content's size with the recipe in ``info["imggen"]``.

        Raises:
            InputError: when an argument is wrong.
        """
        whole = decoded(content)
        original, fitted = crop_and_shrink(whole, max_pixels)
        check(strength, keep_colors, scale, mask, inside)
        mixes = [self._by_id(weighted(mix)) for mix in (style, inside) if mix is not None]
        if not mixes:
            raise InputError("Choose a style first.")
        mask = None if mask is None else decoded(mask)
        area = None if mask is None else mask.convert("L").resize(original.size, Image.Resampling.BILINEAR)
        painted = []
        for index, mix in enumerate(mixes):
            code = self._code(mix)
            part = partial(_part, report, index, len(mixes))
            with kept_alive(part) as alive:
                painted.append(self._paint(original, code, float(strength), scale, alive))
        result = finish(original, painted[0], keep_colors, area, *painted[1:])
        numbers = {"strength": float(strength), "keep_colors": keep_colors, "scale": float(scale), **fitted}
        parameters, sources = describe(whole, mixes[0], mixes[1] if len(mixes) > 1 else None, mask, **numbers)
        result.info[RECIPE_KEY] = recipe(self.task, self.info, parameters, sources)
        return result

    def _by_id(self, mix: Weighted) -> Weighted:
        ids = {name.casefold(): known.id for known in self.styles for name in (known.title, known.id)}
        for style, _ in mix:
            if isinstance(style, str) and style.casefold() not in ids:
                raise InputError(
                    f"There is no style {style!r}.{closest(style, (known.id for known in self.styles))} "
                    "A style can also be a picture: its file, or in Python a PIL image or a pathlib.Path."
                )
        return [(ids[style.casefold()] if isinstance(style, str) else style, weight) for style, weight in mix]

    def _code(self, mix: Weighted) -> Tensor:
        """The weighted mean (1, code_size) of the styles' codes."""
        return torch.stack([weight * self._code_of(style) for style, weight in mix]).sum(0)

    def _code_of(self, style: Style) -> Tensor:
        if isinstance(style, Image.Image):
            return self._encode(style)
        code = next(known.code for known in self.styles if known.id == style)
        return code[None].float().to(self.compute.device)

    @torch.inference_mode()
    def _encode(self, picture: Image.Image) -> Tensor:
        if not self.takes_pictures:
            raise InputError("This model knows only the styles it ships with. Choose another model for your picture.")
        longest = LONGEST_STYLE * min(picture.size)
        width, height = (min(side, longest) for side in picture.size)
        left, top = (picture.width - width) // 2, (picture.height - height) // 2
        pixels = style_input(picture.crop((left, top, left + width, top + height)))
        return self.network.encode(pixels.to(self.compute.device))  # type: ignore[operator]

    def _paint(self, original: Image.Image, code: Tensor, strength: float, scale: float, report: Report) -> Image.Image:
        report(0.0)
        if strength == 0:
            return original.copy()
        share = strength
        if self.takes_pictures:
            # Between the photo's own style and the other lie paintings; fading alone would show one through the other.
            code = torch.lerp(self._encode(original), code, strength) if strength < 1 else code
            share = min(1.0, strength / _FADE)
        size = original.width, original.height
        working = original
        if scale != 1:
            width, height = (max(1, round(side / scale)) for side in size)
            working = original.resize((width, height), Image.Resampling.LANCZOS)
        painted = self._paint_tiles(working, code, report)
        if painted.size != size:
            painted = painted.resize(size, Image.Resampling.LANCZOS)
        return Image.blend(original, painted, share)

    @torch.inference_mode()
    def _paint_tiles(self, image: Image.Image, code: Tensor, report: Report) -> Image.Image:
        width, height = image.size
        multiple = int(self.network.size_multiple)  # type: ignore[arg-type]
        parts = tiles(height, width, TILE, multiple)
        steps = len(parts) + _UNDERPAINTING + _STATISTICS
        under = self._laid_out(self.network.underpaint(self._tensor(image), code))  # type: ignore[operator]
        report(_UNDERPAINTING / steps)
        paint = self.network.paint
        if width * height <= WHOLE:
            painted = to_image(paint(under, code))  # type: ignore[operator]
            report(1.0)
            return painted
        shrink = math.sqrt(WHOLE / (width * height))
        size = max(1, int(height * shrink)), max(1, int(width * shrink))
        small = self._laid_out(F.interpolate(under, size, mode="bilinear", antialias=True))
        statistics = self.network.collect_statistics(small, code)  # type: ignore[operator]
        report((_UNDERPAINTING + _STATISTICS) / steps)
        margin = math.ceil(int(self.network.receptive_radius) / multiple) * multiple  # type: ignore[arg-type]
        result = Image.new("RGB", image.size)
        for done, (rows, columns) in enumerate(parts, 1 + _UNDERPAINTING + _STATISTICS):
            # A margin as wide as the receptive field makes the tile's core equal to the untiled result.
            top, left = max(0, rows.start - margin), max(0, columns.start - margin)
            tile = self._laid_out(under[:, :, top : rows.stop + margin, left : columns.stop + margin])
            painted = to_image(paint(tile, code, statistics))  # type: ignore[operator]
            x, y = columns.start - left, rows.start - top
            core = painted.crop((x, y, x + len(columns), y + len(rows)))
            result.paste(core, (columns.start, rows.start))
            report(done / steps)
        return result

    def _tensor(self, image: Image.Image) -> Tensor:
        return self._laid_out(to_tensor(image).to(self.compute.device))

    def _laid_out(self, images: Tensor) -> Tensor:
        """Images in the order in memory that convolutions are fastest with."""
        return images.contiguous(memory_format=self.compute.memory_format)


def _part(report: Report, index: int, count: int, fraction: float, preview: Image.Image | None = None, /) -> None:
    """Report a fraction of one of several equal parts."""
    report((index + fraction) / count)
