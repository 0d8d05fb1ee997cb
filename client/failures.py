"""What can go wrong for a caller, in one line each."""


class ClientError(Exception):
    """The request cannot be made, or what came back cannot be used."""


class ApiError(ClientError):
    """The service refused the request or failed at it."""

    def __init__(self, *, status: int, code: str, message: str, request_id: str = "") -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        """For the service's owner, who finds the failure's log lines with it."""
