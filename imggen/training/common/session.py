"""One training from start to end: the setup and the loop that all trainers share."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from accelerate.utils import set_seed
from PIL import Image
from torch import Tensor, nn
from torch.optim import Adam
from torch.utils.data import Dataset
from tqdm import tqdm

from imggen.errors import ImggenError
from imggen.store.finite import find_not_finite
from imggen.store.run_log import RunLog
from imggen.store.runs import SAMPLES_DIR
from imggen.training.common.accelerator import create_accelerator
from imggen.training.common.common_recipe import CommonRecipe
from imggen.training.common.ema import EMA
from imggen.training.common.image_store import ImageStore
from imggen.training.common.interrupt import interruptible
from imggen.training.common.loader import loader
from imggen.training.common.meters import Meters
from imggen.training.common.model_folder import Result, write_model_folder
from imggen.training.common.schedule import set_learning_rate
from imggen.training.common.sources import Identity, Picture, data_name, identify
from imggen.training.common.state import Record, check_output, load_state, save_state
from imggen.training.common.update import Learner

LOGS_DIR = "tensorboard"
Found = TypeVar("Found")

#: Optimiser steps in a row with losses that are not finite, after which a training stops.
PATIENCE = 10


class Step(Protocol):
    """One micro-step: forward, backward and, where gradients are complete, optimiser steps."""

    def __call__(self, number: int, batch: Any, /) -> Mapping[str, Tensor]:
        """Learn from a batch; ``number`` counts the micro-steps from 0. Returns losses and other scalars by name."""
        ...


@dataclass(frozen=True)
class Job:
    """What a family adds to a session.

    Attributes:
        items: the samples by number, endless; each a tuple of tensors.
        step: learns from a batch of them.
        schedule: factor on the learning rates, given the optimiser steps already taken.
        draw_sheet: draws a sample sheet with the averaged network.
        describe: describes the averaged network, given also the name of the checkpoint folder.
        images: how many images are trained on, for the record.
        class_names: of the data, where classes are learned.
        images_per_item: images that an item of the dataset shows.
        facts: further lines of the record.
        also_write: writes further files into the checkpoint folder.
    """

    items: Dataset[Any]
    step: Step
    schedule: Callable[[int], float]
    draw_sheet: Callable[[Any], Image.Image]
    describe: Callable[[Any, str], Result]
    images: int
    class_names: list[str] | None = None
    images_per_item: int = 1
    facts: Mapping[str, Any] = field(default_factory=dict)
    also_write: Callable[[Path], None] = lambda folder: None


class Session:
    """Accelerator, data and networks of one training, and :meth:`run`, which trains.

    Args:
        name: of the recipe, for the record.
        recipe: its settings.
        data: folder of images, or a Hub dataset ``owner/name``.
        output: checkpoint folder; training state, samples and logs go into folders inside it.
        resume: go on from the training state in ``output``.

    Attributes:
        accelerator: Accelerate's view of the machine.
        base_model: id of the checkpoint that training starts from, if any; for the family to set.

    Raises:
        InputError: when ``output`` is in use, or has nothing to resume.
    """

    def __init__(self, name: str, recipe: CommonRecipe, data: str, output: Path, resume: bool) -> None:
        check_output(output, resume)
        self.name, self.recipe, self.data, self.output, self.resume = name, recipe, data, output, resume
        self.accelerator = create_accelerator(
            output, recipe.precision, recipe.accumulate, recipe.seed, recipe.leaves_weights_out
        )
        self.base_model: str | None = None
        self._learners: list[Learner] = []
        self._data: dict[str, Identity] = {}
        self._ema: EMA | None = None
        self._averaged: nn.Module | None = None

    @property
    def device(self) -> torch.device:
        """Where this process trains."""
        return self.accelerator.device

    def print(self, text: str) -> None:
        """Tell the user something, once, however many processes train."""
        self.accelerator.print(text)

    def find(self, find: Callable[[str], Found], data: str | None = None) -> Found:
        """Find the pictures of a dataset: one process downloads it from the Hub, the others find it there.

        Args:
            find: such as :func:`imggen.training.common.sources.find_images`.
            data: its argument; the data of the session by default.
        """
        with self.accelerator.main_process_first():
            return find(data or self.data)

    def open_images(
        self, what: str, pictures: Sequence[Picture], min_side: int, share: float = 1.0, square: int | None = None
    ) -> ImageStore:
        """Decode training images, as far as memory for them goes.

        Args:
            what: a name in the plural, for messages and for the training state.
            pictures: of the dataset.
            min_side: smallest width and height accepted.
            share: of the memory that the recipe gives to decoded images.
            square: where given, images are cropped to their central square and resized to this side.

        Raises:
            InputError: when no picture can be used.
        """
        budget = int(share * self.recipe.cache_gb * 2**30) // self.accelerator.num_processes
        images = ImageStore(pictures, min_side, budget, square)
        self._data[what] = identify(images.pictures)
        return images

    def place(self, network: nn.Module) -> Any:
        """Move a network to the device, in the memory layout that convolutions are fastest in."""
        return network.to(self.device).to(memory_format=torch.channels_last)

    def learn(self, network: nn.Module, lr: float, averaged: bool = False) -> Learner:
        """Place a network and prepare it for training, with Adam for all weights that are not frozen.

        Args:
            network: bare.
            lr: highest learning rate.
            averaged: whether the result of the training is this network's moving average. One network has it.
        """
        network = self.place(network)
        if averaged:
            self._ema, self._averaged = EMA(network, self.recipe.ema_decay), network
            self.keep_state_of(self._ema)
        weights = [weight for weight in network.parameters() if weight.requires_grad]
        adam = Adam(weights, lr, betas=(self.recipe.betas[0], self.recipe.betas[1]))
        prepared, optimizer = self.accelerator.prepare(network, adam)
        learner = Learner(prepared, optimizer, lr)
        self._learners.append(learner)
        return learner

    def keep_state_of(self, *parts: Any) -> None:
        """Save objects with ``state_dict`` and ``load_state_dict`` with the training state."""
        self.accelerator.register_for_checkpointing(*parts)

    def run(self, job: Job) -> bool:
        """Train to the end, or until Ctrl-C or SIGTERM; in both cases the state and the checkpoint are saved.

        Returns:
            Whether the training reached its end.

        Raises:
            ImggenError: when the losses or the weights are no finite numbers any more; what was saved before stays.
        """
        recipe, accelerator = self.recipe, self.accelerator
        set_seed(recipe.seed, device_specific=True)  # from here on every process draws noise of its own
        accelerator.init_trackers(LOGS_DIR)
        record = self._record(job)
        if self.resume:
            record = load_state(accelerator, self.output, record)
            record = record.model_copy(update={"settings": recipe.record()})
        start = record.step
        self._announce(start)
        log = RunLog(self.output, accelerator.is_main_process)
        log.start(self.name, recipe.title, start, recipe.steps)
        meters, wrong = Meters(accelerator), 0
        try:
            with (
                interruptible() as interrupted,
                tqdm(total=recipe.steps, initial=start, disable=not accelerator.is_main_process, unit="step") as bar,
            ):
                for number, batch in enumerate(self._batches(job, record), start * recipe.accumulate):
                    factor = job.schedule(record.step)
                    for learner in self._learners:
                        set_learning_rate(learner.optimizer, learner.lr * factor)
                    with accelerator.accumulate(*(learner.network for learner in self._learners)):
                        meters.add(job.step(number, batch), len(batch[0]))
                    if not accelerator.sync_gradients:
                        continue
                    step = record.step + 1
                    wrong = 0 if meters.finite() else wrong + 1
                    if wrong == PATIENCE:
                        raise self._went_wrong(step, f"the losses of {PATIENCE} steps in a row are not finite")
                    bar.update()
                    if self._ema and self._averaged and accelerator.is_main_process and not wrong:
                        self._ema.update(self._averaged)
                    if interrupted():
                        accelerator.set_trigger()
                    stopping = accelerator.check_trigger()  # every process must stop at the same step
                    last = stopping or step == recipe.steps
                    record = record.model_copy(update={"step": step})
                    if last or step % recipe.log_every == 0:
                        lr = self._learners[0].lr * factor
                        means = meters.flush(step, lr)
                        bar.set_postfix_str(", ".join(f"{name} {value:.4g}" for name, value in means.items()))
                        log.losses(step, lr, means)
                    saving = last or step % recipe.checkpoint_every == 0
                    if saving:
                        self._check_weights(step)
                        record = record.model_copy(update={"items": record.items + meters.items()})
                        save_state(accelerator, self.output, record)
                    if accelerator.is_main_process and (saving or step % recipe.sample_every == 0):
                        # Building the network that is saved draws random numbers; training must not depend on it.
                        with torch.random.fork_rng([self.device] if self.device.type == "cuda" else []):
                            self._show(job, record, saving)
                    if stopping:
                        break
            self._say_goodbye(start, record.step)
            accelerator.wait_for_everyone()
            log.end("finished" if record.step >= recipe.steps else "stopped")
        except BaseException as error:
            log.end("failed", str(error) if isinstance(error, ImggenError) else type(error).__name__)
            raise
        finally:
            accelerator.end_training()
        return record.step >= recipe.steps

    def _record(self, job: Job) -> Record:
        return Record(
            settings=self.recipe.record(),
            architecture_config=self.recipe.architecture_config,
            class_names=job.class_names,
            data=self._data,
            processes=self.accelerator.num_processes,
        )

    def _batches(self, job: Job, record: Record) -> Iterable[Any]:
        """The batches that are left; Accelerate deals whole ones to its processes."""
        recipe = self.recipe
        left = (recipe.steps - record.step) * recipe.accumulate * recipe.batch * self.accelerator.num_processes
        batches = loader(job.items, recipe.batch, range(record.items, record.items + left), recipe.workers, recipe.seed)
        return self.accelerator.prepare(batches)

    def _show(self, job: Job, record: Record, publishing: bool) -> None:
        """Write a sample sheet and, when it is due, the checkpoint folder."""
        assert self._ema is not None
        sheet = job.draw_sheet(self._ema.network)
        (self.output / SAMPLES_DIR).mkdir(parents=True, exist_ok=True)
        sheet.save(self.output / SAMPLES_DIR / f"{record.step:08d}.png")
        board = self.accelerator.get_tracker("tensorboard", unwrap=True)
        board.add_image("samples", np.asarray(sheet), record.step, dataformats="HWC")
        if not publishing:
            return
        training = {
            "recipe": self.name,
            "data": data_name(self.data),
            "images": job.images,
            **job.facts,
            "settings": self.recipe.record(),
            "steps": record.step,
            "images_seen": record.items * job.images_per_item,
        }
        result = job.describe(self._ema.network, self.output.resolve().name)
        write_model_folder(result, self.recipe, self.base_model, training, self.output, sheet)
        job.also_write(self.output)

    def _check_weights(self, step: int) -> None:
        """Refuse to save what is not finite. Raises :class:`ImggenError`."""
        tensors = [item for learner in self._learners for item in learner.network.state_dict().items()]
        for number, learner in enumerate(self._learners):
            moments = learner.optimizer.state_dict()["state"].values()
            tensors += [(f"optimiser {number}", value) for state in moments for value in state.values()]
        if self._ema and self.accelerator.is_main_process:
            tensors += [(f"average of {name}", value) for name, value in self._ema.network.state_dict().items()]
        name = find_not_finite((name, value) for name, value in tensors if isinstance(value, Tensor))
        if self.accelerator.reduce(torch.tensor(int(name is not None), device=self.device)) > 0:
            raise self._went_wrong(step, f"the weights are not finite{f' ({name})' if name else ''}")

    def _went_wrong(self, step: int, why: str) -> ImggenError:
        return ImggenError(
            f"Training has stopped at step {step}: {why}. What was saved before in {str(self.output)!r} stays as it "
            "was. Start again in another folder with a lower lr, or with --set precision=no; "
            f"--set init={self.output} starts from the checkpoint there, if one was saved."
        )

    def _announce(self, step: int) -> None:
        processes, threads = self.accelerator.num_processes, torch.get_num_threads()
        self.print(
            f"Training {'from' if step == 0 else 'on from'} step {step} in {processes} "
            f"process{'es' if processes > 1 else ''} on {self.device.type}, {threads} "
            f"thread{'s' if threads > 1 else ''} each.\n"
            f"Sample sheets: {self.output / SAMPLES_DIR}\n"
            f"Curves and sheets: tensorboard --logdir {shlex.quote(str(self.output / LOGS_DIR))}"
        )

    def _say_goodbye(self, start: int, step: int) -> None:
        steps = self.recipe.steps
        if step == start:
            self.print(f"The training is already at step {step} of {steps}.")
        elif step < steps:
            self.print(f"Stopped after step {step} of {steps}. Go on with --resume.")
        self.print(f"Show the model in the app: python app.py --models {shlex.quote(str(self.output))}")
