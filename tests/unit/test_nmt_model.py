import dataclasses

import pytest
import torch

from nmt.data import Batch
from nmt.decoding import greedy_decode
from nmt.initialization import InitializationConfig, initialize
from nmt.loss import batch_loss, batch_scores
from nmt.model import ModelConfig, Transformer, sinusoids

torch.set_num_threads(1)
CONFIG = ModelConfig(
    source_vocabulary_size=20,
    target_vocabulary_size=20,
    model_dim=16,
    num_heads=2,
    feed_forward_dim=24,
    num_encoder_layers=2,
    num_decoder_layers=2,
)
SOURCE = torch.tensor([[5, 6, 7, 3], [8, 3, 0, 0]])
TARGET = torch.tensor([[2, 9, 10], [2, 11, 12]])


@pytest.fixture
def model() -> Transformer:
    torch.manual_seed(0)
    model = Transformer(CONFIG)
    initialize(model, InitializationConfig())
    return model.eval()


def test_a_target_position_does_not_see_later_ones(model: Transformer) -> None:
    changed = TARGET.clone()
    changed[:, 2] = 15

    before, after = model(SOURCE, TARGET), model(SOURCE, changed)

    torch.testing.assert_close(before[:, :2], after[:, :2])
    assert not torch.allclose(before[:, 2], after[:, 2])


def test_padding_of_the_source_changes_nothing(model: Transformer) -> None:
    padded, alone = model(SOURCE, TARGET)[1:], model(SOURCE[1:, :2], TARGET[1:])

    torch.testing.assert_close(padded, alone)


def test_decoding_step_by_step_gives_what_all_at_once_gives(model: Transformer) -> None:
    state = model.encode(SOURCE)
    steps = [model.decoder(TARGET[:, i : i + 1], state) for i in range(TARGET.shape[1])]

    torch.testing.assert_close(torch.cat(steps, dim=1), model(SOURCE, TARGET))
    assert state.length == 3


def test_positions_start_at_one_with_sines_before_cosines() -> None:
    table = sinusoids(3, 4)

    torch.testing.assert_close(
        table[0],
        torch.tensor([1.0, 1e-4, 1.0, 1e-4])
        .sin_()
        .lerp(torch.tensor([1.0, 1e-4, 1.0, 1e-4]).cos_(), torch.tensor([0.0, 0.0, 1.0, 1.0])),
    )
    torch.testing.assert_close(table[2, 0], torch.tensor(3.0).sin())


def test_sentences_longer_than_the_position_table_are_encoded(model: Transformer) -> None:
    long = torch.full((1, 300), 5)

    assert model(long, long).shape == (1, 300, CONFIG.model_dim)


def test_a_shared_vocabulary_shares_the_embedding() -> None:
    apart = Transformer(CONFIG)
    shared = Transformer(dataclasses.replace(CONFIG, shared_vocabulary=True))

    assert apart.num_parameters - shared.num_parameters == 20 * 16
    assert shared.encoder.embedding.tokens is shared.decoder.embedding.tokens


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_dim": 15}, "model_dim must be an even number from 4 up, not 15"),
        ({"num_heads": 3}, "num_heads 3 must divide model_dim 16"),
        ({"feed_forward_dim": 0}, "feed_forward_dim must be at least 1"),
        ({"feed_forward_type": "gelu"}, "feed_forward_type must be relu or swiglu, not 'gelu'"),
        ({"num_decoder_layers": 0}, "num_decoder_layers must be at least 1"),
        ({"dropout": 1.0}, "dropout must be from 0 to below 1"),
        ({"shared_vocabulary": True, "source_vocabulary_size": 9}, "one size for both sides"),
    ],
)
def test_impossible_dimensions_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CONFIG, **changes)  # type: ignore[arg-type]


def test_the_loss_is_that_of_smoothed_targets_without_padding(model: Transformer) -> None:
    labels = torch.tensor([[9, 10, 3], [11, 3, 0]])
    batch = Batch(SOURCE, TARGET, labels)
    log_probabilities = model.decoder.logits(model(SOURCE, TARGET)).log_softmax(dim=-1)
    smoothed = torch.full((2, 3, 20), 0.1 / 20)
    smoothed.scatter_(2, labels[..., None], 0.9 + 0.1 / 20)
    per_position = -(smoothed * log_probabilities).sum(dim=-1)

    loss = batch_loss(model, batch, label_smoothing=0.1)

    torch.testing.assert_close(loss, per_position[labels != 0].mean())


def test_scores_count_tokens_and_right_predictions(model: Transformer) -> None:
    predicted = model.decoder.logits(model(SOURCE, TARGET)).argmax(dim=-1)
    labels = predicted.clone()
    labels[0, 0] = (predicted[0, 0] + 1) % 19 + 1
    labels[1, 2] = 0

    cross_entropy, num_correct, num_tokens = batch_scores(model, Batch(SOURCE, TARGET, labels))

    assert num_tokens == int((labels != 0).sum())
    assert num_correct == int(((labels == predicted) & (labels != 0)).sum())
    expected = batch_loss(model, Batch(SOURCE, TARGET, labels), label_smoothing=0) * num_tokens
    assert cross_entropy == pytest.approx(expected.item(), rel=1e-5)


def test_greedy_decoding_takes_the_likeliest_token_until_the_end_symbol(model: Transformer) -> None:
    with torch.no_grad():
        model.decoder.embedding.tokens.weight *= 8
    hypotheses = greedy_decode(model, SOURCE, max_decoding_length=7)

    for source, hypothesis in zip(SOURCE, hypotheses, strict=True):
        tokens = [2]
        while len(tokens) <= 7 and tokens[-1] != 3:
            position = model(source[None], torch.tensor([tokens]))[:, -1]
            tokens.append(int(model.decoder.logits(position).argmax()))
        assert hypothesis == [token for token in tokens[1:] if token != 3]


@pytest.mark.parametrize(
    ("config", "bound"),
    [
        (InitializationConfig(), (2.34 / 16) ** 0.5),
        (InitializationConfig(xavier_factor_type="out"), (2.34 / 24) ** 0.5),
        (InitializationConfig(xavier_factor_type="avg"), (2.34 / 20) ** 0.5),
        (InitializationConfig(weight_init_type="uniform", weight_init_scale=-0.3), 0.3),
    ],
)
def test_first_weights_fill_their_range(config: InitializationConfig, bound: float) -> None:
    torch.manual_seed(0)
    model = Transformer(CONFIG)
    initialize(model, config)

    weights = torch.cat(
        [
            block.get_parameter("feed_forward.expand.weight").flatten()
            for block in (*model.encoder.blocks, *model.decoder.blocks)
        ]
    )
    assert 0.98 * bound < weights.abs().max() <= bound
