"""Where the sky is."""

from __future__ import annotations

import torch

from imggen.imaging.sky import find_sky


def test_only_sky_is_sky() -> None:
    day = torch.full((3, 96, 144), 0.45)
    day[:, :40] = torch.tensor([0.55, 0.7, 0.9])[:, None, None]
    sky = find_sky(day)
    assert sky[:, 5:34].min() > 0.9
    assert sky[:, 50:].max() < 0.1


def test_sky_closes_again_below_a_wire_that_crosses_it() -> None:
    day = torch.tensor([0.4, 0.6, 0.9])[:, None, None].expand(3, 64, 64).clone()
    day[:, 4:14, 20:30] = 0.05
    sky = find_sky(day)
    assert sky[0, 50, 25] > 0.9
    assert sky[0, 8, 25] < 0.1
