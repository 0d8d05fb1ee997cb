"""The commands behind `make up`, `down`, `status` and `env`."""

import shlex
from collections.abc import Sequence
from typing import Any

from examples.phrasebook import DEMO_SENTENCES
from local import server_process
from local.demonstration import Demonstration, DemonstrationError
from local.deployment import Deployment
from local.server_process import ServerError
from local.settings import REGION, LocalSettings

_HOW_TO_CALL = """
The service runs at {url}. Call it yourself:

  eval "$(make -s env)"
  .venv/bin/python -m client translate "can you drive a car ?"
  curl --aws-sigv4 "aws:amz:{region}:execute-api" \\
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
    --header "content-type: application/json" \\
    --data '{{"instances": [{{"data": "can you drive a car ?"}}]}}' \\
    "$TRANSLATION_API_URL/translate"

make status says what runs, make down stops it; logs: {logs}
"""


def up(settings: LocalSettings, *, demo: bool, context: Sequence[str] = ()) -> None:
    """Start, deploy and, when there is no model yet, train; then translate.

    Args:
        settings: where all of it is.
        demo: whether to train and translate.
        context: settings of the service, each KEY=VALUE.

    Raises:
        ValueError: what failed, in words for the person at the terminal.
    """
    running = server_process.find(settings)
    if running is None:
        print(f"starting AWS on this machine, port {settings.port} …", flush=True)
        server_process.start(settings)
    elif running.port != settings.port:
        raise ServerError(
            f"it runs already, on port {running.port}; call it there (make up "
            f"PORT={running.port}) or stop it first (make down)"
        )
    deployment = Deployment(settings)
    print("cdk deploy --all …", flush=True)
    deployment.deploy(context)
    differences = _demonstrate(deployment) if demo else []
    url = deployment.addresses()["TRANSLATION_API_URL"]
    print(_HOW_TO_CALL.format(url=url, region=REGION, logs=settings.logs), flush=True)
    if differences:
        raise DemonstrationError(
            f"{len(differences)} of {len(DEMO_SENTENCES)} translations differ from the "
            f"phrasebook's: {'; '.join(differences)}"
        )


def _demonstrate(deployment: Deployment) -> list[str]:
    """Where a model trained just now is wrong; one of the owner's own may translate otherwise."""
    demonstration = Demonstration(deployment)
    if deployment.served_model():
        print("there is a model already, so nothing is trained")
        # The client's records are of words, and this may be a model of subwords.
        demonstration.translate(as_records=False)
        return []
    print("training on the phrasebook …", flush=True)
    demonstration.train()
    return demonstration.translate()


def down(settings: LocalSettings) -> None:
    """Stop the server with everything it started."""
    stopped = server_process.stop(settings)
    print("AWS on this machine is stopped" if stopped else "AWS on this machine does not run")


def env(settings: LocalSettings) -> None:
    """Print lines for `eval`."""
    deployment = Deployment(server_process.of_running(settings))
    for name, value in deployment.client_environment().items():
        print(f"export {name}={shlex.quote(value)}")


def status(settings: LocalSettings) -> None:
    """Say what runs, and where its logs are."""
    running = server_process.find(settings)
    if running is None:
        print("AWS on this machine does not run; start it with: make up")
        return
    settings = server_process.of_running(settings)
    deployment = Deployment(settings)
    print(f"AWS        process {running.pid}, {settings.endpoint_url}, log {settings.server_log}")
    print(f"endpoint   {_endpoint(deployment)}")
    print(f"model      {deployment.served_model() or 'none yet'}")
    for line in _jobs(deployment):
        print(f"job        {line}")
    print(f"logs       {settings.logs}")


def _endpoint(deployment: Deployment) -> str:
    sagemaker = deployment.client("sagemaker")
    name = deployment.settings.name
    listed = sagemaker.list_endpoints(NameContains=name)["Endpoints"]
    if not listed:
        return "none yet"
    found = sagemaker.describe_endpoint(EndpointName=listed[0]["EndpointName"])
    folder = deployment.settings.logs / "endpoints" / found["EndpointName"]
    return (
        f"{found['EndpointName']} is {found['EndpointStatus']}, log "
        f"{folder / found['EndpointConfigName']}.log"
    )


def _jobs(deployment: Deployment) -> list[str]:
    sagemaker = deployment.client("sagemaker")
    lines = []
    for kind, folder in (("TrainingJob", "training-jobs"), ("ProcessingJob", "processing-jobs")):
        listed: dict[str, Any] = getattr(sagemaker, f"list_{folder.replace('-', '_')}")()
        for job in listed[f"{kind}Summaries"]:
            log = deployment.settings.logs / folder / f"{job[f'{kind}Name']}.log"
            lines.append(f"{job[f'{kind}Name']} is {job[f'{kind}Status']}, log {log}")
    return lines
