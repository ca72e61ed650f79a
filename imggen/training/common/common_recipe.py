"""The settings that recipes of all families share, and what they may be."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from imggen.training.common.recipe import Settings
from imggen.training.common.validation import AboveZero, Count, CountFromZero, NotNegative, Number, Share, choice, need

#: Settings that a checkpoint holds elsewhere.
_DESCRIBED_ELSEWHERE = ("task", "trainer", "title", "license", "architecture", "architecture_config")
Decay = Annotated[Number, Field(ge=0, lt=1)]


class CommonRecipe(BaseModel):
    """The settings of every recipe; ``recipes/sr-psnr.yaml`` explains each."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    #: The architectures of the family.
    architectures: ClassVar[Collection[str]]
    #: Settings that are paths on somebody's machine, of which only the names are recorded.
    paths: ClassVar[tuple[str, ...]] = ()

    task: str
    trainer: str
    title: str
    license: str
    architecture: str
    architecture_config: dict[str, Any]
    batch: Count
    accumulate: Count
    workers: CountFromZero
    cache_gb: NotNegative
    steps: Count
    lr: AboveZero
    betas: Annotated[list[Decay], Field(min_length=2, max_length=2)]
    gradient_clip: NotNegative
    ema_decay: Share
    precision: str
    seed: CountFromZero
    log_every: Count
    sample_every: Count
    checkpoint_every: Count

    @property
    def leaves_weights_out(self) -> bool:
        """Whether steps leave some of a network's weights out, which distributed training must know."""
        return False

    @property
    def one_network(self) -> bool:
        """Whether only one network learns: there is no discriminator."""
        return False

    def record(self) -> Settings:
        """The settings for config.json and the model card: of files and folders only their names."""
        settings = {name: value for name, value in self.model_dump().items() if name not in _DESCRIBED_ELSEWHERE}
        for path in self.paths:
            settings[path] = Path(settings[path]).name if settings[path] else None
        return settings

    @model_validator(mode="after")
    def check_common(self) -> CommonRecipe:
        """Check what settings of all recipes have to do with each other. Raises :class:`InputError`."""
        choice("architecture", self.architecture, self.architectures)
        # One loss scale serves both networks; it may change between the two, which would mix scales inside a sum.
        mixed_scales = self.precision == "fp16" and self.accumulate > 1 and not self.one_network
        need(not mixed_scales, "An adversarial loss with precision fp16 needs accumulate=1; or use bf16.")
        return self
