"""The page as Gradio runs it: in the visitor's language, inputs keep their own checks, and failures get a sentence."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction, BlocksConfig  # type: ignore[attr-defined]
from gradio.data_classes import APIInfo
from gradio.exceptions import ComponentProcessingError, InvalidPathError
from gradio.state_holder import SessionState
from pydantic import ValidationError

from imggen.ui import words

logger = logging.getLogger(__name__)

#: What :meth:`gradio.Blocks.launch` takes as ``css_paths``.
LOOK = Path(__file__).parents[1] / "look.css"

NOT_UPLOADED = "This file was not uploaded here. Upload it first, or give an address that begins with https://."
WRONG_FORM = (
    "An argument has a form that this endpoint does not take. A picture is a file that was uploaded, or an address; "
    "the page \"Use via API\" shows all arguments."
)  # fmt: skip
INTERNAL = "Something went wrong inside the app. The details are in its log."


_begin_session = SessionState.__init__


def _begin_small_session(session: SessionState, blocks: Any) -> None:
    """Begin a session without a copy of the configuration of every component, which Gradio makes and never reads.

    For this page it takes 1 MB that stays and 64 ms in which nobody else is answered, and each call of the API is a
    session.
    """
    _begin_session(session, SimpleNamespace(default_config=blocks.default_config, blocks={}))  # type: ignore[arg-type]


SessionState.__init__ = _begin_small_session  # type: ignore[method-assign, assignment]


class _DescribedOnce(BlocksConfig):
    """The components and events of a page, described anew only where some were added.

    Gradio asks for the description six times before the page is served, and uses the last. Texts that the page in the
    browser translates are marked.
    """

    _known: tuple[tuple[int, int], Any] | None = None

    def get_config(self, renderable: Any = None) -> Any:
        """What the page in the browser is built from."""
        if renderable is not None:
            return super().get_config(renderable)
        size = len(self.blocks), len(self.fns)
        if self._known is None or self._known[0] != size:
            described = super().get_config()
            words.mark(described["components"])
            self._known = size, described
        return dict(self._known[1])


class Page(gr.Blocks):
    """Blocks that take strangers' requests.

    Inputs keep what :func:`.parts.photo_input` and :func:`.parts.unchecked` made of them: when a handler returns new
    properties of a component, Gradio builds it anew for that visitor, from the arguments it was created with, and the
    new one would check and decode as Gradio does. Errors that Gradio would answer with ``error: null`` get words.
    Texts and errors come in the visitor's language, see :mod:`imggen.ui.words`; what programs are told is English.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.default_config = _DescribedOnce(self)

    def get_api_info(self, *arguments: Any, **named: Any) -> APIInfo:
        """What programs are told about the endpoints."""
        info = super().get_api_info(*arguments, **named)
        for endpoint in info["named_endpoints"].values():
            for told in [*endpoint["parameters"], *endpoint["returns"]]:
                told["label"] = words.unmarked(told["label"])
        return info

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], state: SessionState | None, explicit_call: bool = False
    ) -> list[Any]:
        """Prepare the inputs of a handler; arguments that are missing at the end have their defaults."""
        for component in block_fn.inputs:
            if state is not None and (own := vars(component).get("preprocess")):
                state[component._id].preprocess = own
        missing = block_fn.inputs[len(inputs) :]
        inputs = [*inputs, *(getattr(component, "value", None) for component in missing)]
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error:
            raise
        except InvalidPathError:
            raise gr.Error(NOT_UPLOADED, print_exception=False) from None
        except (ComponentProcessingError, ValidationError, ValueError, TypeError) as error:
            logger.info("An argument was refused: %s", error)
            raise gr.Error(WRONG_FORM, print_exception=False) from None

    async def process_api(self, *arguments: Any, **named: Any) -> dict[str, Any]:
        """Handle an event. Whatever goes wrong becomes a :class:`gradio.Error` with a message for the user."""
        try:
            return await super().process_api(*arguments, **named)
        except gr.Error as error:
            raise _in_language(error, named.get("request")) from None
        except Exception:
            logger.exception("An event failed")
            raise _in_language(gr.Error(INTERNAL, print_exception=False), named.get("request")) from None


def _in_language(error: gr.Error, request: gr.Request | None) -> gr.Error:
    error.message = words.say(error.message, request)
    return error
