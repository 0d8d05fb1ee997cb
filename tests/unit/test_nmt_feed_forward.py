import torch
import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)

from nmt.feed_forward import FeedForward, GatedFeedForward, feed_forward, gated_width

DIM, WIDTH = 128, 256


def num_weights(part: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in part.parameters())


def test_a_gated_part_is_the_swiglu_of_the_paper() -> None:
    torch.manual_seed(0)
    part, positions = GatedFeedForward(DIM, WIDTH), torch.randn(2, 5, DIM)
    gate, value = part.expand.weight.chunk(2)
    gate_bias, value_bias = part.expand.bias.chunk(2)

    swish = F.linear(positions, gate, gate_bias)
    swish = swish * swish.sigmoid()
    expected = F.linear(
        swish * F.linear(positions, value, value_bias), part.contract.weight, part.contract.bias
    )
    torch.testing.assert_close(part(positions), expected)


def test_a_part_of_either_kind_has_about_as_many_weights() -> None:
    plain, gated = feed_forward("relu", DIM, WIDTH), feed_forward("swiglu", DIM, WIDTH)

    assert isinstance(plain, FeedForward)
    assert isinstance(gated, GatedFeedForward)
    assert abs(num_weights(gated) / num_weights(plain) - 1) < 0.02


def test_the_gated_width_is_a_multiple_of_eight_near_two_thirds() -> None:
    assert [gated_width(width) for width in (1, 8, 24, 256, 2048)] == [8, 8, 16, 168, 1368]
