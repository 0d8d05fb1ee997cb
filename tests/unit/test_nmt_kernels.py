"""The engine's own forward and backward passes against torch's."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nmt import loss
from nmt.attention import cross_attention, self_attention
from nmt.dropout import Dropout
from nmt.linear import linear
from nmt.loss import summed_cross_entropy

torch.set_num_threads(1)


def gradients(output: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
    torch.manual_seed(1)
    return torch.autograd.grad(output, inputs, torch.randn(output.shape).to(output.dtype))


def torch_attention(
    queries: Tensor, packed: Tensor, mask: Tensor | None, *, causal: bool
) -> Tensor:
    query, key, value = (part.transpose(1, 2) for part in (queries, *packed.unbind(dim=2)))
    allowed = None if mask is None else mask[:, None, None, :]
    heads = F.scaled_dot_product_attention(query, key, value, allowed, is_causal=causal)
    return heads.transpose(1, 2)


def some_mask(num_sentences: int, length: int) -> Tensor:
    lengths = torch.randint(1, length + 1, (num_sentences, 1))
    return torch.arange(length)[None] < lengths


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 4), st.integers(1, 20), st.sampled_from(["causal", "mask", "all"]))
def test_attention_within_a_sequence_is_torchs(num_sentences: int, length: int, kind: str) -> None:
    torch.manual_seed(length)
    packed = torch.randn(num_sentences, length, 3, 2, 4, requires_grad=True)
    mask, causal = some_mask(num_sentences, length) if kind == "mask" else None, kind == "causal"

    ours = self_attention(packed, mask, causal=causal)
    theirs = torch_attention(packed[:, :, 0], packed[:, :, 1:], mask, causal=causal)

    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradients(ours, packed), gradients(theirs, packed))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 3), st.integers(1, 7), st.integers(1, 20), st.booleans())
def test_attention_to_another_sequence_is_torchs(
    num_sentences: int, num_queries: int, length: int, masked: bool
) -> None:
    torch.manual_seed(length)
    queries = torch.randn(num_sentences, num_queries, 1, 2, 4, requires_grad=True)
    packed = torch.randn(num_sentences, length, 2, 2, 4, requires_grad=True)
    mask = some_mask(num_sentences, length) if masked else None

    ours = cross_attention(queries, packed, mask)
    theirs = torch_attention(queries.squeeze(2), packed, mask, causal=False)

    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradients(ours, queries, packed), gradients(theirs, queries, packed))


def test_attention_in_bfloat16_is_near_that_in_float32() -> None:
    torch.manual_seed(0)
    exact = torch.randn(3, 9, 3, 2, 8, requires_grad=True)
    rounded = exact.detach().bfloat16().requires_grad_()

    ours, theirs = self_attention(rounded, causal=True), self_attention(exact, causal=True)

    assert ours.dtype == torch.bfloat16
    torch.testing.assert_close(ours.float(), theirs, atol=0.03, rtol=0.03)
    (ours_back,), (theirs_back,) = gradients(ours, rounded), gradients(theirs, exact)
    torch.testing.assert_close(ours_back.float(), theirs_back, atol=0.06, rtol=0.06)


def test_a_linear_layer_is_torchs() -> None:
    torch.manual_seed(0)
    inputs = torch.randn(3, 5, 8, requires_grad=True)
    weight, bias = torch.randn(6, 8, requires_grad=True), torch.randn(6, requires_grad=True)

    ours, theirs = linear(inputs, weight, bias), F.linear(inputs, weight, bias)

    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(
        gradients(ours, inputs, weight, bias), gradients(theirs, inputs, weight, bias)
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("rows_at_once", [1, 7, 100])
def test_the_chunked_loss_and_its_gradients_are_torchs(
    smoothing: float, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(loss._CHUNK_LOGITS, "cpu", rows_at_once * 30)
    torch.manual_seed(0)
    positions = torch.randn(20, 8, requires_grad=True)
    weight = torch.randn(30, 8, requires_grad=True)
    labels = torch.randint(30, (20,))

    ours = summed_cross_entropy(positions, weight, labels, smoothing)
    theirs = F.cross_entropy(
        positions @ weight.t(), labels, label_smoothing=smoothing, reduction="sum"
    )

    torch.testing.assert_close(ours, theirs)
    for mine, expected in zip(
        torch.autograd.grad(ours / 20, (positions, weight)),
        torch.autograd.grad(theirs / 20, (positions, weight)),
        strict=True,
    ):
        torch.testing.assert_close(mine, expected, atol=1e-5, rtol=1e-5)


def test_the_loss_under_autocast_is_near_the_exact_one() -> None:
    torch.manual_seed(0)
    positions, weight = torch.randn(50, 16, requires_grad=True), torch.randn(40, 16)
    labels = torch.randint(40, (50,))

    exact = summed_cross_entropy(positions, weight, labels, 0.1)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = summed_cross_entropy(positions, weight, labels, 0.1)

    assert rounded.dtype == torch.float32
    torch.testing.assert_close(rounded, exact, atol=0, rtol=5e-3)
    (mine,), (expected,) = gradients(rounded, positions), gradients(exact, positions)
    torch.testing.assert_close(mine, expected, atol=0.05, rtol=0.05)


def test_a_hopeless_token_leaves_the_loss_finite() -> None:
    positions, weight = torch.tensor([[200.0]]), torch.tensor([[1.0], [0.0]])

    assert summed_cross_entropy(positions, weight, torch.tensor([1]), 0.1).isfinite()


def dropped(rate: float, values: Tensor) -> Tensor:
    torch.manual_seed(4)
    result: Tensor = Dropout(rate)(values)
    return result


@pytest.mark.parametrize(("rate", "share"), [(0.3, 77 / 256), (0.0001, 1 / 256), (0.5, 0.5)])
def test_dropout_zeroes_its_share_and_keeps_the_mean(rate: float, share: float) -> None:
    values = dropped(rate, torch.ones(500, 401))

    assert (values == 0).float().mean().item() == pytest.approx(share, abs=3e-3)
    assert values.max().item() == pytest.approx(1 / (1 - share))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_gradient_is_dropped_where_the_value_is(dtype: torch.dtype) -> None:
    values = torch.randn(33, 5, dtype=dtype, requires_grad=True)

    result = dropped(0.4, values)
    (gradient,) = torch.autograd.grad(result, values, torch.ones_like(result))

    assert gradient.dtype == dtype
    assert torch.equal(gradient == 0, result == 0)


def test_dropout_draws_from_torchs_generator() -> None:
    values = torch.ones(1000)

    first = dropped(0.3, values)

    assert not torch.equal(first, Dropout(0.3)(values))
    assert torch.equal(first, dropped(0.3, values))


def test_nothing_is_dropped_in_evaluation() -> None:
    values = torch.ones(10)

    assert Dropout(0.5).eval()(values) is values
