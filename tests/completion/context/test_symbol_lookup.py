"""Names that the index knows at a cursor: small projects, and what would be gone on with."""

from pathlib import Path

import pytest

from ownstack.completion.context.known_symbols import MAX_BEGUN
from ownstack.completion.context.symbol_lookup import known_symbols_at
from ownstack.document import Document
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.texts import Texts
from ownstack.index.update.jobs import FileToRead, ReadFiles
from ownstack.index.update.tasks import read_files

FILES = {
    "shop/base.py": "class Base:\n    def reopen(self) -> None:\n        pass\n",
    "shop/client.py": (
        "from shop.base import Base\n\n\n"
        "class ShopClient(Base):\n"
        "    def __init__(self, host: str) -> None:\n"
        "        self.hostname = host\n\n"
        "    def send_order(self, order: int) -> bool:\n"
        "        return True\n\n\n"
        "def client_for(host: str) -> ShopClient:\n"
        "    return ShopClient(host)\n"
    ),
    "shop/prices.py": "def price_of(order: int) -> float:\n    return 1.0\n\n\nRATES = {}\n",
    "shop/secret/keys.py": "def send_keys() -> None:\n    pass\n",
    "web/app.ts": (
        "export class Cart { addItem(n: number) {}\n  removeItem(n: number) {} }\n"
        "export function sendOrder() {}\n"
    ),
    "shop/main.py": (
        "from shop.client import ShopClient\nfrom shop import prices\n\n\n"
        "def local_helper():\n    return 1\n\n\n"
        "class Till(ShopClient):\n"
        "    def open_till(self):\n        "
    ),
    "web/page.ts": "import { Cart } from './app'\n\nconst cart = new Cart()\n",
}


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """The project, read as the index reads it."""
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / path).write_text(text)
    read = read_files(ReadFiles(str(tmp_path), tuple(FileToRead(path) for path in FILES)))
    return Snapshot.empty(Texts(tmp_path), dim=2).with_batch(read.batch)


def known(snapshot: Snapshot, code: str, path: str = "shop/main.py", **more: object) -> set[str]:
    """Names at the end of a file with some code added, with what is typed of them."""
    text = FILES[path] + code
    language = "typescript" if path.endswith(".ts") else "python"
    document = Document(f"file:///{path}", path, language, 1, text)
    rests = known_symbols_at(snapshot, document, len(text), **more).names  # type: ignore[arg-type]
    begun = text[len(text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")) :]
    return {begun + rest for rest in rests}


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("client = ShopClient('a')\n        client.", {"send_order", "reopen", "hostname"}),
        ("client: ShopClient\n        client.se", {"send_order"}),
        ("prices.", {"price_of", "RATES"}),
        ("prices.pr", {"price_of"}),
        ("self.", {"send_order", "reopen", "hostname", "open_till"}),
        ("self.re", {"reopen"}),
        ("thing.send", {"send_order"}),
        ("x = Sho", {"ShopClient"}),
        ("x = cli", {"client_for"}),
        ("x = pri", {"price_of"}),
        ("x = loc", set()),
        ("x = c", set()),
        ("x = 'Sho", {"ShopClient"}),
        ("x = nowhere_to_be_found", set()),
        ("thing.", set()),
        ("x = ", set()),
        ("self.open_tilt = 1\n        self.open_ti", {"open_till"}),
    ],
)
def test_names_of_other_files(snapshot: Snapshot, code: str, names: set[str]) -> None:
    """Members of what has a type or is a module, inherited ones too; names begun."""
    found = known(snapshot, code)

    assert found == names


def test_an_import_names_what_its_module_defines(snapshot: Snapshot) -> None:
    """Before anything of the name is typed."""
    text = "from shop.prices import "
    document = Document("file:///a.py", "shop/a.py", "python", 1, text)

    known = known_symbols_at(snapshot, document, len(text))

    assert set(known.names) == {"price_of", "RATES"}
    assert known.complete


def test_languages_do_not_mix(snapshot: Snapshot) -> None:
    """A Python file is offered no name of a TypeScript file, nor the other way round."""
    assert known(snapshot, "cart.add", "web/page.ts") == {"addItem"}
    assert known(snapshot, "x = send", "web/page.ts") == {"sendOrder"}
    assert "sendOrder" not in known(snapshot, "x = send")


