"""Results in a model card: for people, for the Hub, and without harm to the rest."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from imggen.errors import CheckpointError
from imggen.metrics.card import END, START, Evaluation, Metric, Row, write

CARD = f"""---
license: apache-2.0
library_name: imggen
tags:
- imggen
x-own-key: kept
---

# Tiny

First words.

## Metrics

{START}
Not measured yet.
{END}

## Limits

Last words.
"""

EVALUATION = Evaluation(
    hub_task="image-to-image",
    metrics=[Metric("psnr", "PSNR (dB) ↑", 2), Metric("ssim", "SSIM ↑", 4, {"window": "11"})],
    rows=[
        Row("Set 5", 5, "bicubic", {"psnr": 28.4191, "ssim": 0.81023}, baseline=True),
        Row("Set 5", 5, "this model, detail 0", {"psnr": 32.2, "ssim": 0.8953}),
        Row("Set 5", 5, "this model, detail 1", {"psnr": math.inf, "ssim": 0.85}),
    ],
    notes=["Protocol: by the book."],
)


def written(folder: Path, text: str, evaluation: Evaluation = EVALUATION) -> str:
    (folder / "README.md").write_text(text, encoding="utf-8")
    return write(folder, "Tiny", evaluation).read_text(encoding="utf-8")


def test_the_table_stands_between_the_markers_and_the_rest_stays(tmp_path: Path) -> None:
    text = written(tmp_path, CARD)
    before, _, rest = text.partition(START)
    section, _, after = rest.partition(END)
    assert "| Set 5 | 5 | bicubic | 28.42 | 0.8102 |" in section
    assert "| Set 5 | 5 | this model, detail 0 | 32.20 | 0.8953 |" in section
    assert "Protocol: by the book." in section
    assert "Not measured yet." not in text
    assert before.endswith("# Tiny\n\nFirst words.\n\n## Metrics\n\n")
    assert after == "\n\n## Limits\n\nLast words.\n"


def test_the_front_matter_keeps_its_keys_and_gains_the_models_own_numbers(tmp_path: Path) -> None:
    data = ModelCard(written(tmp_path, CARD)).data
    assert (data.license, data.tags, data.to_dict()["x-own-key"]) == ("apache-2.0", ["imggen"], "kept")
    assert data.model_name == "Tiny"
    found = [(r.dataset_type, r.dataset_name, r.metric_type, r.metric_name, r.metric_value) for r in data.eval_results]
    assert found == [
        ("set-5", "Set 5", "psnr", "PSNR, this model, detail 0", 32.2),
        ("set-5", "Set 5", "ssim", "SSIM, this model, detail 0", 0.8953),
        ("set-5", "Set 5", "ssim", "SSIM, this model, detail 1", 0.85),
    ]


def test_arguments_of_a_metric_reach_the_front_matter(tmp_path: Path) -> None:
    results = ModelCard(written(tmp_path, CARD)).data.eval_results
    assert [result.metric_args for result in results] == [None, {"window": "11"}, {"window": "11"}]


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    once = written(tmp_path, CARD)
    assert written(tmp_path, once) == once


def test_new_results_replace_old_ones(tmp_path: Path) -> None:
    newer = replace(EVALUATION, rows=[Row("B100", 100, "this model", {"psnr": 27.6, "ssim": 0.74})])
    text = written(tmp_path, written(tmp_path, CARD), newer)
    assert "Set 5" not in text
    assert [result.dataset_name for result in ModelCard(text).data.eval_results] == ["B100", "B100"]


@pytest.mark.parametrize(
    "text", ["# Tiny\n\nWords.\n", "---\nlicense: mit\n---\n# Tiny\n\nWords.", f"{START} # Tiny\n"]
)
def test_a_card_without_markers_gains_a_section(tmp_path: Path, text: str) -> None:
    once = written(tmp_path, text)
    assert "\n## Metrics\n\n<!-- metrics -->\n\n| Data |" in once
    assert once.count("# Tiny") == 1
    assert once.endswith(f"{END}\n")


def test_a_missing_or_damaged_card_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="missing or damaged"):
        write(tmp_path, "Tiny", EVALUATION)
    for text in ("---\na: [\n---\n", "---\n- a\n---\n"):
        (tmp_path / "README.md").write_text(text, encoding="utf-8")
        with pytest.raises(CheckpointError, match="missing or damaged"):
            write(tmp_path, "Tiny", EVALUATION)
        assert (tmp_path / "README.md").read_text(encoding="utf-8") == text
