"""Both generators of CycleGAN in one module, so that one checkpoint translates both ways.

Zhu et al., 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
(https://arxiv.org/abs/1703.10593), section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from imggen.models.translation.day_generator import DayGenerator, DayParts
from imggen.models.translation.night_generator import NightGenerator
from imggen.models.translation.resnet_generator import ResnetGenerator
from imggen.models.translation.trunk import Trunk

#: The generator for each kind of head: "contrast" for any two domains, "night" and "day" for translation to these.
Head = Literal["contrast", "night", "day"]
GENERATORS: dict[Head, type[Trunk]] = {"contrast": ResnetGenerator, "night": NightGenerator, "day": DayGenerator}


class CycleGAN(nn.Module):
    """Translate between two domains of images, a and b.

    Args:
        channels: of each generator, see :class:`imggen.models.translation.trunk.Trunk`.
        blocks: of each.
        halvings: of each.
        domains: names of a and b.
        heads: keys of :data:`GENERATORS`, for a to b and for b to a.
        working_sides: shorter side in pixels, of images of 3:2, at which each direction works best: about what it was
            trained on.

    Attributes:
        config: the constructor's arguments.
        domains: names of a and b.
        working_sides: for a to b and for b to a.
        finds_sky: directions that :meth:`find_sky` takes: those to nights.
        finds_day_parts: directions that :meth:`find_day_parts` takes: those to days.

    Raises:
        ValueError: when the domains are not two different names, there is no such head, or a side is missing.
    """

    tasks = ("day_night",)

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
        for head in heads:
            if head not in GENERATORS:
                raise ValueError(f"a head must be {' or '.join(GENERATORS)}, not {head!r}")
        self.a2b, self.b2a = (GENERATORS[head](channels, blocks, halvings) for head in heads)
        by_head = list(zip(heads, ("a2b", "b2a"), strict=True))
        self.finds_sky = [way for head, way in by_head if head == "night"]
        self.finds_day_parts = [way for head, way in by_head if head == "day"]

    def forward(self, x: Tensor, direction: str) -> Tensor:
        """Map (B, 3, H, W) in -1..1, of any H and W, to the same shape and range.

        Args:
            x: images of the domain to leave.
            direction: "a2b" or "b2a".

        Raises:
            KeyError: for another direction.
        """
        return self._generator(direction)(x)

    def find_sky(self, x: Tensor, direction: str) -> Tensor:
        """Sky logits (B, 1, H, W) of day photos (B, 3, H, W) in -1..1, of any H and W.

        Args:
            x: images of the domain to leave.
            direction: one of :attr:`finds_sky`.
        """
        generator = self._generator(direction)
        assert isinstance(generator, NightGenerator)
        return generator.find_sky(x)

    def find_day_parts(self, x: Tensor, direction: str) -> DayParts:
        """Predict the parts of the day photos for night photos (B, 3, H, W) in -1..1, of any H and W.

        Args:
            x: images of the domain to leave.
            direction: one of :attr:`finds_day_parts`.
        """
        generator = self._generator(direction)
        assert isinstance(generator, DayGenerator)
        return generator.find_day_parts(x)

    def _generator(self, direction: str) -> Trunk:
        return {"a2b": self.a2b, "b2a": self.b2a}[direction]
