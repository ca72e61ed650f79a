"""The trainer of variational autoencoders: pixel or learned similarity, divergence, adversarial loss."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import count
from pathlib import Path

import torch
from accelerate.utils import set_seed
from PIL import Image

from imggen.errors import CheckpointError, InputError
from imggen.models import build
from imggen.models.autoencoder.vae import VAE
from imggen.models.gan.dcgan import DCGANDiscriminator
from imggen.training.autoencoder.recipe import AutoencoderRecipe, read_recipe
from imggen.training.autoencoder.step import Autoencoder, AutoencoderStep
from imggen.training.common.accelerator import create_accelerator
from imggen.training.common.ema import EMA
from imggen.training.common.generator_data import image_size, load_images
from imggen.training.common.generator_output import draw_sheet, publish
from imggen.training.common.initial import start_generator
from imggen.training.common.labelled_images import LabelledImages, Sample
from imggen.training.common.loop import Intervals, Job, run
from imggen.training.common.output import check_output
from imggen.training.common.recipe import Settings
from imggen.training.common.schedule import warmup_cosine
from imggen.training.common.sources import data_name
from imggen.training.gan.step import Judge
from imggen.training.super_resolution.data import loader


def train(name: str, settings: Settings, data: str, output: Path, resume: bool) -> None:
    """Train an autoencoder.

    Args:
        name: of the recipe, for the record.
        settings: the recipe; see :class:`imggen.training.autoencoder.recipe.AutoencoderRecipe`.
        data: folder of images, or a Hub dataset ``owner/name``; for the task "conditional" a folder for each class.
        output: checkpoint folder.
        resume: go on from the training state in ``output``.

    Raises:
        ImggenError: with a sentence for the user.
    """
    recipe = read_recipe(settings)
    check_output(output, resume)
    side = image_size(recipe.architecture_config)
    accelerator = create_accelerator(output, recipe.precision, recipe.accumulate, recipe.seed)
    conditional = recipe.task == "conditional"
    images, class_names, classes = load_images(accelerator, data, side, recipe.cache_gb, conditional)

    bare, bare_judge = create_networks(recipe, len(class_names or ()))
    base_model = start_generator(bare.vae, recipe.init, recipe.task, recipe.architecture, class_names)
    bare = bare.to(accelerator.device).to(memory_format=torch.channels_last)
    set_seed(recipe.seed, device_specific=True)
    samples = LabelledImages(images, classes, 2 * bare.vae.latent_size, recipe.flip, recipe.seed)
    ema = EMA(bare, recipe.ema_decay)
    accelerator.register_for_checkpointing(ema)
    betas = (recipe.betas[0], recipe.betas[1])
    network, optimizer = accelerator.prepare(bare, torch.optim.Adam(bare.parameters(), recipe.lr, betas=betas))
    step = AutoencoderStep(accelerator, recipe, network, optimizer)
    job_networks, job_optimizers = [network], [(optimizer, recipe.lr)]
    if bare_judge:
        bare_judge = bare_judge.to(accelerator.device).to(memory_format=torch.channels_last)
        adam = torch.optim.Adam(bare_judge.parameters(), recipe.discriminator_lr, betas=betas)
        step.judge, step.judge_optimizer = accelerator.prepare(bare_judge, adam)
        job_networks.append(step.judge)
        job_optimizers.append((step.judge_optimizer, recipe.discriminator_lr))

    per_micro_step = recipe.batch * accelerator.num_processes
    total = recipe.steps * recipe.accumulate * per_micro_step
    training = {"recipe": name, "data": data_name(data), "images": len(images), "settings": recipe.record()}

    def batches(done: int) -> Iterable[tuple[int, Sample]]:
        numbers = range(done * per_micro_step, total)
        prepared = accelerator.prepare(loader(samples, recipe.batch, numbers, recipe.workers, recipe.seed))
        return zip(count(done), prepared, strict=False)

    def write(steps: int, preview: Image.Image) -> None:
        seen = steps * recipe.accumulate * per_micro_step
        record = {**training, "steps": steps, "images_seen": seen}
        publish(ema.network.vae, recipe, base_model, class_names, record, output, preview)

    job = Job(
        accelerator=accelerator,
        generator=network,
        networks=job_networks,
        optimizers=job_optimizers,
        ema=ema,
        micro_step=step,
        batches=batches,
        schedule=partial(warmup_cosine, steps=recipe.steps, warmup=recipe.warmup, floor=recipe.lr_floor),
        sample=lambda: draw_sheet(ema.network.vae, accelerator.device),
        publish=write,
    )
    run(job, Intervals(recipe.steps, recipe.log_every, recipe.sample_every, recipe.checkpoint_every), output, resume)


def create_networks(recipe: AutoencoderRecipe, classes: int) -> tuple[Autoencoder, Judge | None]:
    """Build the autoencoder, and the discriminator where a loss needs it.

    Args:
        recipe: for the arguments of both.
        classes: number of classes; 0 for none.

    Raises:
        InputError: when the arguments do not fit.
    """
    try:
        vae = build(recipe.architecture, {**recipe.architecture_config, "classes": classes})
        assert isinstance(vae, VAE)
        judge = None
        if recipe.has_discriminator:
            judge = Judge(DCGANDiscriminator(**{**recipe.discriminator, "image_size": vae.image_size}))
    except (TypeError, ValueError, CheckpointError) as error:
        raise InputError(f"The networks cannot be built from this recipe: {str(error).rstrip('.')}.") from error
    return Autoencoder(vae), judge
