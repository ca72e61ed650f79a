"""What is told of a model by its architecture's name is what the network says itself."""

from __future__ import annotations

from imggen.models import ARCHITECTURES
from imggen.store import abilities


def test_the_names_agree_with_the_networks() -> None:
    for name, network in ARCHITECTURES.items():
        assert bool(getattr(network, "takes_pictures", False)) == (name in abilities.TAKE_PICTURES)
        assert bool(getattr(network, "has_styles", False)) == (name in abilities.HAVE_STYLES)
