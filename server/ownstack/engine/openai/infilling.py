"""How a server is asked to fill in: by a suffix, as llama-server wants it, or with markers.

Nothing in the API says which of them a server can do, so it is told by which server it is
(`owned_by`), and tried once before it is relied on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ownstack.engine.openai.discovery import infill_root
from ownstack.engine.remote.events import ServerEvent
from ownstack.engine.remote.reading import Counts, MisspokenError, ToldError, parsed, whole_number
from ownstack.engine.requests import InfillRequest
from ownstack.engine.results import Finish
from ownstack.models.gguf.fim_families import FAMILIES, Family
from ownstack.models.remote.entry import EngineEntry

SUFFIX = "suffix"
LLAMA_SERVER = "llama-server"
_ALIASES = {"qwen3-coder": "qwen2.5-coder", "codeqwen": "qwen2.5-coder"}
"""Models that were trained with the markers of another family."""


_RAW = ("vllm", "organization_owner", "me")
"""vLLM, LM Studio and llama-cpp-python's server: a prompt is read as it is, markers too. The first
two know no suffix; what the last makes of one (0.3.36) is no good."""
_OLLAMA = "library"
"""It lays a suffix out as the model wants it, and a prompt with markers as if it were a chat."""


@dataclass(frozen=True, slots=True)
class InfillCall:
    """One request: where to, and what."""

    url: str
    body: dict[str, Any]


def ways(entry: EngineEntry, owner: str, model: str) -> tuple[str, ...]:
    """Return how a server may be asked, the likeliest first."""
    if entry.infill == "off":
        return ()
    if entry.infill != "auto":
        return (entry.infill,)
    family = family_of(model)
    marked = (family.name,) if family is not None else ()
    if owner == "llamacpp":
        return (LLAMA_SERVER, *marked)
    if owner in _RAW:
        return marked
    if owner == _OLLAMA or not entry.local:
        return (SUFFIX,)
    return (SUFFIX, *marked)


def family_of(model: str) -> Family | None:
    """Return the family whose name a model's name has in it."""
    name = model.lower().replace("_", "-")
    wanted = next((family for alias, family in _ALIASES.items() if alias in name), "")
    for family in sorted(FAMILIES, key=lambda family: -len(family.name)):
        if family.name == wanted or family.name in name:
            return family
    return None


def call(entry: EngineEntry, model: str, way: str, request: InfillRequest) -> InfillCall:
    """Return the request for one way."""
    if way == LLAMA_SERVER:
        extra = [{"filename": item.path, "text": item.text} for item in request.context]
        body: dict[str, Any] = {
            "input_prefix": request.prefix,
            "input_suffix": request.suffix,
            "n_predict": request.max_tokens,
            "temperature": 0,
            "stream": True,
            "cache_prompt": True,
        }
        if extra:
            body["input_extra"] = extra
        return InfillCall(f"{infill_root(entry)}/infill", body)
    body = {
        "model": model,
        "max_tokens": request.max_tokens,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if way == SUFFIX:
        body |= {"prompt": request.prefix, "suffix": request.suffix}
    else:
        family = next(family for family in FAMILIES if family.name == way)
        body |= {"prompt": marked(family, request), "stop": list(stops(family))}
    return InfillCall(f"{entry.url}/completions", body)


def marked(family: Family, request: InfillRequest) -> str:
    """Return a prompt with a family's markers, prefix first: what every one of them knows.

    The server reads markers wherever they stand. So none may stand in the user's text: the prefix
    begins after the last that does, the suffix ends before the first.
    """
    prefix, suffix = request.prefix, request.suffix
    for marker in stops(family):
        prefix = prefix.rpartition(marker)[2]
        suffix = suffix.partition(marker)[0]
    files = ""
    if family.file_sep:
        for item in request.context:
            if not any(marker in item.path or marker in item.text for marker in stops(family)):
                files += f"{family.file_sep}{item.path}\n{item.text}\n"
        files += f"{family.file_sep}{request.path}\n" if files and request.path else ""
    return f"{files}{family.prefix}{prefix}{family.suffix}{suffix}{family.middle}"


def stops(family: Family) -> tuple[str, ...]:
    """Return the markers of a family: none of them is text."""
    found = (family.prefix, family.suffix, family.middle, family.pad, family.repo, family.file_sep)
    return tuple(marker for marker in found if marker)


class CompletionReader:
    """Makes text of the events of `/v1/completions` or of llama-server's `/infill`."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.finish: Finish | None = None

    def read(self, event: ServerEvent) -> str:
        """Return what an event adds.

        Raises:
            MisspokenError, ToldError: see there.
        """
        if event.data.strip() == "[DONE]":
            self.finish = self.finish or Finish.END
            return ""
        chunk = parsed(event.data)
        if chunk.get("error") or event.name == "error":
            raise ToldError(chunk.get("error") or chunk)
        if "content" in chunk and "choices" not in chunk:
            return self._of_llama_server(chunk)
        usage = chunk.get("usage")
        if isinstance(usage, Mapping):
            self.counts.prompt = whole_number(usage.get("prompt_tokens"))
            self.counts.generated = whole_number(usage.get("completion_tokens"))
        choices = chunk.get("choices")
        if not choices:
            return ""
        if not isinstance(choices, list) or not isinstance(choices[0], Mapping):
            raise MisspokenError("it sends an event without usable choices")
        reason = choices[0].get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish = Finish.LENGTH if reason == "length" else Finish.END
        text = choices[0].get("text")
        return text if isinstance(text, str) else ""

    def _of_llama_server(self, chunk: Mapping[str, Any]) -> str:
        if chunk.get("stop") is True:
            limited = chunk.get("stop_type") == "limit" or chunk.get("stopped_limit") is True
            self.finish = Finish.LENGTH if limited else Finish.END
            self.counts.prompt = whole_number(chunk.get("tokens_evaluated"))
            self.counts.generated = whole_number(chunk.get("tokens_predicted"))
            timings = chunk.get("timings")
            if isinstance(timings, Mapping):
                self.counts.cached = whole_number(timings.get("cache_n")) or 0
        content = chunk.get("content")
        return content if isinstance(content, str) else ""
