import dataclasses
import re
from pathlib import Path

from stacks.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", DOCUMENT.read_text(), flags=re.MULTILINE))

    assert list(rows) == [part.name for part in dataclasses.fields(Settings)]
    for name, value in dataclasses.asdict(Settings()).items():
        shown = str(value).lower() if isinstance(value, bool) else value
        assert not value or f"`{shown}`" == rows[name]
