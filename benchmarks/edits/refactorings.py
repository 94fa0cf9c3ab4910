"""Tasks that change how code is written: names, parameters, functions taken out of others."""

from __future__ import annotations

from benchmarks.edits.task import AddParameter, Extract, Rename

RENAMES = (
    Rename("posixpath", "relpath", "854562e49cea", "rel_list", "steps"),
    Rename("textwrap", "TextWrapper._fix_sentence_endings", "e9b9214c2ca4", "i", "index"),
    Rename("colorsys", "rgb_to_hls", "24a29bda78fb", "rangec", "spread"),
    Rename("bisect", "bisect_right", "9196ae17b997", "mid", "middle"),
    Rename("heapq", "_siftup", "dde1afc5787e", "childpos", "child"),
    Rename("statistics", "quantiles", "022cecdca5ff", "ld", "count"),
    Rename("urllib.parse", "parse_qsl", "5bfbc6848fb1", "nv", "pair"),
    Rename("difflib", "get_close_matches", "56361cc95610", "s", "matcher"),
)

PARAMETERS = (
    AddParameter(
        "textwrap", "indent", "30917218ddc4",
        "text, prefix, predicate=None, skip_first=False",
        "skip_first",
        "if it is true, the first line gets no prefix.",
        (
            "indent('a\\nb\\n', '> ')",
            "indent('a\\n\\n  b', '# ', lambda line: True)",
            "indent('', '> ')",
            "indent('  \\n x', '\\t', predicate=str.isspace)",
        ),
        (
            ("indent('a\\nb\\nc', '> ', skip_first=True)", "'a\\n> b\\n> c'"),
            ("indent('\\na\\n', '> ', lambda line: True, True)", "'\\n> a\\n'"),
            ("indent('', '> ', skip_first=True)", "''"),
        ),
    ),
    AddParameter(
        "html", "escape", "2750739274c2",
        "s, quote=True, apostrophe='&#x27;'",
        "apostrophe",
        "what takes the place of a single quote, where quotes are replaced.",
        (
            "escape('<a href=\"x\">it\\'s & more</a>')",
            "escape('\"it\\'s\" <b>', quote=False)",
            "escape('', False)",
            "escape('&amp;\\'')",
        ),
        (
            ("escape('it\\'s', apostrophe='&apos;')", "'it&apos;s'"),
            ("escape('\\'\\'<\"', True, '')", "'&lt;&quot;'"),
            ("escape('it\\'s', False, '&apos;')", "'it\\'s'"),
        ),
    ),
    AddParameter(
        "shlex", "join", "1d9ddebb03c9",
        "split_command, sep=' '",
        "sep",
        "what stands between the parts.",
        ("join(['ls', '-l', 'a file'])", "join([])", "join(['it\\'s', ''])", "join('ab')"),
        (
            ("join(['ls', 'a file'], sep=' \\\\\\n')", "'ls \\\\\\n\\'a file\\''"),
            ("join(['a', 'b', 'c'], '')", "'abc'"),
            ("join([], '; ')", "''"),
        ),
    ),
    AddParameter(
        "string", "capwords", "8871aedbcbaf",
        "s, sep=None, joiner=None",
        "joiner",
        "what the words are joined with; if it is None, they are joined as now.",
        (
            "capwords('hello  big\\tWORLD ')",
            "capwords('a-b-c', '-')",
            "capwords('', '-')",
            "capwords('one--two', sep='-')",
        ),
        (
            ("capwords('hello big world', joiner='_')", "'Hello_Big_World'"),
            ("capwords('a-b', '-', '+')", "'A+B'"),
            ("capwords('a b c', None, '')", "'ABC'"),
        ),
    ),
    AddParameter(
        "colorsys", "rgb_to_hsv", "34753597cc19",
        "r, g, b, degrees=False",
        "degrees",
        "if it is true, the hue is returned in degrees, from 0.0 to 360.0, not from 0.0 to 1.0.",
        (
            "rgb_to_hsv(0.2, 0.4, 0.4)",
            "rgb_to_hsv(1, 0, 0.5)",
            "rgb_to_hsv(0.3, 0.3, 0.3)",
            "rgb_to_hsv(0.1, 0.9, 0.3)",
        ),
        (
            ("[round(x, 6) for x in rgb_to_hsv(0, 0, 1, degrees=True)]", "[240.0, 1.0, 1]"),
            ("[round(x, 6) for x in rgb_to_hsv(0.0, 0.5, 0.5, True)]", "[180.0, 1.0, 0.5]"),
            ("rgb_to_hsv(0.25, 0.25, 0.25, True)", "(0.0, 0.0, 0.25)"),
        ),
    ),
    AddParameter(
        "statistics", "multimode", "d5e12927e6aa",
        "data, at_least=1",
        "at_least",
        "values that occur fewer times than that are left out of the result.",
        (
            "multimode('aabbbbccddddeeffffgg')",
            "multimode([])",
            "multimode([3, 1, 2])",
            "multimode(iter([1, 1, 2]))",
        ),
        (
            ("multimode('abc', at_least=2)", "[]"),
            ("multimode('aabbc', 2)", "['a', 'b']"),
            ("multimode([], at_least=5)", "[]"),
        ),
    ),
    AddParameter(
        "urllib.parse", "unwrap", "ee852e531e21",
        "url, prefix='URL:'",
        "prefix",
        "the mark that is cut off at the beginning, in place of 'URL:'.",
        (
            "unwrap('<URL:scheme://host/path>')",
            "unwrap(' URL: x://y ')",
            "unwrap('<x://y>')",
            "unwrap('')",
        ),
        (
            ("unwrap('<LINK: x://y>', prefix='LINK:')", "'x://y'"),
            ("unwrap('URL:x://y', 'U')", "'RL:x://y'"),
            ("unwrap('URL:x://y', 'http')", "'URL:x://y'"),
        ),
    ),
    AddParameter(
        "base64", "encodebytes", "3c8bdda6ec52",
        "s, newline=True",
        "newline",
        "if it is false, the lines of the result have no line ends.",
        (
            "encodebytes(b'hello')",
            "encodebytes(bytes(range(200)))",
            "encodebytes(b'')",
            "encodebytes('text')",
        ),
        (
            ("encodebytes(b'hello', newline=False)", "b'aGVsbG8='"),
            ("encodebytes(bytes(120), False)", "b'A' * 160"),
            ("encodebytes(b'', False)", "b''"),
        ),
    ),
)  # fmt: skip

