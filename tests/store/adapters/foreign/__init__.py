"""Checkpoints as other projects write them: the true architectures, key names and file formats, with random weights.

Each ``Foreign`` network computes what its authors' does, so that ours can be compared with it, number by number.
"""

from __future__ import annotations

from tests.store.adapters.foreign.biggan_deep import ForeignBigGANDeep
from tests.store.adapters.foreign.fast_style import ForeignFastStyle
from tests.store.adapters.foreign.fastgan import ForeignFastGAN, Noise
from tests.store.adapters.foreign.files import onnx, pth, randomised
from tests.store.adapters.foreign.lightweight_gan import ForeignLightweightGAN
from tests.store.adapters.foreign.studiogan import ForeignStudioGAN
from tests.store.adapters.foreign.translation import ForeignResnet, ForeignUNet

__all__ = [
    "ForeignBigGANDeep",
    "ForeignFastGAN",
    "ForeignFastStyle",
    "ForeignLightweightGAN",
    "ForeignResnet",
    "ForeignStudioGAN",
    "ForeignUNet",
    "Noise",
    "onnx",
    "pth",
    "randomised",
]
