"""The page in Chinese: every text has a translation, and none is left over."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

import imggen
from imggen.engine.engine import Engine
from imggen.tasks import TASKS
from imggen.ui import blocks, words
from imggen.ui.shared import styles, translators

PACKAGE = Path(imggen.__file__).parent
FORMATS = {"PNG", "JPEG", "WebP"}
#: Functions whose first argument is a text for a visitor.
SAYING = {"say", "InputError", "ImageError"}
#: Texts of Gradio's own that it does not translate.
OF_GRADIO = {
    "Brush", "Brush Size", "Capture from camera", "Clear", "Clear canvas", "Click to upload or drop files", "Color",
    "Download", "Empty value", "Erase", "Error", "Fullscreen", "Gradio footer navigation", "Info", "Pan",
    "Paste from clipboard", "Redo", "Reset to default value", "Share", "Undo", "Upload file", "Warning", "Zoom in",
    "Zoom out",
}  # fmt: skip


def template(node: ast.AST) -> str | None:
    """The text that an expression gives, with ``{}`` for each value; None when it is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def code(folder: str) -> Iterator[ast.AST]:
    for file in (PACKAGE / folder).rglob("*.py"):
        yield from ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def visitor(languages: str) -> SimpleNamespace:
    return SimpleNamespace(headers={"accept-language": languages})


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(offline=True)


@pytest.fixture(scope="module")
def page(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> gr.Blocks:
    return blocks.build(engine, may_remove=True, runs=tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def built_with(page: gr.Blocks, engine: Engine) -> set[str]:
    """All labels, buttons, choices and so on."""
    directions = {text for info in translators.offered(engine) for text, _ in translators.choices_of(info)}
    directions |= {name for info in engine.catalog.models() for name in info.directions if name}
    return {*words.page_texts(page), *directions}


def test_what_the_page_is_built_with_has_a_translation(engine: Engine, built_with: set[str]) -> None:
    names = FORMATS | {"Run"}  # what Gradio calls buttons that nobody sees
    for info in engine.catalog.models():
        names |= {info.title, *info.class_names, *(f"{seed} {name}" for seed in range(8) for name in info.class_names)}
        if info.task == "style_transfer":
            names |= {styles.caption(style) for style in styles.styles_of(info)}
    missing = [text for text in built_with - names if words.chinese(text) is None]
    # Arguments of endpoints, which only programs see, and cards, which their authors write in English.
    assert not [text for text in missing if not re.fullmatch("[a-z_]+|<h1>.*", text, re.DOTALL)]


def test_what_handlers_say_has_a_translation() -> None:
    said = [
        template(node.args[0])
        for node in code("ui")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING and node.args
    ]
    texts = {text for text in said if text is not None and re.search("[A-Za-z]", text.replace("{}", ""))}
    of_operators = {text for text in texts if "pip install" in text or text.startswith("{}={}")}  # at the command line
    assert not [text for text in texts - of_operators if words.chinese(text.replace("{}", "7")) is None]
    assert not [task.title for task in TASKS.values() if words.chinese(task.title) is None]


def test_no_translation_is_left_over(built_with: set[str]) -> None:
    scripts = [path.read_text() for path in (PACKAGE / "ui").glob("*.js")]
    texts = {*built_with, *OF_GRADIO, *scripts, *filter(None, map(template, code("")))}
    there = "\0".join(texts)

    def is_there(key: str) -> bool:
        return key in there or re.search("[^\0]*".join(map(re.escape, key.split("{}"))), there) is not None

    assert not [key for key in words.translations() if not is_there(key)]


def test_every_text_with_values_is_recognised_as_itself() -> None:
    for english, chinese in words.translations().items():
        values = [f"x{number}" for number in range(english.count("{}"))]
        assert words.chinese(english.replace("{}", "{{}}").replace("{{}}", "{}").format(*values)) == chinese.format(
            *values
        ), english


def test_translations_are_chinese_and_each_is_there_once() -> None:
    file = PACKAGE / "ui" / "translations" / "zh-CN.json"
    pairs = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=list)
    assert len(pairs) == len(dict(pairs))
    assert not [
        words for _, words in pairs if re.search("[A-Za-z]{2}", words) and not re.search("[\u4e00-\u9fff]", words)
    ]


def test_no_value_of_an_input_is_taken_for_a_text(page: gr.Blocks) -> None:
    inputs = (gr.Radio, gr.Dropdown, gr.Textbox)
    held = [block.value for block in page.blocks.values() if isinstance(block, inputs) and block.value]
    values = {value for one in held for value in (one if isinstance(one, list) else [one])}
    chosen = {value for block in page.blocks.values() if isinstance(block, inputs[:2]) for _, value in block.choices}
    table = words.translations()
    assert not [value for value in values | chosen if isinstance(value, str) and value in table]


def test_a_text_comes_in_the_first_language_of_the_browser() -> None:
    assert words.say("Choose a photo first.", visitor("zh-CN,zh;q=0.9,en;q=0.8")) == "请先选择照片。"
    for languages in ("en-US,en;q=0.9,zh-CN;q=0.8", "de", ""):
        assert words.say("Choose a photo first.", visitor(languages)) == "Choose a photo first."
    assert words.say("Choose a photo first.") == "Choose a photo first."


def test_values_and_sentences_are_put_together() -> None:
    chinese = visitor("zh-CN")
    line = (
        "33 x 21 to **132 x 84** in 0.3 s. Structure kept: **87%**. "
        "9% of the photo is very dark: there the day is guessed."
    )
    assert words.say(line, chinese) == (
        "33 x 21 → **132 x 84**，用时 0.3 秒。结构保留：**87%**。照片有 9% 的部分非常暗：那里的白天是推测的。"
    )
    assert (
        words.say("There is no model 'tinny'. Did you mean 'tiny'?", chinese)
        == "没有模型 'tinny'。你是不是要找 'tiny'？"
    )
    assert words.say("**Rose** is loaded: it is the model of the tab 'Random sampling' now.", chinese) == (
        "**Rose** 已加载：它现在是“随机采样”标签页的模型。"
    )


def test_a_long_text_of_a_stranger_takes_no_time_and_stays_as_it_is() -> None:
    for text in ("There is no class " * 20_000, "a" * 100_000, "x in " * 20_000, "# Card\n\nMade from roses."):
        assert words.chinese(text) is None


def test_programs_are_told_english_and_pages_get_marks(page: gr.Blocks) -> None:
    page.config = page.get_config_file()
    assert "__i18n__" in str(page.config)
    info = page.get_api_info()
    assert "__i18n__" not in str(info)
    assert info["named_endpoints"]["/upscale"]["parameters"][0]["label"] == "Photo"
