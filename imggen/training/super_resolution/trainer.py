"""The trainer of super-resolution networks: pixel, perceptual and adversarial losses, each with a weight."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from PIL import Image
from torch import nn

from imggen.errors import InputError
from imggen.imaging.contact_sheet import grid
from imggen.imaging.tensors import to_image
from imggen.models import SCALE, build
from imggen.models.super_resolution.discriminator import SRDiscriminator
from imggen.models.super_resolution.span import SPAN
from imggen.store import checkpoint
from imggen.store.checkpoint import PREVIEW_NAME, Checkpoint
from imggen.store.vgg16 import load_vgg16
from imggen.training.common.accelerator import create_accelerator
from imggen.training.common.card import CardFacts, write_card
from imggen.training.common.ema import EMA
from imggen.training.common.image_store import ImageStore
from imggen.training.common.initial import load_initial
from imggen.training.common.loop import Intervals, Job, run
from imggen.training.common.losses import CONTENT_LOSSES, GAN_LOSSES, perceptual
from imggen.training.common.output import check_output
from imggen.training.common.recipe import Settings
from imggen.training.common.schedule import warmup_cosine
from imggen.training.common.sources import data_name, find_images
from imggen.training.super_resolution.data import PatchPairs, loader
from imggen.training.super_resolution.degradation import DEGRADATIONS
from imggen.training.super_resolution.recipe import SRRecipe, read_recipe
from imggen.training.super_resolution.step import Adversary, ContentLoss, Step, as_input, off_the_grid
from imggen.version import __version__

_SHEET_ROWS = 4


def train(name: str, settings: Settings, data: str, output: Path, resume: bool) -> None:
    """Train a super-resolution network.

    Args:
        name: of the recipe, for the record.
        settings: the recipe; see :class:`imggen.training.super_resolution.recipe.SRRecipe`.
        data: folder of images, or a Hub dataset ``owner/name``.
        output: checkpoint folder.
        resume: go on from the training state in ``output``.

    Raises:
        ImggenError: with a sentence for the user.
    """
    recipe = read_recipe(settings)
    check_output(output, resume)
    accelerator = create_accelerator(output, recipe.precision, recipe.accumulate, recipe.seed)
    with accelerator.main_process_first():  # one process downloads a Hub dataset, the others find it cached
        pictures = find_images(data)
    images = ImageStore(pictures, recipe.patch, int(recipe.cache_gb * 2**30) // accelerator.num_processes)
    accelerator.print(f"Training on {images.summary('images')}.")
    pairs = PatchPairs(images, recipe.patch, SCALE, DEGRADATIONS[recipe.degradation], recipe.seed)

    bare, base_model = create_generator(recipe)
    bare = bare.to(accelerator.device).to(memory_format=torch.channels_last)
    ema = EMA(bare, recipe.ema_decay)
    accelerator.register_for_checkpointing(ema)
    generator, optimizer = accelerator.prepare(bare, adam(bare, recipe.lr, recipe))
    adversary = create_adversary(recipe, accelerator)
    content = content_losses(recipe, accelerator.device)

    per_micro_step = recipe.batch * accelerator.num_processes
    total = recipe.steps * recipe.accumulate * per_micro_step
    training = {"recipe": name, "data": data_name(data), "images": len(images), "settings": recipe.record()}
    job = Job(
        accelerator=accelerator,
        generator=generator,
        networks=[generator, adversary.network] if adversary else [generator],
        optimizers=[(optimizer, recipe.lr), *([(adversary.optimizer, recipe.discriminator_lr)] if adversary else [])],
        ema=ema,
        micro_step=Step(accelerator, generator, optimizer, content, adversary, recipe.gradient_clip),
        batches=lambda done: accelerator.prepare(
            loader(pairs, recipe.batch, range(done * per_micro_step, total), recipe.workers, recipe.seed)
        ),
        schedule=partial(warmup_cosine, steps=recipe.steps, warmup=recipe.warmup, floor=recipe.lr_floor),
        sample=lambda: draw_sheet(ema.network, pairs, accelerator.device),
        publish=lambda steps, preview: publish(
            ema.network,
            recipe,
            base_model,
            {**training, "steps": steps, "images_seen": steps * recipe.accumulate * per_micro_step},
            output,
            preview,
        ),
    )
    run(job, Intervals(recipe.steps, recipe.log_every, recipe.sample_every, recipe.checkpoint_every), output, resume)


def create_generator(recipe: SRRecipe) -> tuple[nn.Module, str | None]:
    """Build the network, or take it from the checkpoint ``init``; return it with that checkpoint's id.

    Raises:
        ImggenError: when the recipe's architecture does not fit.
    """
    base_model = None
    if recipe.init:
        initial, base_model = load_initial(recipe.init, recipe.task, recipe.architecture)
        network = initial.network.train()
    else:
        network = build(recipe.architecture, recipe.architecture_config)
    if network.scale != SCALE:
        raise InputError(f"The network must enlarge {SCALE} times, this one does {network.scale} times.")
    return network, base_model


def create_adversary(recipe: SRRecipe, accelerator: Accelerator) -> Adversary | None:
    """Build the discriminator with its optimiser, where the recipe has an adversarial loss."""
    weight = recipe.weight("gan")
    if not weight:
        return None
    try:
        bare = SRDiscriminator(**recipe.discriminator)
    except TypeError as error:
        raise InputError(f"The setting 'discriminator' does not fit: {error}.") from error
    bare = bare.to(accelerator.device).to(memory_format=torch.channels_last)
    network, optimizer = accelerator.prepare(bare, adam(bare, recipe.discriminator_lr, recipe))
    return Adversary(network, optimizer, GAN_LOSSES[recipe.gan_loss], weight)


def adam(network: nn.Module, lr: float, recipe: SRRecipe) -> torch.optim.Adam:
    """Adam with the recipe's betas."""
    return torch.optim.Adam(network.parameters(), lr, betas=(recipe.betas[0], recipe.betas[1]))


