"""Signatures of many languages, and whether their functions must be given something."""

import pytest

from ownstack.completion.postprocess.arguments import arguments


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("def run(self)", "none"),
        ("def run()", "none"),
        ("def run(self, order: int, *, fast: bool = False)", "some"),
        ("def run(self, order: dict[str, int] = {}, *rest)", "any"),
        ("def run(*, key: str)", "some"),
        ("def run(a, /)", "some"),
        ("async def run(cls, /, **more)", "any"),
        ("function run(opts: { error: Error; path: string }, x = 1): void", "some"),
        ("run(key?: string): void", "any"),
        ("run<T>(key: T): void", "some"),
        ("function run(...rest: number[])", "any"),
        ("pub fn run(&self) -> Style", "none"),
        ("pub fn run(&mut self, reader: Box<dyn Read + 'a>) -> Self", "some"),
        ("func (t *Terminal) run(progress float32)", "some"),
        ("func run()", "none"),
        ("void run(int a, String... rest)", "some"),
        ("def other(self)", "any"),
        ("def run(self, order: int, " + "x" * 300 + "…", "any"),
        ("run = lambda: 1", "any"),
        ("", "any"),
    ],
)
def test_arguments(signature: str, expected: str) -> None:
    """Receivers, defaults, what is optional, and what is cut off."""
    assert arguments(signature, "run") == expected
