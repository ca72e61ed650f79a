"""The trainer of night to day alone, from photos of both: the day is known, so that no discriminator is needed."""

from __future__ import annotations

from functools import partial

from imggen.models.translation.cyclegan import CycleGAN
from imggen.training.common.initial import load_initial, start_generator
from imggen.training.common.schedule import hold_then_fall
from imggen.training.common.session import Job, Session
from imggen.training.common.validation import need
from imggen.training.translation.domains import create_generators, describe, load_crops, perceptual_loss, sheet_of
from imggen.training.translation.night_to_day_recipe import NightToDayRecipe
from imggen.training.translation.night_to_day_step import NightCrops, NightToDay, NightToDayStep


def prepare(session: Session, recipe: NightToDayRecipe) -> Job:
    """Set up the training of night to day. Day to night keeps the weights of the recipe's ``init``, unless the recipe
    trains it to find the sky too.

    The data is a folder or a Hub dataset, laid out as :func:`imggen.training.translation.data.find_domains` says.

    Raises:
        ImggenError: with an error message for the user.
    """
    found, crops = load_crops(session, recipe)
    networks = create_generators(recipe, _side_there(recipe))
    need(
        "b2a" in networks.finds_day_parts,
        "Night to day needs the head for days: architecture_config.heads=[night, day].",
    )
    need(
        not recipe.by_day.get("sky") or "a2b" in networks.finds_sky,
        "by_day.sky needs the head for nights: architecture_config.heads=[night, day].",
    )
    session.base_model = start_generator(networks, recipe.init, recipe.task, recipe.architecture, None)
    generator = session.learn(NightToDay(networks, bool(recipe.by_day.get("sky"))), recipe.lr, averaged=True)
    features = perceptual_loss(session, recipe) if recipe.perceptual else None
    return Job(
        items=NightCrops(crops, recipe.seed),
        step=NightToDayStep(session.accelerator, recipe, generator, features),
        schedule=partial(hold_then_fall, steps=recipe.steps, hold=recipe.hold),
        draw_sheet=sheet_of(session, recipe, found),
        describe=partial(describe, recipe),
        images=crops.images,
    )


def _side_there(recipe: NightToDayRecipe) -> int | None:
    """The working side of day to night in the checkpoint ``init``; None without one."""
    if not recipe.init:
        return None
    networks = load_initial(recipe.init, recipe.task, recipe.architecture)[0].network
    assert isinstance(networks, CycleGAN)  # as of the same architecture
    return networks.working_sides[0]
