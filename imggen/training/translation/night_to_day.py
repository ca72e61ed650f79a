"""The trainer of night to day alone, from photos of both: the day is known, so that no adversary is needed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import torch
from accelerate.utils import set_seed
from PIL import Image

from imggen.models.translation.cyclegan import CycleGAN
from imggen.training.common.accelerator import create_accelerator
from imggen.training.common.checks import need
from imggen.training.common.ema import EMA
from imggen.training.common.initial import load_initial, start_generator
from imggen.training.common.loop import Intervals, Job, run
from imggen.training.common.output import check_output
from imggen.training.common.recipe import Settings
from imggen.training.common.schedule import hold_then_fall
from imggen.training.common.sources import data_name
from imggen.training.super_resolution.data import loader
from imggen.training.translation.night_to_day_recipe import NightToDayRecipe, read_recipe
from imggen.training.translation.night_to_day_step import NightCrops, NightSample, NightToDay, NightToDayStep
from imggen.training.translation.trainer import (
    adam,
    create_generators,
    draw_sheet,
    fixed_images,
    load_crops,
    perceptual_loss,
    publish,
)


def train(name: str, settings: Settings, data: str, output: Path, resume: bool) -> None:
    """Train the way back of a translation between day and night; the way there stays as the recipe's ``init`` has it.

    Args:
        name: of the recipe, for the record.
        settings: the recipe; see :class:`imggen.training.translation.night_to_day_recipe.NightToDayRecipe`.
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
    networks = create_generators(recipe, _side_there(recipe))
    need("b2a" in networks.developing, "Night to day needs the head for days: architecture_config.heads=[night, day].")
    base_model = start_generator(networks, recipe.init, recipe.task, recipe.architecture, None)
    bare = NightToDay(networks).to(accelerator.device).to(memory_format=torch.channels_last)
    set_seed(recipe.seed, device_specific=True)
    ema = EMA(bare, recipe.ema_decay)
    accelerator.register_for_checkpointing(ema)
    network, optimizer = accelerator.prepare(bare, adam(networks.b2a, recipe.lr, recipe))
    features = perceptual_loss(recipe, accelerator.device) if recipe.perceptual else None
    sheet = [fixed_images(accelerator, pictures, recipe) for pictures in found]

    per_micro_step = recipe.batch * accelerator.num_processes
    total = recipe.steps * recipe.accumulate * per_micro_step
    training = {"recipe": name, "data": data_name(data), "images": crops.images, "settings": recipe.record()}

    def batches(done: int) -> Iterable[NightSample]:
        numbers = range(done * per_micro_step, total)
        items = loader(NightCrops(crops, recipe.seed), recipe.batch, numbers, recipe.workers, recipe.seed)
        return accelerator.prepare(items)

    def write(steps: int, preview: Image.Image) -> None:
        record = {**training, "steps": steps, "images_seen": steps * recipe.accumulate * per_micro_step}
        publish(ema.network.networks, recipe, record, base_model, output, preview)

    job = Job(
        accelerator=accelerator,
        generator=network,
        networks=[network],
        optimizers=[(optimizer, recipe.lr)],
        ema=ema,
        micro_step=NightToDayStep(accelerator, recipe, network, optimizer, features),
        batches=batches,
        schedule=partial(hold_then_fall, steps=recipe.steps, hold=recipe.hold),
        sample=lambda: draw_sheet(ema.network.networks, sheet[0], sheet[1]),
        publish=write,
    )
    run(job, Intervals(recipe.steps, recipe.log_every, recipe.sample_every, recipe.checkpoint_every), output, resume)


def _side_there(recipe: NightToDayRecipe) -> int | None:
    """The side at which the way there works, which stays as it was."""
    if not recipe.init:
        return None
    networks = load_initial(recipe.init, recipe.task, recipe.architecture)[0].network
    assert isinstance(networks, CycleGAN)  # as of the same architecture
    return networks.working_sides[0]
