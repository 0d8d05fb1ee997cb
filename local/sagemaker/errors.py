"""The errors SageMaker answers with; each carries the code and the status that AWS uses."""


class SageMakerError(ValueError):
    """A refused request, with the code and the HTTP status of AWS."""

    code = "InternalFailure"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ValidationError(SageMakerError):
    """The control plane's answer to a request that cannot be carried out."""

    code = "ValidationException"
    status = 400


class AccessDeniedError(SageMakerError):
    """The caller, or the role that was passed, may not do this."""

    code = "AccessDeniedException"
    status = 400


class ResourceInUseError(SageMakerError):
    """The name is taken."""

    code = "ResourceInUse"
    status = 400


class ConflictError(SageMakerError):
    """The resource is in a state that does not allow this."""

    code = "ConflictException"
    status = 400


class UnknownOperationError(SageMakerError):
    """An operation of SageMaker that this machine does not have."""

    code = "UnknownOperationException"
    status = 400


class InvocationValidationError(SageMakerError):
    """The runtime's name for a request that cannot be carried out."""

    code = "ValidationError"
    status = 400


class ServiceUnavailableError(SageMakerError):
    """No serving process is up at this moment."""

    code = "ServiceUnavailable"
    status = 503


class ModelError(SageMakerError):
    """The serving process answered with an error, or too late."""

    code = "ModelError"
    status = 424

    def __init__(self, message: str, *, original_status: int, original_message: str) -> None:
        super().__init__(message)
        self.original_status = original_status
        self.original_message = original_message


class JobFailureError(Exception):
    """A job cannot go on; the text becomes its FailureReason."""
