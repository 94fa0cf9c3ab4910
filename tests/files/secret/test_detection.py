"""What must not be carried from one file into another."""

import math
import secrets
import time
from pathlib import Path

import pytest

from ownstack.files.handwriting import is_minified, says_generated, without_long_lines
from ownstack.files.secret.detection import (
    MARK,
    secret_file,
    secret_path,
    secret_text,
    without_secrets,
)


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".ENV",
        "Server.KEY",
        "a/.env.local",
        "a/prod.env",
        "certs/site.pem",
        "id_rsa",
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


@pytest.mark.parametrize(
    "path",
    [
        *(".envrc", ".Renviron", "prod.tfvars", "terraform.tfstate", "terraform.tfstate.backup"),
        *(".netrc", "_netrc", ".dockercfg", "service-account.json", "my-service-account-1.json"),
        *("serviceAccountKey.json", ".pgpass", ".my.cnf", ".s3cfg", ".boto", "kubeconfig"),
        *("office.ovpn", "key.ppk", "id_ed25519", ".git-credentials", ".vault-token"),
        *(".terraformrc", ".docker/config.json", "home/.kube/config", ".config/gcloud/a.json"),
        *("secrets.yml", "secrets.toml", "local.settings.json", "config/master.key"),
        *(".htpasswd", "host.keytab", "a-firebase-adminsdk-b1.json", ".env.production"),
        *("client_secret_12.json", ".bash_history", "app-secrets.yaml", "gcp-key.json"),
    ],
)
def test_more_files_that_hold_secrets_by_custom(path: str) -> None:
    """Of clouds, databases, shells and tools."""
    assert secret_path(path)
    assert secret_path(f"deep/down/{path}")


@pytest.mark.parametrize(
    "path",
    [
        *(".env.example", ".env.sample", ".env.template", ".env.dist", ".env.defaults"),
        *(".env.local.example", "example.env", "secrets.example.yml", "secrets.yml.sample"),
        *("terraform.tfvars.example", "id_rsa.pub", "secrets.md", "wp-config.php"),
        *("appsettings.json", "service_account.py", "kubeconfig.go", "package.json", "history.py"),
    ],
)
def test_examples_and_programs_are_read(path: str) -> None:
    """They say which secrets there are to be, not what they are."""
    assert not secret_path(path)
    assert not secret_file(path, "API_KEY=<your key>\nPASSWORD=changeme\n")


CODE_WITH_SECRETS = r"""
db_pwd = "s3cr3t-Value"
db_pwd = "swordfish"
password = "abcd12'hunter2"
password = 'abcd12\'hunter2'
password = '''hunter2'''
headers = {"Authorization": "Bearer abc123def456"}
headers = {"Authorization": "Bearer abcdefghijkl"}
run('curl -H "Authorization: Basic dXNlcjpwYXNz" https://host')
login("admin", "hunter2")
session.login(user, "letmein")
connection = connect(user, "hunter2")
connection = mysql.connect("localhost", "root", "hunter2")
get(url, auth=("admin", "hunter2"))
client.auth("admin", "hunter2")
password: str = "hunter2"
PASSWORD = getenv("DB_PASSWORD", "hunter2")
const password = process.env.DB_PASSWORD || "hunter2";
const char *db_password = "hunter2";
let password: &str = "hunter2";
url = "postgres://app:hunter2@db:5432/app"
dsn = "host=db user=app password=hunter2"
text = "Server=db;User Id=sa;Password=hunter2;"
text = "AccountName=x;AccountKey=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9v==;"
smtpPass: "hunter2",
client_secret = "abcdefXYZ"
define('DB_PASSWORD', 'hunter2');
user.set_password('hunter2')
execute("CREATE USER app IDENTIFIED BY 'hunter2'")
os.environ["DB_PASSWORD"] = "hunter2"
<property name="password" value="hunter2"/>
<password>hunter2</password>
if password == "hunter2":
run("mysql -u root -phunter2")
auth_token = "a1b2c3d4e5f6"
slack = "xoxb-123456789012-abcdefghijkl"
stripe = "sk_live_abcdefghij12345678"
mail = "SG.abcdefghij1234567890.abcdefghijklmnop12345"
npm = "npm_abcdefghijklmnopqrstuvwxyz0123456789"
pypi = "pypi-AgEIcHlwaS5vcmcCJDEyMzQ1Njc4LTEyMzQ"
hub = "hf_abcdefghijklmnopqrstuvwxyz01234567"
aws = "AKIAIOSFODNN7EXAMPLX"
web = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig"
hook = "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnop1234"
""".strip().splitlines()

