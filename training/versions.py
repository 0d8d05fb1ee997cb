"""What a model was made with: the libraries' versions and a digest of this service's own code."""

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("ctranslate2", "numpy", "sacrebleu", "tokenizers", "torch")
_ROOT = Path(__file__).parent.parent
_ROOMS = ("nmt", "protocol", "training")
_DIGITS = 16


def versions() -> dict[str, str]:
    """By name; `service` is the same for the same code, wherever it runs."""
    libraries = {name: version(name) for name in _LIBRARIES}
    return {"python": platform.python_version(), **libraries, "service": service_digest()}


@cache
def service_digest() -> str:
    """The first digits of a SHA-256 of the code that trains."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((_ROOT / room).glob("*.py")):
            digest.update(f"{room}/{path.name}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:_DIGITS]
