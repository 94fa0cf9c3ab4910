"""The list of models a user has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ownstack.engine.models import ModelRegistry
from ownstack.errors import (
    CannotInfillError,
    ModelCorruptError,
    ModelError,
    ModelNotFoundError,
)
from ownstack.paths import Home
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf, truncated, vocabulary_only


@pytest.fixture
def registry(home: Home) -> ModelRegistry:
    return ModelRegistry(home.models_file)


@pytest.fixture
def coder(tmp_path: Path) -> Path:
    return make_gguf(tmp_path / "Coder-Q8.gguf")


@pytest.fixture
def chatter(tmp_path: Path) -> Path:
    return make_gguf(tmp_path / "chatter.gguf", fim=None, chat_template=CHAT_TEMPLATE)


def names(registry: ModelRegistry) -> list[str]:
    return [info.name for info in registry.list()]


def test_a_fresh_list_is_empty(registry: ModelRegistry) -> None:
    """No file is no problem."""
    assert (registry.list(), registry.chosen("completion"), registry.problem) == ([], None, "")


def test_added_models_are_listed_by_name(
    registry: ModelRegistry, coder: Path, chatter: Path
) -> None:
    """The file stays where it is; its name without the ending is the model's."""
    registry.add(coder)
    registry.add(chatter, "talker")

    assert names(registry) == ["Coder-Q8", "talker"]
    assert [info.path for info in registry.list()] == [coder, chatter]


def test_a_chosen_model_is_remembered(registry: ModelRegistry, coder: Path) -> None:
    """Another process, or this one after a restart, sees the choice."""
    registry.add(coder)
    registry.use("coder-q8", "completion")

    chosen = ModelRegistry(registry._file).chosen("completion")

    assert chosen is not None
    assert (chosen.name, chosen.path, chosen.infill) == ("Coder-Q8", coder, "qwen2.5-coder")
    assert registry.chosen("chat") is None


def test_a_path_may_be_chosen_at_once(registry: ModelRegistry, coder: Path) -> None:
    """It is added first."""
    registry.use(str(coder), "completion")

    assert names(registry) == ["Coder-Q8"]


def test_a_chat_model_is_refused_for_completion(registry: ModelRegistry, chatter: Path) -> None:
    """With the reason, and the choice before stays."""
    registry.add(chatter)

    with pytest.raises(CannotInfillError, match=r"chatter cannot complete code: .* no infill"):
        registry.use("chatter", "completion")

    assert registry.chosen("completion") is None
    assert registry.use("chatter", "chat").name == "chatter"


def test_a_model_without_template_is_refused_for_chat(registry: ModelRegistry, coder: Path) -> None:
    """It would answer in no format at all."""
    registry.add(coder)

    with pytest.raises(ModelError, match="no chat template"):
        registry.use("Coder-Q8", "chat")


def test_a_vocabulary_is_not_a_model(registry: ModelRegistry, tmp_path: Path) -> None:
    """A file without weights is refused in words that say so."""
    with pytest.raises(ModelCorruptError, match="a vocabulary only, no weights"):
        registry.add(vocabulary_only(tmp_path / "vocab.gguf"))


def test_damaged_and_missing_files_are_not_added(registry: ModelRegistry, coder: Path) -> None:
    """The list never holds what could not be read when it was added."""
    with pytest.raises(ModelCorruptError, match="is cut off"):
        registry.add(truncated(coder, -100))
    with pytest.raises(ModelNotFoundError, match="does not exist"):
        registry.add(coder.with_name("other.gguf"))

    assert registry.list() == []


def test_a_model_whose_file_has_gone_is_still_listed(registry: ModelRegistry, coder: Path) -> None:
    """With what is wrong, so that it can be seen why nothing completes."""
    registry.use(str(coder), "completion")
    coder.unlink()

    (info,) = registry.list()
    chosen = registry.chosen("completion")

    assert "does not exist" in info.infill_problem
    assert chosen == info
    with pytest.raises(ModelNotFoundError, match="does not exist"):
        registry.resolve("Coder-Q8")


def test_a_replaced_file_is_inspected_anew(registry: ModelRegistry, coder: Path) -> None:
    """What was known about a file counts until the file changes."""
    registry.add(coder)
    before = registry.resolve("Coder-Q8").infill
    make_gguf(coder, fim=None)

    assert (before, registry.resolve("Coder-Q8").infill) == ("qwen2.5-coder", "")


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("coder-q4", "Did you mean Coder-Q8?"),
        ("code", "Did you mean Coder-Q8?"),
        ("something else", "ownstack models list"),
        ("", "ownstack models list"),
    ],
)
def test_near_names(registry: ModelRegistry, coder: Path, wanted: str, hint: str) -> None:
    """A mistyped name is answered by those it may mean."""
    registry.add(coder)

    with pytest.raises(ModelNotFoundError, match=f"No model is called “{wanted}”") as refused:
        registry.resolve(wanted)

    assert hint in refused.value.hint


def test_names_are_one_models(registry: ModelRegistry, coder: Path, tmp_path: Path) -> None:
    """Two files of one name get two; a name given by hand must be free."""
    other = make_gguf(tmp_path / "other" / coder.name)
    registry.add(coder)

    assert registry.add(other).name == "Coder-Q8-2"
    with pytest.raises(ModelError, match="Another model is called Coder-Q8"):
        registry.add(other, "Coder-Q8")


def test_adding_again_renames(registry: ModelRegistry, coder: Path) -> None:
    """The roles follow; without a name nothing changes."""
    registry.use(str(coder), "completion")
    registry.add(coder, "mine")
    registry.add(coder)

    chosen = registry.chosen("completion")

    assert names(registry) == ["mine"]
    assert chosen is not None
    assert chosen.name == "mine"


@pytest.mark.parametrize("content", ["models = [", "\x00", "models = 5\nroles = 'x'"])
def test_a_damaged_list_is_kept_aside(
    registry: ModelRegistry, home: Home, coder: Path, content: str
) -> None:
    """It counts as empty, it is said if it cannot be read, and it is not lost by a change."""
    home.config.mkdir(parents=True)
    home.models_file.write_text(content)

    assert registry.list() == []
    said = registry.problem
    registry.use(str(coder), "completion")

    damaged = home.models_file.with_name("models.toml.broken")
    assert names(registry) == ["Coder-Q8"]
    assert bool(said) == damaged.exists() == ("5" not in content)
    assert not said or damaged.read_text() == content


def test_a_list_that_cannot_be_written(registry: ModelRegistry, home: Home, coder: Path) -> None:
    """A home that cannot be made says so instead of failing somewhere else."""
    home.config.parent.mkdir(parents=True, exist_ok=True)
    home.config.write_text("a file where the folder should be")

    with pytest.raises(ModelError, match="cannot be written"):
        registry.add(coder)


ADD = """
import sys
from pathlib import Path
from ownstack.engine.models import ModelRegistry
for path in sys.argv[2:]:
    ModelRegistry(Path(sys.argv[1])).add(Path(path))
"""


def test_two_processes_add_at_once(home: Home, tmp_path: Path) -> None:
    """No change is lost when both write the list."""
    paths = [str(make_gguf(tmp_path / f"m{n}.gguf")) for n in range(20)]
    file = str(home.models_file)

    halves = (paths[:10], paths[10:])
    started = [subprocess.Popen([sys.executable, "-c", ADD, file, *half]) for half in halves]

    assert [process.wait() for process in started] == [0, 0]
    assert len(ModelRegistry(home.models_file).list()) == 20
