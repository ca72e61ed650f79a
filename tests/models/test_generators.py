"""Generators and their discriminators: shapes, ranges, and configurations that rebuild them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from imggen.errors import CheckpointError
from imggen.models import AUTOENCODERS, DISCRIMINATORS, GENERATORS, build
from imggen.models.gan.acgan import ACGANDiscriminator
from imggen.models.gan.dcgan import DCGANDiscriminator
from imggen.models.gan.equalised import append_minibatch_std, downsample, upsample
from imggen.models.gan.progan import ProGANDiscriminator, ProGANGenerator
from imggen.models.gan.stylegan2 import ModulatedConv, StyleGAN2Generator

SMALL: dict[str, dict[str, object]] = {
    "dcgan": {"image_size": 16, "channels": 8, "latent_size": 8},
    "vae": {"image_size": 16, "channels": 8, "hidden": 8, "latent_size": 8},
}
SMALL["cgan"] = {**SMALL["dcgan"], "classes": 4}
SMALL["biggan"] = {"image_size": 16, "channels": 4, "latent_part": 4, "embedding": 6, "attention": 8, "classes": 4}
SMALL["fastgan"] = {"image_size": 16, "channels": 4, "latent_size": 8}
SMALL["stylegan2"] = {"image_size": 16, "channels": 4, "latent_size": 8, "mapping_layers": 2}
SMALL["progan"] = {"image_size": 16, "channels": 4, "latent_size": 8}
SMALL_DISCRIMINATOR: dict[str, dict[str, object]] = {
    "cgan": {"image_size": 16, "channels": 8, "classes": 4},
    "fastgan": {"image_size": 16, "channels": 4},
    "progan": {"image_size": 16, "channels": 4},
    "stylegan2": {"image_size": 16, "channels": 4},
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
    x, labels = torch.randn(4, 3, 16, 16), torch.eye(4, classes) if classes else None
    scores = network(x, labels)
    assert len(scores) == 4
    assert scores.shape == ((4, 16) if architecture == "fastgan" else (4,))
    loss = scores.sum()
    if hasattr(network, "with_auxiliary_loss"):
        loss = loss + network.with_auxiliary_loss(x, labels)[1]
    loss.backward()
    unused = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert not [name for name in unused if not name.startswith(("from_rgb.0", "from_rgb.1"))]  # of earlier stages


def test_the_latent_vector_chooses_a_hidden_class_at_any_truncation() -> None:
    torch.manual_seed(0)
    config = {**SMALL["cgan"], "hidden_classes": True}
    network = build("cgan", config).eval()
    assert (network.latent_size, network.classes) == (12, 0)
    for weight in (parameter for parameter in network.parameters() if parameter.dim() > 1):
        torch.nn.init.normal_(weight, std=0.2)  # DCGAN starts with grey pictures
    z = torch.randn(4, 12)
    z[:, 8:] = 3 * torch.eye(4) - 1
    with torch.inference_mode():
        asked = network(z, torch.eye(4))
        assert torch.allclose(network(z, None), asked, atol=1e-4)
        assert not torch.allclose(asked, network(z, torch.eye(4).roll(1, 0)), atol=1e-3)
        z[:, 8:] *= 0.01
        assert torch.allclose(network(z, None), asked, atol=1e-4)
        assert network(torch.zeros(1, 12), None).isfinite().all()


def test_an_auxiliary_classifier_tells_the_class_whatever_it_was_asked_for() -> None:
    torch.manual_seed(0)
    network = ACGANDiscriminator(16, 8, classes=4)
    x, labels = torch.randn(4, 3, 16, 16), torch.eye(4)
    scores, loss = network.with_auxiliary_loss(x, labels)
    assert torch.equal(network(x, labels), scores)
    assert not torch.equal(network(x, labels.roll(1, 0)), scores)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(30):
        optimizer.zero_grad()
        network.with_auxiliary_loss(x, labels)[1].backward()
        optimizer.step()
    assert network.with_auxiliary_loss(x, labels)[1] < loss / 10 < network.with_auxiliary_loss(x, labels.roll(1, 0))[1]


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


def test_modulation_equals_scaling_each_samples_weights() -> None:
    torch.manual_seed(0)
    layer = ModulatedConv(3, 5, 3, latent_size=4)
    x, w = torch.randn(2, 3, 6, 6), torch.randn(2, 4)
    for index in range(2):
        weight = layer.weight * layer.scale * layer.style(w)[index].view(1, 3, 1, 1)
        weight = weight * (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).rsqrt()
        wanted = F.conv2d(x[index : index + 1], weight, padding=1)
        assert torch.allclose(layer(x, w)[index : index + 1], wanted, atol=1e-5)


def test_stylegan2_truncates_towards_its_average_style() -> None:
    torch.manual_seed(0)
    network = StyleGAN2Generator(16, 4, latent_size=8, mapping_layers=2)
    before = network.mapping.average.clone()
    z = torch.randn(4, 8)
    assert not torch.equal(network(z), network(z))  # noise and mixed styles in training
    assert not torch.equal(network.mapping.average, before)
    network.eval()
    styles = network.mapping(z, None)
    middle = torch.lerp(network.mapping.average, styles, 0.25)[:, None].expand(-1, network.style_count, -1)
    assert torch.allclose(network(z, None, 0.25), network.synthesise(middle), atol=1e-6)
    assert torch.equal(network(z), network(z))


def test_minibatch_deviation_stays_within_its_group() -> None:
    x = torch.zeros(4, 2, 3, 3)
    x[0], x[1] = -1.0, 1.0
    planes = append_minibatch_std(x, group=2)[:, 2]
    assert planes[:2].flatten().tolist() == pytest.approx([1.0] * 18)
    assert planes[2:].abs().max() < 1e-3
    assert append_minibatch_std(x[:3], group=2).shape == (3, 3, 3, 3)


def test_halving_undoes_doubling_of_flat_images() -> None:
    x = torch.ones(1, 2, 8, 8)
    assert torch.allclose(downsample(upsample(x))[:, :, 1:-1, 1:-1], x[:, :, 1:-1, 1:-1])
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(downsample(x.bfloat16())[:, :, 1:-1, 1:-1], x[:, :, 2:4, 2:4].bfloat16())


def test_a_growing_generator_fades_from_one_resolution_to_the_next() -> None:
    torch.manual_seed(0)
    network = ProGANGenerator(16, 4, latent_size=8)
    z = torch.randn(2, 8)
    sizes = {}
    for stage in (0.0, 0.001, 1.0, 1.5, 2.0, 9.0):
        network.grow(stage)
        sizes[stage] = network(z).shape[2]
    assert sizes == {0.0: 4, 0.001: 8, 1.0: 8, 1.5: 16, 2.0: 16, 9.0: 16}
    network.grow(0.0)
    before = network(z).repeat_interleave(2, 2).repeat_interleave(2, 3)
    network.grow(0.001)
    assert torch.allclose(network(z), before, atol=0.01)
    assert network.eval()(z).shape == (2, 3, 16, 16)
    rebuilt = ProGANGenerator(16, 4, latent_size=8).eval()
    rebuilt.load_state_dict(network.state_dict())
    assert rebuilt.level() == network.level()


def test_a_growing_discriminator_hardly_notices_the_first_step_of_a_fade() -> None:
    torch.manual_seed(0)
    network = ProGANDiscriminator(16, 4)
    x = torch.randn(4, 3, 16, 16)
    network.grow(1.0)
    before = network(network.faded(x))
    network.grow(1.001)
    assert network.faded(x).shape[2] == 16
    assert torch.allclose(network(network.faded(x)), before, atol=0.02)
    network.grow(2.0)
    assert torch.equal(network.faded(x), x)


def test_labels_matter_and_mix() -> None:
    torch.manual_seed(0)
    for architecture in ("cgan", "biggan", "stylegan2"):
        network = build(architecture, {**SMALL[architecture], "classes": 4}).eval()
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
