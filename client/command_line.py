"""What each command does: parse, build, call, print; failures become one line and an exit code."""

import argparse
import contextlib
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError as AwsError

from client import arguments, attention, bulk, model_table
from client.addresses import Addresses
from client.cancelling import cancel, running_execution
from client.executions import Execution
from client.failures import ApiError, ClientError
from client.proxy import SigningProxy
from client.proxy_forwarding import Forwarding
from client.register import Register
from client.retraining import RetrainingOptions
from client.translation import (
    Translation,
    TranslationClient,
    authorisation_for,
    aws_session,
)
from client.uploads import upload_local_files
from protocol.retraining import Cleaning, InputError

BATCH_SIZE = 32
"""Sentences in one request; a file is translated while it is read."""
FAILURE, USAGE, INTERRUPTED = 1, 2, 130
WAS_CUT = "the translation was cut at its decoding length"


def main(argv: Sequence[str]) -> int:
    """Run one command and return the process's exit code."""
    options = arguments.parser().parse_args(argv)
    commands = {
        "translate": translate,
        "translate-file": translate_file,
        "retrain": retrain,
        "cancel": cancel_execution,
        "models": models,
        "rollback": rollback,
        "model": model,
        "proxy": proxy,
    }
    try:
        return commands[options.command](options)
    except InputError as error:
        return _failed(str(error), USAGE)
    except (ClientError, BotoCoreError, AwsError) as error:
        return _failed(_described(error), FAILURE)
    except BrokenPipeError:
        # Whoever read the output has enough; Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except KeyboardInterrupt:
        return INTERRUPTED


def translate(options: argparse.Namespace) -> int:
    client = TranslationClient.from_environment(options.name)
    lines: Iterable[str] = options.sentences or (line.rstrip("\n") for line in sys.stdin)
    typed = not options.sentences and sys.stdin.isatty()
    numbers = itertools.count(1)
    for batch in _batches(lines, 1 if typed else BATCH_SIZE):
        for translation in _translated(client, batch, options):
            number = next(numbers)
            print(translation.target, flush=True)
            if options.attention and (table := attention.table(translation)):
                print(table, flush=True)
            if translation.truncated:
                print(f"line {number}: {WAS_CUT}", file=sys.stderr, flush=True)
    return 0


def translate_file(options: argparse.Namespace) -> int:
    wanted = bulk.BulkOptions(
        file=options.file,
        output=options.output,
        shard_lines=options.shard_lines,
        instances=options.instances,
        saved=options.wait,
        force=options.force,
    )
    session = aws_session()
    addresses = Addresses(session, os.environ, options.name)
    s3 = session.create_client("s3")
    register = _register(session, options.name)
    content = wanted.to_input(addresses.bucket, s3, register.target_language)
    states = session.create_client("stepfunctions")
    execution = Execution.start(
        states, addresses.bulk_machine_arn(), content, options.execution_name
    )

    def show(output: dict[str, Any]) -> None:
        print("\n".join(bulk.described(output)))
        if wanted.is_local:
            print(f"saved: {wanted.save(output['outputs'][0], s3)}")

    print(execution.arn, flush=True)
    return _followed(execution, show) if options.wait else 0


def model(options: argparse.Namespace) -> int:
    content = TranslationClient.from_environment(options.name).model()
    print(json.dumps(content, indent=2, ensure_ascii=False))
    return 0


