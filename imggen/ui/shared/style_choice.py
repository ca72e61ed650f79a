"""The part of the style tab that chooses styles: by thumbnail, name or picture, mixed, and where on the photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from imggen.errors import InputError
from imggen.store.abilities import takes_any_style
from imggen.store.model_info import ModelInfo
from imggen.ui.photo_tab import PhotoTab, Values
from imggen.ui.shared import styles
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.parts import QUIET, unchecked

if TYPE_CHECKING:
    from imggen.pipelines.style.styles import Mix

#: Styles beside the first that can be mixed in.
MORE = styles.MIXED - 1


@dataclass(frozen=True)
class StyleChoice:
    """The inputs.

    Attributes:
        gallery: thumbnails of the model's styles.
        slots: for each style of the mixture, and one for the painted area.
        weights: of the styles of the mixture.
        mask: where the style goes.
        remembered: the styles that were chosen for each model, by its id; and the id of the present one, under "".
    """

    gallery: gr.Gallery
    slots: list[styles.Slot]
    weights: list[gr.Slider]
    mask: gr.ImageEditor
    remembered: gr.State

    @property
    def settings(self) -> dict[str, Any]:
        """What :class:`imggen.ui.photo_job.Job` calls settings."""
        return {
            **{f"name {number}": slot.name for number, slot in enumerate(self.slots)},
            **{f"picture {number}": slot.picture for number, slot in enumerate(self.slots)},
            **{f"weight {number}": weight for number, weight in enumerate(self.weights)},
            "mask": self.mask,
            "remembered": self.remembered,
        }

    def arguments(self, info: ModelInfo, values: Values) -> Values:
        """The arguments ``style``, ``mask`` and ``inside`` of a pipeline. Raises :class:`InputError`."""
        known = styles.choices(info)

        def held(number: int) -> Any:
            # Inputs that the model has no use for are hidden, and keep what they hold for another model.
            picture = values[f"picture {number}"] if takes_any_style(info) else None
            return styles.chosen(values[f"name {number}"] if known else None, picture)

        mix = styles.mixture([(held(number), values[f"weight {number}"]) for number in range(1 + MORE)])
        return {"style": required(mix), "mask": values["mask"], "inside": held(1 + MORE)}

    def only(self, values: Values, style: str) -> Values:
        """The values of the settings with this style alone."""
        emptied = {name: None for name in values if name.startswith(("name", "picture"))}
        return {**values, **emptied, "name 0": style}

    def suited(self, info: ModelInfo, values: Values) -> Values:
        """The values of the settings for another model: its first style where it has not the one that is chosen."""
        known = [style for _, style in styles.choices(info)]
        return values if not known or values["name 0"] in known else self.only(values, known[0])

    def adapt(self, info: ModelInfo, values: Values) -> Changes:
        """New values for another model: the styles that were last chosen for it, or those of the last it shares."""
        names = [values[f"name {number}"] for number in range(len(self.slots))]
        remembered = values["remembered"]
        remembered = {**remembered, remembered[""]: names, "": info.id}
        return {**self.choose(info, remembered.get(info.id, names)), self.remembered: remembered}

    def choose(self, info: ModelInfo, names: list[Any]) -> Changes:
        """New values that choose styles by name, the one for the painted area last."""
        known, pictures = styles.choices(info), takes_any_style(info)
        ids = [style for _, style in known]
        chosen = [name if name in ids else None for name in names]
        if not pictures and chosen[0] is None:
            chosen[0] = next(iter(ids), None)  # there is no other way to have a style
        images = [(image, text) for _, image, text in styles.thumbnails(info)]
        changes: Changes = {self.gallery: gr.Gallery(value=images, visible=bool(images))}
        for slot, name in zip(self.slots, chosen, strict=True):
            changes[slot.name] = gr.Dropdown(choices=known, value=name, visible=bool(known))
            changes[slot.picture] = gr.Image(visible=pictures)
        return changes

    def restore(self, info: ModelInfo, parameters: Values) -> Changes:
        """New values from the parameters of a recipe; pictures have to be added again.

        Raises:
            InputError: when the model does not have the styles.
        """
        mix, inside = entries(parameters.get("styles", [])), entries(parameters.get("inside", []))
        known = [style for _, style in styles.choices(info)]
        for name, _ in mix + inside:
            if name is not None and name not in known:
                raise InputError(f"This picture was painted in the style {name!r}, which {info.title!r} does not have.")
        if len(mix) > 1 + MORE:
            raise InputError(f"This picture mixes {len(mix)} styles; this tab mixes at most {1 + MORE}.")
        mix = [*mix, *[(None, 1.0)] * (1 + MORE)][: 1 + MORE]
        names = [name for name, _ in mix] + [inside[0][0] if inside else None]
        changes = self.choose(info, names)
        changes.update((slot.picture, gr.Image(value=None, visible=takes_any_style(info))) for slot in self.slots)
        changes.update(zip(self.weights, (weight for _, weight in mix), strict=True))
        return changes


def build(tab: PhotoTab, info: ModelInfo) -> tuple[StyleChoice, gr.Column]:
    """Add the inputs to the current Blocks.

    Args:
        tab: whose photo is painted on.
        info: the model chosen first.

    Returns:
        The inputs, and a column between the choice of one style and what few people need, for other controls.
    """
    thumbnails = styles.thumbnails(info)
    gallery = gr.Gallery(
        [(image, text) for _, image, text in thumbnails],
        label="Styles: click one",
        columns=3,
        height="max-content",
        object_fit="cover",
        allow_preview=False,
        buttons=[],
        interactive=False,
        visible=bool(thumbnails),
        elem_id="style-gallery",
    )
    first = styles.slot(info, "style-first", "Style", styles.first_choice(info))
    between = gr.Column()
    with gr.Accordion("Mix in more styles", open=False, elem_id="style-mix"):
        weights = [_weight("Weight of the style above", "style-first-weight")]
        more = []
        for number in range(2, 2 + MORE):
            more.append(styles.slot(info, f"style-{number}", f"Style {number}"))
            weights.append(_weight(f"Weight of style {number}", f"style-{number}-weight"))
    with gr.Accordion("Only where you paint", open=False, elem_id="style-where"):
        gr.Markdown("Paint over the photo. The style goes there, or a second style does, and the first elsewhere.")
        mask = styles.mask_input(show_label=False, height=380, elem_id="style-mask")
        inside = styles.slot(info, "style-inside", "Second style")
    choice = StyleChoice(gallery, [first, *more, inside], weights, mask, gr.State({"": info.id}))

    def choose_thumbnail(model_id: str, event: gr.SelectData) -> list[Any]:
        found = styles.thumbnails(tab.surroundings.engine.catalog.get(model_id))
        return [found[event.index][0] if event.index < len(found) else gr.skip(), None]

    gallery.select(choose_thumbnail, tab.model, [first.name, first.picture], **QUIET)
    tab.photo_read.change(styles.canvas, tab.photo, mask, **QUIET)
    return choice, between


def required(style: Mix | None) -> Mix:
    """The style. Raises :class:`InputError` when there is none."""
    if style is None:
        raise InputError("Choose a style first: click one, or upload a picture of yours.")
    return style


def entries(found: list[dict[str, Any]]) -> list[tuple[str | None, float]]:
    """Name, None for a picture, and weight of each style of a recipe."""
    return [(item.get("style"), item.get("weight", 1.0)) for item in found]


def _weight(label: str, elem_id: str) -> gr.Slider:
    return unchecked(gr.Slider(0, 1, 1, step=0.05, label=label, elem_id=elem_id))
