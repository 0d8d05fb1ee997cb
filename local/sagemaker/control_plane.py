"""Everything that this machine's SageMaker holds, and the one way to ask for it."""

from local.sagemaker.errors import UnknownOperationError
from local.sagemaker.host import Host
from local.sagemaker.hosting_operations import HostingOperations
from local.sagemaker.job_operations import JobOperations
from local.sagemaker.model_packages import ModelPackages
from local.sagemaker.named_resources import NamedResources
from local.sagemaker.request_model import check_request
from local.sagemaker.tag_operations import Request, TagOperations


class ControlPlane:
    """SageMaker's operations by name."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.tags = TagOperations()
        self.hosting = HostingOperations(host, self.tags)
        self.jobs = JobOperations(host, self.tags, self.hosting.models)
        self.groups = NamedResources(
            host, self.tags, word="ModelPackageGroup", kind="model-package-group"
        )
        self.packages = ModelPackages(host, self.groups)
        self._operations = {
            **self.tags.operations(),
            **self.jobs.operations(),
            **self.hosting.operations(),
            **self.groups.operations(),
            **self.packages.operations(),
        }

    def call(self, operation: str, request: Request) -> Request:
        """Carry out one operation.

        Raises:
            SageMakerError: in AWS's words, where this machine knows them.
        """
        if operation not in self._operations:
            raise UnknownOperationError(f"{operation} is not there in this machine's SageMaker")
        check_request("sagemaker", operation, request)
        return self._operations[operation](request)

    def shut_down(self) -> None:
        """End every process."""
        self.jobs.kill()
        self.hosting.kill()
