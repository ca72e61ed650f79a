"""Training: recipes, data, losses and one trainer per family of models, all run through Accelerate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from imggen.errors import InputError
from imggen.models import AUTOENCODERS
from imggen.training.autoencoder import trainer as autoencoder
from imggen.training.common.recipe import Settings, load_recipe, override, recipe_names
from imggen.training.gan import trainer as gan
from imggen.training.style import trainer as style
from imggen.training.super_resolution import trainer as super_resolution
from imggen.training.translation import night_to_day
from imggen.training.translation import trainer as translation

__all__ = ["TRAINERS", "recipe_names", "train"]


def train_generator(name: str, settings: Settings, data: str, output: Path, resume: bool) -> None:
    """Train a generator with the trainer of its architecture. Arguments and errors as :func:`gan.train`."""
    trainer = autoencoder if settings.get("architecture") in AUTOENCODERS else gan
    trainer.train(name, settings, data, output, resume)


def train_translation(name: str, settings: Settings, data: str, output: Path, resume: bool) -> None:
    """Train both directions, or night to day alone. Arguments and errors as :func:`translation.train`."""
    trainer = night_to_day if "simulated" in settings else translation
    trainer.train(name, settings, data, output, resume)


#: The trainer of each ``task`` a recipe may name: (recipe name, settings, data, output folder, resume) -> None.
TRAINERS: dict[str, Callable[[str, Settings, str, Path, bool], None]] = {
    "super_resolution": super_resolution.train,
    "sampling": train_generator,
    "conditional": train_generator,
    "day_night": train_translation,
    "style_transfer": style.train,
}


def train(recipe: str, data: str, output: Path, resume: bool = False, overrides: Sequence[str] = ()) -> None:
    """Train what a recipe describes and write a checkpoint folder.

    Args:
        recipe: name of a shipped recipe, or the path of a YAML file.
        data: folder of images, or a Hub dataset ``owner/name``.
        output: checkpoint folder; training state, samples and logs go into folders inside it.
        resume: go on from the training state in ``output``.
        overrides: ``key=value`` settings that replace the recipe's.

    Raises:
        ImggenError: with a sentence for the user.
    """
    settings = override(load_recipe(recipe), overrides)
    task = settings.get("task")
    if task not in TRAINERS:
        raise InputError(f"The recipe asks for the task {task!r}; this version trains {', '.join(TRAINERS)}.")
    TRAINERS[task](Path(recipe).stem, settings, data, output, resume)
