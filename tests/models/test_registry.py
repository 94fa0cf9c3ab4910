"""The list of models a user has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ownstack.errors import (
    CannotInfillError,
    ModelCorruptError,
    ModelError,
    ModelNotFoundError,
)
from ownstack.models.registry import BUILTIN, ModelRegistry
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


@pytest.fixture
def builtin() -> Path:
    """A built-in model that works, in the place of the real one."""
    return make_gguf(Path(os.environ["OWNSTACK_BUILTIN"]), metadata={"general.license": "mit"})


def names(registry: ModelRegistry) -> list[str]:
    """Of the user's own models."""
    return [info.name for info in registry.list() if info.name != BUILTIN]


def test_a_fresh_list_holds_the_built_in_model(registry: ModelRegistry, builtin: Path) -> None:
    """No file is no problem; completion is done by what comes with the package, and only that."""
    (info,) = registry.list()

    assert (info.name, info.path, info.license, registry.problem) == (BUILTIN, builtin, "mit", "")
    assert registry.chosen("completion") == info
    assert registry.chosen("chat") is None


@pytest.mark.parametrize("content", [None, b"GGUF", b"hello"])
def test_a_built_in_model_that_is_missing_or_damaged(
    registry: ModelRegistry, content: bytes | None
) -> None:
    """It is still listed, with what is wrong."""
    if content is not None:
        Path(os.environ["OWNSTACK_BUILTIN"]).write_bytes(content)

    (info,) = registry.list()

    assert (info.name, info.infill) == (BUILTIN, "")
    assert info.infill_problem
    assert registry.chosen("completion") == info


def test_no_model_and_the_built_in_one_are_choices(
    registry: ModelRegistry, builtin: Path, coder: Path
) -> None:
    """They are remembered like any other."""
    registry.use(str(coder), "completion")
    registry.use_none("completion")
    none = ModelRegistry(registry._file).chosen("completion")
    registry.use("Builtin", "completion")
    chosen = ModelRegistry(registry._file).chosen("completion")

    assert none is None
    assert chosen is not None
    assert (chosen.name, chosen.path) == (BUILTIN, builtin)
    assert names(registry) == ["Coder-Q8"]


@pytest.mark.parametrize("name", ["builtin", "Builtin", "none", "NONE"])
def test_the_built_in_names_are_taken(
    registry: ModelRegistry, home: Home, builtin: Path, coder: Path, name: str
) -> None:
    """Neither a command nor an edited list gives them to another file."""
    with pytest.raises(ModelError, match=f"No file can be called {name}"):
        registry.add(coder, name)
    home.config.mkdir(parents=True)
    home.models_file.write_text(f'[[models]]\nname = "{name}"\npath = "{coder}"\n')

    assert [info.path for info in registry.list()] == [builtin]


def test_the_built_in_file_is_known_already(registry: ModelRegistry, builtin: Path) -> None:
    """Adding it by its path adds nothing."""
    assert registry.add(builtin, "mine").name == BUILTIN
    assert registry.resolve(str(builtin)).name == BUILTIN
    assert names(registry) == []


def test_a_choice_that_has_gone_falls_back(
    registry: ModelRegistry, home: Home, builtin: Path
) -> None:
    """Somebody who removes the entry of the chosen model still has a completer."""
    home.config.mkdir(parents=True)
    home.models_file.write_text('[roles]\ncompletion = "gone"\n')

    chosen = registry.chosen("completion")

    assert chosen is not None
    assert chosen.path == builtin


def test_added_models_are_listed_by_name(
    registry: ModelRegistry, coder: Path, chatter: Path
) -> None:
    """The file stays where it is; its name without the ending is the model's."""
    registry.add(coder)
    registry.add(chatter, "talker")

    assert names(registry) == ["Coder-Q8", "talker"]
    assert [info.path for info in registry.list()][1:] == [coder, chatter]


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

    chosen = registry.chosen("completion")
    assert chosen is not None
    assert chosen.name == BUILTIN
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

    assert names(registry) == []


def test_a_model_whose_file_has_gone_is_still_listed(registry: ModelRegistry, coder: Path) -> None:
    """With what is wrong, so that it can be seen why nothing completes."""
    registry.use(str(coder), "completion")
    coder.unlink()

    info = registry.list()[1]
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


