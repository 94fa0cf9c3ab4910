"""`ownstack engines`: servers that run models, what each may be sent, and their keys."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import print_json, print_table, say
from ownstack.models.remote.kinds import KINDS
from ownstack.models.roles import ROLES

if TYPE_CHECKING:
    from ownstack.app.engines.engine_check import EngineReport
    from ownstack.models.remote.engines_file import EnginesFile
    from ownstack.models.remote.entry import EngineEntry


def add_to(commands: Any) -> None:
    """Describe the commands to argparse."""
    command = commands.add_parser(
        "engines",
        help="use models on servers: your own, your team's, hosted ones",
        description="Servers that run models. Nothing is sent to one on another machine unless "
        "you allow it for a role, and nothing at all where OWNSTACK_OFFLINE is set.",
    )
    verbs = command.add_subparsers(title="verbs", metavar="VERB", required=True)
    show = verbs.add_parser("list", help="show the servers you named")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=run_list)
    _describe_add(verbs)
    allow = verbs.add_parser("allow", help="let a server have what some roles are about")
    allow.add_argument("name", metavar="NAME")
    _roles(allow, required=True)
    allow.set_defaults(run=run_allow)
    key = verbs.add_parser("key", help="store a server's key in the keyring of this system")
    key.add_argument("name", metavar="NAME")
    key.add_argument("--forget", action="store_true", help="remove the key instead")
    key.set_defaults(run=run_key)
    test = verbs.add_parser("test", help="ask a server which models it has, and whether one works")
    test.add_argument("name", metavar="NAME")
    test.add_argument("--model", default="", metavar="ID", help="ask it for a short answer, too")
    test.add_argument("--json", action="store_true", help="print JSON")
    test.set_defaults(run=run_test)
    remove = verbs.add_parser("remove", help="forget a server; its key stays in the keyring")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=run_remove)


def _describe_add(verbs: Any) -> None:
    add = verbs.add_parser("add", help="name a server, or change one; it is not asked yet")
    add.add_argument("name", metavar="NAME", help="what to call it: small letters, such as team")
    add.add_argument("url", metavar="URL", help="such as http://127.0.0.1:8080/v1")
    add.add_argument("--kind", choices=KINDS, default="openai", help="what it speaks")
    add.add_argument("--key-env", default="", metavar="VARIABLE",
                     help="the environment variable that holds its key")  # fmt: skip
    _roles(add, required=False)
    add.add_argument("--plain-http", action="store_true",
                     help="send to another machine without encryption")  # fmt: skip
    add.add_argument("--context", type=int, default=0, metavar="TOKENS",
                     help="how long its models' window is, where it does not say")  # fmt: skip
    add.add_argument("--infill", default="auto", metavar="WAY",
                     help="how it fills in: auto, off, suffix, llama-server, or the family whose "
                     "markers its model knows")  # fmt: skip
    add.add_argument("--first-token", type=int, default=600, metavar="SECONDS",
                     help="how long a prompt may be read there")  # fmt: skip
    add.set_defaults(run=run_add)


def _roles(verb: argparse.ArgumentParser, *, required: bool) -> None:
    verb.add_argument("--for", dest="roles", choices=ROLES, action="append", required=required,
                      metavar="ROLE", help="what may be sent there, if it is another machine: "
                      f"one of {', '.join(ROLES)}; may be given more than once")  # fmt: skip


def run_list(arguments: argparse.Namespace) -> int:
    entries, problems = _file().read()
    if arguments.json:
        engines = [_entry(entry) for entry in entries.values()]
        print_json({"engines": engines, "problems": problems})
        return 0
    rows = [
        (entry.name, entry.kind, entry.key or "-", _allowed(entry), entry.url)
        for entry in entries.values()
    ]
    if rows:
        print_table(("NAME", "SPEAKS", "KEY FROM", "MAY BE SENT", "URL"), rows)
    else:
        say("No server is named. Name one with: ownstack engines add NAME URL")
    for problem in problems:
        say(problem)
    return 0


def run_add(arguments: argparse.Namespace) -> int:
    from ownstack.models.remote.entry import EngineEntry

    entry = _file().put(
        EngineEntry(
            arguments.name,
            arguments.url,
            kind=arguments.kind,
            key=arguments.key_env,
            roles=tuple(role for role in ROLES if role in (arguments.roles or ())),
            plain_http=arguments.plain_http,
            context_tokens=arguments.context,
            infill=arguments.infill,
            first_token_s=arguments.first_token,
        )
    )
    say(f"{entry.name} is {entry.url}.")
    _say_allowed(entry)
    say(f"See what it has with: ownstack engines test {entry.name}")
    return 0


def run_allow(arguments: argparse.Namespace) -> int:
    _say_allowed(_file().allow(arguments.name, tuple(arguments.roles)))
    return 0


def run_key(arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from ownstack.models.remote import keys
    from ownstack.models.remote.entry import KEYRING

    file = _file()
    entry = file.get(arguments.name)
    if arguments.forget:
        keys.forget(entry.name)
        file.put(replace(entry, key="" if entry.key == KEYRING else entry.key))
        say(f"The keyring has no key for {entry.name} any more.")
        return 0
    keys.store(entry.name, keys.checked_key(_asked(f"Key for {entry.name} ({entry.root}): ")))
    file.put(replace(entry, key=KEYRING))
    say(f"The keyring has the key for {entry.name}.")
    return 0


def run_test(arguments: argparse.Namespace) -> int:
    import asyncio

    from ownstack.app.engines.engine_check import examine

    entry = _file().get(arguments.name)
    report = asyncio.run(examine(entry, arguments.model))
    if arguments.json:
        print_json({**_entry(entry), "report": report})
        return 0
    _say_report(entry, report, arguments.model)
    return 0


def run_remove(arguments: argparse.Namespace) -> int:
    _file().remove(arguments.name)
    say(f"{arguments.name} is forgotten.")
    return 0


def _say_report(entry: EngineEntry, report: EngineReport, model: str) -> None:
    if not report.models:
        say(f"{entry.name} ({entry.root}) answers, but has no list of models.")
    else:
        say(f"{entry.name} ({entry.root}) answers in {report.answer_ms:.0f} ms. It has:")
        rows = [
            (f"{entry.name}:{served.id}", f"{served.context_tokens:,}")
            if served.context_tokens
            else (f"{entry.name}:{served.id}", "not said")
            for served in report.models
        ]
        print_table(("MODEL", "CONTEXT"), rows)
    if report.answered is not None:
        answered = report.answered
        speed = f", {answered.tokens_per_s:.0f} tokens/s" if answered.tokens_per_s else ""
        say(f"{model} says “{answered.text[:200]}” (first token after "
            f"{answered.first_token_ms:.0f} ms{speed}).")  # fmt: skip
    else:
        say(f"Use one with: ownstack models use {entry.name}:MODEL --for chat")


def _say_allowed(entry: EngineEntry) -> None:
    if entry.local:
        say("It is on this machine, and may be used for everything.")
    elif entry.roles:
        verb = "are" if len(entry.roles) > 1 else "is"
        say(f"It is another machine: what {_listed(entry.roles)} {verb} about may be sent there.")
    else:
        say("It is another machine, and may be sent nothing. Allow it with: "
            f"ownstack engines allow {entry.name} --for chat")  # fmt: skip


def _allowed(entry: EngineEntry) -> str:
    return "all" if entry.local else ", ".join(entry.roles) or "nothing"


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _asked(question: str) -> str:
    """Return what is typed, unseen, or the first line of what is piped in."""
    import getpass
    import sys

    return getpass.getpass(question) if sys.stdin.isatty() else sys.stdin.readline(10_000)


def _entry(entry: EngineEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "url": entry.url,
        "keyFrom": entry.key,
        "roles": entry.roles,
        "local": entry.local,
        "contextTokens": entry.context_tokens,
    }


def _file() -> EnginesFile:
    from ownstack.models.remote.engines_file import EnginesFile
    from ownstack.paths import Home

    return EnginesFile(Home.default().engines_file)
