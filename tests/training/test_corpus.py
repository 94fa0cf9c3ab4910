"""The corpus as built from archives: nothing held out, copied or copyleft gets in."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from benchmarks.packages.sources import Source, load_sources
from training.corpus import build
from training.fetch import download_folder
from training.pack import pack, unpack


def module(name: str, lines: int = 30) -> str:
    """A file of distinct, plausible lines."""
    marks = [f"{chr(97 + i % 26)}{i}" for i in range(lines)]
    return "".join(f"export const {name}_{m} = compute('{name}', '{m}')\n" for m in marks)


def publish(work: Path, source: Source, files: dict[str, str]) -> None:
    folder = download_folder(work, source)
    folder.mkdir(parents=True)
    manifest = json.dumps({"name": source.name, "license": source.licence})
    with tarfile.open(folder / "package.tgz", "w:gz") as archive:
        for path, text in {**files, "package.json": manifest}.items():
            info = tarfile.TarInfo(f"package/{path}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))


def test_what_may_not_be_learned_is_left_out(tmp_path: Path) -> None:
    kept_out = Source("evaluated", "npm", "1.0.0", "MIT", held_out=True)
    learned = Source("learned", "npm", "2.0.0", "MIT", include=("src",))
    secret = module("secret")
    publish(tmp_path, kept_out, {"src/secret.ts": secret})
    publish(
        tmp_path,
        learned,
        {
            "src/own.ts": module("own"),
            "src/again.ts": module("own"),
            "src/nearly.ts": module("own") + "export const extra = compute('extra', 1)\n",
            "src/copied.ts": module("first", 10) + secret,
            "src/copyleft.ts": "// GNU General Public License\n" + module("copyleft"),
            "other/outside.ts": module("outside"),
        },
    )
    manifest = build(tmp_path, [kept_out, learned])
    lines = (tmp_path / "corpus" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["src/own.ts"]
    assert manifest["sources"]["npm:learned"]["left_out"] == {
        "duplicate": 1,
        "near duplicate": 1,
        "overlaps held-out": 1,
        "licence": 1,
    }


def test_a_pack_gives_back_the_same_texts_or_fewer_to_fit(tmp_path: Path) -> None:
    learned = Source("learned", "npm", "2.0.0", "MIT")
    publish(tmp_path, learned, {f"src/{i}.ts": module(f"part{i}") for i in range(40)})
    build(tmp_path, [learned])
    (tmp_path / "corpus" / "manifest.json").write_text("{}")
    (tmp_path / "tokenizer.json").write_text("{}")
    corpus = tmp_path / "corpus" / "train.jsonl"

    whole = sum(pack(tmp_path, tmp_path / "whole").values())
    unpack(tmp_path / "whole", tmp_path / "there")
    assert (tmp_path / "there" / "corpus" / "train.jsonl").read_bytes() == corpus.read_bytes()

    limited = pack(tmp_path, tmp_path / "limited", whole * 3 // 4)
    unpack(tmp_path / "limited", tmp_path / "less")
    fewer = (tmp_path / "less" / "corpus" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(limited.values()) <= whole * 3 // 4
    assert set(fewer) < set(corpus.read_text(encoding="utf-8").splitlines())


def test_the_retrieval_benchmarks_packages_are_held_out() -> None:
    python = {"aiohttp", "fastapi", "flask", "httpx", "pydantic", "requests"}
    javascript = {"axios", "express", "redux", "zod"}
    assert python | javascript <= {source.name for source in load_sources() if source.held_out}
