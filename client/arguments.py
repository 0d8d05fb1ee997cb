"""The command line's options and their help; runs nothing."""

import argparse
from pathlib import Path

from client.addresses import DEFAULT_NAME

DEFAULT_PROXY_PORT = 8080
SHOWN_MODELS = 20
_ENVIRONMENT = """environment:
  TRANSLATION_API_URL, STATE_MACHINE_ARN, BULK_STATE_MACHINE_ARN, TRANSLATION_BUCKET
                        where the service is; when absent, the outputs of its CloudFormation stacks
  TRANSLATION_API_KEY   for a service that takes API keys instead of signatures
  AWS_...               credentials, region and profile, as for the AWS command line"""


def parser() -> argparse.ArgumentParser:
    """Build the parser of `python -m client`."""
    root = argparse.ArgumentParser(
        prog="python -m client",
        description="Translate with the service, retrain it, and see what it serves.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument(
        "--name", default=DEFAULT_NAME, help="the service's name setting (default: %(default)s)"
    )
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_translate(commands)
    _add_translate_file(commands)
    _add_retrain(commands)
    _add_cancel(commands)
    commands.add_parser("model", help="print as JSON what is being served")
    _add_models(commands)
    _add_rollback(commands)
    _add_proxy(commands)
    return root


def _add_translate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "translate", help="print the translation of each sentence, one a line"
    )
    command.add_argument(
        "sentences", nargs="*", metavar="SENTENCE", help="without any, lines of standard input"
    )
    form = command.add_mutually_exclusive_group()
    form.add_argument(
        "--attention", action="store_true", help="print the attention matrix below each translation"
    )
    form.add_argument(
        "--protobuf",
        action="store_true",
        help="send x-recordio-protobuf, with the current model's vocabularies",
    )


def _add_translate_file(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "translate-file",
        help="translate a file, or every file below a folder in S3, with batch transform",
    )
    command.add_argument(
        "file",
        metavar="FILE_OR_URI",
        help="a local file, which is uploaded, s3://BUCKET/KEY or s3://BUCKET/FOLDER/; a sentence "
        'a line, or for .jsonl {"source": …} a line; .gz too',
    )
    command.add_argument(
        "--output", metavar="FOLDER", help="where the result goes (default: beside the file)"
    )
    command.add_argument(
        "--force",
        action="store_true",
        help="replace the result of a local file where there is one already",
    )
    command.add_argument(
        "--shard-lines", type=int, metavar="N", help="lines that are translated or fail together"
    )
    command.add_argument("--instances", type=int, metavar="N", help="how many translate (1)")
    _add_execution(command)


def _add_execution(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-wait", action="store_false", dest="wait", help="print the execution's ARN and leave"
    )
    command.add_argument("--execution-name", metavar="NAME")


def _add_retrain(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "retrain", help="start the retraining state machine and follow it to its end"
    )
    corpus = command.add_argument_group(
        "corpus",
        "local files, which are uploaded, or http(s) and s3 URIs; .gz is decompressed and "
        "archive.tgz#member picks a file out of an archive; without any, WMT17",
    )
    for role in ("", "validation-", "test-"):
        for side in ("source", "target"):
            corpus.add_argument(f"--{role}{side}", metavar="FILE_OR_URI")
    command.add_argument(
        "--max-lines", type=_number_or_all, metavar="N", help="training pairs to read, or all"
    )
    command.add_argument("--subwords", type=int, metavar="N", help="merges of a byte-pair encoding")
    _add_cleaning(command)
    _add_training(command)
    _add_promotion(command)
    _add_execution(command)


def _add_training(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--hyperparameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="hyperparameters",
    )
    command.add_argument("--hyperparameters-file", type=Path, metavar="JSON_FILE")
    command.add_argument(
        "--tuning",
        metavar="JSON",
        help="search for hyperparameters with a tuning job, such as "
        """'{"max_jobs": 20, "ranges": {"dropout": {}}}'""",
    )
    command.add_argument(
        "--initial-model", metavar="S3_URI", help="a model.tar.gz that training goes on from"
    )
    command.add_argument(
        "--pretrained-model", metavar="S3_URI", help="a model.tar.gz: skip training"
    )


def _add_promotion(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-promote", action="store_false", dest="promote", help="leave the endpoint as it is"
    )
    command.add_argument(
        "--force", action="store_true", help="promote even a model that the gate would refuse"
    )
    command.add_argument(
        "--wait-for-older",
        action="store_true",
        help="begin when executions that were started earlier have ended",
    )


def _add_cleaning(command: argparse.ArgumentParser) -> None:
    """One flag for each field of `Cleaning`, named after it."""
    group = command.add_argument_group("cleaning", "which training pairs to drop; by default none")
    add = group.add_argument
    add("--max-length", type=int, metavar="WORDS", help="those with more words on a side")
    add("--max-length-ratio", type=float, metavar="R", help="with over R times the other's words")
    add("--drop-duplicates", action="store_true", help="those that came before")
    add("--drop-identical", action="store_true", help="those whose target is their source")
    for side in ("source", "target"):
        add(f"--{side}-script", metavar="NAME", help="those with most letters in another script")
    for side in ("source", "target"):
        add(f"--detokenize-{side}", metavar="LANGUAGE", help="before all, undo Moses' tokenisation")


def _add_cancel(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("cancel", help="stop an execution and the job that it waits for")
    command.add_argument(
        "execution", nargs="?", metavar="EXECUTION", help="name or ARN; without, the one that runs"
    )


def _add_models(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("models", help="list the models of the register, newest first")
    add = command.add_argument
    add("--all", action="store_true", help=f"every version, not only the last {SHOWN_MODELS}")
    add("--json", action="store_true", help="print JSON, with addresses and reasons")


def _add_rollback(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "rollback", help="serve an earlier model again, through the retraining state machine"
    )
    command.add_argument(
        "version",
        nargs="?",
        type=int,
        metavar="VERSION",
        help="as models lists them; without, the last approved one before the one that is served",
    )
    command.add_argument(
        "--no-wait", action="store_false", dest="wait", help="print the execution's ARN and leave"
    )


def _add_proxy(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "proxy", help="sign and forward what other programs on this machine send"
    )
    command.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PROXY_PORT,
        help="listen on 127.0.0.1:PORT, or on a free one for 0 (default: %(default)s)",
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is no port: give 0 to 65535")
    return port


def _number_or_all(text: str) -> int | str:
    return text if text == "all" else int(text)
