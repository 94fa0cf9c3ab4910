"""Where things live on this machine. What the user accepts for it alone is written into a project.

`OWNSTACK_HOME` moves everything into one folder (tests, portable installs). `OWNSTACK_BUILTIN`
names another file for the built-in completer (tests, trying an export before it is shipped), and
`OWNSTACK_ADAPTERS` another folder for the adapters that come with the package.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True, slots=True)
class Home:
    """The folders this program owns. None of them need exist; writers make them."""

    config: Path
    """What the user chose: known models, which one for which role."""
    data: Path
    """What must not be lost: the log of signals, chats."""
    cache: Path
    """What can be made again: probe verdicts, measured speeds, indexes."""
    state: Path
    """Logs."""
    runtime: Path
    """The daemon's socket and lock; private to the user (mode 0700)."""

    @classmethod
    def default(cls) -> Home:
        """Return the platform's usual folders, or those below `$OWNSTACK_HOME`."""
        root = os.environ.get("OWNSTACK_HOME")
        if root:
            return cls.below(Path(root))
        dirs = platformdirs.PlatformDirs("ownstack", appauthor=False)
        return cls(
            config=dirs.user_config_path,
            data=dirs.user_data_path,
            cache=dirs.user_cache_path,
            state=dirs.user_log_path,
            runtime=_runtime(dirs),
        )

    @classmethod
    def below(cls, root: Path) -> Home:
        """Return a home whose folders all lie below `root`."""
        return cls(root / "config", root / "data", root / "cache", root / "log", root / "run")

    @property
    def models_file(self) -> Path:
        return self.config / "models.toml"

    @property
    def models_folder(self) -> Path:
        """Where models are downloaded to."""
        return self.data / "models"

    @property
    def speeds_file(self) -> Path:
        return self.cache / "speeds.json"

    @property
    def engines_file(self) -> Path:
        """The servers that the user named."""
        return self.config / "engines.toml"

    @property
    def signals_file(self) -> Path:
        return self.data / "signals.sqlite"

    @property
    def usage_file(self) -> Path:
        return self.data / "usage.sqlite"

    @property
    def prices_file(self) -> Path:
        return self.config / "usage.toml"

    @property
    def keys_file(self) -> Path:
        return self.config / "serve-keys.toml"

    @property
    def conversations_file(self) -> Path:
        return self.data / "conversations" / "log.sqlite"

    @property
    def recall_file(self) -> Path:
        return self.cache / "conversations" / "recall.sqlite"

    def memory_lock_file(self, owner: str) -> Path:
        """Return what is locked while the memory files of a project, or the user's, are changed."""
        return self.data / "conversations" / "locks" / f"{short_hash(owner)}.lock"

    @property
    def input_history_file(self) -> Path:
        """What the user typed in chats, for the arrow keys."""
        return self.data / "conversations" / "input-history"

    @property
    def checkpoints_folder(self) -> Path:
        """What files held before edits of chats were applied to them."""
        return self.data / "conversations" / "checkpoints"

    @property
    def adapters_folder(self) -> Path:
        """What was learned: a folder for each adapter, and which of them serve."""
        return self.data / "adapters"

    @property
    def folded_adapters_folder(self) -> Path:
        """Adapters as they are computed fastest (`engine/llama/native/folding.py`): a cache."""
        return self.cache / "adapters"

    @property
    def kept_lines_file(self) -> Path:
        """Which lines of which files are suggestions that the user kept, as keyed hashes."""
        return self.data / "kept-lines.sqlite"

    @property
    def learning_folder(self) -> Path:
        """Training that is under way, or was stopped: a folder for each."""
        return self.cache / "learning"

    @property
    def training_file(self) -> Path:
        """Which process trains now; locked by it."""
        return self.runtime / "training.json"

    @property
    def editors_folder(self) -> Path:
        """Notes of editors' extensions: where each keeps its Python environments."""
        return self.data / "editors"

    @property
    def tool_servers_file(self) -> Path:
        """The servers of tools (MCP) that the user named, and which of their tools may be used."""
        return self.config / "mcp.toml"

    @property
    def tool_ability_file(self) -> Path:
        """How well models choose tools, as it was measured here."""
        return self.cache / "tool-ability.json"

    @property
    def log_file(self) -> Path:
        return self.state / "daemon.log"


def _runtime(dirs: platformdirs.PlatformDirs) -> Path:
    # Without a login session there is no $XDG_RUNTIME_DIR; what platformdirs falls back to lies
    # in the shared temporary folder, where somebody else may have made it first.
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    if sys.platform.startswith("linux") and not (session and os.access(session, os.W_OK)):
        return Path(dirs.user_cache_dir) / "run"
    return dirs.user_runtime_path


def private_folder(path: Path) -> Path:
    """Make `path` if need be, readable by this user only (0700 where the system knows modes).

    Raises:
        OSError: it cannot be made.
        PermissionError: it is a link, or belongs to somebody else.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_private(path)
    return path


def make_private(path: Path) -> None:
    """Close a folder to others, having seen that it is one, is no link, and is this user's.

    All of that is asked of, and done to, one open descriptor: what the path names may change.

    Raises:
        OSError: there is no such folder.
        PermissionError: it is a link, or belongs to somebody else.
    """
    if not hasattr(os, "getuid"):
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        if path.is_symlink():
            raise PermissionError(f"{path} is a link") from None
        raise
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.getuid():
            raise PermissionError(f"{path} belongs to another user")
        if status.st_mode & 0o077:
            os.fchmod(descriptor, 0o700)
    finally:
        os.close(descriptor)


def set_aside(path: Path) -> None:
    """Let nothing stand at a place of ours: what does gets another name beside it.

    Of what was set aside there before nothing is kept.

    Raises:
        OSError: it cannot be moved.
    """
    aside = path.with_name(f"{path.name}.damaged")
    if os.path.lexists(path):
        remove(aside)
        os.replace(path, aside)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it is there.

    Raises:
        OSError: it cannot be removed.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def grammars_folder() -> Path:
    """Return the folder of `languages.toml` and the query files.

    It lies inside the installed package, and beside `server/` in a checkout.
    """
    package = Path(__file__).parent
    installed = package / "grammars"
    return installed if installed.is_dir() else package.parents[1] / "grammars"


def builtin_model() -> Path:
    """Return the file of the built-in completer, inside this package; it may be missing."""
    named = os.environ.get("OWNSTACK_BUILTIN")
    if named:
        return Path(os.path.abspath(named))
    return Path(__file__).parent / "builtin" / "ownstack-builtin.gguf"


def shipped_adapters() -> Path:
    """Return the folder of adapters that come with this package, one folder each."""
    named = os.environ.get("OWNSTACK_ADAPTERS")
    if named:
        return Path(os.path.abspath(named))
    return Path(__file__).parent / "builtin" / "adapters"


def short_hash(text: str) -> str:
    """Return 16 hexadecimal digits naming `text` (for file names, not for security)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
