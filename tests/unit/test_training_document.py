from training.document import DOCUMENT, document
from training.table import HYPERPARAMETERS


def test_the_documentation_is_what_the_table_says() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")

    assert written == document(), "run `python -m training.document`"
    assert all(f"| `{name}` |" in written for name in HYPERPARAMETERS)
