"""Tasks in modules from which something was taken: a right expression, or a docstring."""

from __future__ import annotations

from benchmarks.edits.task import FixBug, WriteDocstring

BUGS = (
    FixBug(
        "textwrap", "indent", "30917218ddc4",
        "return line.strip()", "return line.rstrip('\\n')",
        (
            ("indent('a\\nb\\n', '> ')", "'> a\\n> b\\n'"),
            ("indent('a\\n  \\nb\\n', '> ')", "'> a\\n  \\n> b\\n'"),
        ),
        (
            "indent('\\t\\n x\\n\\n', '# ')",
            "indent('a\\r\\n\\r\\nb', '> ')",
            "indent(' ', '> ')",
            "indent('a\\n \\n', '> ', lambda line: True)",
        ),
    ),
    FixBug(
        "colorsys", "hls_to_rgb", "fecd7209d069",
        "if l <= 0.5:", "if l >= 0.5:",
        (
            ("hls_to_rgb(0.0, 0.25, 0.0)", "(0.25, 0.25, 0.25)"),
            ("hls_to_rgb(0.0, 0.25, 1.0)", "(0.5, 0.0, 0.0)"),
        ),
        (
            "hls_to_rgb(0.3, 0.75, 0.5)",
            "hls_to_rgb(0.6, 0.1, 0.9)",
            "hls_to_rgb(0.9, 0.5, 0.2)",
            "hls_to_rgb(0.5, 1.0, 1.0)",
        ),
    ),
    FixBug(
        "heapq", "nsmallest", "f162cbc9672f",
        "if elem < top:", "if top < elem:",
        (
            ("nsmallest(5, [2, 1])", "[1, 2]"),
            ("nsmallest(2, [5, 3, 4, 1, 2])", "[1, 2]"),
        ),
        (
            "nsmallest(3, [9, 8, 7, 6, 5, 4, 5])",
            "nsmallest(2, 'hello world')",
            "nsmallest(2, [3, -1, 2, -5], key=abs)",
            "nsmallest(0, [1, 2])",
            "nsmallest(2, iter([1, 2, 3]))",
        ),
    ),
    FixBug(
        "statistics", "median", "652c73b2a685",
        "(data[i - 1] + data[i]) / 2", "(data[i] + data[i + 1]) / 2",
        (
            ("median([1, 3, 5])", "3"),
            ("median([1, 3, 5, 7])", "4.0"),
        ),
        (
            "median([4, 1])",
            "median([10, 2, 8, 4, 0, 6])",
            "median([])",
            "median([2.5])",
            "median(iter([1, 2, 2, 3, 14]))",
        ),
    ),
    FixBug(
        "calendar", "monthrange", "4204dff0ba1a",
        "(month == February and isleap(year))", "(month >= February and isleap(year))",
        (
            ("monthrange(2023, 3)", "(2, 31)"),
            ("monthrange(2024, 3)", "(4, 31)"),
        ),
        (
            "monthrange(2024, 2)",
            "monthrange(2023, 2)",
            "monthrange(2000, 12)",
            "monthrange(2020, 1)",
            "monthrange(2020, 13)",
        ),
    ),
    FixBug(
        "urllib.parse", "unquote_to_bytes", "b152c26a1910",
        "append(item[2:])", "append(item[1:])",
        (
            ("unquote_to_bytes('abc')", "b'abc'"),
            ("unquote_to_bytes('abc%20def')", "b'abc def'"),
        ),
        (
            "unquote_to_bytes('%C3%A4%zz%4')",
            "unquote_to_bytes('%41')",
            "unquote_to_bytes(b'a%2Fb%2fc%')",
            "unquote_to_bytes('')",
        ),
    ),
    FixBug(
        "shlex", "quote", "cc7934de3fb6",
        "s.replace(\"'\", \"'\\\"'\\\"'\")", "s.replace(\"'\", \"\\\"'\\\"\")",
        (
            ("quote('a b')", "\"'a b'\""),
            ("quote(\"it's\")", "\"'it'\\\"'\\\"'s'\""),
        ),
        (
            "quote('\\'')",
            "quote('plain')",
            "join(['', 'rock\\'n\\'roll'])",
            "split(quote('a\\'\"b'))",
            "quote('')",
        ),
    ),
    FixBug(
        "posixpath", "commonpath", "3787a1ad5ccb",
        "common = s1[:i]", "common = s1[: i + 1]",
        (
            ("commonpath(['/usr/lib', '/usr/lib'])", "'/usr/lib'"),
            ("commonpath(['/usr/lib', '/usr/local'])", "'/usr'"),
        ),
        (
            "commonpath(['a/b/c', 'a/b/d', 'a/x'])",
            "commonpath(['/a', '/b'])",
            "commonpath([b'a/./b', b'a//b/c'])",
            "commonpath(['/a', 'a'])",
            "commonpath([])",
        ),
    ),
)  # fmt: skip

DOCSTRINGS = (
    WriteDocstring("ipaddress", "v4_int_to_packed", "6976ba0dd738"),
    WriteDocstring("ipaddress", "_count_righthand_zero_bits", "8529ed9b1138"),
    WriteDocstring("ipaddress", "_find_address_range", "0f92383f068e"),
    WriteDocstring("posixpath", "dirname", "39df65dd727c"),
    WriteDocstring("textwrap", "shorten", "6c3f09b9acf8"),
    WriteDocstring("statistics", "multimode", "d5e12927e6aa"),
    WriteDocstring("calendar", "TextCalendar.formatweekday", "1a5c6fcd2fc1"),
    WriteDocstring("base64", "b16decode", "af9206805e58"),
)
