"""Where in a line a password, a key or a token stands, in the open.

A line is judged by the name that a value has, by calls and headers that take one, and by the
shapes of known keys. What stands for a value (`<your token>`, `${TOKEN}`, "changeme") is none.
Lines come from anywhere, so every pattern has bounds, and of a long line only its ends are seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ownstack.files.secret.private_keys import keys_in

MAX_LINE_CHARS = 2_000

Span = tuple[int, int]
"""First character and the one after the last."""

_PASSWORD = r"pass(?:word|wd|phrase|code)|pwd|passw|mot_?de_?passe|kennwort|passwort"
_SECRET = (
    r"secret|api[_-]?key|(?:access|private|client|account|encryption|signing|master|shared|storage"
    r"|consumer|service|deploy|admin)[_-]?key|conn(?:ection)?[_-]?str(?:ing)?"
)
_TOKEN = (
    r"(?<![A-Za-z])auth(?![A-Za-z])|token|credential|auth[_-]?key|bearer|session[_-]?key"
    r"|licen[sc]e[_-]?key|webhook"
)
_SHORT = (
    r"(?<![A-Za-z])(?:(?i:pw)|pass|Pass)(?![A-Za-z])|(?<=[a-z\d])Pass(?![a-z])"
    r"|(?<![A-Za-z])PASS(?![A-Za-z])"
)
_NAME = (
    rf"(?:(?P<password>(?i:{_PASSWORD})|{_SHORT})|(?P<secret>(?i:{_SECRET}))"
    rf"|(?P<token>(?i:{_TOKEN})))"
)
_BEGINNING = re.compile(
    r"pass|pw|mot_?de|kennwort|secret|api|access|private|client|account|encryption|signing|master"
    r"|shared|storage|consumer|service|deploy|admin|conn|auth|token|credential|bearer|session"
    r"|licen|webhook"
)
"""Of all that `_NAME` may be, in small letters: found three times as fast."""
_TYPE = r"(?:\s{0,4}:\s{0,4}[&*]?[A-Za-z_][\w.<>|?&\[\]]{0,40}(?=\s{0,4}=))?"
_LITERAL = (
    # Two quotes are an empty text, and what follows is none.
    r"[A-Za-z@$]{0,2}(?P<quote>\"{3}|'{3}|(?!\"\"|''|``)[\"'`]{1,2})(?P<value>[^\"'`\n]{1,400})"
)
_NAMED = re.compile(
    # Once found, the rest of a name is not tried shorter, which would cost its square.
    rf"{_NAME}(?=(?P<suffix>[\w-]{{0,40}}))(?P=suffix)(?![\w-])"
    r"(?P<close>[\"'`]?(?:\\[\"'])?\]?|\[\w{0,8}\])[ \t]{0,8}" + _TYPE + r"[ \t]{0,8}"
    r"(?:(?P<sep>=>|:=|[!=?|]{1,2}=|<-|\|\||\?\?|or\b|=|:|,|\()[ \t]{0,8}(?:\([ \t]{0,4})?"
    rf"(?:{_LITERAL}|(?P<bare>[^\s\"'`;,(){{}}\[\]<>&|]{{4,200}}))"
    r"|>(?P<xml>[^<>\n]{4,200})</"
    r"|[ \t]{1,4}(?P<word>[^\s\"'`;,(){}\[\]<>&|=:-][^\s\"'`;,(){}\[\]<>&|=:]{5,99})[ \t]*$"
    r"|[^<>\n]{0,40}\bvalue[ \t]{0,4}=[ \t]{0,4}[\"'](?P<attribute>[^\"'\n]{1,200}))"
)
_ABOUT = re.compile(
    r"(?i)name|field|label|ur[li]|path|file|dir|type|hash|algo|polic|prompt|placeh|err|mess|msg|help"
    r"|title|hint|regex|patt|prefix|suffix|head|env|var|input|form|page|view|param|encod|context"
    r"|manag|provid|class|len|count|expir|ttl|scope|endp|loc|store|serv|kind|col|attr|reset|chang"
    r"|confirm|stren|valid|requir|creat|_at$|ids?$|index|list|map|text|desc|doc|note|info|stat|mode"
    r"|method|grant|issuer|aud|_re$|char|i[sz]e|case|sep|gen|check|verif|length|rule|icon|test_|req"
    r"|resp|callback|handler|func|arn|ref|vault|manager|digits|bytes|bits|size|ring|alias|option"
)
"""A name with one of these is of something about a password, and no password has it."""
_ABOUT_BEFORE = re.compile(
    r"(?i)(?:forgot|reset|chang|confirm|show|hid|enter|invalid|wrong|requir|miss|no|has|is|use|allow"
    r"|need|next|prev|current|unknown|expected|csrf|html|id|page|end|start|begin|stop|special|pad"
    r"|eos|bos|unk|mask|sep|cls|first|last|css|lex|operator|keyword|ident|syntax)[\w.-]{0,20}$"
)
_STANDS_FOR = re.compile(
    r"(?i)[\W_]*|x{3,}|<.*|\[.*\]|[$%{#@].*|.*(?:\$\{|\{\{|%\(|%s|\{\w*\}).*|\.{2,}.*|.*(?:\.\.\.|…).*"
    r"|your.*|my[_-]?(?:secret|pass|token|key|api).*|change.?(?:me|it|this).*|replace.*|insert.*"
    r"|enter.*|.*example.*|sample.*|dummy.*|.*placeholder.*|to.?do.*|fixme|tbd|.*redacted.*|none|null"
    r"|nil|undefined|true|false|tests?|testing|pass|password|passwd|pwd|passphrase|secret|token|key"
    r"|api.?key|user(?:name)?|foo(?:bar)?|bar|baz|string|str|text|hidden|default|empty|optional"
    r"|required|value|abc|n/?a|unknown|bearer|basic|oauth2?|jwt|sha-?\d+|md5|utf-?8|yes|no|on|off"
    r"|(?:https?|file)://[^:@\s]{0,200}|\S{0,20}\[\w+\].*"
)
_WORDS = re.compile(r"[A-Za-z][a-z]*|[A-Z]+")
_SENSITIVE = frozenset(
    (
        *("password", "passwd", "pwd", "pass", "passphrase"),
        *("secret", "token", "key", "auth", "credentials"),
    )
)
_MAX_REST_CHARS = 200
"""Of a literal, behind a quote in it."""
_ENDS = ("", "#", ";", "\\", "&", "|")
"""What may follow a value without quotes in its line."""
_CODE = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*)*[?!*]?")
"""A name of something: what has no quotes around it is one, in code."""
_CONSTANT = re.compile(r"[A-Z][A-Z\d_]*|[a-z]+[_-]?\d{1,2}|[\d.]+")

_AUTHORIZATION = re.compile(
    r"(?i:authorization|x-[\w-]{0,20}(?:key|token|auth))[\"'`]?\]?"
    r"[ \t]{0,4}(?:[:,]|={1,2}|=>|\()[ \t]{0,4}"
    r"[A-Za-z@$]{0,2}[\"'`]?(?:(?i:bearer|basic|token|digest|apikey|key|bot)[ \t:]{1,4})?"
    r"(?P<value>[\w.~+/=-]{6,400})"
)
_STRING = r"[A-Za-z@$]{0,2}[\"'][^\"'\n]{1,100}[\"']"
_SECOND = r"[ \t]{0,4},[ \t]{0,4}[A-Za-z@$]{0,2}[\"'`](?P<value>[^\"'`\n]{3,100})[\"'`]"
_LOGINS = (
    r"(?i:log_?in|log_?on|sign_?in|sign_?up|authenticate|auth|basic_?auth|basicauthentication"
    r"|setbasicauth|httpbasicauth|httpdigestauth|networkcredential|passwordauthentication"
    r"|usernamepasswordcredentials?|usernamepasswordauthenticationtoken|simplecredentials"
    r"|plainauth|authbasic|setcredentials|credentials|create_?(?:super_?)?user|add_?user)"
)
_WHO = r"[\w.>$-]{0,40}(?i:user|usr|login|account|email|uid)[\w\]\"']{0,10}"
_NAME_WORDS = (
    *("pass", "pw", "kennwort", "secret", "token", "credential", "bearer", "key", "auth"),
    *("connection", "connstr", "conn_str"),
)
_NAMES_SOME = re.compile(r"(?i:pass|pwd|secret|token|api.?key|authoriz|bearer)|://[^/\s]{1,64}:")
_CALLS = tuple(
    (words, re.compile(pattern))
    for words, pattern in (
        # login("admin", "..."), also of a name: login(user, "...")
        (
            ("log", "sign", "auth", "credential", "user"),
            rf"(?<![A-Za-z]){_LOGINS}[ \t]{{0,2}}\([ \t]{{0,4}}(?:{_STRING}|{_WHO}){_SECOND}",
        ),
        (
            ("auth",),
            r"(?i:auth)[ \t]{0,2}[=:][ \t]{0,4}[(\[][ \t]{0,4}"
            rf"(?:{_STRING}|{_WHO}){_SECOND}",
        ),
        # connect(user, "..."), connect("host", "user", "...")
        (
            ("conn", "session", "client", "database"),
            r"(?i:connect|connection|session|client|database)\w{0,20}[ \t]{0,2}\("
            rf"(?:[^()\n]{{0,60}}[ \t,(])?{_WHO}{_SECOND}",
        ),
        (
            ("connect", "mysqli", "pdo"),
            rf"(?i:connect|connection|mysqli|pdo)\w{{0,20}}[ \t]{{0,2}}\([ \t]{{0,4}}{_STRING}"
            rf"[ \t]{{0,4}},[ \t]{{0,4}}{_STRING}{_SECOND}",
        ),
        (
            ("pass", "pwd", "key"),
            r"(?i:set|with|use|\.|->)_?(?i:password|passwd|pwd|passphrase|secret_?key|api_?key)"
            r"[ \t]{0,2}\([ \t]{0,4}[A-Za-z@$]{0,2}[\"'`](?P<value>[^\"'`\n]{4,100})[\"'`]",
        ),
        (
            ("identified", "password"),
            r"(?i:identified[ \t]{1,4}(?:with[ \t]{1,4}\w{1,40}[ \t]{1,4})?by|\bpassword)"
            r"[ \t]{1,4}(?:as[ \t]{1,4})?'(?P<value>[^'\n]{3,100})'",
        ),
        # Programs of a terminal.
        (
            ("curl",),
            r"\bcurl\b[^\n]{0,120}?(?:-u|--user|--proxy-user)[ \t=]{0,2}[\"']?[\w.@+-]{1,60}:"
            r"(?P<value>[^\s\"'@]{3,100})",
        ),
        (
            (" -",),
            r"\b(?:mysql\w{0,10}|mariadb|sshpass|mongo\w{0,10}|redis-cli|ldap\w{1,10}|sqlcmd|7z)\b"
            r"[^\n]{0,120}?[ \t]-[pPaw](?P<value>[^\s\"'-][^\s\"']{3,100})",
        ),
        ((" -p",), r"(?:^|[ \t])-p[\"'](?P<value>[^\s\"'/:]{4,100})[\"']"),
        (
            (" -",),
            r"\b(?:sshpass|redis-cli|mongo\w{0,10}|docker[ \t]login|ldap\w{1,10})\b"
            r"[^\n]{0,120}?[ \t]-[paw][ \t]{1,4}[\"']?(?P<value>[^\s\"'-][^\s\"']{3,100})",
        ),
        (
            ("--",),
            r"--(?:[\w-]{1,20}-)?(?:password|passwd|pass|token|secret|api-?key)[ \t=]{1,2}[\"']?"
            r"(?P<value>[^\s\"'-][^\s\"']{3,200})",
        ),
        (("bearer",), r"\b(?i:bearer)[ \t]{1,4}(?P<value>(?=\D{0,40}\d)[\w.~+/=-]{10,400})"),
        (
            ("machine",),
            r"\bmachine\b[^\n]{0,120}?\bpassword[ \t]{1,4}(?P<value>[^\s\"']{3,100})",
        ),
        # Where it stands in an address, or between others in one string.
        (
            ("://",),
            r"://[^\s/:@\"'<>]{0,64}:(?P<value>[^\s/:@\"'<>]{3,128})@",
        ),
        (
            ("=",),
            r"[\"';&?, \t](?i:password|passwd|pwd|accountkey|sharedaccesskey|sig|api_?key"
            # What comes out of a dictionary is none.
            r"|access_?token)=(?![\w.]{1,60}\[[\"']\w)(?P<value>[^\s;&\"'`,()<>]{4,200})"
            r"(?=[;&\"'`]|[ \t]\w{1,30}=)",
        ),
    )
)
"""In small letters what must be in the line, and what its value is called."""
_KNOWN = re.compile(
    # One border for all, so that a place costs one look and not one for each shape.
    r"\b(?:(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[0-9A-Z]{12,30}|gh[pousr]_\w{20,255}"
    r"|github_pat_\w{20,255}|gl(?:pat|ptt|dt|rt|soat|cbt|ft|imt|agent)-[\w-]{16,255}"
    r"|xox[abeoprs]-[\w-]{10,255}|xapp-[\w-]{10,255}|sk-[\w-]{16,255}"
    r"|hooks\.slack\.com/(?:services|workflows)/[\w/]{16,99}|[rs]k_(?:live|test)_\w{10,255}"
    r"|whsec_\w{16,99}|AIza[\w-]{30,99}|ya29\.[\w-]{16,255}|GOCSPX-[\w-]{16,99}"
    r"|eyJ[\w-]{10,2000}\.[\w-]{10,2000}(?:\.[\w-]{1,2000})?|SG\.[\w-]{16,99}\.[\w-]{16,99}"
    r"|(?:SK|AC)[0-9a-f]{32}\b|npm_[A-Za-z0-9]{30,99}|pypi-[\w-]{30,255}|hf_[A-Za-z0-9]{30,99}"
    r"|do[opr]_v1_[0-9a-f]{40,99}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{30,99}"
    r"|sq0(?:atp|csp|idp)-[\w-]{20,99}|EAAA[\w-]{40,255}|key-[0-9a-f]{32}\b"
    r"|[0-9a-f]{32}-us\d{1,2}\b|ATATT3[\w=-]{40,255}|lin_api_\w{30,99}|figd_[\w-]{30,99}"
    r"|dapi[0-9a-f]{32}|PMAK-[\w-]{40,99}|NRAK-[0-9A-Z]{20,99}|rubygems_[0-9a-f]{40,99}"
    r"|dckr_pat_[\w-]{20,99}|hv[sbr]\.[\w-]{20,255}|glsa_\w{30,99}|AGE-SECRET-KEY-1\w{30,99}"
    r"|discord(?:app)?\.com/api/webhooks/[\w/-]{30,199}|\d{8,10}:AA[\w-]{30,50}"
    r"|sntrys_[\w+/=-]{30,255}|gsk_\w{30,99}|r8_\w{30,60}|secret_[A-Za-z0-9]{40,60}"
    r"|pat[A-Za-z0-9]{14}\.[0-9a-f]{40,99}|ntn_\w{40,60}|CfDJ8[\w-]{40,255}"
    r"|(?:AccountKey|SharedAccessKey)=[\w+/=]{20,200})"
)
_LONG = re.compile(r"[\w-]{16}|\beyJ")


def secrets_in(line: str, *, bare: bool = False) -> list[Span]:
    """Return where values that must stay secret stand in a line, in order; they do not overlap.

    `bare`: of a language in which values need no quotes.
    """
    if len(line) > MAX_LINE_CHARS:
        return [(0, len(line))] if _seen(line[:1_000], bare) or _seen(line[-1_000:], bare) else []
    found: list[Span] = []
    for start, end in sorted(_spans(line, bare)):
        if not found or start >= found[-1][1]:
            found.append((start, end))
        elif end > found[-1][1]:
            found[-1] = (found[-1][0], end)
    return found


def _seen(line: str, bare: bool) -> bool:
    return next(_spans(line, bare), None) is not None


def in_small_letters(text: str) -> str:
    """Return a text of the same length; one letter is longer when it is made small."""
    return (text if text.isascii() else text.replace("\u0130", "i")).lower()


def may_hold_some(line: str, *, bare: bool = False) -> bool:
    """Say, at a small cost, whether `secrets_in` need be asked."""
    return bare or '"' in line or "'" in line or "`" in line or ">" in line


def roughly_in(line: str) -> list[Span]:
    """Return the whole line if it is about secrets, at a small cost; for want of time for more."""
    if _NAMES_SOME.search(line[:MAX_LINE_CHARS]) and may_hold_some(line):
        return [(0, len(line))]
    return list(_known(line[:MAX_LINE_CHARS]))


def _spans(line: str, bare: bool) -> Iterator[Span]:
    yield from _known(line)
    yield from keys_in(line)
    if not may_hold_some(line, bare=bare):
        return
    small = in_small_letters(line)
    if _holds_any(small, _NAME_WORDS):
        at = 0
        for beginning in _BEGINNING.finditer(small):
            if beginning.start() < at:
                continue
            if found := _NAMED.match(line, beginning.start()):
                if span := _named(found, line, bare):
                    yield span
                # What stands for one value may be the name of another.
                at = found.end("suffix")
    if "auth" in small or "x-" in small:
        yield from _authorized(line)
    for words, pattern in _CALLS:
        if _holds_any(small, words):
            for match in pattern.finditer(line):
                if _is_kept_secret(match["value"], least=3) and not _is_sentence(match["value"]):
                    yield match.span("value")


def _known(line: str) -> Iterator[Span]:
    if _LONG.search(line):
        for match in _KNOWN.finditer(line):
            yield match.span()


def _holds_any(line: str, words: Iterable[str]) -> bool:
    # Several times in each line, where a generator costs as much as all words.
    for word in words:  # noqa: SIM110
        if word in line:
            return True
    return False


def _authorized(line: str) -> Iterator[Span]:
    for match in _AUTHORIZATION.finditer(line):
        value = match["value"]
        is_name = _CODE.fullmatch(value.rstrip("=")) and not _is_quoted(line, match)
        if _is_kept_secret(value, least=6) and not is_name:
            yield match.span("value")


def _is_quoted(line: str, match: re.Match[str]) -> bool:
    return line[match.end("value") : match.end("value") + 1] in ("'", '"', "`")


def _named(match: re.Match[str], line: str, bare: bool) -> Span | None:
    before = line[max(0, match.start() - 24) : match.start()]
    if _ABOUT.search(match["suffix"]) or _ABOUT_BEFORE.search(before):
        return None
    for group in ("value", "xml", "attribute", "bare", "word"):
        if match[group]:
            break
    value = match[group].rstrip("\\")
    # Code has quotes around what it says; in a string, something else ends the value.
    is_whole = group != "bare" or (bare and _is_all(match, line))
    if not is_whole and (_CODE.fullmatch(value) or not _is_chance(value)):
        return None
    if (group == "word" and not bare) or match["sep"] == "(":
        return None
    # Where it is one of several in a list, what comes next need not be its value.
    is_set = match["close"] and _SETTER.search(line)
    if match["sep"] == "," and not is_set and not _is_chance(value):
        return None
    if match["password"]:
        good = _is_kept_secret(value, least=4) and not _is_sentence(value)
    elif match["secret"]:
        good = _is_kept_secret(value, least=6) and " " not in value.strip()
    else:
        good = _is_kept_secret(value, least=8) and _is_chance(value)
    if not good:
        return None
    start, end = match.span(group)
    return start, _end_of_literal(match["quote"], line, end) if group == "value" else end


def _end_of_literal(quote: str, line: str, end: int) -> int:
    """Return where a literal ends, which goes on behind another quote in it, or an escaped one."""
    at = end
    while at >= 0 and (not line.startswith(quote, at) or line[at - 1] == "\\"):
        at = line.find(quote, at + 1, end + _MAX_REST_CHARS)
    return end if at < 0 or " " in line[end:at] else at


_SETTER = re.compile(
    r"(?i)set|put|define|add|env|fetch|property|header|append|insert|save|store|get\w{0,3}\("
)


def _is_all(match: re.Match[str], line: str) -> bool:
    """Say whether nothing more belongs to a value without quotes, but a command that it is for."""
    rest = line[match.end("bare") :]
    if match["sep"] not in ("=", ":"):
        return False
    return rest.lstrip()[:1] in _ENDS or (line[match.end("close")] == "=" and rest[0] == " ")


def _is_kept_secret(value: str, *, least: int) -> bool:
    """Say whether a value is one, and does not stand for one."""
    value = value.strip()
    if len(value) < least or _STANDS_FOR.fullmatch(value):
        return False
    words = _WORDS.findall(value)
    is_name = len(words) > 1 and "".join(words) == re.sub(r"[_\-. ]", "", value)
    return not (is_name and _SENSITIVE.intersection(word.lower() for word in words))


def _is_sentence(value: str) -> bool:
    """Say whether it is something to read; a passphrase is words in small letters."""
    value = value.strip()
    if " " not in value:
        return value.startswith(("/", "./", "../")) or value.endswith(
            (":", ".html", ".py", ".js", ".json", ".txt")
        )
    return (
        value.count(" ") < 2
        or not value.replace(" ", "").islower()
        or not value.replace(" ", "").isalpha()
    )


def _is_chance(value: str) -> bool:
    """Say whether there are letters and digits in it, as in what a generator makes."""
    value = value.strip()
    if len(value) < 8 or " " in value or _CONSTANT.fullmatch(value) or "://" in value:
        return False
    return any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