def test_comments_in_the_list_survive(
    registry: ModelRegistry, home: Home, coder: Path, chatter: Path
) -> None:
    """Whatever is added, renamed or chosen."""
    home.config.mkdir(parents=True)
    home.models_file.write_text(
        "# The machine under my desk.\n\n"
        f"[[models]]\nname = 'old' # too slow\npath = '{coder.as_posix()}'\n\n"
        "[roles]\n# It is small enough.\ncompletion = 'old' # for now\n"
    )

    registry.add(coder, "new")
    registry.add(chatter, "talker")
    registry.use("talker", "chat")

    text = home.models_file.read_text()
    for comment in ("# The machine under my desk.", "# too slow", "# It is small", "# for now"):
        assert comment in text
    assert sorted(names(registry)) == ["new", "talker"]
    assert [info and info.name for info in map(registry.chosen, ("completion", "chat"))] == [
        *("new", "talker")
    ]


@pytest.mark.parametrize("content", ["models = [", "\x00", "models = 5\nroles = 'x'"])
def test_a_damaged_list_is_kept_aside(
    registry: ModelRegistry, home: Home, coder: Path, content: str
) -> None:
    """It counts as empty, it is said if it cannot be read, and it is not lost by a change."""
    home.config.mkdir(parents=True)
    home.models_file.write_text(content)

    assert names(registry) == []
    said = registry.problem
    registry.use(str(coder), "completion")

    damaged = home.models_file.with_name("models.toml.broken")
    assert names(registry) == ["Coder-Q8"]
    assert said.endswith("It is left out.") or not said
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
from ownstack.models.registry import ModelRegistry
for path in sys.argv[2:]:
    ModelRegistry(Path(sys.argv[1])).add(Path(path))
"""


@pytest.mark.process
def test_two_processes_add_at_once(home: Home, tmp_path: Path) -> None:
    """No change is lost when both write the list."""
    paths = [str(make_gguf(tmp_path / f"m{n}.gguf")) for n in range(20)]
    file = str(home.models_file)

    halves = (paths[:10], paths[10:])
    started = [subprocess.Popen([sys.executable, "-c", ADD, file, *half]) for half in halves]

    assert [process.wait() for process in started] == [0, 0]
    assert len(names(ModelRegistry(home.models_file))) == 20


def test_a_download_says_where_it_came_from(
    registry: ModelRegistry, home: Home, coder: Path, chatter: Path
) -> None:
    """Files of the user's own have no source; nor has another file under the same name."""
    registry.add(coder, "coder", source="hf:owner/repo/coder.gguf")
    registry.add(chatter, "talker")

    assert registry.source("coder") == "hf:owner/repo/coder.gguf"
    assert registry.source("talker") == registry.source("none") == ""
    registry.add(coder, "renamed")
    assert registry.source("renamed") == "hf:owner/repo/coder.gguf"
    home.models_file.write_text(home.models_file.read_text().replace("hf:", "\\u0068f:"))
    assert registry.source("renamed") == "hf:owner/repo/coder.gguf"


def test_a_model_is_forgotten(registry: ModelRegistry, home: Home, coder: Path) -> None:
    """With what it was chosen for; what the user wrote around it stays, and so does the file."""
    registry.add(coder, "coder")
    registry.use("coder", "completion")
    home.models_file.write_text(f"# mine\n{home.models_file.read_text()}")

    registry.remove("coder")

    assert names(registry) == []
    assert registry.chosen("completion") is None or registry.chosen("completion").name == BUILTIN
    assert "# mine" in home.models_file.read_text()
    assert coder.exists()
    with pytest.raises(ModelError, match="comes with Ownstack and stays"):
        registry.remove(BUILTIN)


def test_a_model_is_known_by_name_or_file_also_when_the_file_is_gone(
    registry: ModelRegistry, coder: Path
) -> None:
    """So that it can be removed."""
    registry.add(coder, "coder")
    coder.unlink()

    assert registry.known_as("CODER") == ("coder", coder)
    assert registry.known_as(str(coder)) == ("coder", coder)
    with pytest.raises(ModelNotFoundError, match="Did you mean coder"):
        registry.known_as("codr")


def test_a_model_of_the_catalogue_that_is_not_here(registry: ModelRegistry) -> None:
    """It is said how to get it."""
    with pytest.raises(ModelNotFoundError, match=r"ownstack models pull qwen2\.5-coder-7b"):
        registry.use("Qwen2.5-Coder-7B", "completion")
