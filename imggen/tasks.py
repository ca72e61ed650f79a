"""The table of tasks: what the app can do. Everything else that lists tasks is a dict keyed by it.

A tab is the module of :mod:`imggen.ui.tabs` that is named after its task. The registries are
:data:`imggen.ui.blocks.TABS` and, for tasks with models of their own, :data:`imggen.engine.loading.LOADERS`,
:data:`imggen.training.TRAINERS` and :data:`imggen.metrics.evaluators.EVALUATORS`. A test says that the keys agree.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One job, which is one tab of the app.

    Attributes:
        id: the name in config.json, in recipes and in ``imggen.list_models(task)``.
        title: the title of its tab.
        default_model: id of the model that is chosen at first; the first of the list where it is not installed.
        uses: the tasks whose models it runs; a task with models of its own names itself, one without models nothing.
    """

    id: str
    title: str
    default_model: str
    uses: tuple[str, ...]

    @property
    def tab(self) -> str:
        """Id of its tab, as it stands in addresses."""
        return self.id.replace("_", "-")

    @property
    def has_models(self) -> bool:
        """Whether checkpoints are made for this task."""
        return self.id in self.uses


#: Every task by its id, in the order of the tabs.
TASKS: dict[str, Task] = {
    task.id: task
    for task in (
        Task("sampling", "Random sampling", "avatars-256", ("sampling",)),
        Task("conditional", "Conditional generation", "letters-64", ("conditional",)),
        Task("interpolation", "Latent interpolation", "avatars-256-classes", ("sampling", "conditional")),
        Task("day_night", "Day and night", "day-night", ("day_night",)),
        Task("style_transfer", "Style transfer", "arbitrary-style", ("style_transfer",)),
        Task("super_resolution", "4x super-resolution", "sr-photo-x4", ("super_resolution",)),
    )
}
