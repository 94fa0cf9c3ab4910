"""What is refused, by whom it comes and by what it says; always in OpenAI's shape."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest

from ownstack.api.gate import MAX_RUNNING_OF_KEY
from ownstack.api.keys import KeyStore
from ownstack.api.server import open_port
from ownstack.errors import ContextOverflowError, EngineError, ModelTooLargeError, ServeError
from tests.support.serving import FILLER, TALKER, USER, Served


def error(response: Any) -> dict[str, Any]:
    """Return the error of an answer, whose shape is OpenAI's."""
    told: dict[str, Any] = response.json()["error"]
    assert sorted(told) == ["code", "message", "param", "type"]
    return told


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer osk-wrong", "Basic {key}", "Bearer {key}x", "{key}"]
)
async def test_without_a_key(served: Served, authorization: str) -> None:
    """Nothing is said but how to get one; the list of models is behind it, too."""
    headers = {"authorization": authorization.format(key=served.key)}

    for answer in (
        await served.http.get("/models", headers=headers),
        await served.http.post("/chat/completions", headers=headers, content=b"{"),
    ):
        assert answer.status_code == 401
        assert error(answer)["code"] == "invalid_api_key"


async def test_a_revoked_key(served: Served) -> None:
    """It opens nothing from the next request on."""
    assert (await served.http.get("/models")).status_code == 200
    KeyStore(served.host.home.keys_file).remove("tester")

    assert (await served.http.get("/models")).status_code == 401


async def test_a_file_of_keys_that_others_may_write(served: Served) -> None:
    """Nobody is let in by it."""
    served.host.home.keys_file.chmod(0o666)

    answer = await served.http.get("/models")

    assert answer.status_code == 500
    assert "Others could" in error(answer)["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {"sec-fetch-site": "cross-site"},
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:80"},
        {"host": "localhost:80@evil.example"},
        {"host": "[::2]:80"},
    ],
)
async def test_from_a_web_page(served: Served, headers: dict[str, str]) -> None:
    """Even with a key, and nothing in the answer lets a page read it."""
    answer = await served.http.get("/models", headers=headers)

    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_preflight_of_a_web_page(served: Served) -> None:
    """A browser that asks whether it may is told no."""
    answer = await served.http.options("/models", headers={"origin": "https://evil.example"})

    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:9"])
async def test_names_of_this_machine(served: Served, host: str) -> None:
    """All of them are fine."""
    assert (await served.http.get("/models", headers={"host": host})).status_code == 200


async def test_ten_megabytes_of_messages(served: Served) -> None:
    """They are refused by their size, whether that is said before or found out."""
    messages = [{"role": "user", "content": "x" * 10_000_000}]
    data = json.dumps({"model": TALKER, "messages": messages}).encode()

    async def pieces() -> Any:
        for at in range(0, len(data), 100_000):
            yield data[at : at + 100_000]

    for content in (data, pieces()):
        answer = await served.http.post("/chat/completions", content=content)
        assert answer.status_code == 413
        assert error(answer)["code"] == "request_too_large"
    assert served.engine.requests == []


async def test_more_than_the_window_can_hold(served: Served) -> None:
    """The engine, which others wait for, does not have to find out."""
    answer = await served.ask(messages=[{"role": "user", "content": "x " * 50_000}])

    assert answer.status_code == 400
    assert error(answer)["code"] == "context_length_exceeded"
    assert served.engine.requests == []