def proxy(options: argparse.Namespace) -> int:
    session = aws_session()
    base_url = Addresses(session, os.environ, options.name).api_url()
    forwarding = Forwarding(base_url, authorisation_for(session, os.environ, base_url))
    with SigningProxy(options.port, forwarding) as server:
        print(f"{server.url} forwards to {base_url} until Ctrl-C", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0


def retrain(options: argparse.Namespace) -> int:
    content = _retraining_options(options).to_input()
    session = aws_session()
    addresses = Addresses(session, os.environ, options.name)
    if "corpus" in content:
        s3 = session.create_client("s3")
        content["corpus"] = upload_local_files(content["corpus"], addresses.bucket, s3)
    states = session.create_client("stepfunctions")
    execution = Execution.start(
        states, addresses.state_machine_arn(), content, options.execution_name
    )
    print(execution.arn, flush=True)
    return _followed(execution, _print_result) if options.wait else 0


def cancel_execution(options: argparse.Namespace) -> int:
    session = aws_session()
    machine = Addresses(session, os.environ, options.name).state_machine_arn()
    states = session.create_client("stepfunctions")
    execution = running_execution(states, machine, options.execution)
    cancel(execution)
    print(f"{execution.arn} is stopped, and with it the job that it waited for")
    return 0


def models(options: argparse.Namespace) -> int:
    register = _register(aws_session(), options.name)
    limit = None if options.all else arguments.SHOWN_MODELS
    packages = itertools.islice(register.packages(), limit)
    rows = [(package, register.details(package)) for package in packages]
    shown = model_table.as_json if options.json else model_table.table
    print(shown(rows, register.served_model()))
    return 0


def rollback(options: argparse.Namespace) -> int:
    session = aws_session()
    register = _register(session, options.name)
    package = register.earlier() if options.version is None else register.version(options.version)
    if package.model_data == register.served_model():
        raise ClientError(f"version {package.version} is what is served already")
    print(f"back to version {package.version} of {package.created:%Y-%m-%d}: {package.model_data}")
    content = {"pretrained_model": package.model_data, "force": True}
    machine = Addresses(session, os.environ, options.name).state_machine_arn()
    states = session.create_client("stepfunctions")
    execution = Execution.start(states, machine, content, None)
    print(execution.arn, flush=True)
    return _followed(execution, _print_result) if options.wait else 0


def _register(session: Any, name: str) -> Register:
    return Register(session.create_client("sagemaker"), session.create_client("ssm"), name)


def _followed(execution: Execution, show: Callable[[dict[str, Any]], None]) -> int:
    try:
        for entered in execution.follow():
            print(f"[{_clock(entered.elapsed_seconds)}] {entered.state}", flush=True)
    except KeyboardInterrupt:
        print(
            f"\nthe execution goes on; stop it with: python -m client cancel {execution.arn}",
            file=sys.stderr,
        )
        return INTERRUPTED
    show(execution.output())
    return 0


def _print_result(output: dict[str, Any]) -> None:
    for name, value in sorted((output.get("metrics") or {}).items()):
        print(f"{name}: {value}")
    print(f"model: {output.get('model_data')}")
    print(f"promoted: {'yes' if output.get('promoted') else 'no'}")
    for name in ("reason", "evaluation"):
        if output.get(name):
            print(f"{name}: {output[name]}")


def _translated(
    client: TranslationClient, batch: Sequence[str], options: argparse.Namespace
) -> Iterator[Translation]:
    """One answer per line; an empty line stays one and is not sent."""
    sentences = [line for line in batch if line.strip()]
    if options.protobuf:
        answers = iter(client.translate_as_records(sentences))
    else:
        answers = iter(client.translate(sentences, attention=options.attention))
    for line in batch:
        yield next(answers) if line.strip() else Translation(source=line, target="")


def _batches(lines: Iterable[str], size: int) -> Iterator[list[str]]:
    remaining = iter(lines)
    while batch := list(itertools.islice(remaining, size)):
        yield batch


def _retraining_options(options: argparse.Namespace) -> RetrainingOptions:
    return RetrainingOptions(
        source=options.source,
        target=options.target,
        validation_source=options.validation_source,
        validation_target=options.validation_target,
        test_source=options.test_source,
        test_target=options.test_target,
        max_lines=options.max_lines,
        subwords=options.subwords,
        cleaning={part.name: getattr(options, part.name) for part in fields(Cleaning)},
        hyperparameters=options.hyperparameters,
        hyperparameters_file=options.hyperparameters_file,
        tuning=options.tuning,
        initial_model=options.initial_model,
        pretrained_model=options.pretrained_model,
        promote=options.promote,
        force=options.force,
        wait_for_older=options.wait_for_older,
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:3d}:{rest:02d}"


def _described(error: Exception) -> str:
    described = " ".join(str(error).split())
    if isinstance(error, ApiError) and error.request_id:
        return f"{described} (request {error.request_id})"
    return described


def _failed(message: str, code: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code