SETTINGS_WITH_SECRETS = [
    ("a.yaml", "password: hunter2"),
    ("compose.yml", "  - POSTGRES_PASSWORD=hunter2"),
    ("a.sh", "export DB_PASSWORD=hunter2"),
    ("a.sh", "PGPASSWORD=hunter2 psql"),
    ("a.sh", "mysql -u root -p'hunter2' shop"),
    ("a.sh", "curl -u admin:hunter2 https://host"),
    ("a.sh", "sshpass -p hunter2 ssh host"),
    ("Dockerfile", "ENV DB_PASSWORD hunter2"),
    ("a.ini", "password = hunter2"),
    ("a.properties", "spring.datasource.password=hunter2"),
    ("a.http", "Authorization: Bearer abc123def456"),
]


@pytest.mark.parametrize(
    ("path", "line"), [*(("a.py", line) for line in CODE_WITH_SECRETS), *SETTINGS_WITH_SECRETS]
)
def test_a_secret_is_blanked_where_it_stands(path: str, line: str) -> None:
    """The lines around it are as they were, and so is its own but for the secret."""
    shown = without_secrets(path, f"first\n{line}\nlast\n").split("\n")

    assert (shown[0], shown[2:]) == ("first", ["last", ""])
    assert MARK in shown[1]
    assert all(word not in shown[1] for word in ("hunter2", "swordfish", "s3cr3t", "letmein"))
    assert secret_text(shown[1])


@pytest.mark.parametrize(
    "line",
    r"""
password = "…"
password = "changeme"
password = os.environ["X"]
password = getpass()
password = ""
password = "${DB_PASSWORD}"
password = f"{user}-{domain}"
password: str
password = input("Password: ")
token = "<your token>"
token = next(tokens)
token = "identifier"
TOKEN_TYPE = "bearer"
EOS_TOKEN = "<|endoftext|>"
token_url = "https://example.com/oauth/token"
headers["Authorization"] = f"Bearer {token}"
headers = {"Authorization": "Bearer " + token}
parser.add_argument("--password", help="the password")
raise ValueError("password is wrong")
getattr(user, "name")
password_field = "password_hash"
labels = {"password": "Enter your password"}
login(request, user)
button.connect("clicked", "handler")
url = "postgres://user:password@localhost/db"
url = "http://localhost:8080/a@b"
api_key = config["api_key"]
compass = "north1234"
connect(user=user, password=parts["password"])
HTTPBasicAuth(username or "", password or "")(resp.request)
def connect(password="",timeout=30,retries=4):
open(join(pwd, "./data/philox-1.bin"))
author = "Jane Doe 1234"
sha = "d41d8cd98f00b204e9800998ecf8427e"
    PASSED = "PASSED"
""".strip().splitlines(),
)
def test_what_is_no_secret_stays(line: str) -> None:
    """What stands for one, names one, or is about one."""
    assert without_secrets("a.py", line) == line


def test_a_private_key_is_blanked_to_its_end() -> None:
    """Line by line, so that what follows has its number still."""
    block = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\nabcdef\n-----END RSA PRIVATE KEY-----"

    assert without_secrets("a.py", f'KEY = """{block}\n"""\nx = 1\n') == (
        f'KEY = """-----BEGIN RSA PRIVATE KEY-----\n{MARK}\n{MARK}\n'
        '-----END RSA PRIVATE KEY-----\n"""\nx = 1\n'
    )