@pytest.mark.parametrize("path", ["/chat/completions", "/completions", "/embeddings"])
async def test_an_unknown_model(served: Served, path: str) -> None:
    """It is not found; a path to a file is no name of one."""
    for name in ("nobody", f"{served.host.home.config}/x.gguf", "\n\x1b[31m"):
        answer = await served.ask(path, model=name, prompt="x", input="x")
        assert answer.status_code == 404
        assert error(answer)["code"] == "model_not_found"
    assert (await served.http.get("/models/nobody/at/all")).status_code == 404


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages.0.content.str"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages.0.content",
        ),
        (
            {"messages": [USER, {"role": "tool", "tool_call_id": "c1", "content": "x"}]},
            "messages.1.tool_call_id",
        ),
        ({"messages": [USER, {"role": "tool", "content": "x"}]}, "messages.1.tool_call_id"),
        ({"model": 7}, "model"),
        ({"n": 2}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"temperature": -1}, "temperature"),
        ({"top_p": 0.5}, "top_p"),
        ({"logprobs": True}, "logprobs"),
        ({"stop": [""]}, "stop"),
        ({"stop": ["x"] * 17}, "stop"),
        ({"tool_choice": "required"}, "tool_choice"),
        (
            {"tool_choice": {"type": "function", "function": {"name": "x"}}},
            "tool_choice",
        ),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"seed": 2**70}, "seed"),
    ],
)
async def test_values_that_make_no_sense(served: Served, body: dict[str, Any], param: str) -> None:
    """The parameter is named, and no engine is asked."""
    answer = await served.ask(**body)

    assert answer.status_code == 400
    assert error(answer)["param"] == param
    assert served.engine.requests == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"model": "\\ud800"}', b"null"]
)
async def test_what_is_no_request(served: Served, content: bytes) -> None:
    """It is said what is wrong with it."""
    answer = await served.http.post("/chat/completions", content=content)

    assert answer.status_code == 400
    assert error(answer)["message"]


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/completions", {"prompt": ["a", "b"]}, "prompt"),
        ("/completions", {"prompt": "x", "echo": True}, "echo"),
        ("/completions", {"prompt": [1, 2, 3]}, "prompt.str"),
        ("/embeddings", {"input": []}, "input"),
        ("/embeddings", {"input": ["a", ""]}, "input"),
        ("/embeddings", {"input": "a", "dimensions": 3}, "dimensions"),
    ],
)
async def test_other_requests_that_make_no_sense(
    served: Served, path: str, body: dict[str, Any], param: str
) -> None:
    """The same for filling in and for vectors."""
    answer = await served.ask(path, **body)

    assert answer.status_code == 400
    assert error(answer)["param"] == param


async def test_what_is_not_there(served: Served) -> None:
    """A wrong path and a wrong method are answered in the same shape."""
    assert error(await served.http.get("/files"))["type"] == "invalid_request_error"
    assert (await served.http.get("/chat/completions")).status_code == 405


async def test_too_many_at_once(served: Served) -> None:
    """Beyond a number a key has to wait; when one has ended, the next is let in."""
    gate = asyncio.Event()
    for _ in range(MAX_RUNNING_OF_KEY):
        served.engine.enqueue("done", gate=gate)
    running = [asyncio.ensure_future(served.ask()) for _ in range(MAX_RUNNING_OF_KEY)]
    while len(served.engine.chats) < MAX_RUNNING_OF_KEY:
        await asyncio.sleep(0.001)

    refused = await served.ask()
    gate.set()
    answers = await asyncio.gather(*running)
    later = await served.ask()

    assert refused.status_code == 429
    assert error(refused)["code"] == "too_many_requests"
    assert refused.headers["retry-after"]
    assert {answer.status_code for answer in [*answers, later]} == {200}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (ContextOverflowError("The conversation has 9 tokens, the window 8."), 400),
        (EngineError("The engine failed."), 500),
        (ValueError("A secret of the inside"), 500),
    ],
)
async def test_an_engine_that_fails(
    served: Served, raised: Exception, status: int, stream: bool
) -> None:
    """Before anything was written it is a status; a bug tells nothing of the inside."""
    served.engine.enqueue((), error=raised)

    answer = await served.ask(stream=stream)

    assert answer.status_code == status
    assert "secret" not in error(answer)["message"]


async def test_a_schema_that_cannot_be_used(served: Served) -> None:
    """That is the request's fault, not the server's."""
    served.engine.enqueue((), error=EngineError("The JSON schema cannot be used: type."))

    answer = await served.ask(response_format={"type": "json_object"})

    assert answer.status_code == 400


async def test_a_model_that_cannot_be_loaded(served: Served) -> None:
    """The answer says why; the next request tries again."""
    served.error = ModelTooLargeError("It needs 40 GB, 8 are free.")
    refused = await served.ask()
    served.error = None

    assert refused.status_code == 503
    assert "40 GB" in error(refused)["message"]
    assert (await served.ask()).status_code == 200


async def test_a_model_that_cannot_do_it(served: Served) -> None:
    """One without a chat template does not chat."""
    answer = await served.ask(model=FILLER)

    assert answer.status_code == 400
    assert "chat template" in error(answer)["message"]


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.5", "::", "example.com", ""])
def test_addresses_that_others_can_reach(address: str) -> None:
    """They are refused, and it is said what to do instead."""
    with pytest.raises(ServeError, match=r"127\.0\.0\.1"):
        open_port(address, 0)


def test_a_port_that_is_taken() -> None:
    """It is said how to choose another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServeError, match="--port"):
            open_port("127.0.0.1", taken.getsockname()[1])
