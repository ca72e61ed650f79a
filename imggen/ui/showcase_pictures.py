"""The finished pictures of the start page and of the tabs: made beforehand, so that a visitor sees them at once.

``python -m imggen.ui.showcase_pictures`` makes them anew after a model has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

FOLDER = Path(__file__).parent / "showcase"
#: The photo of the large picture before and after, and its credit.
PHOTO = FOLDER / "castle.jpg"
CREDIT = "Photo: Nagoya Castle, by Base64 and Noodle snacks, CC BY-SA 3.0"
BEFORE, AFTER = FOLDER / "before.webp", FOLDER / "after.webp"
#: Width and height of the large picture, in pixels.
LARGE = (1280, 560)
#: The same of the pictures on the cards.
SMALL = (440, 300)

# What the tabs begin with, and what their stored results were made with, chosen by eye:
#: Time of day.
DUSK = 0.7
#: Style, and its strength.
STYLE = "franz-marc-red-and-blue-horse"
STRENGTH = 0.8
#: Seeds of the random samples.
SEEDS = (12, 3, 38, 0, 25, 32, 9, 14)
#: Class, and number of pictures of it.
CLASS = "R"
CLASS_COUNT = 8
#: Word, and seed of the typeface that it is set in.
WORD, FACE = "Hello", 5
#: Keyframes of the film, and its length in frames.
KEYFRAMES = ((21, "Bob, smiling"), (39, "Quiff, laughing, glasses"), (44, "Waves, surprised"))
FRAMES = 60

#: The part of a photo that is enlarged; its stored result is the whole of it, four times as large.
PART = FOLDER / "part.png"
FILM = FOLDER / "film.webp"
#: A word, and all characters of its typeface.
WORD_PICTURE, CHARACTERS = FOLDER / "word.png", FOLDER / "characters.png"


@dataclass(frozen=True)
class Card:
    """What the start page shows of one task.

    Attributes:
        sentence: what the tab does.
        make: makes its picture.
    """

    sentence: str
    make: Callable[[], Image.Image]


def card_picture(task: str) -> Path:
    """The file of the picture on a card."""
    return FOLDER / f"{task}.webp"


def before_and_after(task: str) -> tuple[str, str]:
    """The files of the photo and the stored result that a photo tab opens with."""
    before, after = _PAIRS[task]
    return str(before), str(after)


def samples(task: str) -> list[str]:
    """The files of the stored pictures that a sampling tab opens with: PNG, for they carry recipes."""
    count = {"sampling": len(SEEDS), "conditional": CLASS_COUNT}[task]
    return [str(FOLDER / f"{task}_{number}.png") for number in range(count)]


def render() -> None:
    """Make all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    _render_tabs()
    day = _cut(_photo(), LARGE)
    _save(day, BEFORE)
    _save(_night(day), AFTER)
    for task, card in CARDS.items():
        _save(_cut(card.make(), SMALL), card_picture(task))
    preview = Image.new("RGB", (1200, 630), "white")
    for index, path in enumerate((BEFORE, AFTER)):
        half = _cut(Image.open(path).convert("RGB"), (1200, 630)).crop((600 * index, 0, 600 * index + 600, 630))
        preview.paste(half, (600 * index, 0))
    preview.save(Path(__file__).parent / "serving" / "preview.png", optimize=True)


def _render_tabs() -> None:
    """What the tabs open with."""
    import imggen
    from imggen.imaging.animation import RATE
    from imggen.imaging.recipe import save_png
    from imggen.tasks import TASKS

    _save(_painted(), _PAIRS["style_transfer"][1])
    part = _cut(_photo(), (880, 600)).crop((330, 110, 330 + 240, 110 + 135))
    part.save(PART)
    large = imggen.load(TASKS["super_resolution"].default_model).upscale(part)
    before, after = _PAIRS["super_resolution"]
    _save(part.resize(large.size, Image.Resampling.BICUBIC), before)
    _save(large, after)
    made = imggen.load(TASKS["sampling"].default_model).sample(seed=list(SEEDS))
    drawn = imggen.load(TASKS["conditional"].default_model).sample(CLASS, seed=0, count=CLASS_COUNT)
    for task, images in (("sampling", made), ("conditional", drawn)):
        for image, path in zip(images, samples(task), strict=True):
            save_png(image, path)
    specimen = imggen.load(TASKS["conditional"].default_model).typeface().specimen(WORD, FACE)
    save_png(specimen.word, WORD_PICTURE)
    save_png(specimen.sheet, CHARACTERS)
    film = imggen.load(TASKS["interpolation"].default_model).interpolate(list(KEYFRAMES), frames=FRAMES)
    film[0].save(FILM, save_all=True, append_images=film[1:], duration=round(1000 / RATE), loop=0, quality=60, method=6)


def _photo() -> Image.Image:
    return Image.open(PHOTO).convert("RGB")


def _cut(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def _save(image: Image.Image, path: Path) -> None:
    image.save(path, "WEBP", quality=82)


def _night(day: Image.Image) -> Image.Image:
    import imggen

    night: Image.Image = imggen.load("day-night").translate(day, "day2night", time=DUSK)
    return night


def _samples() -> Image.Image:
    import imggen
    from imggen.imaging.contact_sheet import grid
    from imggen.tasks import TASKS

    return grid(imggen.load(TASKS["sampling"].default_model).sample(seed=list(SEEDS[:6])), 3)


def _classes() -> Image.Image:
    import imggen
    from imggen.imaging.contact_sheet import grid
    from imggen.tasks import TASKS

    pipeline = imggen.load(TASKS["conditional"].default_model)
    return grid(pipeline.sample(list(pipeline.info.class_names[10:16]), seed=5), 3)


def _morph() -> Image.Image:
    import imggen
    from imggen.imaging.contact_sheet import grid
    from imggen.tasks import TASKS

    return grid(imggen.load(TASKS["interpolation"].default_model).interpolate(list(KEYFRAMES[:2]), frames=6), 3)


def _painted() -> Image.Image:
    import imggen

    painted: Image.Image = imggen.load("arbitrary-style").stylize(_photo(), STYLE, strength=STRENGTH)
    return painted


def _dusk() -> Image.Image:
    return _night(_photo())


def _enlarged() -> Image.Image:
    """A small part of a photo: its left half as it is, its right half enlarged."""
    import imggen
    from imggen.tasks import TASKS

    part = _cut(_photo(), (880, 600)).crop((385, 150, 385 + 110, 150 + 75))
    large = imggen.load(TASKS["super_resolution"].default_model).upscale(part)
    plain = part.resize(large.size, Image.Resampling.NEAREST)
    plain.paste(large.crop((large.width // 2, 0, large.width, large.height)), (large.width // 2, 0))
    return plain


_PAIRS: dict[str, tuple[Path, Path]] = {
    "day_night": (BEFORE, AFTER),
    "style_transfer": (PHOTO, FOLDER / "painted.webp"),
    "super_resolution": (FOLDER / "plain.webp", FOLDER / "enlarged.webp"),
}
#: The cards, by task, in the order of the page.
CARDS: dict[str, Card] = {
    "day_night": Card("Turn a day into dusk or night, and a night into day.", _dusk),
    "style_transfer": Card("Paint a photo like one of 24 painters, or like a picture of your own.", _painted),
    "super_resolution": Card("Enlarge a photo four times, with crisp detail.", _enlarged),
    "sampling": Card("Invent pictures that nobody has seen.", _samples),
    "conditional": Card("Invent pictures of what you choose.", _classes),
    "interpolation": Card("Let one invented picture turn into another, as a film.", _morph),
}

if __name__ == "__main__":
    render()
