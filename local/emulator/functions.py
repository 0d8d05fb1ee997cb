"""Lambda functions: errors by their own names, and their output in files."""

import re
from pathlib import Path
from typing import Any

_GENERIC = "Runtime.HandlerError"


def install(logs: Path) -> None:
    """Change ministack's Lambda."""
    from ministack.services import lambda_svc  # noqa: PLC0415 - environment

    execute = lambda_svc._execute_function_warm

    def execute_function(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = execute(func, event, request_id)
        log = str(result.get("log") or "")
        name = (func.get("config") or func).get("FunctionName", "unknown")
        if log:
            _append(logs / "functions" / f"{name}.log", log)
        # AWS names the exception's class, which state machines catch; ministack names none.
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and body.get("errorType") == _GENERIC:
            body["errorType"] = exception_name(log, str(body.get("errorMessage")))
        return result

    lambda_svc._execute_function_warm = execute_function


def exception_name(log: str, message: str) -> str:
    """The class that a traceback in the log ends with; the generic name without one."""
    first_line = message.split("\n", 1)[0]
    words = f": {re.escape(first_line)}" if first_line else ""
    found = re.findall(rf"^(?:\w+\.)*(\w+){words}$", log, re.MULTILINE)
    return found[-1] if found else _GENERIC


def _append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(text.rstrip("\n") + "\n")
