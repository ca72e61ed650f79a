"""When a model on the Hub cannot be had: one of the same task that is here answers whoever has been told."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from imggen import device
from imggen.engine.engine import Engine
from imggen.errors import InputError, WeightsUnavailable
from imggen.store import hub
from imggen.store.catalogue import Catalog
from imggen.store.hub import HubFile
from imggen.store.model_info import ModelInfo
from tests.conftest import save_tiny_span
from tests.hub.conftest import point_client_at
from tests.hub.server import COMMIT, Hub


@pytest.fixture
def engine(server: Hub, tmp_path: Path) -> Engine:
    """One model that is here, and two that are not."""
    catalog = Catalog([save_tiny_span(tmp_path / "here")], tmp_path / "none", tmp_path / "none.json")
    for task in ("super_resolution", "sampling"):
        catalog.offer(ModelInfo(f"gone-{task}", task, "Gone", HubFile("ann/gone"), "spandrel"))
    return Engine(catalog, device.best("cpu"))


FAILURES: dict[str, Callable[[Hub], object]] = {
    "no such repository": lambda hub: hub.commits.clear(),
    "no such revision": lambda hub: hub.commits.update({"ann/gone": "f" * 40}),
    "no such file": lambda hub: hub.files.clear(),
    "private": lambda hub: setattr(hub, "status", (401, "RepoNotFound")),
    "busy": lambda hub: setattr(hub, "status", (429, None)),
    "down": lambda hub: setattr(hub, "status", (500, None)),
    "down in the middle": lambda hub: hub.get_status.append(500),
    "another file": lambda hub: hub.add("ann/gone", "model.safetensors", b"changed"),
    "damaged twice": lambda hub: setattr(hub, "flips", 2),
    "login page": lambda hub: setattr(hub, "plain", True),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_whatever_fails_the_model_that_is_here_answers_and_the_others_go_on(
    server: Hub, engine: Engine, failure: str
) -> None:
    sha256 = server.add("ann/gone", "model.safetensors", b"weights")
    file = HubFile("ann/gone", revision=COMMIT)
    engine.catalog.offer(ModelInfo("wanted", "super_resolution", "Wanted", file, "spandrel", sha256=sha256))
    FAILURES[failure](server)
    notices = []
    for progress in engine.stream("wanted", lambda pipeline, report: pipeline.info.id):
        if progress.notice:
            notices.append(progress.notice)
            progress.told.set()
    assert progress.result == "here"
    (notice,) = notices
    assert notice.endswith(" Meanwhile 'Tiny here' answers, which is on this machine.")
    assert engine.run("here", lambda pipeline, report: pipeline.info.id) == "here"


def test_a_hub_that_does_not_answer_is_named_while_it_is_waited_for(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hub.PROBE_LIMIT < 5
    monkeypatch.setattr(hub, "PROBE_LIMIT", 0.5)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        point_client_at(f"http://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
        stream = engine.load("gone-sampling")
        assert next(stream).message == "Asking the Hub for gone-sampling"
        with pytest.raises(WeightsUnavailable, match="did not answer in time"):
            list(stream)


def test_it_answers_whoever_is_told(engine: Engine) -> None:
    messages = []
    for progress in engine.stream("gone-super_resolution", lambda pipeline, report: pipeline.info.id):
        messages.append(progress.message)
        if progress.notice:
            progress.told.set()
    assert progress.result == "here"
    (notice,) = [message for message in messages if "Meanwhile" in message]
    assert "ann/gone is not on the Hub" in notice
    assert "'Tiny here' answers" in notice


def test_nobody_else_gets_its_answer(engine: Engine) -> None:
    with pytest.raises(WeightsUnavailable, match=r"ann/gone is not on the Hub.* 'here' is on this machine"):
        engine.run("gone-super_resolution", lambda pipeline, report: pipeline.info.id)


def test_only_the_same_task_stands_in(engine: Engine) -> None:
    with pytest.raises(WeightsUnavailable) as caught:
        engine.run("gone-sampling", lambda pipeline, report: pipeline.info.id)
    assert "machine" not in str(caught.value)


def test_what_suits_only_the_missing_model_is_not_blamed_on_the_user(engine: Engine) -> None:
    def work(pipeline: object, report: object) -> None:
        raise InputError("There is no class 'goldfish'.")

    stream = engine.stream("gone-super_resolution", work)
    next(progress for progress in stream if progress.notice).told.set()
    with pytest.raises(WeightsUnavailable, match="not on the Hub"):
        list(stream)


def test_loading_does_without(engine: Engine) -> None:
    with pytest.raises(WeightsUnavailable, match="not on the Hub"):
        list(engine.load("gone-super_resolution"))
