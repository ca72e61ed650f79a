"""Import Gradio in half the time.

Whenever Gradio is imported, it parses the source of each of its components to write type stubs for editors, which lie
beside them already: its packages ship them. That takes nearly half of the import.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

_MODULE = "gradio.component_meta"


class _WithoutStubs(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        module.create_or_modify_pyi = _no_stubs  # type: ignore[attr-defined]


class _Finder:
    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == _MODULE else None
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return None
        spec.loader = _WithoutStubs(spec.loader.name, spec.loader.path)
        return spec


def import_gradio(with_mcp: bool) -> None:
    """Import Gradio, and the package ``mcp`` only where it is asked for: Gradio takes it wherever it is installed."""
    if not with_mcp:
        sys.modules.setdefault("mcp", None)  # type: ignore[arg-type]  # to Python there is no such module then
    import gradio  # noqa: F401

    if not with_mcp and sys.modules["mcp"] is None:
        del sys.modules["mcp"]


def _no_stubs(*_: Any) -> None:
    """Stands in for what writes the type stubs of a component."""


def leave_stubs_out() -> None:
    """Have Gradio write no type stubs; where it is imported already, nothing is left to do."""
    if _MODULE not in sys.modules and _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
