"""The trainer of adversarial generators: an architecture, a loss, regularisers and augmentation, named by a recipe."""

from __future__ import annotations

from functools import partial

from torch import nn

from imggen.errors import InputError
from imggen.models import DISCRIMINATORS, build
from imggen.models.gan.acgan import ACGANDiscriminator
from imggen.models.gan.projected import LAYERS, ProjectedDiscriminator, Projector
from imggen.store.vgg16 import load_vgg16
from imggen.training.common.augment import Strength
from imggen.training.common.discriminate import BatchwiseDiscriminator
from imggen.training.common.generators import describe, draw_sheet, image_size, keep_discriminator, load_images, plain
from imggen.training.common.initial import start_discriminator, start_generator
from imggen.training.common.labelled_images import LabelledImages
from imggen.training.common.schedule import warmup_cosine
from imggen.training.common.session import Job, Session
from imggen.training.common.validation import network_errors
from imggen.training.gan.recipe import GANRecipe
from imggen.training.gan.step import GANStep


def prepare(session: Session, recipe: GANRecipe) -> Job:
    """Set a generator up to be trained against a discriminator.

    The data is a folder of images or a Hub dataset; for recipes that learn classes, a folder for each class.

    Raises:
        ImggenError: with an error message for the user.
    """
    accelerator = session.accelerator
    images, names, classes = load_images(session, image_size(recipe.architecture_config), recipe.labelled)
    class_names = names if recipe.task == "conditional" else None

    network, opponent, view = create_networks(recipe, len(names or ()))
    session.base_model = start_generator(network, recipe.init, recipe.task, recipe.architecture, class_names)
    if recipe.init and not start_discriminator(opponent.discriminator, recipe.init):
        session.print(
            f"{recipe.init} comes without its discriminator: the generator forgets much until a new one has learned."
        )
    view = session.place(view)
    if accelerator.mixed_precision == "bf16":
        view = view.bfloat16()  # once, instead of at every step
    generator = session.learn(network, recipe.lr, averaged=True)
    strength = Strength(accelerator, recipe.augment_strength, recipe.augment_target, recipe.augment_images)
    session.keep_state_of(strength)
    discriminator = session.learn(opponent, recipe.discriminator_lr)
    return Job(
        items=LabelledImages(images, classes, int(network.latent_size), recipe.flip, recipe.seed),  # type: ignore[arg-type]
        step=GANStep(accelerator, recipe, generator, discriminator, strength, view),
        schedule=partial(warmup_cosine, steps=recipe.steps, warmup=recipe.warmup, floor=recipe.lr_floor),
        draw_sheet=lambda average: draw_sheet(plain(average), session.device),
        describe=lambda average, model_id: describe(plain(average), recipe, class_names, model_id),
        images=len(images),
        class_names=names,
        also_write=partial(keep_discriminator, opponent.discriminator),
    )


def create_networks(recipe: GANRecipe, classes: int) -> tuple[nn.Module, BatchwiseDiscriminator, nn.Module]:
    """Build the generator, its discriminator, and the network that maps images to the discriminator's input.

    Args:
        recipe: for the architecture and the arguments of both.
        classes: number of classes; 0 for none.

    Raises:
        InputError: when the arguments do not fit.
        CheckpointError: when the VGG-16 of a projected discriminator cannot be read.
    """
    of_classes = {"classes": classes} if classes else {}
    with network_errors():
        generator = build(recipe.architecture, {**recipe.architecture_config, **of_classes})
        shared = {"image_size": recipe.architecture_config["image_size"], **of_classes}
        kinds = {"auxiliary": ACGANDiscriminator, "projected": ProjectedDiscriminator}
        discriminator = kinds.get(recipe.kind, DISCRIMINATORS[recipe.architecture])(
            **{**recipe.discriminator_config, **shared}
        )
    if generator.classes and not classes:
        raise InputError(
            f"A {recipe.architecture} knows classes: set task=conditional, or for a cgan "
            "architecture_config.hidden_classes=true."
        )
    if not recipe.projected:
        return generator, BatchwiseDiscriminator(discriminator), nn.Identity()
    trunk = load_vgg16(recipe.discriminator["vgg16"], [name for name, _, _ in LAYERS])
    projector = Projector(trunk, int(discriminator.channels), recipe.seed)
    return generator, BatchwiseDiscriminator(discriminator), projector
