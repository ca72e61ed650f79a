"""The list of models: what it holds, how it is ordered, and what it says about damaged entries."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imggen.engine.engine import Engine
from imggen.errors import CheckpointError
from imggen.imaging.recipe import read_recipe
from imggen.store.catalogue import HUB_CATALOG, LENT_TO_EACH, SESSIONS, Catalog, HubFile, hub_models, resolve
from imggen.ui.shared.parts import about
from imggen.ui.shared.upscalers import by_source, has_slider, offered
from tests.conftest import picture, save_tiny_span

ENTRY = {
    "id": "net",
    "task": "super_resolution",
    "title": "Net",
    "repo_id": "ann/net",
    "filename": "net.pth",
    "architecture": "spandrel",
    "license": "mit",
    "sha256": "0" * 64,
    "size_bytes": 1,
}


def write(path: Path, entries: Any) -> Path:
    path.write_text(json.dumps(entries))
    return path


def test_the_shipped_list_of_hub_models_is_complete() -> None:
    models = hub_models(HUB_CATALOG)
    assert {"realesrgan-x4plus", "realesr-general-x4v3"} <= {info.id for info in models}
    tasks = {"sampling", "conditional", "style_transfer", "day_night", "super_resolution"}
    assert {info.task for info in models} == tasks
    assert len({info.id for info in models}) == len(models)
    for info in models:
        assert isinstance(info.source, HubFile)
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", info.source.repo_id)
        assert info.source.filename
        assert info.license
        assert info.license == info.license.lower()
        assert info.size_bytes > 0
        assert info.title
        assert info.description.endswith(".")


def test_every_hub_model_is_pinned_to_a_commit_and_what_has_no_checksum_says_so() -> None:
    models = hub_models(HUB_CATALOG)
    assert all(re.fullmatch("[0-9a-f]{40}", info.revision or "") for info in models)
    trusted = {info.id: info for info in models if info.sha256 is None}
    assert all("the first copy that loads is trusted" in about(info) for info in trusted.values())
    fastgans = {f"fastgan-{name}" for name in ("anime-face", "fauvism-still-life", "moongate")}
    assert set(trusted) == {*fastgans, "cyclegan-real2sim"}


def test_the_two_general_networks_of_real_esrgan_are_the_ends_of_one_slider() -> None:
    catalog = Catalog()
    detail = catalog.fine_tuned_from("realesr-general-x4v3")
    assert detail is not None
    assert detail.id == "realesr-general-wdn-x4v3"


def test_order_and_precedence(tiny_models: Path, tmp_path: Path) -> None:
    own = save_tiny_span(tmp_path / "own")
    listed = write(tmp_path / "catalog.json", [ENTRY, {**ENTRY, "id": "own"}])
    catalog = Catalog([own], tiny_models, listed)
    assert [info.id for info in catalog.models()] == ["own", "tiny", "tiny-detail", "net"]
    assert catalog.get("own").source == own
    assert catalog.get("net").source == HubFile("ann/net", "net.pth")
    assert catalog.models("no such task") == []
    with pytest.raises(CheckpointError, match="no model 'other'"):
        catalog.get("other")


def test_fine_tuned_pairs(tiny_models: Path, tmp_path: Path) -> None:
    catalog = Catalog((), tiny_models, tmp_path / "none.json")
    detail = catalog.fine_tuned_from("tiny")
    assert detail == catalog.get("tiny-detail")
    assert catalog.base_of(catalog.get("tiny-detail")) == catalog.get("tiny")
    assert catalog.fine_tuned_from("tiny-detail") is None
    assert catalog.base_of(catalog.get("tiny")) is None


def test_a_family_has_one_end_for_each_slider(tiny_models: Path, tmp_path: Path) -> None:
    photo = save_tiny_span(tmp_path / "a-photo", base_model="tiny", slider="clean_up")
    other = save_tiny_span(tmp_path / "other-detail", base_model="tiny")
    catalog = Catalog([photo, other], tiny_models, tmp_path / "none.json")
    ids = {
        model: (root.id, {slider: end.id for slider, end in ends.items()})
        for model in ("tiny", "a-photo", "other-detail")
        for root, ends in [catalog.family(catalog.get(model))]
    }
    shipped = {"detail": "tiny-detail", "clean_up": "a-photo"}
    assert ids["tiny"] == ids["a-photo"] == ("tiny", shipped)
    assert ids["other-detail"] == ("tiny", {**shipped, "detail": "other-detail"})
    engine = Engine(catalog)
    assert [info.id for info in offered(engine)] == ["a-photo", "other-detail", "tiny"]
    models = by_source(engine)
    assert models is not None
    assert [(source, info.id) for source, info in models.items()] == [
        ("photo", "a-photo"),
        ("drawing", "tiny"),
    ]


def test_a_slider_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    folder = save_tiny_span(tmp_path / "tiny")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "slider": "contrast"}))
    with pytest.raises(CheckpointError, match="slider"):
        list(resolve(folder))


@pytest.mark.parametrize(
    "entries",
    [
        {},
        None,
        [1],
        [{}],
        [{**ENTRY, "sha256": "12"}],
        [{**ENTRY, "sha256": 12}],
        [{**ENTRY, "size_bytes": "big"}],
        [{**ENTRY, "unheard_of": "x"}],
        [{name: value for name, value in ENTRY.items() if name != "repo_id"}],
    ],
)
def test_a_damaged_list(tmp_path: Path, entries: Any) -> None:
    with pytest.raises(CheckpointError, match=r"catalog\.json"):
        hub_models(write(tmp_path / "catalog.json", entries))


@pytest.mark.parametrize("content", [b"", b"[{", b"\xff\xfe\x00"])
def test_a_list_that_is_no_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "catalog.json").write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be read"):
        hub_models(tmp_path / "catalog.json")


def test_folders(tiny_models: Path, tmp_path: Path) -> None:
    assert [info.id for info in resolve(tiny_models)] == ["tiny", "tiny-detail"]
    (info,) = resolve(tiny_models / "tiny")
    assert (info.license, info.title, info.size_bytes > 0) == ("apache-2.0", "Tiny tiny", True)
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        list(resolve(tmp_path))
    for nothing in ("nothing", "./no/thing", tmp_path / "nothing"):
        with pytest.raises(CheckpointError, match="neither a checkpoint folder nor"):
            list(resolve(nothing))


@pytest.mark.parametrize("config", [b"", b"{", b"[]", b'"text"', b"{}"])
def test_a_damaged_configuration(tmp_path: Path, config: bytes) -> None:
    folder = save_tiny_span(tmp_path / "tiny")
    (folder / "config.json").write_bytes(config)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        list(resolve(folder))


def test_missing_weights(tmp_path: Path) -> None:
    folder = save_tiny_span(tmp_path / "tiny")
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"no model\.safetensors"):
        list(resolve(folder))


def test_a_second_fine_tune_of_one_base_is_still_offered(tiny_models: Path, tmp_path: Path) -> None:
    mine = save_tiny_span(tmp_path / "mine-detail", seed=3, base_model="tiny")
    engine = Engine(Catalog(extra=[tiny_models, mine], shipped=tmp_path / "none", hub_catalog=tmp_path / "none.json"))
    assert [info.id for info in offered(engine)] == ["tiny", "mine-detail"]
    assert has_slider(engine, "tiny", "detail")
    assert has_slider(engine, "mine-detail", "detail")
    made = read_recipe(engine.run("mine-detail", lambda pipeline, report: pipeline.upscale(picture(8, 8), 1)))
    assert made is not None
    assert [part["model"] for part in made["blended"]] == ["mine-detail"]


def test_what_is_lent_to_a_visitor_is_seen_by_nobody_else(tiny_models: Path, tmp_path: Path) -> None:
    visitor = ["ann"]
    catalog = Catalog((), tiny_models, tmp_path / "none.json", session=lambda: visitor[0])
    mine = replace(catalog.get("tiny"), title="Mine", base_model="tiny")
    catalog.lend(mine, "ann")
    catalog.lend(replace(mine, id="other"), "ann")
    assert [info.id for info in catalog.models()] == ["tiny", "tiny-detail", "other"]
    visitor[0] = "ben"
    assert [info.id for info in catalog.models()] == ["tiny", "tiny-detail"]
    with pytest.raises(CheckpointError, match="no model 'other'"):
        catalog.get("other")
    assert catalog.fine_tuned_from("tiny") == catalog.get("tiny-detail")
    visitor[0] = "ann"
    catalog.take_back("other", "ann")
    with pytest.raises(CheckpointError, match="no model 'other'"):
        catalog.get("other")


def test_what_is_lent_is_bounded(tiny_models: Path, tmp_path: Path) -> None:
    catalog = Catalog((), tiny_models, tmp_path / "none.json")
    info = catalog.get("tiny")
    for number in range(LENT_TO_EACH + 1):
        catalog.lend(replace(info, id=f"{number}"), "ann")
    assert list(catalog.lent("ann")) == [str(number) for number in range(1, LENT_TO_EACH + 1)]
    for number in range(SESSIONS):
        catalog.lend(info, f"visitor {number}")
    assert catalog.lent("ann") == {}
    assert len(catalog.lent("visitor 0")) == 1
