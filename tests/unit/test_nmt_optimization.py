import pytest
import torch
from torch import nn

from nmt.optimization import (
    OptimizerConfig,
    OptimizerType,
    Schedule,
    ScheduleConfig,
    ScheduleType,
    build_optimizer,
    clip_gradients,
)

torch.set_num_threads(1)


def rates(config: ScheduleConfig, *steps: int) -> list[float]:
    schedule = Schedule(config)
    return [schedule.learning_rate(step) for step in steps]


def test_the_rate_rises_in_equal_steps_to_its_full_value() -> None:
    config = ScheduleConfig(learning_rate=0.4, warmup_batches=4)

    assert rates(config, 1, 2, 3, 4, 5) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4])


@pytest.mark.parametrize(
    "schedule_type", [ScheduleType.FIXED_RATE_INV_T, ScheduleType.FIXED_RATE_INV_SQRT_T]
)
def test_fixed_rates_halve_in_their_half_life(schedule_type: ScheduleType) -> None:
    config = ScheduleConfig(
        schedule_type=schedule_type, learning_rate=0.4, warmup_batches=10, half_life_batches=90
    )

    assert rates(config, 10, 100) == pytest.approx([0.4, 0.2])


def test_a_linear_schedule_uses_its_last_share_in_the_last_batch() -> None:
    config = ScheduleConfig(
        schedule_type=ScheduleType.LINEAR, learning_rate=0.4, warmup_batches=2, num_batches=6
    )

    assert rates(config, 2, 3, 4, 5, 6, 7) == pytest.approx([0.4, 0.4, 0.3, 0.2, 0.1, 0.0])


def test_a_linear_schedule_needs_its_end() -> None:
    with pytest.raises(ValueError, match="needs the number of batches"):
        ScheduleConfig(schedule_type=ScheduleType.LINEAR)


def test_a_plateau_reduces_the_rate_and_is_remembered() -> None:
    config = ScheduleConfig(learning_rate=0.4, plateau_patience=2)
    schedule, resumed = Schedule(config), Schedule(config)

    for improved in (True, False, True, False):
        schedule.observe(improved=improved)
    before = schedule.learning_rate(1)
    resumed.load_state_dict(schedule.state_dict())
    resumed.observe(improved=False)

    assert before == pytest.approx(0.4)
    assert resumed.learning_rate(1) == pytest.approx(0.2)


@pytest.mark.parametrize("optimizer_type", list(OptimizerType))
def test_every_optimizer_moves_weights_against_the_gradient(optimizer_type: OptimizerType) -> None:
    weight = nn.Parameter(torch.ones(3))
    optimizer = build_optimizer([weight], OptimizerConfig(optimizer_type=optimizer_type))
    optimizer.param_groups[0]["lr"] = 0.1

    weight.sum().backward()  # type: ignore[no-untyped-call]
    optimizer.step()

    assert (weight < 1).all()


def gradients_after(config: OptimizerConfig) -> tuple[list[float], float]:
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([3.0, -4.0])
    norm = clip_gradients([weight], config)
    return weight.grad.tolist(), float(norm)


def test_gradients_are_clipped_by_entry_then_by_norm() -> None:
    entries = OptimizerConfig(clip_gradient=3.0, clip_gradient_norm=None)
    norms = OptimizerConfig(clip_gradient=None, clip_gradient_norm=1.0)
    free = OptimizerConfig(clip_gradient=None, clip_gradient_norm=None)

    assert gradients_after(entries)[0] == pytest.approx([3.0, -3.0])
    assert gradients_after(norms)[0] == pytest.approx([0.6, -0.8], abs=1e-5)
    assert gradients_after(free)[0] == pytest.approx([3.0, -4.0])
    assert all(
        gradients_after(config)[1] == pytest.approx(5.0) for config in (entries, norms, free)
    )
