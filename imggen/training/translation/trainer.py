"""The trainer of unpaired translation: two generators, two discriminators, and pictures of two domains."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from PIL import Image, ImageOps
from torch import Tensor, nn

from imggen.errors import CheckpointError, ImageError, InputError
from imggen.imaging.contact_sheet import grid
from imggen.imaging.folders import open_named
from imggen.imaging.tensors import to_image, to_tensor
from imggen.models import build
from imggen.models.translation.cyclegan import CycleGAN
from imggen.models.translation.patchgan import PatchGAN
from imggen.store import checkpoint
from imggen.store.checkpoint import PREVIEW_NAME, Checkpoint
from imggen.store.vgg16 import load_vgg16
from imggen.training.common.accelerator import create_accelerator
from imggen.training.common.card import CardFacts, write_card
from imggen.training.common.ema import EMA
from imggen.training.common.image_store import MAX_PIXELS, ImageStore
from imggen.training.common.initial import start_generator
from imggen.training.common.loop import Intervals, Job, run
from imggen.training.common.output import check_output
from imggen.training.common.recipe import Settings
from imggen.training.common.schedule import hold_then_fall
from imggen.training.common.sources import Picture, data_name
from imggen.training.super_resolution.data import loader
from imggen.training.translation.data import Domain, DomainCrops, Sample, find_domains, matches, scene_of
from imggen.training.translation.image_pool import ImagePool
from imggen.training.translation.recipe import DomainsRecipe, TranslationRecipe, read_recipe
from imggen.training.translation.step import Judges, Translation, TranslationStep, half_size
from imggen.version import __version__

_SHEET_COLUMNS = 6


def train(name: str, settings: Settings, data: str, output: Path, resume: bool) -> None:
    """Train both directions of a translation between two domains of pictures.

    Args:
        name: of the recipe, for the record.
        settings: the recipe; see :class:`imggen.training.translation.recipe.TranslationRecipe`.
        data: a folder or a Hub dataset ``owner/name``, laid out as :func:`find_domains` says.
        output: checkpoint folder.
        resume: go on from the training state in ``output``.

    Raises:
        ImggenError: with a sentence for the user.
    """
    recipe = read_recipe(settings)
    check_output(output, resume)
    accelerator = create_accelerator(output, recipe.precision, recipe.accumulate, recipe.seed)
    found, crops = load_crops(accelerator, data, recipe)
    bare, bare_judges = create_networks(recipe)
    base_model = start_generator(bare.networks, recipe.init, recipe.task, recipe.architecture, None)
    bare = bare.to(accelerator.device).to(memory_format=torch.channels_last)
    bare_judges = bare_judges.to(accelerator.device).to(memory_format=torch.channels_last)
    set_seed(recipe.seed, device_specific=True)
    ema = EMA(bare, recipe.ema_decay)
    pools = ImagePool(accelerator, recipe.pool, recipe.crop), ImagePool(accelerator, recipe.pool, recipe.crop)
    accelerator.register_for_checkpointing(ema, *pools)
    generator, optimizer = accelerator.prepare(bare, adam(bare, recipe.lr, recipe))
    judges, judges_optimizer = accelerator.prepare(bare_judges, adam(bare_judges, recipe.discriminator_lr, recipe))
    features = perceptual_loss(recipe, accelerator.device) if recipe.weight("perceptual") else None
    sheet = [fixed_images(accelerator, pictures, recipe) for pictures in found]

    per_micro_step = recipe.batch * accelerator.num_processes
    total = recipe.steps * recipe.accumulate * per_micro_step
    training = {"recipe": name, "data": data_name(data), "images": crops.images, "settings": recipe.record()}

    def batches(done: int) -> Iterable[tuple[int, Sample]]:
        numbers = range(done * per_micro_step, total)
        prepared = accelerator.prepare(loader(crops, recipe.batch, numbers, recipe.workers, recipe.seed))
        return zip(count(done), prepared, strict=False)

    def write(steps: int, preview: Image.Image) -> None:
        seen = 2 * steps * recipe.accumulate * per_micro_step
        record = {**training, "steps": steps, "images_seen": seen}
        publish(ema.network.networks, recipe, record, base_model, output, preview)

    job = Job(
        accelerator=accelerator,
        generator=generator,
        networks=[generator, judges],
        optimizers=[(optimizer, recipe.lr), (judges_optimizer, recipe.discriminator_lr)],
        ema=ema,
        micro_step=TranslationStep(
            accelerator, recipe, generator, optimizer, judges, judges_optimizer, pools, features
        ),
        batches=batches,
        schedule=partial(hold_then_fall, steps=recipe.steps, hold=recipe.hold),
        sample=lambda: draw_sheet(ema.network.networks, sheet[0], sheet[1]),
        publish=write,
    )
    run(job, Intervals(recipe.steps, recipe.log_every, recipe.sample_every, recipe.checkpoint_every), output, resume)


def load_crops(
    accelerator: Accelerator, data: str, recipe: DomainsRecipe
) -> tuple[tuple[list[Picture], list[Picture]], DomainCrops]:
    """Find the pictures of both domains, and decode what is trained on.

    Raises:
        InputError: when a domain has none.
    """
    with accelerator.main_process_first():  # one process downloads a Hub dataset, the others find it cached
        found = find_domains(data, recipe.domains)
    a, b = (
        load_domain(accelerator, name, pictures, recipe) for name, pictures in zip(recipe.domains, found, strict=True)
    )
    crops = DomainCrops(
        a,
        b,
        recipe.crop,
        (recipe.resize[0], recipe.resize[1]),
        recipe.flip,
        recipe.aligned_share,
        recipe.unaligned,
        recipe.seed,
    )
    return found, crops


def load_domain(accelerator: Accelerator, name: str, pictures: list[Picture], recipe: DomainsRecipe) -> Domain:
    """Decode the training images of one domain, without those held out.

    Raises:
        InputError: when none is left.
    """
    used = [picture for picture in pictures if not matches(picture, [*recipe.holdout, *recipe.skip])]
    if not used:
        raise InputError("The settings 'holdout' and 'skip' leave no image of a domain to train on.")
    budget = int(recipe.cache_gb * 2**30) // (2 * accelerator.num_processes)
    images = ImageStore(used, recipe.crop, budget)
    accelerator.print(f"Training on {images.summary(f'images of {name!r}')}; {len(pictures) - len(used)} held out.")
    return Domain(images, [scene_of(picture) for picture in images.pictures])


def create_networks(recipe: TranslationRecipe) -> tuple[Translation, Judges]:
    """Build both generators and both discriminators.

    Raises:
        InputError: when the arguments do not fit.
    """
    networks = create_generators(recipe)
    try:
        judges = Judges(PatchGAN(**recipe.discriminator), PatchGAN(**recipe.discriminator))
    except (TypeError, ValueError) as error:
        raise _unfit(error) from error
    return Translation(networks), judges


def create_generators(recipe: DomainsRecipe, there: int | None = None) -> CycleGAN:
    """Build both generators, which work best at the mean size they are trained at.

    Args:
        recipe: for the sizes and the networks.
        there: the side that the way there works at, when it is not trained.

    Raises:
        InputError: when the arguments do not fit.
    """
    side = round(recipe.crop * sum(recipe.resize) / 2)
    try:
        networks = build(recipe.architecture, {**recipe.architecture_config, "working_sides": [there or side, side]})
    except CheckpointError as error:
        raise _unfit(error) from error
    assert isinstance(networks, CycleGAN)
    return networks


def _unfit(error: Exception) -> InputError:
    return InputError(f"The networks cannot be built from this recipe: {str(error).rstrip('.')}.")


def adam(network: nn.Module, lr: float, recipe: DomainsRecipe) -> torch.optim.Adam:
    """Adam with the recipe's betas."""
    return torch.optim.Adam(network.parameters(), lr, betas=(recipe.betas[0], recipe.betas[1]))


