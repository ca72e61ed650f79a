"""The settings that recipes of all families share, and what they may be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from imggen.training.common.checks import check_betas, check_ranges, choice, need
from imggen.training.common.recipe import Settings

#: Settings that a checkpoint holds elsewhere.
_DESCRIBED_ELSEWHERE = ("task", "trainer", "title", "license", "architecture", "architecture_config")


@dataclass(frozen=True)
class CommonRecipe:
    """The settings of every recipe; ``recipes/sr-psnr.yaml`` explains each."""

    #: Settings that are paths on somebody's machine, of which only the names are recorded.
    paths: ClassVar[tuple[str, ...]] = ()

    task: str
    trainer: str
    title: str
    license: str
    architecture: str
    architecture_config: dict[str, Any]
    batch: int
    accumulate: int
    workers: int
    cache_gb: float
    steps: int
    lr: float
    betas: list[float]
    gradient_clip: float
    ema_decay: float
    precision: str
    seed: int
    log_every: int
    sample_every: int
    checkpoint_every: int

    @property
    def leaves_weights_out(self) -> bool:
        """Whether steps leave some of a network's weights out, which distributed training must know."""
        return False

    def record(self) -> Settings:
        """The settings for config.json and the model card: of files and folders only their names."""
        settings = {name: value for name, value in asdict(self).items() if name not in _DESCRIBED_ELSEWHERE}
        for path in self.paths:
            settings[path] = Path(settings[path]).name if settings[path] else None
        return settings


def check_common(recipe: CommonRecipe, architectures: Collection[str]) -> None:
    """Check what all recipes share; a family may ask more of it.

    Raises:
        InputError: naming the first setting that is out of range.
    """
    choice("architecture", recipe.architecture, architectures)
    check_ranges(
        recipe,
        at_least_one=("batch", "accumulate", "steps", "log_every", "sample_every", "checkpoint_every"),
        above_zero=("lr",),
        not_negative=("workers", "cache_gb", "seed", "gradient_clip"),
        shares=("ema_decay",),
    )
    check_betas(recipe.betas)


def check_weights(setting: str, weights: Mapping[str, Any], known: Collection[str]) -> None:
    """Check a mapping of names to weights. Raises :class:`InputError`."""
    for name, weight in weights.items():
        choice(setting, name, known)
        fit = isinstance(weight, int | float) and not isinstance(weight, bool) and weight >= 0
        need(fit, f"The weights in {setting!r} must be numbers of at least 0.")


def check_scaling(recipe: CommonRecipe, adversarial: bool = True) -> None:
    """Refuse half precision where it cannot work. Raises :class:`InputError`."""
    # One loss scale serves both networks; it may change between the two, which would mix scales inside a sum.
    mixed_scales = recipe.precision == "fp16" and recipe.accumulate > 1 and adversarial
    need(not mixed_scales, "An adversarial loss with precision fp16 needs accumulate=1; or use bf16.")
