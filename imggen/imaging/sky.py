"""Where the sky is in a photo taken by day."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import luma, ramp
from imggen.imaging.filters import mean_around


def find_sky(day: Tensor) -> Tensor:
    """How much each pixel is sky, (1, h, w) in 0..1: bright, smooth, not warm, and open to the top of the picture."""
    red, _, blue = day
    brightness, value = luma(day), day.amax(0)
    mean, square = mean_around(torch.stack([brightness, brightness**2])[None], 2)[0]
    spread = (square - mean**2).clamp(min=0).sqrt()
    like = ramp(value, 0.3, 0.5) * ramp(spread, 0.08, 0.03) * ramp(blue - red, -0.15, -0.03)
    like *= ramp(value / value.cummax(0).values.clamp(min=1e-3), 0.5, 0.7)  # no sky is darker lower down
    # Wires and masts are thinner than this window, and sky closes again below what is wider but ends.
    rows = F.max_pool2d(like[None], 7, 1, 3)[0].unbind(0)
    open_above = [rows[0]]
    for row in rows[1:]:
        open_above.append(torch.minimum(row, F.max_pool1d(open_above[-1][None], 5, 1, 2)[0]))
    return mean_around((like * torch.stack(open_above))[None, None], 1)[0]
