"""Which licences a training file may have: permissive ones only, checked package and file."""

from __future__ import annotations

import fnmatch
import re

COPYLEFT = re.compile(
    r"\b(?:A?GPL|LGPL|MPL|EPL|CDDL|EUPL|OSL|CPL|SSPL|BUSL|QPL|SISSL|Artistic|MS-RL)\b|"
    r"\b[AL]?GPL-?v?\d|GNU (?:Lesser |Library |Affero )?(?:General|Public)|Mozilla Public|"
    r"Eclipse Public|Common Development and Distribution|CeCILL|Sleepycat|Business Source|"
    r"Server Side Public|CC-BY-(?:SA|NC|ND)|non-?commercial|proprietary",
    re.IGNORECASE,
)
PERMISSIVE = re.compile(
    r"\b(?:MIT|MIT-0|Expat|BSD|0BSD|Apache|ISC|PSF|PSF-2\.0|Python|Zlib|Unlicense|CC0|BSL-1\.0|"
    r"Boost|PostgreSQL|curl|public[- ]domain|blessing|HPND|NCSA|WTFPL|X11|SSLeay|Unicode|Go\b|"
    r"permissive|all-permissive)",
    re.IGNORECASE,
)
SPDX = re.compile(r"SPDX-License-Identifier:\s*(.+)")
HEADER_CHARS = 4_000


def permissive(expression: str) -> bool:
    """Whether a licence expression leaves a permissive choice.

    Alternatives ("GPL-2+ or Expat") need one that is permissive as a whole; conjunctions
    ("MIT and MPL-2.0") need every part. Unknown names count as not permissive.
    """
    alternatives = re.split(r"\bor\b|/|\|", expression, flags=re.IGNORECASE)
    return any(PERMISSIVE.search(choice) and not COPYLEFT.search(choice) for choice in alternatives)


def refused_by_header(text: str) -> bool:
    """Whether a file's own header says that it is not permissive.

    An SPDX line decides; otherwise any copyleft name near the top refuses the file, since a
    dual-licensed file costs less to lose than a copyleft one to keep.
    """
    head = text[:HEADER_CHARS]
    if match := SPDX.search(head):
        return not permissive(match.group(1))
    return bool(COPYLEFT.search(head))


def debian_rules(copyright_file: str) -> list[tuple[re.Pattern[str], bool]]:
    """The `Files:` paragraphs of a machine-readable debian/copyright, in order: last match wins.

    https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
    """
    rules: list[tuple[re.Pattern[str], bool]] = []
    for paragraph in re.split(r"\n[ \t]*\n", copyright_file):
        fields = dict(
            re.findall(r"^(Files|License):[ \t]*((?:.*)(?:\n[ \t].*)*)", paragraph, re.MULTILINE)
        )
        if "Files" not in fields or "License" not in fields:
            continue
        allowed = permissive(fields["License"].split("\n")[0])
        for glob in fields["Files"].split():
            rules.append((re.compile(fnmatch.translate(glob)), allowed))
    return rules


def allowed_by_rules(rules: list[tuple[re.Pattern[str], bool]], path: str) -> bool:
    """True where no rule speaks: the package's own licence then stands."""
    verdict = True
    for pattern, allowed in rules:
        if pattern.match(path):
            verdict = allowed
    return verdict