def perceptual_loss(recipe: DomainsRecipe, device: torch.device) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss of features, (output, target), both (N, 3, S, S) in -1..1, -> scalar."""
    assert recipe.perceptual_weights is not None  # the recipe's check
    layers = {name: weight for name, weight in recipe.perceptual_layers.items() if weight}
    features = load_vgg16(recipe.perceptual_weights, list(layers)).to(device).to(memory_format=torch.channels_last)
    return partial(half_size, features, layers)


def fixed_images(accelerator: Accelerator, pictures: list[Picture], recipe: DomainsRecipe) -> list[Tensor]:
    """A few images for the sample sheet, (1, 3, H, W) in -1..1: spread evenly over those held out, or over all."""
    held_out = [picture for picture in pictures if matches(picture, recipe.holdout)]
    used = [picture for picture in pictures if not matches(picture, [*recipe.holdout, *recipe.skip])]
    size = (2 * recipe.crop, 3 * recipe.crop // 2)
    chosen = [*_spread(held_out, _SHEET_COLUMNS * 2 // 3)]
    chosen += _spread(used, _SHEET_COLUMNS - len(chosen))
    images = []
    for picture in chosen:
        try:
            image = open_named(picture.source, picture.name, MAX_PIXELS)
        except ImageError as error:
            accelerator.print(f"{error} The sample sheet does without it.")
        else:
            fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
            images.append(to_tensor(fitted).to(accelerator.device) * 2 - 1)
    return images


def _spread(pictures: list[Picture], wanted: int) -> list[Picture]:
    """Up to ``wanted`` pictures, spread evenly over the list."""
    wanted = min(wanted, len(pictures))
    return [pictures[number * len(pictures) // wanted] for number in range(wanted)]


@torch.no_grad()
def draw_sheet(networks: Any, a: list[Tensor], b: list[Tensor]) -> Image.Image:
    """Four rows: images of domain a, the same in domain b; images of domain b, the same in domain a."""
    columns = min(len(a), len(b))
    rows = [
        a[:columns],
        [networks(image, "a2b") for image in a[:columns]],
        b[:columns],
        [networks(image, "b2a") for image in b[:columns]],
    ]
    return grid([to_image(cell / 2 + 0.5) for row in rows for cell in row], columns)


def publish(
    networks: Any,
    recipe: DomainsRecipe,
    training: dict[str, Any],
    base_model: str | None,
    output: Path,
    preview: Image.Image,
) -> None:
    """Write both generators as one checkpoint folder.

    Args:
        networks: a :class:`CycleGAN`.
        recipe: for task, title and licence.
        training: the record for config.json and the card.
        base_model: id of the checkpoint it started from, if any.
        output: the folder.
        preview: its sample sheet.
    """
    result = Checkpoint(
        task=recipe.task,
        architecture=recipe.architecture,
        architecture_config=networks.config,
        title=recipe.title,
        license=recipe.license,
        base_model=base_model,
        value_range=[-1.0, 1.0],
        training=training,
        imggen_version=__version__,
    )
    result.network.load_state_dict(networks.state_dict())
    model_id = output.resolve().name
    a, b = recipe.domains
    card = CardFacts(
        model_id=model_id,
        title=recipe.title,
        license=recipe.license,
        base_model=base_model,
        pipeline_tag="image-to-image",
        tags=(recipe.task, recipe.architecture),
        summary=f"Two {recipe.architecture} generators: from {a} to {b} and from {b} to {a}.",
        parameters=sum(parameter.numel() for parameter in networks.parameters()),
        training=training,
        limits=(
            f"It changes light and colour and invents what it adds: the result shows what the place may look like, not "
            f"what it looks like. It has seen pictures of {recipe.crop} pixels and few scenes, and is unsure of others."
        ),
        example=(
            f'import imggen\nfrom PIL import Image\n\nmodel = imggen.load("{model_id}")\n'
            f'model.translate(Image.open("photo.jpg"), direction="{a}2{b}").save("{b}.png")'
        ),
    )
    preview.save(output / PREVIEW_NAME, quality=90)
    checkpoint.save(result, output, write_card(card))
