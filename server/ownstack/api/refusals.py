"""What is refused, in the shape that OpenAI's clients expect of an error."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from ownstack.errors import (
    CannotInfillError,
    ContextOverflowError,
    EngineClosedError,
    EngineMissingError,
    ModelError,
    ModelNotFoundError,
    OwnstackError,
)

log = logging.getLogger(__name__)

INVALID = "invalid_request_error"
CLOSED_REQUEST = 499
"""Nobody reads it: the client has gone."""


class ApiError(Exception):
    """An answer that is none."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = INVALID,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind

    def body(self) -> dict[str, object]:
        return {
            "error": {
                "message": self.message,
                "type": self.kind,
                "param": self.param,
                "code": self.code,
            }
        }

    def response(self) -> JSONResponse:
        headers = {"retry-after": "1"} if self.status in (429, 503) else None
        return JSONResponse(self.body(), self.status, headers)


def refusal(error: Exception, *, shaped: bool = False) -> ApiError:
    """Return what a client is told of an error.

    `shaped`: the answer had to keep to a schema or to tools, which may be what cannot be used.
    """
    if isinstance(error, ApiError):
        return error
    if isinstance(error, ContextOverflowError):
        return ApiError(400, str(error), code="context_length_exceeded", param="messages")
    if isinstance(error, CannotInfillError):
        return ApiError(400, str(error), code="model_not_supported", param="model")
    if isinstance(error, ModelNotFoundError):
        return ApiError(404, str(error), code="model_not_found", param="model")
    if isinstance(error, (ModelError, EngineClosedError, EngineMissingError)):
        return ApiError(503, str(error), code="model_not_available", kind="server_error")
    if isinstance(error, OwnstackError):
        if shaped:
            return ApiError(400, str(error))
        return ApiError(500, str(error), kind="server_error")
    log.error("A request failed", exc_info=error)
    return ApiError(500, "The server failed. Its log says why.", kind="server_error")


async def on_error(_request: Request, error: Exception) -> JSONResponse:
    """Answer what an endpoint raised."""
    if isinstance(error, HTTPException):
        return ApiError(error.status_code, error.detail).response()
    return refusal(error).response()