def content_losses(recipe: SRRecipe, device: torch.device) -> dict[str, tuple[float, ContentLoss]]:
    """The losses with a reference picture that the recipe gives a weight: name -> (weight, loss)."""
    losses = {name: (recipe.weight(name), loss) for name, loss in CONTENT_LOSSES.items() if recipe.weight(name)}
    if recipe.weight("perceptual") and recipe.perceptual_weights:
        layers = {name: weight for name, weight in recipe.perceptual_layers.items() if weight}
        features = load_vgg16(recipe.perceptual_weights, list(layers), recipe.perceptual_before_relu)
        features = features.to(device).to(memory_format=torch.channels_last)
        compare = partial(perceptual, features, layers, recipe.perceptual_distance)
        losses["perceptual"] = (recipe.weight("perceptual"), lambda *pictures: compare(*off_the_grid(*pictures)))
    return losses


@torch.no_grad()
def draw_sheet(network: nn.Module, pairs: PatchPairs, device: torch.device) -> Image.Image:
    """A few fixed patches in rows: input enlarged without smoothing, output, original."""
    fixed = PatchPairs(pairs.images, pairs.patch, pairs.scale, pairs.degradation, seed=pairs.seed + 1)
    cells = []
    for number in range(_SHEET_ROWS):
        low, high = (as_input(pixels[None].to(device)) for pixels in fixed[number])
        cells += [F.interpolate(low, scale_factor=float(SCALE), mode="nearest"), network(low), high]
    return grid([to_image(cell) for cell in cells], columns=3)


def publish(
    average: nn.Module,
    recipe: SRRecipe,
    base_model: str | None,
    training: dict[str, Any],
    output: Path,
    preview: Image.Image,
) -> None:
    """Write the averaged network as a checkpoint folder, in its plain form where it trains in another."""
    network: Any = average.fused() if isinstance(average, SPAN) else average
    result = Checkpoint(
        task=recipe.task,
        architecture=recipe.architecture,
        architecture_config=network.config,
        title=recipe.title,
        license=recipe.license,
        base_model=base_model,
        value_range=[0.0, 1.0],
        training=training,
        imggen_version=__version__,
    )
    result.network.load_state_dict(network.state_dict())
    card = CardFacts(
        model_id=output.resolve().name,
        title=recipe.title,
        license=recipe.license,
        base_model=base_model,
        pipeline_tag="image-to-image",
        tags=("super-resolution", recipe.architecture),
        summary=f"A {recipe.architecture} network that enlarges RGB pictures {SCALE} times.",
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        training=training,
        limits=limits(recipe),
        example=(
            f'import imggen\nfrom PIL import Image\n\nupscaler = imggen.load("{output.resolve().name}")\n'
            'upscaler.upscale(Image.open("photo.jpg")).save("photo_4x.png")'
        ),
    )
    preview.save(output / PREVIEW_NAME, quality=90)
    checkpoint.save(result, output, write_card(card))


def limits(recipe: SRRecipe) -> str:
    """What the model card says about the recipe's weak sides."""
    sentences = ["It enlarges by 4 only."]
    if recipe.degradation == "bicubic":
        sentences.append(
            "It was trained on clean, bicubically reduced pictures: noise and JPEG blocks get enlarged too."
        )
    else:
        sentences.append("It was trained to remove blur, noise and JPEG blocks, and may take fine texture for these.")
    if recipe.weight("gan"):
        sentences.append(
            "It invents plausible detail: do not use it to read text, faces or measurements off a picture."
        )
    return " ".join(sentences)
