"""What is proposed waits, what is accepted is in a file, what contradicts is asked about."""

from __future__ import annotations

import os
import resource
import sys
import threading
from pathlib import Path

import pytest

from ownstack.errors import ContradictionError, EventError, FileError
from ownstack.memory.entries.entry import unnamed
from ownstack.memory.entries.entry_folder import MAX_BYTES
from ownstack.memory.entries.project_memory import ProjectMemory
from ownstack.memory.facts.project_facts import ProjectFacts
from ownstack.memory.log.session import SessionLog
from ownstack.paths import Home
from tests.memory.entries.conftest import DAY, Clock, OpenMemory, drafted, kept, write

STEEL = "We decided to use steel for every frame."
CARBON = "We decided to use carbon for every frame."


def names(memory: ProjectMemory) -> dict[str, list[str]]:
    overview = memory.overview()
    return {
        "inbox": [one.name for one in overview.inbox],
        "entries": [one.name for one in overview.entries],
        "decisions": [one.name for one in overview.decisions],
    }


def test_a_proposal_waits_until_it_is_accepted(memory: ProjectMemory, root: Path) -> None:
    (proposal,) = memory.propose([drafted(STEEL)])
    assert not (root / ".ownstack").exists()
    assert names(memory)["inbox"] == ["P001"]

    said = memory.accept(proposal.name)

    assert said == ["Written to .ownstack/memory/decisions.md as M001."]
    assert kept(root) == (
        f"# Decisions\n\n- {STEEL}\n  <!-- M001; tier 0.8; validated 2026-11-30; conversation "
        "1a2b3c4d, turn 3 -->\n"
    )
    assert names(memory) == {"inbox": [], "entries": ["M001"], "decisions": []}
    assert sorted(path.name for path in (root / ".ownstack" / "memory").iterdir()) == [
        "decisions.md"
    ]


def test_proposals_are_shared_by_windows(open_memory: OpenMemory) -> None:
    """And two that propose the same propose it once."""
    (_, one), (_, other) = open_memory(), open_memory()

    assert [proposal.name for proposal in one.propose([drafted(STEEL)])] == ["P001"]
    assert other.propose([drafted(STEEL.replace("We", "we"))]) == []
    assert names(other)["inbox"] == ["P001"]


