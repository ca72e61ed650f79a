"""What the parts of the interpolation tab share: where in which latent space the visitor is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from imggen.engine.engine import Engine
from imggen.errors import InputError
from imggen.pipelines import Pipeline

if TYPE_CHECKING:
    from imggen.pipelines.generators.generator import Generator
    from imggen.pipelines.generators.latent_space import LatentSpace


@dataclass(frozen=True)
class Panel:
    """The engine, and the components every part of the tab reads or fills.

    Attributes:
        engine: runs the models.
        model: id of the model.
        text: the keyframes.
        class_name: of seeds that name none.
        truncation: of seeds.
        places: a :class:`.keyframes.Places`.
        status: one line about what is happening.
        own_photo: a photo that becomes a keyframe, inside ``own_box``; set by the tab, as what follows.
        film: path of the film; empty when there is none.
        frame: path of the frame that is shown.
        senders: send that frame to other tabs, by task.
        running: the job.
        reopened: takes the path of a result whose settings are restored.
    """

    engine: Engine
    model: gr.Dropdown
    text: gr.Textbox
    class_name: gr.Dropdown
    truncation: gr.Slider
    places: gr.State
    status: gr.Markdown
    own_photo: Any = None
    own_box: Any = None
    film: Any = None
    frame: Any = None
    senders: Any = None
    running: Any = None
    reopened: Any = None


def generator(pipeline: Pipeline) -> Generator:
    """The pipeline, if it has a latent space. Raises :class:`InputError`."""
    from imggen.pipelines.generators.generator import Generator

    if not isinstance(pipeline, Generator):
        raise InputError(f"{pipeline.info.id!r} is no model for this tab. Choose another.")
    return pipeline


def latent_space(pipeline: Pipeline) -> LatentSpace:
    """The latent space of a loaded model. Raises :class:`InputError`."""
    from imggen.pipelines.generators.latent_space import LatentSpace

    return LatentSpace(generator(pipeline))


def whole(value: Any, name: str) -> int:
    """A whole number from outside; ``name`` begins the sentence of the :class:`InputError` it may raise."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value % 1:
        raise InputError(f"{name} must be a whole number.")
    return int(value)
