"""Generators and their discriminators: shapes, ranges, and configurations that rebuild them."""

from __future__ import annotations

import pytest
import torch

from imggen.errors import CheckpointError
from imggen.models import AUTOENCODERS, DISCRIMINATORS, GENERATORS, build
from imggen.models.dcgan import DCGANDiscriminator

SMALL: dict[str, dict[str, object]] = {
    "dcgan": {"image_size": 16, "channels": 8, "latent_size": 8},
    "vae": {"image_size": 16, "channels": 8, "hidden": 8, "latent_size": 8},
}
SMALL["cgan"] = {**SMALL["dcgan"], "classes": 4}
SMALL["biggan"] = {"image_size": 16, "channels": 4, "latent_part": 4, "embedding": 6, "attention": 8, "classes": 4}
SMALL_DISCRIMINATOR: dict[str, dict[str, object]] = {
    "cgan": {"image_size": 16, "channels": 8, "classes": 4},
    "biggan": {"image_size": 16, "channels": 4, "attention": 8, "classes": 4},
    "dcgan": {"image_size": 16, "channels": 8},
}


@pytest.mark.parametrize("architecture", sorted([*GENERATORS, *AUTOENCODERS]))
def test_images_have_their_size_and_range_and_the_config_rebuilds(architecture: str) -> None:
    torch.manual_seed(0)
    network = build(architecture, SMALL[architecture]).eval()
    z = torch.randn(3, network.latent_size)  # type: ignore[arg-type]
    labels = torch.eye(3, network.classes) if network.classes else None  # type: ignore[arg-type]
    with torch.inference_mode():
        images = network(z, labels)
    assert images.shape == (3, 3, 16, 16)
    assert images.isfinite().all()
    rebuilt = build(architecture, network.config).eval()
    rebuilt.load_state_dict(network.state_dict())
    with torch.inference_mode():
        assert torch.equal(rebuilt(z, labels), images)


@pytest.mark.parametrize("architecture", sorted(DISCRIMINATORS))
def test_discriminators_give_one_score_an_image(architecture: str) -> None:
    network = DISCRIMINATORS[architecture](**SMALL_DISCRIMINATOR[architecture])
    classes = getattr(network, "classes", 0)
    scores = network(torch.randn(4, 3, 16, 16), torch.eye(4, classes) if classes else None)
    assert scores.shape == (4,)
    scores.sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_fused_biggan_equals_the_trained_one() -> None:
    torch.manual_seed(0)
    network = build("biggan", {**SMALL["biggan"], "spectral": True})
    z, labels = torch.randn(4, network.latent_size), torch.eye(4)  # type: ignore[call-overload]
    for _ in range(60):  # power iterations, and running statistics
        network(z, labels)
    network.eval()
    plain = network.fused()  # type: ignore[operator]
    assert plain.config["spectral"] is False
    assert torch.allclose(plain(z, labels), network(z, labels), atol=1e-3)


def test_labels_matter_and_mix() -> None:
    torch.manual_seed(0)
    for architecture in ("cgan", "biggan"):
        network = build(architecture, SMALL[architecture]).eval()
        z = torch.randn(1, network.latent_size).expand(3, -1)  # type: ignore[call-overload]
        one, other, middle = network(z, torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0], [0.5, 0.5, 0, 0]]))
        assert (one - other).abs().max() > 1e-4
        assert (middle - one).abs().max() > 1e-5


def test_every_generator_has_a_discriminator() -> None:
    assert set(DISCRIMINATORS) == set(GENERATORS)


@pytest.mark.parametrize("norm", ["layer", "spectral", "none"])
def test_scores_do_not_depend_on_the_batch_without_batch_norm(norm: str) -> None:
    network = DCGANDiscriminator(16, 8, norm=norm).eval()
    x = torch.randn(4, 3, 16, 16)
    assert torch.allclose(network(x)[:1], network(x[:1]), atol=1e-5)


def test_the_arguments_of_dcgan_are_checked() -> None:
    with pytest.raises(CheckpointError, match="power of two"):
        build("dcgan", {"image_size": 48})
    with pytest.raises(ValueError, match="norm must be"):
        DCGANDiscriminator(16, 8, norm="group")
