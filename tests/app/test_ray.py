"""The app with its jobs on a Ray of this machine: what every tab sends to a worker can be sent, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.conftest import running_app
from tests.app.test_api import error_of
from tests.conftest import picture

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")

pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.fixture(scope="module")
def ray_app(
    tiny_models: Path,
    tiny_generators: Path,
    tiny_stylisers: Path,
    tiny_translators: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    ray.init(num_cpus=2, include_dashboard=False)
    address = ray.get_runtime_context().gcs_address
    models = [str(folder) for folder in (tiny_models, tiny_generators, tiny_stylisers, tiny_translators)]
    arguments = ["--offline", "--ray", address, "--models", *models]
    with running_app(tmp_path_factory, *arguments, IMGGEN_RAY_CPUS="1") as url:
        yield url
    ray.shutdown()


def test_every_endpoint_gives_a_result(ray_app: str, tmp_path: Path) -> None:
    picture(32, 24).save(tmp_path / "photo.png")
    with (tmp_path / "photo.png").open("rb") as file:
        path = httpx.post(f"{ray_app}/gradio_api/upload", files={"files": file}, timeout=60).json()[0]
    photo = {"path": path, "meta": {"_type": "gradio.FileData"}}
    calls: dict[str, list[object]] = {
        "/sample": ["tiny-gan", "1", 2, 1.0],
        "/sample_class": ["tiny-classes", "rose", "1", 2, 1.0],
        "/interpolate": ["tiny-gan", "1, 2", 6, False, False],
        "/set_word": ["letters-64", "Hi", "3", 1.0],
        "/upscale": [photo, "tiny"],
        "/stylize": [photo, photo, 1.0, False, "tiny-any-style"],
        "/translate": [photo, "day2night", 1.0, "tiny-day-night"],
    }
    assert {endpoint: error_of(ray_app, endpoint, data) for endpoint, data in calls.items()} == dict.fromkeys(calls)
