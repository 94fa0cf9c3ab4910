"""`GET /v1/models`: what may be asked for, by name or by the role that it was chosen for."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from ownstack.api.refusals import ApiError
from ownstack.models.registry import ModelInfo


async def models(request: Request) -> JSONResponse:
    """List what is served."""
    names = await request.app.state.models.names()
    data = [_entry(name, info) for name, info in names.items()]
    return JSONResponse({"object": "list", "data": data})


async def model(request: Request) -> JSONResponse:
    """Say what is known of one."""
    name = request.path_params["name"]
    info = (await request.app.state.models.names()).get(name)
    if info is None:
        raise ApiError(
            404, f"The model {name!r} does not exist.", code="model_not_found", param="model"
        )
    return JSONResponse(_entry(name, info))


def _entry(name: str, info: ModelInfo) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": "ownstack",
        "root": info.name,
        "max_model_len": info.context_tokens,
    }
