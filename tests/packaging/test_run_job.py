"""Jobs of small workflows run here as they would on GitHub."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ownstack_release.__main__ import main
from ownstack_release.errors import ReleaseError
from ownstack_release.job_context import assignments
from ownstack_release.run_job import Ran, _surroundings, run_job, table
from ownstack_release.stand_ins import Surroundings
from ownstack_release.workflow import chosen, read

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="its jobs are for Linux"),
    pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash"),
]
RUNNER = "ubuntu-24.04" + ("-arm" if platform.machine() == "aarch64" else "")


class Repository:
    """A repository with a workflow, and the folders of its runs."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "source"
        self.source.mkdir()
        self.folder = folder / "run"
        (self.source / "here.txt").write_text("here\n", "utf-8")
        for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "Begin"]):
            subprocess.run(["git", *command], cwd=self.source, check=True)

    def run(self, steps: str, head: str = "", matrix: Mapping[str, str] | None = None) -> list[Ran]:
        """Run a job that has these steps."""
        path = self.source.parent / "workflow.yml"
        path.write_text(
            f"env: {{GREETING: hello}}\njobs:\n  job:\n    runs-on: {RUNNER}\n{head}"
            f"    steps:\n{steps}",
            "utf-8",
        )
        job = read(path, "job")
        return run_job(job, chosen(job, matrix or {}), self.around())

    def around(self) -> Surroundings:
        """Return fresh folders, with the cache of earlier runs."""
        around = Surroundings(self.source, self.folder, self.folder.parent / "cache")
        shutil.rmtree(self.folder, ignore_errors=True)
        for path in (around.temporary, around.tools, around.artifacts, around.logs):
            path.mkdir(parents=True)
        return around

    def log(self, number: int) -> str:
        """Return what a step printed."""
        return (self.folder / "log" / f"{number:02}.txt").read_text("utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def statuses(rows: list[Ran]) -> list[int | None]:
    return [row.status for row in rows]


def test_a_step_sees_the_commit_and_what_earlier_steps_left(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables, folders on the path and outputs go from step to step; ours stay outside."""
    monkeypatch.setenv("GITHUB_TOKEN", "ours")
    monkeypatch.setenv("PYTHONPATH", "ours")
    (repository.source / "later.txt").write_text("not committed", "utf-8")
    rows = repository.run(
        """
      - uses: actions/checkout@v7
        with: {persist-credentials: false}
      - id: leave
        run: |
          mkdir bin && printf '#!/bin/sh\\necho tool\\n' > bin/tool && chmod +x bin/tool
          echo "$PWD/bin" >> "$GITHUB_PATH"
          printf 'MORE<<END\\none\\ntwo\\nEND\\n' >> "$GITHUB_ENV"
          echo "word=${GREETING}" >> "$GITHUB_OUTPUT"
      - name: Read in ${{ matrix.where }}
        run: |
          ls .. && tool
          echo "$MORE|${{ env.MORE }}|${{ steps.leave.outputs.word }}|$OWN|$CI"
          echo "[${GITHUB_TOKEN-}${PYTHONPATH-}]"
        env: {OWN: '${{ env.GREETING }} ${{ matrix.where }}'}
        working-directory: bin
""",
        head="    strategy: {matrix: {include: [{where: here}]}}\n",
    )

    assert statuses(rows) == [0, 0, 0]
    assert "1 changed files are not in it" in rows[0].how
    assert rows[2].step == "Read in here"
    expected = "bin\nhere.txt\ntool\none\ntwo|one\ntwo|hello|hello here|true\n[]\n"
    assert repository.log(3) == expected


def test_after_a_failure_only_what_asks_for_it_runs(repository: Repository) -> None:
    """And nothing is kept in the cache of a job that failed."""
    rows = repository.run(
        """
      - uses: actions/cache@v5
        with: {path: kept, key: one}
      - run: exit 3
      - run: echo not reached
      - if: always()
        run: echo reached
      - if: failure()
        run: echo reached as well
"""
    )

    assert statuses(rows) == [0, 3, None, 0, 0]
    assert not (repository.folder.parent / "cache").exists()
    assert "| 3 | echo not reached | left out | 0.0 | not run |" in table(rows)


def test_pipelines_fail_as_they_do_on_github(repository: Repository) -> None:
    """A shell that is named gets pipefail, the usual one does not."""
    plain = repository.run("      - run: false | true\n")
    named = repository.run("      - run: false | true\n        shell: bash\n")

    assert (statuses(plain), plain[0].how) == ([0], "bash -e")
    assert (statuses(named), named[0].how) == ([1], "bash --noprofile --norc -eo pipefail")


def test_what_is_cached_is_there_the_next_time(repository: Repository) -> None:
    """Found by its key alone."""
    steps = """
      - id: cache
        uses: actions/cache@v5
        with: {path: "made\\nother/one.txt", key: "${{ env.KEY }}"}
      - if: steps.cache.outputs.cache-hit != 'true'
        run: mkdir -p made other && echo "$KEY" | tee made/it.txt > other/one.txt
      - run: cat made/it.txt other/one.txt
"""
    runs = [repository.run(steps, head=f"    env: {{KEY: {key}}}\n") for key in ("a", "a", "b")]

    assert [statuses(rows) for rows in runs] == [[0, 0, 0, 0], [0, None, 0], [0, 0, 0, 0]]
    assert "nothing in it for the key b" in runs[2][0].how
    assert repository.log(3) == "b\nb\n"


def test_artifacts_are_copied(repository: Repository) -> None:
    """Files by pattern and whole folders; that there are none is a failure if one says so."""
    rows = repository.run(
        """
      - run: mkdir -p out/deep && touch out/a.whl out/b.txt out/deep/c.txt
      - uses: actions/upload-artifact@v7
        with: {name: wheels, path: "out/*.whl\\nout/deep", if-no-files-found: error}
      - uses: actions/upload-artifact@v7
        with: {name: none, path: out/*.vsix, if-no-files-found: error}
"""
    )
    artifacts = repository.folder / "artifacts"

    assert statuses(rows) == [0, 0, 1]
    assert rows[2].how == "No file is at out/*.vsix."
    files = [path.relative_to(artifacts).as_posix() for path in artifacts.rglob("*.*")]
    assert sorted(files) == ["wheels/a.whl", "wheels/deep/c.txt"]


@pytest.mark.slow
def test_python_is_a_virtual_environment(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of the version that is asked for; one that is missing is a failure."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = tmp_path / "found"
    found.mkdir()
    (found / f"python{version}").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{found}:/usr/bin:/bin")
    rows = repository.run(
        f"""
      - uses: actions/setup-python@v7
        with: {{python-version: "{version}"}}
      - run: python -c 'import sys; print(sys.prefix)'
      - uses: actions/setup-python@v7
        with: {{python-version: "3.99"}}
"""
    )

    assert statuses(rows) == [0, 0, 1]
    assert repository.log(2) == f"{repository.folder}/tools/python-{version}\n"
    assert rows[2].how == "There is no python3.99 on this machine."


def test_what_runs_too_long_is_ended_with_all_it_started(repository: Repository) -> None:
    """And what is left running after a step is ended too."""
    rows = repository.run(
        """
      - run: sleep 600 & echo $! > left.txt
      - run: sleep 600
        timeout-minutes: 0.005
"""
    )
    left = (repository.folder / "work" / "left.txt").read_text("ascii").strip()
    state = Path("/proc") / left / "stat"

    assert statuses(rows) == [0, 124]
    assert not state.exists() or state.read_text("utf-8").split()[2] == "Z"


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("      - uses: someone/something@v1\n", "Nothing stands in for someone/something@v1"),
        ("      - run: echo\n        shell: pwsh\n", "shell 'pwsh'"),
        ("      - run: echo ${{ secrets.KEY }}\n", r"secrets\.KEY is not known"),
        ("      - run: echo\n        if: contains('a', 'b')\n", r"contains\(\) is not understood"),
        ("      - run: echo ${{ steps.later.outputs.x }}\n", "no step with this id"),
        (
            "      - uses: actions/checkout@v7\n        with: {submodules: true}\n",
            "submodules is not understood",
        ),
        ("      - run: echo 'no equals' >> $GITHUB_ENV\n", "sets nothing"),
    ],
)
def test_what_is_not_understood_is_an_error(
    repository: Repository, steps: str, message: str
) -> None:
    """Never left out silently; unknown actions and shells before anything has run."""
    with pytest.raises(ReleaseError, match=message):
        repository.run("      - run: touch ran.txt\n" + steps)

    is_known_before = "uses: someone" in steps or "pwsh" in steps
    assert (repository.folder / "work" / "ran.txt").exists() is not is_known_before


def test_a_job_for_another_machine_does_not_run(repository: Repository) -> None:
    """A job that ran on another machine than it says would prove nothing."""
    for runner in ("macos-15", "windows-2025", "${{ matrix.runner }}"):
        head = f"    strategy: {{matrix: {{runner: [x-1]}}}}\n    runs-on: {runner}\n"
        with pytest.raises(ReleaseError, match="this machine is Linux"):
            repository.run("      - run: echo\n", head=head)


@pytest.mark.parametrize("text", ["A<<END\nbut no end\n", "only words\n"])
def test_files_of_assignments_are_read_strictly(text: str) -> None:
    """What GitHub would refuse is refused."""
    with pytest.raises(ReleaseError):
        assignments(text)


def test_the_command_prints_and_writes_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status says whether a step failed; `--list` runs nothing."""
    path = tmp_path / "w.yml"
    path.write_text(
        f"jobs: {{job: {{runs-on: {RUNNER}, steps: [{{run: exit 2}}]}}}}", encoding="utf-8"
    )
    command = ["run-job", str(path), "job"]
    listed = main([*command, "--list"])
    failed = main([*command, "--to", str(tmp_path / "to"), "--json", str(tmp_path / "t.json")])
    rows = json.loads((tmp_path / "t.json").read_text("utf-8"))

    assert (listed, failed) == (0, 1)
    assert [(row["step"], row["status"]) for row in rows] == [("exit 2", 2)]
    assert "| 1 | exit 2 | bash -e |" in capsys.readouterr().out
    assert main([*command, "--matrix", "target"]) == 1
    assert "write it as KEY=VALUE" in capsys.readouterr().err


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """`--to ~` would remove `~/work`. A folder of an earlier run is taken again."""
    (tmp_path / "mine" / "work").mkdir(parents=True)
    (tmp_path / "mine" / "work" / "valued.txt").write_text("valued")

    with pytest.raises(ReleaseError, match="not empty"):
        _surroundings(tmp_path / "mine")
    first = _surroundings(tmp_path / "new")
    (first.temporary / "left.txt").touch()
    again = _surroundings(tmp_path / "new")

    assert (tmp_path / "mine" / "work" / "valued.txt").read_text() == "valued"
    assert list(again.temporary.iterdir()) == []
