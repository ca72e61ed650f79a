"""Both generators of CycleGAN in one module, so that one checkpoint translates both ways.

Zhu et al., 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
(https://arxiv.org/abs/1703.10593), section 3.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from imggen.models.translation.daybreak import Daybreak
from imggen.models.translation.resnet_generator import Head, ResnetGenerator


class CycleGAN(nn.Module):
    """Translate between two domains of images, a and b.

    Args:
        channels: of each :class:`ResnetGenerator`.
        blocks: of each.
        halvings: of each.
        domains: names of a and b.
        heads: of the generators from a to b, and back.
        working_sides: shorter sides, for images of 3:2, at which each works best: about those it was trained on.

    Attributes:
        config: the constructor's arguments.
        domains: names of a and b.
        working_sides: those of a to b, and back.
        developing: directions whose input counts once it is developed (:func:`imggen.imaging.night_photo.develop`).

    Raises:
        ValueError: when the domains are not two different names, there is no such head, or a side is missing.
    """

    def __init__(
        self,
        channels: int = 32,
        blocks: int = 4,
        halvings: int = 4,
        domains: Sequence[str] = ("day", "night"),
        heads: Sequence[Head] = ("contrast", "contrast"),
        working_sides: Sequence[int] = (256, 256),
    ) -> None:
        super().__init__()
        if isinstance(domains, str) or len(domains) != 2 or domains[0] == domains[1]:
            raise ValueError(f"domains must be two different names, not {domains!r}")
        if isinstance(heads, str) or len(heads) != 2:
            raise ValueError(f"heads must be two, one for each direction, not {heads!r}")
        if not (isinstance(working_sides, Sequence) and len(working_sides) == 2 and min(working_sides) >= 1):
            raise ValueError(
                f"working_sides must be two numbers of pixels, one for each direction, not {working_sides!r}"
            )
        self.config = {
            "channels": channels,
            "blocks": blocks,
            "halvings": halvings,
            "domains": list(domains),
            "heads": list(heads),
            "working_sides": list(working_sides),
        }
        self.domains = (str(domains[0]), str(domains[1]))
        self.working_sides = (int(working_sides[0]), int(working_sides[1]))
        there, back = heads
        self.developing = [way for way, head in (("a2b", there), ("b2a", back)) if head == "day"]
        self.a2b = ResnetGenerator(channels, blocks, halvings, there)
        self.b2a = ResnetGenerator(channels, blocks, halvings, back)

    def forward(self, x: Tensor, direction: str) -> Tensor:
        """Map (B, 3, H, W) in -1..1, of any H and W, to the same shape and range.

        Args:
            x: images of the domain to leave.
            direction: "a2b" or "b2a".

        Raises:
            KeyError: for another direction.
        """
        return self._generator(direction)(x)

    def find_daybreak(self, x: Tensor, direction: str) -> Daybreak:
        """Find the parts of the day of nights (B, 3, H, W) in -1..1, of any H and W.

        Args:
            x: images of the domain to leave.
            direction: one of :attr:`developing`.
        """
        return self._generator(direction).find_daybreak(x)

    def _generator(self, direction: str) -> ResnetGenerator:
        return {"a2b": self.a2b, "b2a": self.b2a}[direction]
