"""requirements.lock, which Docker installs from, keeps to requirements.txt."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


def test_every_requirement_is_locked_within_its_range() -> None:
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    for wanted in (Requirement(line) for line in lines if not line.startswith("#")):
        assert wanted.specifier.contains(locked[wanted.name]), (
            f"{wanted}: make requirements.lock anew, its head says how"
        )
