"""`python -m local up|down|status|env|serve`: AWS on this machine, from the command line."""

import argparse
import os
import sys
from collections.abc import Sequence

from local.settings import LocalSettings


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        settings = LocalSettings.of(arguments)
        return _run(arguments, settings)
    except ValueError as error:
        print(f"{arguments.command}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python's own flush must not fail on it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def _run(arguments: argparse.Namespace, settings: LocalSettings) -> int:
    # Each command imports only what it needs: `env` and `status` answer at once.
    if arguments.command == "serve":
        from local.server import serve  # noqa: PLC0415

        serve(settings)
        return 0
    from local import commands  # noqa: PLC0415

    if arguments.command == "up":
        commands.up(settings, demo=not arguments.no_demo, context=arguments.context)
    else:
        {"down": commands.down, "status": commands.status, "env": commands.env}[arguments.command](
            settings
        )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--port", type=int, help="default: $PORT, then 4566")
    options.add_argument("--state", help="folder for logs and files; default: $LOCAL_STATE, .local")
    options.add_argument("--code", help="where the containers' code is; default: this repository")
    options.add_argument("--name", default="translation", help="the service's name")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", parents=[options], help="start, deploy, train, translate")
    up.add_argument("--no-demo", action="store_true", help="deploy only: no training, no sentences")
    up.add_argument(
        "-c",
        "--context",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting of the service, as for cdk deploy",
    )
    commands.add_parser("down", parents=[options], help="stop")
    commands.add_parser("status", parents=[options], help="say what runs")
    commands.add_parser("env", parents=[options], help="print export lines for a shell")
    commands.add_parser("serve", parents=[options], help="serve in the foreground, deploy nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
