"""A machine on which nothing was set up yet: no compiler, no network, no cache, Pythons as wanted.

It is a mount namespace and a network namespace of their own. Programs that are not to be there
are covered by an empty file, folders by an empty one; all else is as outside. Run as a program,
this module makes one and holds it until its standard input ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import re
import shlex
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SYSTEM = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")

_COMPILES = re.compile(
    r"(?:[\w.]+-)*(?:c?cc|c\+\+|gcc|g\+\+|cpp|clang|clang\+\+|clang-cl|tcc|icc|icpx?x?|nvcc|zig"
    r"|c89|c99|as|ld|lld|gold|cmake|ctest|ninja|g?make|meson|rustc|cargo)(?:-?[\d.]+)?"
)
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*|py")
_UV = re.compile(r"uvx?|pipx|conda|mamba|micromamba|poetry|rye|pixi")

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
MS_RDONLY, MS_BIND = 1, 4096


@dataclass(frozen=True)
class Seal:
    """Runs programs in the namespaces that a process holds."""

    pid: int
    environment: dict[str, str]
    privileged: bool

    @property
    def prefix(self) -> tuple[str, ...]:
        """Words before a command that make it run inside."""
        kinds = ["--mount", "--net"]
        if not self.privileged:
            kinds += ["--user", "--preserve-credentials"]
        return ("nsenter", f"--target={self.pid}", *kinds, "--")

    def run(self, *command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.prefix, *command],
            env=self.environment,
            check=check,
            capture_output=True,
            text=True,
        )

    def mount_empty(self, folder: Path, options: str = "size=4g") -> None:
        """Put an empty file system, with mount's options for it, over a folder."""
        self.run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)


def unavailable() -> str:
    """Return why no namespaces can be had here, or ""."""
    if sys.platform != "linux":
        return "namespaces are Linux's"
    for program in ("unshare", "nsenter", "mount"):
        if shutil.which(program) is None:
            return f"{program} is missing"
    tried = subprocess.run([*_unshare(network=False), "true"], capture_output=True, text=True)
    return f"no namespace can be had: {tried.stderr.strip()}" if tried.returncode else ""


@contextlib.contextmanager
def sealed(
    root: Path,
    pythons: list[Path],
    *,
    uv: Path | None = None,
    network: bool = False,
    compiler: bool = False,
) -> Iterator[Seal]:
    """Make such a machine, with its home below `root`.

    Args:
        root: An empty folder.
        pythons: The interpreters that are there, in the order of the PATH.
        uv: The `uv` that is there.
        network: Whether there is one, with what pip is set up for.
        compiler: Whether there is one.
    """
    own = root / "bin"
    for folder in (own, root / "home", root / "tmp"):
        folder.mkdir()
    if uv:
        (own / "uv").symlink_to(uv.resolve())
    node = shutil.which("node")
    assert node is not None
    own_first = [own, *(python.parent for python in pythons)]
    path = list(dict.fromkeys([*map(str, own_first), *SYSTEM, str(Path(node).parent)]))
    kept = {*(python.resolve() for python in pythons), *((uv.resolve(),) if uv else ())}
    hidden = list(_hidden(path, kept, compiler=compiler))
    plan = {
        "programs": hidden,
        "folders": [] if network else _caches(),
        "files": [] if network else ["/etc/pip.conf"],
        "empty": str(root / "tmp" / "empty"),
    }
    environment = {
        "PATH": ":".join(path),
        "HOME": str(root / "home"),
        "TMPDIR": str(root / "tmp"),
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "OWNSTACK_HOME": os.environ["OWNSTACK_HOME"],
    }
    # The editor asks a login shell for the PATH, and /etc/profile has one of its own.
    (root / "home" / ".profile").write_text(f"export PATH={shlex.quote(environment['PATH'])}\n")
    if network:
        environment |= _set_up_for_network()
    command = [*_unshare(network=network), sys.executable, __file__]
    pipe = subprocess.PIPE
    # It ends with its standard input, and so if this process is killed.
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdin
        assert holder.stdout
        holder.stdin.write(json.dumps(plan) + "\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "ready\n"
        yield Seal(holder.pid, environment, privileged=os.getuid() == 0)


def _unshare(*, network: bool) -> list[str]:
    own = [] if network else ["--net"]
    user = [] if os.getuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", "--propagation=private", *own, *user, "--"]


def _hidden(path: list[str], kept: set[Path], *, compiler: bool) -> Iterator[str]:
    seen = set(kept)
    for folder in map(Path, path):
        for program in sorted(folder.iterdir()) if folder.is_dir() else ():
            names = [_PYTHON, _UV] if compiler else [_PYTHON, _UV, _COMPILES]
            if any(name.fullmatch(program.name) for name in names):
                target = program.resolve()
                if target not in seen and target.is_file():
                    seen.add(target)
                    yield str(target)


def _caches() -> list[str]:
    """Return what is there of caches, settings and environments that would help."""
    home = Path.home()
    below = (".cache/pip", ".cache/uv", ".config/pip", ".pip", ".local/share/uv", ".config/uv")
    shared = [Path("/etc/xdg/pip"), Path("/etc/uv"), Path(sys.prefix), REPOSITORY / ".venv"]
    found = dict.fromkeys([home / part for part in below] + shared)
    found.pop(Path(sys.base_prefix), None)
    return [str(folder) for folder in found if folder.is_dir()]


def _set_up_for_network() -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_"))}
    settings = Path.home() / ".config" / "pip" / "pip.conf"
    if settings.is_file():
        ours.setdefault("PIP_CONFIG_FILE", str(settings))
    return ours | {"PIP_NO_CACHE_DIR": "1"}


def _hold() -> None:
    plan = json.loads(sys.stdin.readline())
    with contextlib.suppress(OSError), socket.socket() as any_socket:
        # The loopback of a new network is down.
        asked = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, SIOCGIFFLAGS, asked)[:18])[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP))
    empty = Path(plan["empty"])
    empty.touch(mode=0o644)
    for file in [*plan["programs"], *filter(os.path.exists, plan["files"])]:
        _mount(str(empty), file, "", MS_BIND)
    for folder in plan["folders"]:
        _mount("tmpfs", folder, "tmpfs", MS_RDONLY)
    print("ready", flush=True)
    sys.stdin.read()


def _mount(source: str, target: str, kind: str, flags: int) -> None:
    mount = ctypes.CDLL(None, use_errno=True).mount
    if mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), None):
        raise OSError(ctypes.get_errno(), "mount", target)


if __name__ == "__main__":
    _hold()
