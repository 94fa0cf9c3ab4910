"""Other suggestions beside the first: which there are, and which one was taken."""

from pathlib import Path

from ownstack.completion.echo import Echo
from ownstack.completion.sources.fitting import LIKELY, LIKELY_ASKED
from ownstack.completion.suggestion import Answer, Suggestion, Trigger
from ownstack.engine.results import ScoredLine
from ownstack.engine.scripted import ScriptedEngine
from tests.support.completing import Window

CALLS = "".join(
    f"server = connect({name}, timeout=30)\n"
    for name in ("alpha", "beta", "beta", "beta", "alpha", "alpha", "beta", "gamma")
)


def items(answer: Answer) -> list[Suggestion]:
    return [] if answer.suggestion is None else [answer.suggestion, *answer.others]


def texts(answer: Answer) -> list[str]:
    return [item.text for item in items(answer)]


async def test_echo_has_several(tmp_path: Path) -> None:
    """The likeliest first, each once, each with a chance and a name of its own."""
    async with Window(tmp_path, echo=Echo()) as window:
        window.show(f"{CALLS}server = connect($0\n")
        answer = await window.ask(Trigger.INVOKED)

        assert texts(answer)[0] == "beta, timeout=30)"
        assert 2 <= len(texts(answer)) == len(set(texts(answer))) <= 3
        assert len({item.id for item in items(answer)}) == len(items(answer))
        assert answer.suggestion is not None
        least = min(LIKELY, LIKELY_ASKED * (answer.suggestion.confidence or 0))
        assert all((item.confidence or 0) >= least for item in answer.others)


async def test_the_network_and_echo_have_several_together(tmp_path: Path) -> None:
    """Lines that are scored and fit, as far as they are likely."""
    engine = ScriptedEngine(scores_lines=True)
    scored = [
        ScoredLine("beta, timeout=30)", -0.5, 3, True, True),
        ScoredLine("alpha, timeout=30)", -1.2, 3, True, True),
        ScoredLine("1 2)", -1.0, 3, False, True),
        ScoredLine("omega)", -9.0, 3, False, True),
    ]
    engine.enqueue("", scored=scored)
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(f"{CALLS}server = connect($0\n")
        answer = await window.ask(Trigger.INVOKED)

        assert texts(answer)[:2] == ["beta, timeout=30)", "alpha, timeout=30)"]
        assert "1 2)" not in texts(answer)
        assert "omega)" not in texts(answer)


async def test_what_was_written_before_stands_beside_the_models_line(tmp_path: Path) -> None:
    """The model's comes first; the same text is no second item."""
    engine = ScriptedEngine("delta)", "beta, timeout=30)")
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(f"{CALLS}server = connect($0\n")
        first = await window.ask()
        window.show(f"{CALLS}x = 1\nserver = connect($0\n")
        second = await window.ask()

        assert texts(first)[0] == "delta)"
        assert "beta, timeout=30)" in texts(first)
        assert texts(second).count("beta, timeout=30)") == 1


async def test_what_was_shown_stays_among_what_is_asked_for(tmp_path: Path) -> None:
    """The key that looks for more does not lose what is on the screen."""
    async with Window(tmp_path, ScriptedEngine("one()", "two()\nthree()")) as window:
        window.show("x = $0\n")
        await window.ask()
        answer = await window.ask(Trigger.INVOKED)

        assert texts(answer) == ["two()\nthree()", "one()"]


async def offered(window: Window) -> Answer:
    window.show(f"{CALLS}server = connect($0\n")
    answer = await window.ask(Trigger.INVOKED)
    assert len(items(answer)) >= 2
    return answer


async def test_another_one_that_is_accepted(tmp_path: Path) -> None:
    """The signals tell of it, not of the first."""
    async with Window(tmp_path, echo=Echo()) as window:
        answer = await offered(window)
        other = answer.others[0]
        window.accept(Answer(other, answer.trace))
        figures = window.completer.statistics()
        trace = window.completer.explain(other.id)

        assert (figures["completions_shown"], figures["accepted"]) == (1, 1)
        assert figures["rejected"] == 0
        assert trace is not None
        assert trace.confidence == other.confidence
        assert window.completer._outcomes.after_accept(window.place)


async def test_another_one_that_is_typed(tmp_path: Path) -> None:
    """Typing along with it keeps it, and only it, on the screen."""
    async with Window(tmp_path, echo=Echo()) as window:
        answer = await offered(window)
        other = answer.others[0]
        window.type(other.text[:2])
        typed = await window.ask()

        assert typed.trace.tier == "typed-through"
        assert texts(typed) == [other.text[2:]]
        assert typed.suggestion is not None
        assert typed.suggestion.id == other.id


async def test_none_of_them(tmp_path: Path) -> None:
    """Typing something else is one rejection."""
    async with Window(tmp_path, echo=Echo()) as window:
        await offered(window)
        window.type("zz")

        assert window.completer.statistics()["rejected"] == 1
