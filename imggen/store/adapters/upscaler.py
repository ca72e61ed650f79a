"""Super-resolution networks of the many architectures that spandrel knows (https://github.com/chaiNNer-org/spandrel)."""

from __future__ import annotations

from torch import nn

from imggen.errors import CheckpointError
from imggen.models.foreign.upscaler import ForeignUpscaler
from imggen.store.adapters.weights import Weights


def upscaler(weights: Weights) -> nn.Module:
    """Build the network that the names of the tensors belong to."""
    from spandrel import ImageModelDescriptor, ModelLoader  # a second of imports that shipped models do not need

    try:
        model = ModelLoader(device="cpu").load_from_state_dict(weights.take_all())
    except Exception as error:  # spandrel raises its own and torch's errors for files that it does not recognise
        raise CheckpointError("spandrel finds no super-resolution network in it.") from error
    if not isinstance(model, ImageModelDescriptor) or model.input_channels != 3 or model.output_channels != 3:
        raise CheckpointError("it is not a network from RGB images to RGB images.")
    return ForeignUpscaler(model.model, model, model.scale)
