"""The named endpoints, as gradio_client users call them."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from imggen.imaging.animation import film_recipe
from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe
from tests.conftest import picture
from tests.uploads import DECODABLE, UNUSABLE


@pytest.fixture(scope="module")
def client(app_url: str) -> Client:
    return Client(app_url, verbose=False, httpx_kwargs={"timeout": 60})


def test_only_the_named_endpoints_are_offered_and_all_but_the_first_picture_has_a_default(client: Client) -> None:
    wanted = {
        "/sample": ["model", "seed", "count", "truncation"],
        "/sample_class": ["model", "class_name", "seed", "count", "truncation"],
        "/interpolate": [
            "model",
            "seeds",
            "frames",
            "loop",
            "all_classes",
            "class_name",
            "truncation",
            "pacing",
            "space",
        ],
        "/set_word": ["model", "text", "seed", "truncation"],
        "/own_letter": ["image", "character", "text", "model"],
        "/stylize": [
            "image",
            "style",
            "strength",
            "keep_colors",
            "model",
            "style_name",
            "scale",
            "steps",
            "mask",
            "inside",
            "content",
        ],
        "/translate": ["image", "direction", "strength", "model", "time", "glow", "sky", "seed"],
        "/upscale": ["image", "model", "detail", "crop", "clean_up", "scale", "size"],
        "/models": ["task"],
    }
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert sorted(endpoints) == sorted(wanted)
    for endpoint, names in wanted.items():
        found = endpoints[endpoint]["parameters"]
        assert [item["parameter_name"] for item in found] == names
        needed = [item["parameter_name"] for item in found if not item["parameter_has_default"]]
        assert endpoints[endpoint]["description"]
        photo = names[0] if "image" in names and "content" not in names else None
        assert needed == ([photo] if photo else [])


def test_upscale_returns_a_png_with_its_recipe(client: Client, tmp_path: Path) -> None:
    picture(33, 21).save(tmp_path / "photo.png")
    result = client.predict(image=handle_file(tmp_path / "photo.png"), model="tiny", detail=0.25, api_name="/upscale")
    image = open_image(result)
    assert image.size == (132, 84)
    recipe = read_recipe(image)
    assert recipe is not None
    assert recipe["parameters"] == {"detail": 0.25}


def test_upscale_makes_results_of_the_size_that_is_asked_for(client: Client, tmp_path: Path) -> None:
    picture(33, 21).save(tmp_path / "photo.png")
    for arguments, size in (({"scale": 2}, (66, 42)), ({"size": 100}, (100, 64))):
        result = client.predict(
            image=handle_file(tmp_path / "photo.png"), model="tiny", **arguments, api_name="/upscale"
        )
        assert open_image(result).size == size


def test_sixteen_bit_grey_is_not_clipped(client: Client, tmp_path: Path) -> None:
    half = np.full((16, 16), 32896, np.uint16)
    Image.fromarray(half).save(tmp_path / "grey.png")
    result = client.predict(image=handle_file(tmp_path / "grey.png"), model="tiny", detail=0, api_name="/upscale")
    assert abs(float(np.asarray(open_image(result)).mean()) - 128) < 40


@pytest.mark.parametrize("name", list(DECODABLE))
def test_unusual_but_valid_files_are_upscaled(client: Client, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(DECODABLE[name])
    result = client.predict(image=handle_file(tmp_path / name), model="tiny", api_name="/upscale")
    assert open_image(result).size == (128, 96)


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
        ({"model": "tinny"}, "There is no model 'tinny'. Did you mean 'tiny'"),
        ({"model": "tiny", "detail": 7}, "Detail must be a number"),
        ({"model": "tiny", "detail": "much"}, "Detail must be a number"),
        ({"model": "tiny", "scale": "twice"}, "Scale must be a number from 1 to 4"),
        ({"model": "tiny", "size": 33}, "a whole number of pixels from 1 to 32"),
    ],
    ids=["model", "range", "type", "scale", "size"],
)
def test_wrong_arguments_get_one_sentence(
    client: Client, tmp_path: Path, arguments: dict[str, object], sentence: str
) -> None:
    picture(8, 8).save(tmp_path / "photo.png")
    with pytest.raises(AppError, match=sentence):
        client.predict(image=handle_file(tmp_path / "photo.png"), **arguments, api_name="/upscale")


def error_of(url: str, endpoint: str, data: list[object]) -> object:
    """What a plain HTTP call is answered with when it fails; None when it does not."""
    event = httpx.post(f"{url}/gradio_api/call{endpoint}", json={"data": data}, timeout=60).json()["event_id"]
    answer = httpx.get(f"{url}/gradio_api/call{endpoint}/{event}", timeout=60).text
    *_, kind, content = [line.partition(": ")[2] for line in answer.splitlines() if line]
    return json.loads(content)["error"] if kind == "error" else None


@pytest.mark.parametrize("endpoint", ["/upscale", "/stylize", "/translate", "/sample", "/sample_class", "/interpolate"])
def test_files_that_were_not_uploaded_are_refused_in_a_sentence(app_url: str, endpoint: str) -> None:
    server_file = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    assert "was not uploaded" in str(error_of(app_url, endpoint, [server_file]))


@pytest.mark.parametrize("value", [{"path": 5}, [], [{}], "text", 5, True], ids=str)
@pytest.mark.parametrize("endpoint", ["/upscale", "/stylize", "/translate"])
def test_what_is_no_picture_is_refused_in_a_sentence(app_url: str, endpoint: str, value: object) -> None:
    assert "A picture is a file" in str(error_of(app_url, endpoint, [value]))


def test_a_style_is_a_name_or_a_picture_that_was_uploaded(client: Client, app_url: str, tmp_path: Path) -> None:
    picture(48, 32).save(tmp_path / "photo.png")
    photo = handle_file(tmp_path / "photo.png")
    for model, style in (("tiny-styles", "dots"), ("tiny-any-style", photo)):
        result = client.predict(image=photo, style=style, model=model, api_name="/stylize")
        assert open_image(result).size == (48, 32)
    sent = client.predict(content=photo, style_name="lines", model="tiny-styles", api_name="/stylize")
    assert open_image(sent).size == (48, 32)
    secret = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    for style in ({"path": "/etc/passwd"}, secret, 5, ["dots"], [[secret, 1]]):
        assert "uploaded" in str(error_of(app_url, "/stylize", [None, style]))


def test_styles_are_mixed_and_go_where_a_mask_is_white(client: Client, tmp_path: Path) -> None:
    picture(48, 32).save(tmp_path / "photo.png")
    half = Image.new("L", (48, 32), 0)
    half.paste(255, (0, 0, 24, 32))
    half.save(tmp_path / "mask.png")
    photo, mask = handle_file(tmp_path / "photo.png"), handle_file(tmp_path / "mask.png")
    asked = {"style": [[photo, 0.7], ["ann-waves", 0.3]], "inside": "ben-hills", "mask": mask, "scale": 2}
    made = open_image(client.predict(content=photo, model="tiny-any-style", **asked, api_name="/stylize"))
    recipe = read_recipe(made)
    assert recipe is not None
    assert [entry["weight"] for entry in recipe["parameters"]["styles"]] == [0.7, 0.3]
    assert recipe["parameters"]["inside"] == [{"style": "ben-hills", "weight": 1.0}]
    assert recipe["parameters"]["scale"] == 2
    with pytest.raises(AppError, match="up to 3 pairs"):
        client.predict(content=photo, style=[["ann-waves", 1]] * 4, api_name="/stylize")


def test_a_film_takes_all_settings_of_its_tab(client: Client) -> None:
    settings = {"class_name": "rose", "truncation": 0.5, "pacing": "even", "space": "z"}
    film, _ = client.predict(model="tiny-classes", seeds="3, 4 tulip", frames=4, **settings, api_name="/interpolate")
    made = film_recipe(film)
    assert made is not None
    kept = made["parameters"]
    assert kept["seeds"] == [[3, "rose"], [4, "tulip"]]
    assert [kept[name] for name in ("truncation", "pacing", "space")] == [0.5, "even", "z"]


def test_missing_arguments_have_their_defaults(app_url: str) -> None:
    for endpoint in ("/upscale", "/stylize", "/translate"):
        assert error_of(app_url, endpoint, []) == "Choose a photo first."
    assert error_of(app_url, "/sample", ["tiny-gan"]) is None


def test_models_lists_what_is_on_offer(client: Client) -> None:
    models = {entry["id"]: entry for entry in client.predict("super_resolution", api_name="/models")}
    assert models["tiny-detail"]["base_model"] == "tiny"
    assert len(models["tiny"]["sha256"]) == 64
    conditional = {entry["id"]: entry for entry in client.predict("conditional", api_name="/models")}
    assert conditional["tiny-classes"]["class_names"] == ["daisy", "rose", "tulip", "violet"]
    assert client.predict("juggling", api_name="/models") == []


def test_a_seed_gives_the_same_picture_in_any_set(client: Client) -> None:
    together = client.predict(model="tiny-gan", seed=7, count=3, truncation=0.5, api_name="/sample")
    (alone,) = client.predict(model="tiny-gan", seed=9, count=1, truncation=0.5, api_name="/sample")
    assert [item["caption"] for item in together] == ["seed 7", "seed 8", "seed 9"]
    third, same = open_image(together[2]["image"]), open_image(alone["image"])
    assert np.array_equal(np.asarray(third), np.asarray(same))
    assert read_recipe(third) == read_recipe(same)


def test_a_class_is_sampled_by_name(client: Client) -> None:
    rose, tulip = (
        client.predict(model="tiny-classes", class_name=name, seed=3, count=1, api_name="/sample_class")[0]["image"]
        for name in ("rose", "tulip")
    )
    recipe = read_recipe(open_image(rose))
    assert recipe is not None
    assert recipe["parameters"]["classes"] == "rose"
    assert not np.array_equal(np.asarray(open_image(rose)), np.asarray(open_image(tulip)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [({"count": 65}, "from 1 to 64"), ({"truncation": 2}, "truncation must be"), ({"seed": -1}, "seeds must be")],
)
def test_sampling_out_of_range_gets_one_sentence(client: Client, arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(model="tiny-gan", **arguments, api_name="/sample")
