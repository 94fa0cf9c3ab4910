"""Bytes as the text that somebody wrote, whatever the encoding; and what is none."""

import pickle
import random
import sqlite3
import sys
import zlib
from pathlib import Path

import pytest

from ownstack.files.decoding import decode

CODE = "def check(value):\n    return value == 1\n\n\n" * 20
WRITTEN = {
    "latin-1": "# Prüft die Größe und die Länge\nx = 'Übersicht für später'\n",
    "cp1252": "# Définition – « déjà créé » à l’élément…\n",  # noqa: RUF001
    "cp1250": "# Sprawdź czy użytkownik ma hasło i długość\nx = 'Błąd: zła wartość'\n",
    "cp1251": "# Проверка пароля\nx = 'Ошибка: неверное значение'\n",
    "koi8-r": "# Проверка пароля\nx = 'Ошибка: неверное значение'\n",
    "cp1253": "# Έλεγχος του κωδικού χρήστη\n",
    "cp1254": "# Kullanıcı şifresini doğrula ve güncelle\n",  # noqa: RUF001
    "shift_jis": "# ユーザーのパスワードを確認する\n",
    "euc_jp": "# ユーザーのパスワードを確認する\n",
    "iso2022_jp": "# ユーザーのパスワードを確認する\n",
    "gbk": "# 检查用户密码是否正确\n",
    "big5": "# 檢查使用者密碼是否正確\n",
    "euc_kr": "# 사용자 비밀번호를 확인합니다\n",
    **dict.fromkeys(
        (*("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"), "utf-32", "utf-32-be"),
        "# Größe, ключ, 鍵\n",
    ),
}
COOKIES = {
    "python": "# -*- coding: {} -*-\n# Größe\n",
    "vim": "x = 'Größe'\n# vim: set fileencoding={} :\n",
    "xml": '<?xml version="1.0" encoding="{}"?>\n<a>Größe</a>\n',
    "html": '<html><head><meta charset="{}">\n<p>Größe</p>\n',
    "css": '@charset "{}";\n/* Größe */\n',
    "tex": "\\documentclass{{a}}\n\\usepackage[{}]{{inputenc}}\nGröße\n",
}


@pytest.mark.parametrize("around", ["", CODE], ids=["alone", "in code"])
@pytest.mark.parametrize("encoding", WRITTEN)
def test_a_text_is_read_in_the_encoding_it_was_written_in(encoding: str, around: str) -> None:
    """By its mark, its zeros, or how its letters follow each other; among code or alone."""
    text = around + WRITTEN[encoding]

    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_mark_is_no_part_of_the_text(encoding: str) -> None:
    """Also where the mark of one is the beginning of another's."""
    assert decode("\ufeffx = 1\n".encode(encoding)) == "x = 1\n"


@pytest.mark.parametrize("where", COOKIES)
@pytest.mark.parametrize("name", ["iso-8859-15", "latin9"])
def test_what_a_file_declares_counts(where: str, name: str) -> None:
    """The euro sign is another character in Latin-1; nothing but the declaration tells."""
    text = COOKIES[where].format(name) + "# 5 €\n" * (where != "vim")

    assert decode(text.encode("iso-8859-15")) == text


@pytest.mark.parametrize(
    "name",
    [
        *("utf-16-le", "utf-7", "zlib_codec", "idna", "punycode", "rot13", "undefined", "hex"),
        *("unicode_escape", "raw_unicode_escape", "base64", "mbcs", "os", "../../os", "utf-8"),
        *("x" * 40, "cp037", "none-of-all"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_overlooked(name: str) -> None:
    """It neither fails nor reads the bytes as something odd, and imports nothing."""
    text = f"# -*- coding: {name} -*-\n# Größe und Länge\n"
    before = set(sys.modules)

    assert decode(text.encode("latin-1")) == text
    assert not {name for name in set(sys.modules) - before if name.startswith("encodings.x")}


def test_a_few_wrong_bytes_in_utf8() -> None:
    """They are replaced: more speaks for UTF-8 than against it."""
    data = "# Größe, Länge, Übersicht\n".encode() * 9 + b"# J\xf6rg\n"

    assert (decode(data) or "").endswith("# J\ufffdrg\n")


def _sqlite(folder: Path) -> bytes:
    database = sqlite3.connect(folder / "a.db")
    with database:
        database.execute("CREATE TABLE words (word TEXT)")
        database.executemany("INSERT INTO words VALUES (?)", [(f"word {n}",) for n in range(99)])
    database.close()
    return (folder / "a.db").read_bytes()


def test_what_is_no_text_is_none(tmp_path: Path) -> None:
    """A guess that makes characters of a program or of chance is worse than none."""
    made = random.Random(1)
    binaries = {
        "program": Path(sys.executable).read_bytes()[:200_000],
        "picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + made.randbytes(5_000),
        "sqlite": _sqlite(tmp_path),
        "bytecode": b"\xa7\r\r\n\0\0\0\0" + made.randbytes(900),
        **{
            f"pickle {protocol}": pickle.dumps([made.random() for _ in range(99)], protocol)
            for protocol in (2, 3, 4, 5)
        },
        **{f"chance {n}": made.randbytes(n) for n in (100, 1_000, 9_000)},
        **{
            f"chance without zeros {n}": made.randbytes(n).replace(b"\0", b"x")
            for n in (100, 1_000, 9_000)
        },
        "packed": zlib.compress(CODE.encode() + made.randbytes(300)),
        "high bytes": bytes(made.choice(range(128, 256)) for _ in range(900)),
        "all high bytes": bytes(range(128, 256)) * 9,
    }

    assert {name for name, data in binaries.items() if decode(data) is not None} == set()


def test_an_empty_file_is_an_empty_text() -> None:
    """Also one of a mark alone."""
    assert decode(b"") == decode(b"\xef\xbb\xbf") == decode(b"\xff\xfe") == ""
