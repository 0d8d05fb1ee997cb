"""The serving image holds no more of the engine than serving imports, and no less."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def copied_engine_files() -> set[str]:
    dockerfile = (REPOSITORY / "containers" / "serving" / "Dockerfile").read_text(encoding="utf-8")
    lines = dockerfile.replace("\\\n", "").splitlines()
    (line,) = [line for line in lines if line.startswith("COPY nmt/")]
    return set(line.split()[1:-1])


def test_the_image_holds_the_engine_files_that_serving_imports() -> None:
    program = (
        "import sys, serving.__main__, serving.verify\n"
        "print(*(m.__file__ for name, m in sys.modules.items() if name.split('.')[0] == 'nmt'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    imported = {str(Path(file).relative_to(REPOSITORY)) for file in done.stdout.split()}
    assert copied_engine_files() == imported