EXTRACTIONS = (
    Extract(
        "calendar", "timegm", "38e811414bf8",
        "_days_since_epoch", "year, month, day",
        "the computation of `days`",
        "toordinal", "hours * 60",
        (
            "timegm((1970, 1, 1, 0, 0, 0))",
            "timegm((2024, 2, 29, 23, 59, 58, 0, 0, 0))",
            "timegm((1969, 12, 31, 0, 0, 1))",
            "timegm((2000, 13, 1, 0, 0, 0))",
        ),
    ),
    Extract(
        "posixpath", "dirname", "39df65dd727c",
        "_without_slashes", "head, sep",
        "the `if` that strips separators from the end of `head`",
        "rstrip", "rfind",
        (
            "dirname('/usr//lib')",
            "dirname('//')",
            "dirname('file')",
            "dirname(b'/a/b/')",
            "dirname('///a')",
        ),
    ),
    Extract(
        "colorsys", "rgb_to_hsv", "34753597cc19",
        "_hue", "r, g, b, maxc, rangec",
        "the computation of the hue (from `rc` on to the last value of `h`)",
        "4.0", "minc",
        (
            "rgb_to_hsv(0.2, 0.4, 0.4)",
            "rgb_to_hsv(1, 0, 0.5)",
            "rgb_to_hsv(0.3, 0.3, 0.3)",
            "rgb_to_hsv(0.1, 0.2, 0.9)",
        ),
    ),
    Extract(
        "statistics", "correlation", "ff505fc0bcae",
        "_squared_deviations", "values, mean",
        "the sum of squares that `sxx` and `syy` compute, each of them by a call,",
        ":=", "sqrt",
        (
            "correlation([1, 2, 3, 4.5], [9, 7, 8, 1])",
            "correlation([1, 2], [3, 4])",
            "correlation([1, 1], [3, 4])",
            "correlation([1], [1])",
            "correlation([1, 2, 3], [1, 2])",
        ),
    ),
    Extract(
        "urllib.parse", "_checknetloc", "11476f5dc05f",
        "_without_delimiters", "netloc",
        "the four calls of `replace` that give `n`",
        "replace", "normalize",
        (
            "_checknetloc('example.com')",
            "_checknetloc('ex\\u2100mple.com')",
            "_checknetloc('ex\\xe4mple.com:80')",
            "_checknetloc('a@b\\u212a#?:c')",
            "_checknetloc('')",
        ),
    ),
    Extract(
        "difflib", "get_close_matches", "56361cc95610",
        "_is_close", "s, cutoff",
        "the condition of the `if` in the loop (three ratios and the cutoff)",
        "real_quick_ratio", "_nlargest",
        (
            "get_close_matches('appel', ['ape', 'apple', 'peach', 'puppy'])",
            "get_close_matches('abc', ['abd', 'xyz', 'ab'], n=1, cutoff=0.1)",
            "get_close_matches('abc', [])",
            "get_close_matches('abc', ['abc'], n=0)",
        ),
    ),
    Extract(
        "html", "_replace_charref", "9cf21bdd97f8",
        "_numeric_charref", "s",
        "what is done for a numeric reference (the body of `if s[0] == '#'`)",
        "_invalid_codepoints", "_html5",
        (
            "unescape('&#x41;&#65; &#X1F600;')",
            "unescape('&amp &notit; &nothing; &lt;')",
            "unescape('&#xD800;&#x110000;&#0;&#1;&#128;')",
            "unescape('plain')",
        ),
    ),
    Extract(
        "base64", "_b32encode", "6c7ea6b911e2",
        "_padded", "encoded, leftover",
        "the adjusting of the last signs for `leftover` (the `if` and `elif` at the end)",
        "b'======'", "from_bytes",
        (
            "[b32encode(bytes(range(n))) for n in range(12)]",
            "b32hexencode(b'hello')",
            "b32encode('text')",
        ),
    ),
)  # fmt: skip
