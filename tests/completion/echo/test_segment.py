"""One suffix array: every match is real, the longest ones come first, damage is noticed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.completion.echo.segment import FileText, Segment, SegmentCorruptError

STAMP = (1, 2)


def segment(*texts: str) -> Segment:
    return Segment.build(
        FileText(f"{number}.py", STAMP, text.encode()) for number, text in enumerate(texts)
    )


def common(a: bytes, b: bytes) -> int:
    """The length of the longest common end."""
    pairs = zip(reversed(a), reversed(b), strict=False)
    return next((n for n, (x, y) in enumerate(pairs) if x != y), min(len(a), len(b)))


words = st.text(st.sampled_from("ab\n"), max_size=30)


@given(st.lists(words, min_size=1, max_size=4), words)
def test_matches_are_the_longest_ones(texts: list[str], tail: str) -> None:
    """Against a search by hand: the same lengths, each at a place where they hold."""
    made = segment(*texts)
    joined = made.read(0, made.size_bytes)
    expected = sorted((common(joined[:end], tail.encode()) for end in range(len(joined))), key=int)

    found = made.find(tail.encode()[::-1], limit=8)

    if tail:
        longest = expected[-1]
        assert found.lengths.max() == longest
        assert list(found.lengths) == sorted(found.lengths, reverse=True)
    for end, length in zip(found.ends.tolist(), found.lengths.tolist(), strict=True):
        assert common(joined[:end], tail.encode()) == length


def test_a_match_longer_than_what_is_compared_at_once() -> None:
    """Two hundred equal characters are told from a hundred."""
    tail = ",".join(str(n) for n in range(100))[-200:]

    found = segment(f"{tail}1", f"{tail[-100:]}2").find(tail.encode()[::-1], limit=4)

    assert found.lengths[:2].tolist() == [200, 100]
    assert found.files[:2].tolist() == [0, 1]


def test_a_match_knows_its_file() -> None:
    """Also at the first and the last character of a file, and beside an empty one."""
    made = segment("one", "", "two\n")

    found = made.find(b"two\n"[::-1], limit=1)

    assert (found.files[0], found.lengths[0]) == (2, 4)
    assert made.read(int(found.ends[0]), int(found.ends[0]) + 9) == b"\0"


@pytest.mark.parametrize("tail", [b"", b"\xff\xff\xff\xff", b"nowhere"])
def test_what_is_not_there(tail: bytes) -> None:
    """No match is a match of no length."""
    found = segment("text").find(tail, limit=4)

    assert all(length == 0 for length in found.lengths.tolist())


def test_how_often_a_text_occurs() -> None:
    """Counted over all files, overlapping ones too."""
    made = segment("aaab", "aab")

    assert [made.count(text[::-1]) for text in (b"aa", b"b", b"c")] == [3, 2, 0]


def test_written_and_mapped_again(tmp_path: Path) -> None:
    """A segment from disk answers as the one in memory did."""
    made = segment("def f():\n    return 1\n", "naïve = 'ü'\n")
    made.write(tmp_path / "a.echo")

    again = Segment.open(tmp_path / "a.echo")

    assert again.files == made.files
    assert [again.source(file) for file in again.files] == [made.source(f) for f in made.files]
    tail = b"return "[::-1]
    assert again.find(tail, 4).ends.tolist() == made.find(tail, 4).ends.tolist()
    assert list(tmp_path.iterdir()) == [tmp_path / "a.echo"]


def test_size_on_disk(tmp_path: Path) -> None:
    """At most six times the text."""
    text = "value = compute(other)\n" * 2_000
    segment(text).write(tmp_path / "a.echo")

    assert (tmp_path / "a.echo").stat().st_size < 6 * len(text)


@pytest.mark.parametrize("damage", ["empty", "short", "flipped", "foreign"])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    """Whatever has happened to it, it is noticed before it is used."""
    file = tmp_path / "a.echo"
    segment("some text\n" * 50).write(file)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(
        {
            "empty": b"",
            "short": file.read_bytes()[:-1],
            "flipped": bytes(data),
            "foreign": b"x" * 500,
        }[damage]
    )

    with pytest.raises(SegmentCorruptError):
        Segment.open(file)