@pytest.mark.parametrize(
    ("path", "text", "kept"),
    [
        (
            "account.json",
            '{"private_key": "-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n-----END PRIVATE KEY-----\\n",'
            '\n"b": 1}',
            '"b": 1}',
        ),
        (
            "a.py",
            'KEY = "-----BEGIN EC PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQ"\ny = 1\nz()\n',
            "y = 1\nz()\n",
        ),
        (
            "a.py",
            'KEY = (\n    "-----BEGIN PRIVATE KEY-----\\n"\n'
            '    "MIIEvQIBADAN/+=\\n"\n    "MIIEvQ==\\n"\n'
            '    "-----END PRIVATE KEY-----"\n)\nx = 1\n',
            '    "-----END PRIVATE KEY-----"\n)\nx = 1\n',
        ),
        (
            "a.txt",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEvQIBADAN\nMIIEvQ==",
            f"\n{MARK}",
        ),
    ],
)
def test_a_private_key_is_blanked_however_it_is_written(path: str, text: str, kept: str) -> None:
    """In one line, in strings, below headers, cut off; what follows is as it was."""
    shown = without_secrets(path, text)

    assert "MIIEvQ" not in shown
    assert shown.endswith(kept)
    assert shown.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        'if line.startswith("-----BEGIN RSA PRIVATE KEY"):\n    a = 1\n    return b\n',
        'BEGIN = "-----BEGIN PRIVATE KEY-----"\nEND = "-----END PRIVATE KEY-----"\n',
        'ok = "-----BEGIN PRIVATE KEY-----" in x and "-----END PRIVATE KEY-----" in x\nfoo()\n',
    ],
)
def test_code_that_looks_for_private_keys_is_read(text: str) -> None:
    """The words that begin a key are none."""
    assert without_secrets("a.py", text) == text


def test_a_private_key_is_blanked_below_much_that_is_said_of_secrets() -> None:
    """Of a text's end less is looked at, but a key is a key."""
    much = f'password_field = "{"a" * 180}"\n' * 1_000
    shown = without_secrets("a.py", f"{much}-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n")

    assert "MIIEvQ" not in shown


def test_columns_are_right_where_small_letters_are_longer() -> None:
    """One letter is two when it is made small."""
    assert without_secrets("a.py", 'İİİ = 1; pwd = "hunter2"\n') == f'İİİ = 1; pwd = "{MARK}"\n'


HOSTILE = [
    *("token", "a", "'", '"', "://", "://a:", "=", " ", "password=", "password='", "eyJ", "eyJa."),
    *("login(", "login('a','", "connect(user,", "curl -u ", "mysql -", "--", "authorization: "),
    *("-----BEGIN ", "AKIA", "1", "0123456789abcdef", "x-", "<password>", "pass: ", "sk-", "a.b"),
    *("password value=", "machine ", "generated ", ";", "{", "İpwd='", "a=b;password=", "\u0301"),
]


@pytest.mark.slow
@pytest.mark.parametrize("unit", HOSTILE)
def test_repetitive_text_takes_linear_time(unit: str) -> None:
    """In one line and in many; in all that untrusted text meets."""

    def cost(n_chars: int) -> float:
        line = (unit * n_chars)[:n_chars]
        lines = "\n".join(line[at : at + 200] for at in range(0, n_chars, 200))
        best = math.inf
        for _ in range(2):
            began = time.process_time()
            for text in (line, lines):
                without_secrets("a.yaml", text)
                secret_file("secrets.py", text)
                secret_text(text)
                is_minified("a.js", text)
                without_long_lines(text)
                says_generated(text)
            best = min(best, time.process_time() - began)
        return best

    # Eight times as much: linear is 8, quadratic 64. Small amounts are noise.
    assert cost(80_000) < 24 * max(cost(10_000), 0.004)
