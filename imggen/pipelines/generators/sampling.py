"""Random images from a generator, each from its own seed."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from imggen.imaging.recipe import RECIPE_KEY
from imggen.models.latents import draw
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.generators.arguments import expand_seeds
from imggen.pipelines.generators.generator import Generator
from imggen.pipelines.generators.interpolation import interpolate


class Sampling(Generator):
    """Draw images from an unconditional generator.

    Images are made one at a time: convolutions and matrix products may round differently in a batch, and a seed must
    give the same picture alone and among others. It costs little: batches take 0.9 to 0.95 of the processor time, but
    for images of 64 x 64, whose 2 ms they halve (docs/speed.md).
    """

    task = "sampling"
    interpolate = interpolate

    def sample(
        self, count: int = 1, seed: int | Sequence[int] = 0, truncation: float = 1.0, report: Report = silent
    ) -> list[Image.Image]:
        """Draw images with the seeds ``seed``, ``seed + 1`` and so on, or with those listed.

        Args:
            count: how many from a single seed on, at least 1; it stays 1 with a list of seeds.
            seed: of the first image, from 0, where the last one may be at most 2**32 - 1; or a list, one for each
                image.
            truncation: 1 for all the variety the model has, towards 0 for ever more typical images.
            report: gets the fraction done after every image; may raise to stop.

        Returns:
            RGB images; each carries the recipe that makes it alone in ``info["imggen"]``.

        Raises:
            InputError: when an argument is out of range.
        """
        seeds = expand_seeds(count, seed, truncation)
        report(0.0)
        images = []
        for done, one in enumerate(seeds, 1):
            image = self.picture(draw(one, self.latent_size), None, truncation)
            parameters = {"seed": one, "count": 1, "truncation": float(truncation)}
            image.info[RECIPE_KEY] = recipe(self.task, self.info, parameters, [])
            images.append(image)
            report(done / len(seeds))
        return images
