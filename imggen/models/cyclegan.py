"""Both generators of CycleGAN in one module, so that one checkpoint translates both ways.

Zhu et al., 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
(https://arxiv.org/abs/1703.10593), section 3.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from imggen.models.resnet_generator import Head, ResnetGenerator


class CycleGAN(nn.Module):
    """Translate between two domains of images, a and b.

    Args:
        channels: of each :class:`ResnetGenerator`.
        blocks: of each.
        halvings: of each.
        domains: names of a and b.
        heads: of the generators from a to b, and back.

    Attributes:
        config: the constructor's arguments.
        domains: names of a and b.
        exposing: directions whose input counts once it is exposed (:func:`imggen.linear_light.expose`).

    Raises:
        ValueError: when the domains are not two different names, or there is no such head.
    """

    def __init__(
        self,
        channels: int = 32,
        blocks: int = 4,
        halvings: int = 4,
        domains: Sequence[str] = ("day", "night"),
        heads: Sequence[Head] = ("contrast", "contrast"),
    ) -> None:
        super().__init__()
        if isinstance(domains, str) or len(domains) != 2 or domains[0] == domains[1]:
            raise ValueError(f"domains must be two different names, not {domains!r}")
        if isinstance(heads, str) or len(heads) != 2:
            raise ValueError(f"heads must be two, one for each direction, not {heads!r}")
        self.config = {
            "channels": channels,
            "blocks": blocks,
            "halvings": halvings,
            "domains": list(domains),
            "heads": list(heads),
        }
        self.domains = (str(domains[0]), str(domains[1]))
        there, back = heads
        self.exposing = [way for way, head in (("a2b", there), ("b2a", back)) if head == "day"]
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
        return {"a2b": self.a2b, "b2a": self.b2a}[direction](x)
