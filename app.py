"""Composition root of the CDK app: settings in, stacks out.

The only CDK code that reads context or environment.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from stacks.api.stack import Api
from stacks.bulk.stack import Bulk
from stacks.bundling import BundleError
from stacks.context_values import SettingsError
from stacks.endpoint import Endpoint
from stacks.monitoring import Monitoring
from stacks.retraining.stack import Retraining
from stacks.settings import Settings
from stacks.storage import Storage


def compose(app: App, settings: Settings) -> None:
    """Build the service's stacks, to be checked against AWS's own rules when they are written."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    storage = Storage(app, "Storage", settings=settings)
    retraining = Retraining(app, "Retraining", settings=settings, storage=storage)
    Endpoint(app, "Endpoint", settings=settings, role=retraining.endpoint_role.role)
    bulk = Bulk(app, "Bulk", settings=settings, storage=storage)
    api = Api(app, "Api", settings=settings, storage=storage)
    Monitoring(
        app,
        "Monitoring",
        settings=settings,
        retraining=retraining.retraining.machine,
        bulk=bulk.bulk.machine,
        function=api.translate_api.function,
    )


def main(environ: Mapping[str, str] = os.environ, context: Mapping[str, Any] | None = None) -> int:
    """Synthesise into the folder, and with the context, that the CDK command line hands over."""
    app = App(analytics_reporting=False, context=context)
    deployment = environ.get("TRANSLATION_DEPLOYMENT") or "aws"
    try:
        compose(app, Settings.from_context(app.node.get_all_context(), deployment=deployment))
    except (SettingsError, BundleError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
