"""The named endpoints, as gradio_client users call them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from imggen.images import open_image, read_recipe
from tests.conftest import picture
from tests.uploads import UNUSABLE


@pytest.fixture(scope="module")
def client(app_url: str) -> Client:
    return Client(app_url, verbose=False)


def test_only_the_named_endpoints_are_offered_and_have_defaults(client: Client) -> None:
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert sorted(endpoints) == ["/models", "/upscale"]
    parameters = {item["parameter_name"]: item for item in endpoints["/upscale"]["parameters"]}
    assert list(parameters) == ["image", "model", "detail"]
    assert not parameters["image"]["parameter_has_default"]
    assert parameters["model"]["parameter_has_default"]
    assert parameters["detail"]["parameter_has_default"]


def test_upscale_returns_a_png_with_its_recipe(client: Client, tmp_path: Path) -> None:
    picture(33, 21).save(tmp_path / "photo.png")
    result = client.predict(image=handle_file(tmp_path / "photo.png"), model="tiny", detail=0.25, api_name="/upscale")
    image = open_image(result)
    assert image.size == (132, 84)
    recipe = read_recipe(image)
    assert recipe is not None
    assert recipe["parameters"] == {"detail": 0.25}


def test_sixteen_bit_grey_is_not_clipped(client: Client, tmp_path: Path) -> None:
    half = np.full((16, 16), 32896, np.uint16)
    Image.fromarray(half).save(tmp_path / "grey.png")
    result = client.predict(image=handle_file(tmp_path / "grey.png"), model="tiny", detail=0, api_name="/upscale")
    assert abs(float(np.asarray(open_image(result)).mean()) - 128) < 40


@pytest.mark.parametrize("name", list(UNUSABLE))
def test_unusable_files_get_one_sentence(client: Client, tmp_path: Path, name: str) -> None:
    data, sentence = UNUSABLE[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(AppError, match=sentence):
        client.predict(image=handle_file(path), model="tiny", api_name="/upscale")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"model": "nothing"}, "nothing"),
        ({"model": "tiny", "detail": 7}, "Detail must be a number"),
        ({"model": "tiny", "detail": "much"}, "Detail must be a number"),
    ],
    ids=["model", "range", "type"],
)
def test_wrong_arguments_get_one_sentence(
    client: Client, tmp_path: Path, arguments: dict[str, object], sentence: str
) -> None:
    picture(8, 8).save(tmp_path / "photo.png")
    with pytest.raises(AppError, match=sentence):
        client.predict(image=handle_file(tmp_path / "photo.png"), **arguments, api_name="/upscale")


def test_models_lists_what_is_on_offer(client: Client) -> None:
    models = {entry["id"]: entry for entry in client.predict("super_resolution", api_name="/models")}
    assert models["tiny-detail"]["base_model"] == "tiny"
    assert len(models["tiny"]["sha256"]) == 64
    assert client.predict("sampling", api_name="/models") == []
