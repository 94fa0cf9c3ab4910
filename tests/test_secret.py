"""What must not be carried from one file into another."""

import secrets
from pathlib import Path

import pytest

from ownstack.secret import secret_file, secret_path, secret_text


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".ENV",
        "Server.KEY",
        "a/.env.local",
        "a/prod.env",
        "certs/site.pem",
        "id_rsa.pub",
        ".aws/config",
        ".npmrc",
        "C:\\keys\\my.key",
        "config/secrets.yaml",
        "secrets.json",
        "secrets.sh",
        "secrets.enc",
    ],
)
def test_files_that_hold_secrets_by_custom(path: str) -> None:
    """By name or folder, at any depth, with either kind of slash."""
    assert secret_path(path)


@pytest.mark.parametrize(
    "path",
    [
        *("a.py", "environment.py", "keys.py", "src/token.rs", "env/a.c"),
        *("secrets.py", "lib/secrets.go", "src\\secrets.ts", "id_rsa_parser.rs"),
    ],
)
def test_source_files_are_no_secrets(path: str) -> None:
    """A program about keys is a program."""
    assert not secret_path(path)
    assert not secret_file(path, "def token_bytes(nbytes=None):\n    return urandom(nbytes)\n")


def test_the_module_of_the_standard_library_is_no_secret() -> None:
    """Its documentation shows tokens that were made by chance."""
    text = Path(secrets.__file__).read_text("utf-8")

    assert not secret_file("Lib/secrets.py", text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("secrets.py", "secrets = {\n    'ssid': 'home',\n    'password': 'hunter2!',\n}\n"),
        ("app/secrets.rb", "X = 1\nAPI_KEY = 'abcdef123'\n"),
        ("secrets.php", "<?php return ['api_key' => 'abcdef123'];"),
        ("id_rsa.py", 'KEY = """-----BEGIN RSA PRIVATE KEY-----\n"""'),
        (".env", ""),
    ],
)
def test_source_files_that_hold_secrets(path: str, text: str) -> None:
    """The name is suspicious, and what it says is proof."""
    assert secret_file(path, text)


def test_what_code_says_is_no_proof_without_such_a_name() -> None:
    """A login form has the word in it; its lines are judged one by one (`secret_text`)."""
    assert not secret_file("login.py", "PASSWORD = 'hunter2'\n")


@pytest.mark.parametrize(
    "line",
    [
        'SECRET_KEY = "django-insecure-abc"',
        '"api_key": "abcdef"',
        "PASSWORD='hunter2'",
        "sk-abcdefghijklmnopqrstuv",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig",
        "-----BEGIN RSA PRIVATE KEY-----",
        "x = d41d8cd98f00b204e9800998ecf8427e",
    ],
)
def test_lines_that_look_like_secrets(line: str) -> None:
    """By what they name, by known shapes, by chance-like characters."""
    assert secret_text(line)


@pytest.mark.parametrize(
    "line",
    [
        "token = self.next_token()",
        "password = getpass()",
        "def test_the_longest_function_name_that_one_can_think_of(self):",
        "SECRET_WORDS = []",
        "x = 10000000000000000000000000",
        "key = value",
        "test_case_2024_01_31_of_the_year",
    ],
)
def test_ordinary_code_is_no_secret(line: str) -> None:
    """Calls, long names and numbers are proposed as ever."""
    assert not secret_text(line)
