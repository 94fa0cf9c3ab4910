"""`AdapterStore`: what is kept, what serves, and what never does."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import asdict
from pathlib import Path

import pytest

from ownstack.engine.adapters import Adapter
from ownstack.errors import LearningError
from ownstack.learning.adapters import folder as folders
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.store import AdapterStore
from ownstack.models.gguf.base_key import base_key
from ownstack.paths import Home

BASE = b"GGUF, the base"
OTHER_BASE = b"GGUF, another base"
RECORD = AdapterRecord(
    "a" * 16, "generic", "completion", "key", "base", "llama", 8, 16.0, "hash", "2026-11-30"
)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    file = tmp_path / "base.gguf"
    file.write_bytes(BASE)
    return file


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.below(tmp_path / "home")


@pytest.fixture
def store(home: Home, shipped: Path) -> AdapterStore:
    return AdapterStore(home, shipped=shipped)


@pytest.fixture
def make(tmp_path: Path, base: Path):
    """Return what makes a record and a file: `make("one", project="/p")`."""

    def made(content: str, project: str = "", **more: object) -> tuple[AdapterRecord, Path]:
        file = tmp_path / f"{content}.gguf"
        file.write_bytes(content.encode())
        values: dict[str, object] = {
            "id": "",
            "scope": "project" if project else "generic",
            "role": "completion",
            "base_key": base_key(base),
            "base_name": "base",
            "architecture": "llama",
            "rank": 8,
            "alpha": 16.0,
            "sha256": hashlib.sha256(content.encode()).hexdigest(),
            "created": f"2026-11-30T00:00:{len(content):02}",
            "project": project,
            "name": content,
            "standing": "fit",
        }
        return AdapterRecord(**{**values, **more}), file

    return made


def ids(records: list[AdapterRecord]) -> list[str]:
    return [record.id for record in records]


def served(store: AdapterStore, base: Path, project: str = "") -> list[str]:
    return [record.name for record in store.serving(base_key(base), "completion", project)]


def ship(shipped: Path, record: AdapterRecord, file: Path) -> AdapterRecord:
    """Put an adapter among those that come with the package."""
    folder = shipped / f"infill-{record.name}"
    folder.mkdir()
    (folder / "adapter.gguf").write_bytes(file.read_bytes())
    record = AdapterRecord(
        **{name: getattr(record, name) for name in record.__slots__ if name != "id"},
        id=record.sha256[:16],
    )
    (folder / "record.json").write_text(record.to_json())
    return record


def test_there_is_nothing_at_first_and_no_folder_is_made(store, home, base):
    assert store.all() == []
    assert store.problems() == {}
    assert store.serving(base_key(base), "completion", "/p") == []
    assert not home.adapters_folder.exists()


def test_what_is_added_is_kept_and_does_not_serve_by_itself(store, make, base):
    record, file = make("one")
    kept = store.add(record, file)
    assert kept.id == record.sha256[:16]
    assert store.all() == [kept]
    assert store.file(kept.id).read_bytes() == b"one"
    assert served(store, base) == []


def test_a_missing_hash_is_computed(store, make):
    record, file = make("one", sha256="")
    assert store.add(record, file).sha256 == hashlib.sha256(b"one").hexdigest()


def test_the_same_adapter_is_not_kept_twice(store, make):
    assert store.add(*make("one")) == store.add(*make("one"))
    assert len(store.all()) == 1


def test_another_adapter_of_the_same_id_is_refused(store, make):
    store.add(*make("one", id="0" * 16))
    with pytest.raises(LearningError, match="already called"):
        store.add(*make("two", id="0" * 16))


def test_a_file_that_is_not_what_was_made_is_refused_and_leaves_nothing(store, make, home):
    record, file = make("one")
    file.write_bytes(b"something else")
    with pytest.raises(LearningError, match="SHA-256 differs"):
        store.add(record, file)
    assert [each.name for each in home.adapters_folder.iterdir()] == [".lock"]


@pytest.mark.parametrize("step", ["write_record", "_sync", "_copied"])
def test_a_failure_at_any_step_leaves_no_adapter(store, make, home, shipped, monkeypatch, step):
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, step, fail)
    with pytest.raises(LearningError, match="No space left"):
        store.add(*make("one"))
    left = [each.name for each in home.adapters_folder.iterdir() if each.name != ".lock"]
    assert left in ([], ["7692c3ad3540bb80"])  # Complete, where only the last sync failed.
    assert len(AdapterStore(home, shipped=shipped).all()) == len(left)


def test_what_a_kill_left_is_no_adapter_and_is_swept_away(store, make, home):
    half = home.adapters_folder / ".new-0123"
    half.mkdir(parents=True)
    (half / "adapter.gguf").write_bytes(b"half")
    assert store.all() == []
    store.add(*make("one"))
    assert not half.exists()


def test_the_newest_in_use_serves_and_its_predecessor_after_it(store, make, base):
    one, two = store.add(*make("one")), store.add(*make("two"))
    store.use(one.id)
    store.use(two.id)
    assert served(store, base) == ["two"]
    assert store.rollback("generic", "", "completion", base_key(base)) == one
    assert served(store, base) == ["one"]
    assert store.rollback("generic", "", "completion", base_key(base)) is None
    assert served(store, base) == []
    with pytest.raises(LearningError, match="nothing to go back from"):
        store.rollback("generic", "", "completion", base_key(base))


def test_going_back_never_leads_to_the_same_adapter(store, make, base):
    one, two = store.add(*make("one")), store.add(*make("two"))
    for adapter in (one, two, one):
        store.use(adapter.id)
    assert store.rollback("generic", "", "completion", base_key(base)) == two


def test_a_projects_adapter_serves_with_what_it_was_trained_on_top_of(store, make, base):
    generic = store.add(*make("generic"))
    newer = store.add(*make("newer"))
    above = store.add(*make("mine", "/p", on_top_of=generic.id))
    alone = store.add(*make("alone", "/q"))
    for adapter in (newer, above, alone):
        store.use(adapter.id)
    assert served(store, base, "/p") == ["generic", "mine"]
    assert served(store, base, "/q") == ["alone"]
    assert served(store, base, "/other") == ["newer"]
    assert served(store, base) == ["newer"]


def test_an_enclosing_folders_adapter_serves_a_project_without_one(store, make, base):
    store.use(store.add(*make("outer", "/p")).id)
    store.use(store.add(*make("inner", "/p/inner")).id)
    assert served(store, base, "/p/server") == ["outer"]
    assert served(store, base, "/p/inner/more") == ["inner"]
    assert served(store, base, "/pq") == []


def test_other_models_and_roles_are_not_served(store, make, base, tmp_path):
    store.use(store.add(*make("one")).id)
    other = tmp_path / "other.gguf"
    other.write_bytes(OTHER_BASE)
    assert served(store, other) == []
    assert store.serving(base_key(base), "chat", "") == []


def test_a_choice_follows_each_refresh(store, make, home, shipped, base):
    choose = store.choice_for(base)
    assert choose("completion", "") == ()
    other = AdapterStore(home, shipped=shipped)
    one = other.add(*make("one"))
    other.use(one.id)
    other.set_scale(one.id, 0.5)
    assert choose("completion", "") == ()
    assert store.refresh()
    assert choose("completion", "") == (Adapter(store.file(one.id), "one 7692", 0.5),)
    assert not store.refresh()
    other.set_scale(one.id, 0.0)
    assert store.refresh()
    assert choose("completion", "") == ()


@pytest.mark.parametrize(
    ("calibration", "scale", "correction"),
    [
        ({"slope": 1.2, "shift": -0.5, "lowest": -3}, 1.0, (1.2, -0.5, -3.0)),
        ({"slope": 1.2, "shift": -0.5, "lowest": -3}, 0.5, None),  # It was measured at 1.
        (None, 1.0, None),
        ({"slope": 1.2, "shift": -0.5}, 1.0, None),
        ({"slope": 99, "shift": -0.5, "lowest": -3}, 1.0, None),
        ({"slope": float("nan"), "shift": 0, "lowest": 0}, 1.0, None),
        ({"slope": True, "shift": "0", "lowest": []}, 1.0, None),
        ({"slope": 1, "shift": 10**400, "lowest": 0}, 1.0, None),  # No float holds that.
    ],
)
def test_what_was_measured_of_its_chances_goes_with_an_adapter(
    store, make, base, calibration, scale, correction
):
    one = store.add(*make("one", judged={"calibration": calibration}))
    store.use(one.id)
    store.set_scale(one.id, scale)
    (adapter,) = store.choice_for(base)("completion", "")
    assert adapter.correction == correction


def test_a_model_that_cannot_be_read_has_no_adapters(store, tmp_path):
    assert store.choice_for(tmp_path / "missing.gguf")("completion", "") == ()


def test_a_file_that_was_changed_does_not_serve(store, make, base):
    one = store.add(*make("one"))
    store.use(one.id)
    choose = store.choice_for(base)
    file = store.file(one.id)
    file.write_bytes(b"two")
    store.refresh()
    assert choose("completion", "") == ()
    assert "SHA-256 differs" in store.problems()[one.id]
    file.write_bytes(b"one")
    assert served(store, base) == ["one"]
    assert store.problems() == {}


def test_a_file_is_hashed_once(store, make, base, monkeypatch):
    from ownstack.learning.adapters import snapshot

    hashed = []
    real = snapshot.file_sha256
    monkeypatch.setattr(snapshot, "file_sha256", lambda file: hashed.append(file) or real(file))
    one = store.add(*make("one"))
    store.use(one.id)
    store.set_scale(one.id, 0.5)
    store.serving(base_key(base), "completion", "")
    assert len(hashed) == 1


def test_what_an_engine_refused_does_not_serve_until_it_changes(store, make, base):
    one = store.add(*make("one"))
    store.use(one.id)
    store.refuse(store.file(one.id), "its shapes are those of another model")
    assert served(store, base) == []
    assert "its shapes are" in store.problems()[one.id]
    with pytest.raises(LearningError, match="its shapes are"):
        store.use(one.id)


def test_an_adapter_whose_ground_is_gone_does_not_serve(store, make, base, home):
    generic = store.add(*make("generic"))
    above = store.add(*make("mine", "/p", on_top_of=generic.id))
    store.use(above.id)
    with pytest.raises(LearningError, match="was trained on top of it"):
        store.remove(generic.id)
    folders.remove_adapter(home.adapters_folder / generic.id)
    assert served(store, base, "/p") == []
    assert "which is gone" in store.problems()[above.id]


def test_what_is_removed_makes_room_for_its_predecessor(store, make, base):
    one, two = store.add(*make("one")), store.add(*make("two"))
    store.use(one.id)
    store.use(two.id)
    store.remove(two.id)
    assert served(store, base) == ["one"]
    store.remove(one.id)
    assert store.all() == []
    with pytest.raises(LearningError, match="There is no adapter"):
        store.remove(one.id)


def test_nothing_is_left_of_what_is_removed(store, make, home):
    """What engines made of it goes with it."""
    one = store.add(*make("one"))
    folded = home.folded_adapters_folder
    folded.mkdir(parents=True)
    (folded / f"{'a' * 32}.gguf").write_bytes(b"one and two")
    store.remove(one.id)
    assert not folded.exists()
    assert not (home.adapters_folder / one.id).exists()


def test_what_comes_with_the_package_serves_until_somebody_chooses(store, shipped, make, base):
    came = ship(shipped, *make("infill"))
    ship(shipped, *make("unfit-newer", standing="aside"))
    assert served(store, base) == ["infill"]
    own = store.add(*make("own"))
    store.use(own.id)
    assert served(store, base) == ["own"]
    assert store.rollback("generic", "", "completion", base_key(base)) == came
    assert store.rollback("generic", "", "completion", base_key(base)) is None
    assert served(store, base) == []
    with pytest.raises(LearningError, match="comes with Ownstack"):
        store.remove(came.id)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        '{"version": 99}',
        json.dumps({"version": 1, "id": "0" * 16}),
        json.dumps({"version": 1, **asdict(RECORD), "alpha": 10**400}),
        json.dumps({"version": 1, **asdict(RECORD), "alpha": float("nan")}),
    ],
)
def test_a_damaged_record_is_named_and_hurts_no_other(store, make, home, base, content):
    one = store.add(*make("one"))
    store.use(one.id)
    broken = home.adapters_folder / ("a" * 16)
    broken.mkdir()
    (broken / "record.json").write_text(content)
    assert ids(store.all()) == [one.id]
    assert store.problems()["a" * 16].startswith("a" * 16 + " is damaged: ")
    assert served(store, base) == ["one"]
    store.remove("a" * 16)
    assert store.problems() == {}


def test_figures_that_are_no_numbers_are_left_out(store, make):
    trained = {"seconds": 60, "loss": float("nan"), "tokens": 10**400, "name": "x", "is": True}
    one = store.add(*make("one", trained=trained, languages={"python": 3, "c": None}))
    (record,) = store.all()
    assert (record.id, record.trained) == (one.id, {"seconds": 60})
    assert record.languages == {"python": 3}


def test_a_link_to_a_folder_is_no_adapter(store, make, home, tmp_path):
    one = store.add(*make("one"))
    outside = tmp_path / "outside"
    os.rename(store.folder(one.id), outside)
    (home.adapters_folder / one.id).symlink_to(outside)
    assert store.all() == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"version": 2}',
        '{"version": 1, "seats": [{}]}',
        '{"version": 1, "seats": [], "scales": {"x": 1}}',
        '{"version": 1, "seats": [], "scales": {"0000000000000000": NaN}}',
        '{"version": 1, "seats": [], "scales": {"0000000000000000": 1e9}}',
    ],
)
def test_what_serves_is_unknown_if_its_file_is_damaged(store, make, home, base, content):
    one = store.add(*make("one"))
    store.use(one.id)
    file = home.adapters_folder / "serving.json"
    file.write_text(content)
    assert served(store, base) == []
    assert "damaged" in store.problems()["serving.json"]
    store.use(one.id)
    assert served(store, base) == ["one"]
    assert file.with_name("serving.json.damaged").read_text() == content


def test_an_adapter_in_a_foreign_seat_does_not_serve(store, make, home, base):
    one = store.add(*make("one", "/p"))
    store.use(one.id)
    file = home.adapters_folder / "serving.json"
    file.write_text(file.read_text().replace('"/p"', '"/q"'))
    assert served(store, base, "/q") == []
    assert "not trained for" in store.problems()[one.id]


def test_a_record_is_written_anew(store, make):
    record, file = make("one", standing="new")
    one = store.add(record, file)
    judged = AdapterRecord(
        **{name: getattr(one, name) for name in one.__slots__ if name != "standing"},
        standing="aside",
    )
    store.put(judged)
    assert store.all() == [judged]
    assert store.find("one") == judged
    assert store.find(one.id[:4]) == judged
    with pytest.raises(LearningError, match="There is no adapter"):
        store.find("nothing")


def test_two_that_change_at_once_lose_nothing(home, shipped, make, base):
    made = [make(f"adapter-{n}", f"/p{n}") for n in range(6)]

    def work(record: AdapterRecord, file: Path) -> None:
        own = AdapterStore(home, shipped=shipped)
        own.use(own.add(record, file).id)

    threads = [threading.Thread(target=work, args=each) for each in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = AdapterStore(home, shipped=shipped)
    assert [served(store, base, f"/p{n}") for n in range(6)] == [[f"adapter-{n}"] for n in range(6)]
