"""The trainer of unpaired translation: two generators, two discriminators, and pictures of two domains."""

from __future__ import annotations

from functools import partial

from imggen.models.translation.patchgan import PatchGAN
from imggen.training.common.initial import start_generator
from imggen.training.common.schedule import hold_then_fall
from imggen.training.common.session import Job, Session
from imggen.training.common.validation import network_errors
from imggen.training.translation.domains import create_generators, describe, load_crops, perceptual_loss, sheet_of
from imggen.training.translation.image_pool import ImagePool
from imggen.training.translation.recipe import TranslationRecipe
from imggen.training.translation.step import Discriminators, Translation, TranslationStep


def prepare(session: Session, recipe: TranslationRecipe) -> Job:
    """Set both directions of a translation between two domains of pictures up to be trained.

    The data is a folder or a Hub dataset, laid out as :func:`imggen.training.translation.data.find_domains` says.

    Raises:
        ImggenError: with an error message for the user.
    """
    found, crops = load_crops(session, recipe)
    networks = create_generators(recipe)
    with network_errors():
        opponents = Discriminators(PatchGAN(**recipe.discriminator), PatchGAN(**recipe.discriminator))
    session.base_model = start_generator(networks, recipe.init, recipe.task, recipe.architecture, None)
    generators = session.learn(Translation(networks), recipe.lr, averaged=True)
    a, b = (ImagePool(session.accelerator, recipe.pool, recipe.crop) for _ in recipe.domains)
    session.keep_state_of(a, b)
    discriminators = session.learn(opponents, recipe.discriminator_lr)
    features = perceptual_loss(session, recipe) if recipe.weight("perceptual") else None
    return Job(
        items=crops,
        step=TranslationStep(session.accelerator, recipe, generators, discriminators, (a, b), features),
        schedule=partial(hold_then_fall, steps=recipe.steps, hold=recipe.hold),
        draw_sheet=sheet_of(session, recipe, found),
        describe=partial(describe, recipe),
        images=crops.images,
        images_per_item=2,  # one of each domain
    )
