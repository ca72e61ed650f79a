"""The trainer of variational autoencoders: pixel or learned similarity, divergence, adversarial loss."""

from __future__ import annotations

from functools import partial

from imggen.models import build
from imggen.models.autoencoder.vae import VAE
from imggen.models.gan.dcgan import DCGANDiscriminator
from imggen.training.autoencoder.recipe import AutoencoderRecipe
from imggen.training.autoencoder.step import Autoencoder, AutoencoderStep
from imggen.training.common.discriminate import BatchwiseDiscriminator
from imggen.training.common.generators import describe, draw_sheet, image_size, load_images
from imggen.training.common.initial import start_generator
from imggen.training.common.labelled_images import LabelledImages
from imggen.training.common.schedule import warmup_cosine
from imggen.training.common.session import Job, Session
from imggen.training.common.validation import network_errors


def prepare(session: Session, recipe: AutoencoderRecipe) -> Job:
    """Set an autoencoder up to be trained.

    The data is a folder of images or a Hub dataset; for the task "conditional" a folder for each class.

    Raises:
        ImggenError: with an error message for the user.
    """
    side = image_size(recipe.architecture_config)
    images, class_names, classes = load_images(session, side, recipe.task == "conditional")
    network, opponent = create_networks(recipe, len(class_names or ()))
    vae = network.vae
    session.base_model = start_generator(vae, recipe.init, recipe.task, recipe.architecture, class_names)
    autoencoder = session.learn(network, recipe.lr, averaged=True)
    discriminator = session.learn(opponent, recipe.discriminator_lr) if opponent else None
    return Job(
        items=LabelledImages(images, classes, 2 * vae.latent_size, recipe.flip, recipe.seed),
        step=AutoencoderStep(session.accelerator, recipe, autoencoder, discriminator),
        schedule=partial(warmup_cosine, steps=recipe.steps, warmup=recipe.warmup, floor=recipe.lr_floor),
        draw_sheet=lambda average: draw_sheet(average.vae, session.device),
        describe=lambda average, model_id: describe(average.vae, recipe, class_names, model_id),
        images=len(images),
        class_names=class_names,
    )


def create_networks(recipe: AutoencoderRecipe, classes: int) -> tuple[Autoencoder, BatchwiseDiscriminator | None]:
    """Build the autoencoder, and the discriminator where a loss needs it.

    Args:
        recipe: for the arguments of both.
        classes: number of classes; 0 for none.

    Raises:
        InputError: when the arguments do not fit.
    """
    with network_errors():
        vae = build(recipe.architecture, {**recipe.architecture_config, "classes": classes})
        assert isinstance(vae, VAE)
        if not recipe.has_discriminator:
            return Autoencoder(vae), None
        discriminator = DCGANDiscriminator(**{**recipe.discriminator, "image_size": vae.image_size})
        return Autoencoder(vae), BatchwiseDiscriminator(discriminator)