def test_two_windows_accept_the_same_proposal(open_memory: OpenMemory, root: Path) -> None:
    """One of them does, the other is told; the file says it once."""
    windows = [open_memory()[1], open_memory()[1]]
    windows[0].propose([drafted(STEEL)])
    said: list[str] = []

    def accept(window: ProjectMemory) -> None:
        try:
            said.extend(window.accept("P001"))
        except EventError as error:
            said.append(str(error))

    threads = [threading.Thread(target=accept, args=(window,)) for window in windows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == [
        "P001 was accepted before as M001. `ownstack memory list` shows what is.",
        "Written to .ownstack/memory/decisions.md as M001.",
    ]
    assert kept(root).count(STEEL) == 1


def test_what_is_in_a_file_or_was_rejected_is_not_proposed(
    memory: ProjectMemory, root: Path
) -> None:
    write(root, "- Always use steel for the frames\n", "conventions")
    memory.propose([drafted("Never commit on Fridays")])
    memory.reject("P001")

    assert memory.propose([drafted("Always use steel for frames.")]) == []
    assert memory.propose([drafted("Never commit on Fridays!")]) == []
    assert names(memory)["inbox"] == []


def test_what_is_removed_from_a_file_is_not_proposed_again(
    memory: ProjectMemory, root: Path
) -> None:
    memory.add(STEEL)

    assert memory.reject("M001") == [f"M001 is rejected: {STEEL}"]

    assert kept(root) == "# Decisions\n\n"
    assert memory.propose([drafted(STEEL)]) == []
    assert memory.add("Use brass for bells.")[0].endswith("as M002.")


def test_a_decision_of_the_log_goes_with_its_proposal(
    memory: ProjectMemory, session: SessionLog
) -> None:
    facts = ProjectFacts(session)
    facts.decide(STEEL, tier=0.7)
    facts.decide("Use brass for bells", tier=0.7)
    assert names(memory)["decisions"] == ["D001", "D002"]

    memory.accept("D001")
    memory.reject("D002")

    assert names(memory) == {"inbox": [], "entries": ["M001"], "decisions": []}
    assert facts.decisions()["D002"].status == "rejected"


def test_a_disputed_decision_that_is_accepted_holds(
    memory: ProjectMemory, session: SessionLog
) -> None:
    facts = ProjectFacts(session)
    facts.decide(STEEL, tier=0.7)
    facts.decide(CARBON, tier=0.7)

    memory.accept("D002")

    known = facts.decisions()
    assert (known["D001"].status, known["D002"].status) == ("superseded", "active")
    assert [entry.text for entry in memory.overview().entries] == [CARBON]


def test_a_rejected_decision_disputes_no_other(session: SessionLog) -> None:
    facts = ProjectFacts(session)
    facts.decide(STEEL, tier=0.7)
    facts.decide(CARBON, tier=0.7)

    facts.reject("D002")

    known = facts.decisions()
    assert (known["D001"].status, known["D001"].conflicts_with) == ("active", ())


def test_what_is_ambiguous_needs_a_choice(memory: ProjectMemory, root: Path) -> None:
    memory.add(STEEL)
    memory.propose([drafted(CARBON)])

    with pytest.raises(ContradictionError, match="It contradicts M001") as told:
        memory.accept("P001")
    assert "--conflict replace" in told.value.hint
    assert names(memory)["inbox"] == ["P001"]
    assert CARBON not in kept(root)

    assert memory.accept("P001", choice="replace") == [
        "Written to .ownstack/memory/decisions.md as M002.",
        f"M002 takes the place of M001: {STEEL}",
    ]
    assert [entry.text for entry in memory.overview().entries] == [CARBON]


def test_both_may_be_kept(memory: ProjectMemory) -> None:
    memory.add(STEEL)
    memory.add(CARBON, choice="both")

    assert [entry.text for entry in memory.overview().entries] == [STEEL, CARBON]


def test_what_is_trivial_is_resolved(memory: ProjectMemory, clock: Clock) -> None:
    """One that names what it replaces; one against another that nobody has checked for long."""
    memory.add(STEEL)
    assert "M002 takes the place of M001" in memory.add(f"{CARBON[:-1]}, replacing M001.")[1]

    clock.now += 800 * DAY
    (proposal,) = memory.propose([drafted(STEEL, 0.9)])

    assert "M003 takes the place of M002" in memory.accept(proposal.name)[1]


def test_the_same_again_validates(memory: ProjectMemory, clock: Clock) -> None:
    memory.add(STEEL)
    clock.now += 40 * DAY

    assert memory.add("We decided to use steel for every frame")[0].startswith("M001 in")

    (entry,) = memory.overview().entries
    assert entry.validated is not None
    assert entry.validated.isoformat() == "2027-01-09"


def test_what_is_accepted_ends_what_the_log_says_against_it(
    memory: ProjectMemory, session: SessionLog
) -> None:
    ProjectFacts(session).decide(STEEL, tier=0.7)

    said = memory.add(CARBON)

    assert said[1] == f"D001 holds no more: {STEEL}"
    assert names(memory)["decisions"] == []


def test_a_decision_against_a_file_is_disputed(memory: ProjectMemory, session: SessionLog) -> None:
    memory.add(STEEL)
    ProjectFacts(session).decide(CARBON, tier=0.7)

    (decision,) = memory.overview().decisions
    assert (decision.status, decision.conflicts_with) == ("disputed", ("M001",))
    assert [entry.name for entry in memory.contradicted(CARBON)] == ["M001"]


def test_entries_without_a_name_get_one_when_they_are_validated(
    memory: ProjectMemory, root: Path
) -> None:
    write(root, "- Bells are brass.\n- Wheels are round.\n  <!-- M007; tier 1 -->\n")

    assert memory.validate(unnamed("Bells are brass.")) == [
        "M008 was seen to hold: Bells are brass."
    ]
    assert memory.edit("M007", "Wheels are\nvery round.") == [
        "M007 in .ownstack/memory/decisions.md says now: Wheels are very round."
    ]

    assert kept(root) == (
        "- Bells are brass.\n  <!-- M008; tier 1; validated 2026-11-30; by hand -->\n"
        "- Wheels are very round.\n  <!-- M007; tier 1; validated 2026-11-30; by hand -->\n"
    )


def test_a_proposal_is_edited_before_it_is_accepted(memory: ProjectMemory) -> None:
    memory.propose([drafted(STEEL)])
    memory.edit("P001", "Frames are steel.")
    memory.accept("P001", "conventions")

    (entry,) = memory.overview().entries
    assert (entry.text, entry.place) == ("Frames are steel.", "conventions")


def test_preferences_are_the_users_own(memory: ProjectMemory, home: Home, root: Path) -> None:
    said = memory.add("Answer in German.", "preferences")

    assert said == [f"Written to {home.config / 'preferences.md'} as U001."]
    assert not (root / ".ownstack").exists()
    assert names(memory)["entries"] == ["U001"]
    memory.reject("U001")
    assert names(memory)["entries"] == []


def test_a_thread_is_ended(memory: ProjectMemory, session: SessionLog) -> None:
    ProjectFacts(session).open_thread("Paths on Windows")

    assert memory.reject("T001") == ["T001 is resolved: Paths on Windows"]
    assert memory.overview().threads == ()


@pytest.mark.parametrize(
    ("verb", "arguments", "message"),
    [
        ("accept", ("P009",), "P009 is not in the inbox"),
        ("accept", ("D009",), "D009 is no decision"),
        ("accept", ("M001",), "M001 is not in the inbox"),
        ("reject", ("M009",), "no.* entry M009|has an entry M009"),
        ("reject", ("D009",), "no decision D009"),
        ("reject", ("T009",), "no thread T009"),
        ("validate", ("Q1",), "has an entry Q1"),
        ("edit", ("M009", "x"), "has an entry M009"),
        ("add", (" \n",), "says something"),
        ("add", ("-" * 30,), "says something"),
        ("add", ("x" * 601,), "at most 600"),
    ],
)
def test_bad_names_and_texts(
    memory: ProjectMemory, verb: str, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(EventError, match=message):
        getattr(memory, verb)(*arguments)


def test_nonsense_in_a_file_is_told_and_costs_nothing_else(
    memory: ProjectMemory, root: Path
) -> None:
    write(root, "We use tabs.\n- Bells are brass.\n  <!-- M001; tier ten -->\n")
    write(root, "\0\0- \0\0", "glossary")
    write(root, "- Wheels are round.\n", "conventions")

    overview = memory.overview()

    assert [entry.text for entry in overview.entries] == ["Bells are brass.", "Wheels are round."]
    assert [problem.partition(" ")[0] for problem in overview.problems] == [
        ".ownstack/memory/decisions.md:3:",
        ".ownstack/memory/decisions.md:1:",
        ".ownstack/memory/glossary.md",
    ]
    with pytest.raises(FileError, match="no text in UTF-8"):
        memory.add("SKU means stock keeping unit")


def test_bytes_that_are_no_utf8_stay(memory: ProjectMemory, root: Path) -> None:
    file = write(root, "")
    file.write_bytes(b"- Caf\xe9s are closed.\n")

    memory.add(STEEL)

    assert file.read_bytes().startswith(b"- Caf\xe9s are closed.\n- We decided")
    assert memory.overview().entries[0].text == "Caf\\xe9s are closed."


def test_a_huge_file_is_cut_and_never_written(memory: ProjectMemory, root: Path) -> None:
    text = "- Bells are brass.\n" + "- " + "x" * MAX_BYTES
    write(root, text)

    overview = memory.overview()

    assert [entry.text for entry in overview.entries] == ["Bells are brass."]
    assert "longer than" in overview.problems[0]
    with pytest.raises(FileError, match="longer than"):
        memory.add(STEEL)
    assert kept(root) == text


@pytest.mark.parametrize(
    "linked", [".ownstack", ".ownstack/memory", ".ownstack/memory/decisions.md"]
)
def test_a_link_out_of_the_project_is_neither_read_nor_written(
    memory: ProjectMemory, root: Path, tmp_path: Path, linked: str
) -> None:
    outside = tmp_path / "outside"
    (outside / "memory").mkdir(parents=True)
    for folder in (outside, outside / "memory"):
        (folder / "decisions.md").write_text("- Secret.\n", "utf-8")
    target = {".ownstack": outside, ".ownstack/memory": outside}.get(
        linked, outside / "decisions.md"
    )
    (root / linked).parent.mkdir(parents=True, exist_ok=True)
    os.symlink(target, root / linked)

    overview = memory.overview()

    assert overview.entries == ()
    assert "leads out of the project" in overview.problems[0]
    with pytest.raises(FileError, match="leads out of the project"):
        memory.add(STEEL)
    assert (outside / "decisions.md").read_text("utf-8") == "- Secret.\n"


def test_a_link_within_the_project_stays_one(memory: ProjectMemory, root: Path) -> None:
    (root / "DECISIONS.md").write_text("- Bells are brass.\n", "utf-8")
    (root / ".ownstack" / "memory").mkdir(parents=True)
    os.symlink("../../DECISIONS.md", root / ".ownstack" / "memory" / "decisions.md")

    memory.add(STEEL)

    assert (root / ".ownstack" / "memory" / "decisions.md").is_symlink()
    assert STEEL in (root / "DECISIONS.md").read_text("utf-8")


def test_a_folder_stands_where_a_file_should(memory: ProjectMemory, root: Path) -> None:
    (root / ".ownstack" / "memory" / "decisions.md").mkdir(parents=True)

    assert "cannot be read" in memory.overview().problems[0]
    with pytest.raises(FileError, match="cannot be read"):
        memory.add(STEEL)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root writes anywhere")
def test_a_read_only_folder_leaves_the_proposal(memory: ProjectMemory, root: Path) -> None:
    file = write(root, "- Bells are brass.\n")
    memory.propose([drafted(STEEL)])
    file.parent.chmod(0o500)
    try:
        with pytest.raises(FileError, match="It is as it was"):
            memory.accept("P001")
    finally:
        file.parent.chmod(0o700)

    assert names(memory)["inbox"] == ["P001"]


def test_a_place_that_cannot_be_written_leaves_the_proposal(
    memory: ProjectMemory, root: Path
) -> None:
    """Also for the superuser: a file stands where the folder should."""
    (root / ".ownstack").write_text("", "utf-8")
    memory.propose([drafted(STEEL)])

    with pytest.raises(FileError, match=r"cannot be (read|written)"):
        memory.accept("P001")

    assert names(memory)["inbox"] == ["P001"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files there")
def test_a_full_disk_leaves_file_and_proposal_as_they_were(
    memory: ProjectMemory, root: Path
) -> None:
    before = "- Bells are brass.\n" + "".join(f"- Part {n} is small.\n" for n in range(400))
    file = write(root, before)
    memory.propose([drafted(STEEL)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, limits[1]))
    try:
        with pytest.raises(FileError, match=r"cannot be written.*It is as it was"):
            memory.accept("P001")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert kept(root) == before
    assert [path.name for path in file.parent.iterdir()] == ["decisions.md"]
    assert names(memory)["inbox"] == ["P001"]
    assert memory.accept("P001")[0].startswith("Written to")
