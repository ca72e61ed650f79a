"""The table of tasks, and the registries keyed by it."""

from __future__ import annotations

from imggen.engine.loading import LOADERS
from imggen.metrics.evaluators import EVALUATORS
from imggen.tasks import TASKS
from imggen.training import TRAINERS
from imggen.ui.blocks import TABS
from imggen.ui.shared.repository import LISTS


def test_every_task_with_models_can_be_loaded_trained_and_measured() -> None:
    with_models = {task.id for task in TASKS.values() if task.has_models}
    assert set(LOADERS) == set(TRAINERS) == set(EVALUATORS) == with_models


def test_every_task_has_a_tab_with_a_list_of_models() -> None:
    assert set(LISTS) == set(TABS) == {task.id for task in TASKS.values() if task.uses}


def test_tasks_use_only_tasks_with_models() -> None:
    assert all(TASKS[used].has_models for task in TASKS.values() for used in task.uses)
