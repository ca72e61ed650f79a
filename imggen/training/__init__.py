"""Training: recipes, data, losses and a trainer for each family of models, all run through Accelerate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from imggen.errors import InputError, closest
from imggen.training.autoencoder import trainer as autoencoder
from imggen.training.autoencoder.recipe import AutoencoderRecipe
from imggen.training.common.common_recipe import CommonRecipe
from imggen.training.common.recipe import Settings, load_recipe, override, recipe_names
from imggen.training.common.session import Job, Session
from imggen.training.common.validation import read
from imggen.training.gan import trainer as gan
from imggen.training.gan.recipe import GANRecipe
from imggen.training.style import trainer as style
from imggen.training.style.recipe import StyleRecipe
from imggen.training.super_resolution import trainer as super_resolution
from imggen.training.super_resolution.recipe import SRRecipe
from imggen.training.translation import night_to_day
from imggen.training.translation import trainer as translation
from imggen.training.translation.night_to_day_recipe import NightToDayRecipe
from imggen.training.translation.recipe import TranslationRecipe

__all__ = ["TRAINERS", "recipe_names", "train"]


class Trainer(NamedTuple):
    """The trainer of a family of models.

    Attributes:
        recipe: its settings.
        prepare: sets a training up.
    """

    recipe: type[CommonRecipe]
    prepare: Callable[[Session, Any], Job]


_GENERATORS = {
    "gan": Trainer(GANRecipe, gan.prepare),
    "autoencoder": Trainer(AutoencoderRecipe, autoencoder.prepare),
}
#: The trainers of each task, by the word that a recipe has for them as ``trainer``.
TRAINERS: dict[str, dict[str, Trainer]] = {
    "sampling": _GENERATORS,
    "conditional": _GENERATORS,
    "day_night": {
        "translation": Trainer(TranslationRecipe, translation.prepare),
        "night_to_day": Trainer(NightToDayRecipe, night_to_day.prepare),
    },
    "style_transfer": {"style": Trainer(StyleRecipe, style.prepare)},
    "super_resolution": {
        "super_resolution": Trainer(SRRecipe, super_resolution.prepare),
    },
}


def train(recipe: str, data: str, output: Path, resume: bool = False, overrides: Sequence[str] = ()) -> None:
    """Train the model that a recipe describes, and write a checkpoint folder.

    Args:
        recipe: name of a shipped recipe, or the path of a YAML file.
        data: folder of images, or a Hub dataset ``owner/name``.
        output: checkpoint folder; training state, samples and logs go into folders inside it.
        resume: go on from the training state in ``output``.
        overrides: ``key=value`` settings that replace the recipe's.

    Raises:
        ImggenError: with an error message for the user.
    """
    settings = override(load_recipe(recipe), overrides)
    trainer = find_trainer(settings)
    checked = read(trainer.recipe, settings)
    session = Session(Path(recipe).stem, checked, data, output, resume)
    session.run(trainer.prepare(session, checked))


def find_trainer(settings: Settings) -> Trainer:
    """The trainer that a recipe asks for.

    Raises:
        InputError: when there is none for the recipe's task, or the task is unknown.
    """
    task, name = settings.get("task"), settings.get("trainer")
    if task not in TRAINERS:
        raise InputError(f"The recipe asks for the task {task!r}; this version trains {', '.join(TRAINERS)}.")
    if name not in TRAINERS[task]:
        what = "lacks the setting 'trainer'" if name is None else f"asks for the trainer {name!r}"
        raise InputError(f"The recipe {what}, which must be one for {task}.{closest(str(name), TRAINERS[task])}")
    return TRAINERS[task][name]
