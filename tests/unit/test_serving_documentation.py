from pathlib import Path

from protocol.configuration import CONFIGURATION_KEYS
from serving.settings import KNOWN

TEXT = (Path(__file__).parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")


def test_every_configuration_key_has_its_row() -> None:
    for key in CONFIGURATION_KEYS:
        cells = (f"`{key.name}`", key.kind, key.range_text, key.default, key.description)
        assert f"| {' | '.join(cells)} |\n" in TEXT


def test_every_setting_has_its_row() -> None:
    for name in KNOWN:
        assert f"| `{name}` |" in TEXT
