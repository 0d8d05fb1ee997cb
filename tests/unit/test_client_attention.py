import pytest

from client import Translation
from client.attention import table


def test_words_stand_over_and_beside_their_weights() -> None:
    matrix = ((0.905, 0.095), (0.25, 0.75))
    translation = Translation(source="tremendously so", target="so  !", matrix=matrix)

    assert table(translation).splitlines() == [
        "    tremendously   so",
        "so          0.91 0.10",
        "!           0.25 0.75",
    ]


@pytest.mark.parametrize("matrix", [None, ()])
def test_without_weights_there_is_no_table(matrix: tuple[tuple[float, ...], ...] | None) -> None:
    assert table(Translation(source="a", target="", matrix=matrix)) == ""