@pytest.mark.parametrize(
    ("language_id", "path"),
    [("typescriptreact", "web/b.tsx"), ("javascriptreact", "web/b.jsx"), ("vue", "web/b.vue")],
)
def test_kindred_languages_name_each_other_whatever_an_editor_calls_them(
    snapshot: Snapshot, language_id: str, path: str
) -> None:
    """A component sees the functions of the files beside it, and calls them."""
    text = "const x = send"
    document = Document(f"file:///{path}", path, language_id, 1, text)

    known = known_symbols_at(snapshot, document, len(text))

    assert known.names == ("Order",)
    assert bool(known.calls) == (language_id != "vue")


def test_what_is_excluded_is_not_named(snapshot: Snapshot) -> None:
    """Whatever the user's patterns leave out of completion."""
    assert known(snapshot, "x = send") == {"send_keys"}
    assert known(snapshot, "x = send", left_out=lambda path: "secret" in path) == set()


def test_what_changed_since_is_not_named(snapshot: Snapshot, tmp_path: Path) -> None:
    """A name may be gone from a file that was written to."""
    (tmp_path / "shop/prices.py").write_text("nothing = 1\n")

    assert known(snapshot, "prices.") == set()


@pytest.mark.parametrize(
    ("code", "complete"),
    [
        ("client = ShopClient('a')\n        client.", True),
        ("prices.pr", True),
        ("self.re", True),
        ("thing.send", False),
        ("x = Sho", False),
        ("client = ShopClient('a')\n        client.nothing_so", False),
    ],
)
def test_it_is_told_whether_these_are_all(snapshot: Snapshot, code: str, complete: bool) -> None:
    """Of what has a type or is a module no other name is to be expected."""
    text = FILES["shop/main.py"] + code
    document = Document("file:///a.py", "shop/main.py", "python", 1, text)

    assert known_symbols_at(snapshot, document, len(text)).complete == complete


@pytest.mark.parametrize(
    ("code", "called"),
    [
        ("client = ShopClient('a')\n        client.se", {"nd_order(*"}),
        ("self.ho", {"stname"}),
        ("x = Sho", {"pClient"}),
        ("@cli", {"ent_for"}),
        ("x = 'cli", {"ent_for"}),
        ("x = cli", {"ent_for(*"}),
        ("self.reo", {"pen()"}),
    ],
)
def test_functions_are_called(snapshot: Snapshot, code: str, called: set[str]) -> None:
    """But where they are only named."""
    text = FILES["shop/main.py"] + code
    document = Document("file:///a.py", "shop/main.py", "python", 1, text)

    assert set(known_symbols_at(snapshot, document, len(text)).begun) == called


def test_behind_a_dot_nothing_is_declared(snapshot: Snapshot) -> None:
    """The line that echo remembers of a method may be its declaration."""
    use = FILES["shop/main.py"] + "client: ShopClient\n        client.send"
    declaration = FILES["shop/main.py"].rpartition("    def ")[0] + "    def send"
    rest = "_order(self, order: int) -> bool:"
    used, declared = (
        known_symbols_at(
            snapshot, Document("file:///m", "shop/main.py", "python", 1, text), len(text)
        )
        for text in (use, declaration)
    )

    assert used.declares(rest)
    assert not used.declares("_order(order)")
    assert not declared.declares(rest)


def test_few_names_are_gone_on_with(tmp_path: Path) -> None:
    """Those used most, and imported ones before them."""
    names = [f"value_{letter}" for letter in "abcdefgh"]
    used = "def use():\n" + "".join(f"    {name}()\n" for name in names[4:])
    main = f"from lib import {names[0]}\n\nx = val"
    files = {
        "lib.py": "".join(f"def {name}():\n    pass\n" for name in names),
        "one.py": used,
        "two.py": used.replace("value_h", "other"),
        "main.py": main,
    }
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    read = read_files(ReadFiles(str(tmp_path), tuple(FileToRead(path) for path in files)))
    snapshot = Snapshot.empty(Texts(tmp_path), dim=2).with_batch(read.batch)

    found = known_symbols_at(
        snapshot, Document("file:///m", "main.py", "python", 1, main), len(main)
    )

    assert found.begun == ("ue_a()", "ue_e()", "ue_f()", "ue_g()")[:MAX_BEGUN]
    assert set(found.names) == {name.removeprefix("val") for name in names}
    assert not found.complete
