"""What is read out of model cards."""

from __future__ import annotations

from pathlib import Path

import pytest

from imggen.store.card import END, START, Comparison, card_text, first_comparison
from imggen.store.catalogue import WEIGHTS_DIR, checkpoint_folders


@pytest.mark.parametrize("folder", checkpoint_folders(WEIGHTS_DIR), ids=lambda folder: folder.name)
def test_every_shipped_card_names_a_measure_and_what_to_compare_it_with(folder: Path) -> None:
    found = first_comparison(card_text(folder) or "")
    assert found is not None
    assert float(found.value) != float(found.other_value)


def test_the_model_is_compared_on_the_same_data() -> None:
    rows = ["| Data | Images | Method | PSNR |", "| --- | --- | --- | --- |", "| a | 1 | bicubic | 20 |"]
    rows += ["| b | 1 | bicubic | 30 |", "| b | 1 | this model, detail 0 | 31 |"]
    card = "\n".join([START, "", *rows, "", END])
    assert first_comparison(card) == Comparison("PSNR", "31", "bicubic", "30")


@pytest.mark.parametrize(
    "card", ["", f"{START}\nNot measured yet\n{END}", f"{START}\n| Method |\n| this model |\n{END}"]
)
def test_a_card_without_measurements_compares_nothing(card: str) -> None:
    assert first_comparison(card) is None
