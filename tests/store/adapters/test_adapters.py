"""Third-party checkpoints through the real path: from a local Hub through its client into our networks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save
from torch import Tensor, nn

from imggen import device
from imggen.engine.loading import load_pipeline
from imggen.errors import CheckpointError, InputError
from imggen.models.gan.fastgan import Noise
from imggen.models.latents import truncate
from imggen.store.adapters import ADAPTERS
from imggen.store.catalogue import HUB_CATALOG, Catalog, hub_models
from tests.conftest import picture
from tests.hub.conftest import client, server  # noqa: F401  fixtures
from tests.hub.server import Hub
from tests.store.adapters import foreign

CPU = device.best("cpu", torch.float32)
WIDTHS = [16, 12, 8, 8, 4, 4, 4, 2, 2]


def offer(server: Hub, folder: Path, architecture: str, filename: str, content: bytes, **entry: Any) -> Catalog:  # noqa: F811
    """Put a file on the server and into a list of Hub models."""
    (known,) = {info.task for info in hub_models(HUB_CATALOG) if info.architecture == architecture}
    about = {"id": "theirs", "title": "Theirs", "repo_id": "ann/theirs", "filename": filename, "license": "mit"}
    described = {**about, "task": known, "architecture": architecture, **entry}
    commit = hashlib.sha1(content).hexdigest()
    described |= {"sha256": server.add("ann/theirs", filename, content, commit), "size_bytes": len(content)}
    (folder / "catalog.json").write_text(json.dumps([described]))
    return Catalog(shipped=folder / "none", hub_catalog=folder / "catalog.json")


def load(*arguments: Any, **entry: Any) -> Any:
    return load_pipeline("theirs", offer(*arguments, **entry), CPU)


def numbers(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(7))


@torch.no_grad()
def assert_same(ours: Tensor, theirs: Tensor) -> None:
    assert ours.std() > 0.01
    assert ours.abs().max() <= 1
    torch.testing.assert_close(ours, theirs, atol=2e-4, rtol=2e-4)


def fastgan_network() -> nn.Module:
    return foreign.randomised(foreign.ForeignFastGAN(WIDTHS, 8))


def lightweight_network() -> nn.Module:
    network = foreign.randomised(foreign.ForeignLightweightGAN([12, 8, 8, 6, 4, 4, 3], 8))
    network.G.out_conv.bias.data.fill_(0.5)
    return network


@torch.no_grad()
def test_fastgan(server: Hub, tmp_path: Path) -> None:  # noqa: F811
    theirs = fastgan_network()
    pipeline = load(server, tmp_path, "huggan-fastgan", "pytorch_model.bin", foreign.pth(theirs.state_dict()))
    ours = [module.noise for module in pipeline.network.modules() if isinstance(module, Noise)]
    for module, noise in zip((m for m in theirs.modules() if isinstance(m, foreign.Noise)), ours, strict=True):
        module.noise = noise
    z = numbers(1, 8)
    assert_same(pipeline.network(z), theirs(z))
    first, again = (pipeline.sample(1, seed=3)[0] for _ in range(2))
    assert first.size == (1024, 1024)
    assert first.tobytes() == again.tobytes()


@torch.no_grad()
def test_lightweight_gan(server: Hub, tmp_path: Path) -> None:  # noqa: F811
    theirs = lightweight_network()
    content = foreign.pth({"GAN": theirs.state_dict(), "version": "0.1"})
    pipeline = load(server, tmp_path, "lightweight-gan", "model.pt", content)
    z = numbers(2, 8)
    assert_same(pipeline.network(z), 2 * theirs.G(z).clamp(0, 1) - 1)
    assert pipeline.sample()[0].size == (512, 512)


def test_the_noise_of_a_fastgan_is_the_same_in_every_process(server: Hub, tmp_path: Path) -> None:  # noqa: F811
    content = foreign.pth(fastgan_network().state_dict())
    catalog = offer(server, tmp_path, "huggan-fastgan", "pytorch_model.bin", content)
    networks = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        networks.append(load_pipeline("theirs", catalog, CPU).network.state_dict())
    assert all(networks[0][name].equal(networks[1][name]) for name in networks[0])


@torch.no_grad()
@pytest.mark.parametrize(("truncation", "place"), [(1.0, 50), (0.4, 20), (0.0, 0)])
def test_biggan_deep(server: Hub, tmp_path: Path, truncation: float, place: int) -> None:  # noqa: F811
    theirs = foreign.randomised(foreign.ForeignBigGANDeep(channels=8, latent_size=4, classes=10))
    content = foreign.pth(theirs.state_dict())
    pipeline = load(server, tmp_path, "pretrained-biggan-deep", "pytorch_model.bin", content, classes="cifar10")
    z, labels = numbers(2, 4), torch.eye(10)[[3, 8]]
    cut = truncate(z, 0.9545)
    assert cut.abs().max() < 2
    assert_same(pipeline.network(z, labels, truncation), theirs(truncation * cut, labels, place))
    (image,) = pipeline.sample("cat", 1, 0, truncation)
    assert image.size == (128, 128)
    assert image.info["imggen"]["parameters"]["truncation"] == truncation


@torch.no_grad()
def test_between_two_recorded_truncations_lies_their_mean(server: Hub, tmp_path: Path) -> None:  # noqa: F811
    theirs = foreign.randomised(foreign.ForeignBigGANDeep(channels=8, latent_size=4, classes=10))
    content = foreign.pth(theirs.state_dict())
    network = load(server, tmp_path, "pretrained-biggan-deep", "pytorch_model.bin", content, classes="cifar10").network
    norm = network.norm
    x = numbers(1, 8, 4, 4)
    norm.means[21], norm.variances[21] = norm.means[20], norm.variances[20]
    torch.testing.assert_close(norm(x, x, 0.41), norm(x, x, 0.4))
    norm.means[21] = norm.means[20] + 2
    torch.testing.assert_close(norm(x, x, 0.41), norm(x - 1, x, 0.4), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(norm(x, x, 0.42), norm(x - 2, x, 0.4), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_studiogan(server: Hub, tmp_path: Path) -> None:  # noqa: F811
    theirs = foreign.randomised(foreign.ForeignStudioGAN(channels=16))
    name = "ckpt/model=G_ema-best-weights-step=90000.pth"
    content = foreign.pth({"state_dict": theirs.state_dict()})
    pipeline = load(server, tmp_path, "studiogan-biggan", name, content, classes="cifar10")
    z, labels = numbers(2, 80), torch.tensor([3, 8])
    assert_same(pipeline.network(z, torch.eye(10)[labels]), theirs(z, labels))
    (image,) = pipeline.sample({"cat": 1, "ship": 1})
    assert image.size == (32, 32)


@torch.no_grad()
@pytest.mark.parametrize("packed", [False, True])
def test_fast_style(server: Hub, tmp_path: Path, packed: bool) -> None:  # noqa: F811
    theirs = foreign.randomised(foreign.ForeignFastStyle(channels=4))
    theirs.deconv3.conv2d.weight.mul_(80)
    theirs.deconv3.conv2d.bias.fill_(127)
    content = foreign.onnx(theirs.state_dict(), packed)
    pipeline = load(server, tmp_path, "onnx-fast-style", "mosaic-9.onnx", content)
    photo = torch.rand(1, 3, 40, 52, generator=torch.Generator().manual_seed(1))
    expected = theirs(photo * 255).clamp(0, 255) / 255
    assert_same(pipeline.network(photo, torch.ones(1, 1)), expected)
    assert pipeline.stylize(picture(50, 38), "Theirs").size == (50, 38)


NUMBERS: dict[str, Callable[[int], str]] = {
    "numbers alone": str,
    "numbers at the end": "onnx::Conv_{}".format,
}


@torch.no_grad()
@pytest.mark.parametrize("naming", NUMBERS)
def test_fast_style_with_numbers_for_names(server: Hub, tmp_path: Path, naming: str) -> None:  # noqa: F811
    theirs = foreign.randomised(foreign.ForeignFastStyle(channels=4))
    theirs.deconv3.conv2d.weight.mul_(80)
    theirs.deconv3.conv2d.bias.fill_(127)
    tensors = list(theirs.state_dict().items())
    place = [name for name, _ in tensors].index("deconv1.conv2d.weight")
    tensors.insert(place, ("factors", torch.tensor([1.0, 1.0, 2.0, 2.0])))
    numbered = {NUMBERS[naming](7 + 3 * number): value for number, (_, value) in enumerate(tensors)}
    in_any_order = dict(sorted(numbered.items()))
    pipeline = load(server, tmp_path, "onnx-fast-style", "mosaic-9.onnx", foreign.onnx(in_any_order))
    photo = torch.rand(1, 3, 40, 52, generator=torch.Generator().manual_seed(1))
    assert_same(pipeline.network(photo, torch.ones(1, 1)), theirs(photo * 255).clamp(0, 255) / 255)


@torch.no_grad()
def test_night_to_day(server: Hub, tmp_path: Path) -> None:  # noqa: F811
    theirs = foreign.randomised(foreign.ForeignUNet([4, 6, 8, 8, 8, 8, 8, 8]))
    content = foreign.pth(theirs.state_dict())
    entry = {"domains": ["night", "day"], "one_way": True}
    pipeline = load(server, tmp_path, "huggan-pix2pix-night2day", "pytorch_model.bin", content, **entry)
    photo = numbers(1, 3, 256, 512).clamp(-1, 1)
    assert_same(pipeline._network(photo, "a2b"), theirs(photo))
    assert pipeline.translate(picture(90, 60)).size == (90, 60)
    assert pipeline.translate(picture(300, 280), "night2day").size == (300, 280)
    with pytest.raises(InputError, match="night2day"):
        pipeline.translate(picture(90, 60), "day2night")


@torch.no_grad()
@pytest.mark.parametrize("extension", [".bin", ".safetensors"])
@pytest.mark.parametrize(
    ("way", "domains"), [("sim2real", ["simulation", "reality"]), ("real2sim", ["reality", "simulation"])]
)
def test_between_simulation_and_reality(
    server: Hub,  # noqa: F811
    tmp_path: Path,
    extension: str,
    way: str,
    domains: list[str],
) -> None:
    theirs = foreign.randomised(foreign.ForeignResnet(channels=4, blocks=9))
    state = theirs.state_dict()
    content = save(state) if extension == ".safetensors" else foreign.pth(state)
    entry = {"domains": domains, "one_way": True}
    pipeline = load(server, tmp_path, f"huggan-cyclegan-{way}", f"model{extension}", content, **entry)
    photo = numbers(1, 3, 44, 60).clamp(-1, 1)
    y = theirs(photo)
    assert_same(pipeline._network(photo, "a2b"), 2 * (y - y.min()) / (y.max() - y.min()) - 1)
    for size in ((50, 37), (3, 5), (900, 600)):
        assert pipeline.translate(picture(*size), "2".join(domains)).size == size


def test_streets_are_translated_at_the_size_of_the_training(server: Hub, tmp_path: Path) -> None:  # noqa: F811
    state = foreign.ForeignResnet(channels=4, blocks=9).state_dict()
    entry = {"domains": ["simulation", "reality"], "one_way": True}
    pipeline = load(server, tmp_path, "huggan-cyclegan-sim2real", "model.bin", foreign.pth(state), **entry)
    seen = []
    pipeline._network.register_forward_pre_hook(lambda module, inputs: seen.append(tuple(inputs[0].shape[2:])))
    pipeline.translate(picture(1500, 1000))
    assert seen == [(512, 768)]


STATES = {
    "huggan-fastgan": lambda: fastgan_network().state_dict(),
    "lightweight-gan": lambda: {k: v for k, v in lightweight_network().state_dict().items() if k.startswith("G.")},
    "pretrained-biggan-deep": lambda: foreign.ForeignBigGANDeep(8, 4, 10).state_dict(),
    "studiogan-biggan": lambda: foreign.ForeignStudioGAN(16).state_dict(),
    "onnx-fast-style": lambda: foreign.ForeignFastStyle(4).state_dict(),
    "huggan-pix2pix-night2day": lambda: foreign.ForeignUNet([4] * 8).state_dict(),
    "huggan-cyclegan-sim2real": lambda: foreign.ForeignResnet(4, 9).state_dict(),
    "huggan-cyclegan-real2sim": lambda: foreign.ForeignResnet(4, 9).state_dict(),
}


@pytest.mark.parametrize("architecture", list(STATES))
def test_a_tensor_too_many_too_few_or_too_large_is_named(
    server: Hub,  # noqa: F811
    tmp_path: Path,
    architecture: str,
) -> None:
    state = {name: value.contiguous() for name, value in STATES[architecture]().items() if value.is_floating_point()}
    write = foreign.onnx if architecture == "onnx-fast-style" else foreign.pth
    filename = "net.onnx" if architecture == "onnx-fast-style" else "net.bin"

    def refusal(state: dict[str, Tensor]) -> str:
        with pytest.raises(CheckpointError) as caught:
            load(server, tmp_path, architecture, filename, write(state))
        return str(caught.value)

    name = list(state)[-1]
    said = refusal({key: value for key, value in state.items() if key != name})
    assert f"{filename} is no {architecture} checkpoint: the tensor {name!r} is missing." == said
    said = refusal({**state, "another.weight": torch.zeros(3), "one.more": torch.zeros(1)})
    assert "'another.weight' and 1 more" in said
    matrix = next(key for key, value in reversed(state.items()) if value.dim() == 4)
    said = refusal({**state, matrix: torch.cat([state[matrix], state[matrix]], 2)})
    assert "shape" in said


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("net.bin", b"garbage"),
        ("net.bin", foreign.pth({"weight": "text"})),
        ("net.bin", foreign.pth(nn.Linear(2, 2))),
        ("net.bin", foreign.pth([torch.zeros(1)])),
        ("net.safetensors", b"garbage"),
        ("net.onnx", b"garbage"),
        ("net.onnx", b""),
        ("net.onnx", foreign.onnx({"a.b": torch.zeros(8)})[:-40]),
        ("net.onnx", b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
    ],
)
def test_damaged_files_and_code_are_refused(server: Hub, tmp_path: Path, filename: str, content: bytes) -> None:  # noqa: F811
    with pytest.raises(CheckpointError, match=f"{filename} is no huggan-fastgan checkpoint"):
        load(server, tmp_path, "huggan-fastgan", filename, content or b"\x00")


def test_every_third_party_entry_of_the_catalogue_has_a_loader() -> None:
    for info in hub_models(HUB_CATALOG):
        assert info.architecture in {*ADAPTERS, "vgg16"}
    counts = {info.id: len(set(info.class_names)) for info in hub_models(HUB_CATALOG) if info.class_names}
    assert counts == {"biggan-deep-128": 1000, "biggan-cifar10": 10}
