"""An engine that is asked about one project."""

from __future__ import annotations

from ownstack.engine.about_project import AboutProject
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest, InfillRequest, ScoreRequest
from ownstack.engine.scripted import ScriptedEngine


async def test_each_request_names_the_project() -> None:
    """Unless it names another one itself."""
    engine = ScriptedEngine(scores_lines=True)
    about = AboutProject(engine, "/home/ada/shop")

    about.infill(InfillRequest("a", "b"))
    about.score(ScoreRequest("a", "b"))
    about.chat(ChatRequest((Message.of("user", "Hello"),)))
    about.chat(ChatRequest((Message.of("user", "Hello"),), project="/home/ada/other"))

    assert [request.project for request in engine.requests] == [
        *("/home/ada/shop",) * 3,
        "/home/ada/other",
    ]


async def test_a_chat_model_hears_what_it_was_chosen_for() -> None:
    """Edits have adapters of their own."""
    engine = ScriptedEngine()

    AboutProject(engine, "", "edit").chat(ChatRequest((Message.of("user", "Hello"),)))

    assert engine.chats[0].role == "edit"


async def test_else_it_is_the_engine() -> None:
    """With what that can do, and its work."""
    engine = ScriptedEngine(name="tiny")
    about = AboutProject(engine, "/home/ada/shop")

    await about.prepare("chat")

    assert about.capabilities is engine.capabilities
    assert about.activity is engine.activity
    assert (about.count("abcd"), about.exact, about.speed()) == (1, False, engine.speed())
    assert engine.prepared == ["chat"]
    assert (await about.embed(["a"])).shape[0] == 1
    await about.close()
    assert engine.closed
