import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ownstack_release import sbom
from ownstack_release.errors import ReleaseError
from ownstack_release.shipped import inventory
from tests.packaging import samples


def bill(tmp_path: Path, vsix: Path, house: Path | None = None) -> dict[str, Any]:
    client = tmp_path / "client"
    metafile = client / "meta.json"
    if not client.exists():
        client, metafile = samples.client(client)
    to = tmp_path / "bill.json"
    sbom.write(vsix, to, metafile, house, client)
    return json.loads(to.read_text("utf-8"))


def component(bill: dict[str, Any], name: str) -> dict[str, Any]:
    found = [each for each in bill["components"] if each["name"] == name]
    assert len(found) == 1
    return found[0]


def below(bill: dict[str, Any], ref: str) -> list[str]:
    found = [each for each in bill["dependencies"] if each["ref"] == ref]
    return [each for entry in found for each in entry.get("dependsOn", ())]


def properties(component: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in component.get("properties", ())}


def test_a_universal_package_contains_its_wheel_and_requires_the_rest(tmp_path: Path) -> None:
    headers = [
        "License-Expression: MIT",
        "Requires-Dist: LanceDB>=0.40,<1",
        "Requires-Dist: tomli>=2; python_version < '3.11'",
        "Requires-Dist: keyring; extra == 'keyring'",
    ]
    wheel = samples.wheel(tmp_path, "ownstack", "0.1.0", headers=headers)
    made = bill(tmp_path, samples.vsix(tmp_path / "u.vsix", [wheel]))
    assert made["specVersion"] == "1.6"
    own = component(made, "ownstack")
    assert own["hashes"][0]["alg"] == "SHA-256"
    assert own["licenses"] == [{"license": {"acknowledgement": "declared", "id": "MIT"}}]
    needed = component(made, "lancedb")
    assert properties(needed) == {
        "ownstack:carried": "no",
        "ownstack:requirement": "LanceDB<1,>=0.40",
    }
    assert "version" not in needed
    assert "hashes" not in needed
    assert below(made, own["bom-ref"]) == ["pkg:pypi/lancedb", "pkg:pypi/tomli"]
    assert not [each for each in made["components"] if each["name"] == "keyring"]
    root = made["metadata"]["component"]
    assert own["bom-ref"] in below(made, root["bom-ref"])
    assert root["purl"] == "pkg:vscode-extension/ownstack/ownstack@0.1.0"


def test_npm_packages_come_with_the_hashes_of_the_lock(tmp_path: Path) -> None:
    made = bill(tmp_path, samples.vsix(tmp_path / "u.vsix", [samples.wheel(tmp_path)]))
    scoped = component(made, "@scope/part")
    assert scoped["purl"] == "pkg:npm/%40scope/part@1.2.3"
    assert scoped["hashes"] == [{"alg": "SHA-512", "content": "00" * 64}]
    names = {each["name"] for each in made["components"]}
    assert names == {"sample", "plain", "@scope/part"}


def test_a_platform_package_lists_what_is_in_its_packs(tmp_path: Path) -> None:
    house = tmp_path / "house"
    path = "rusty-1.0.dist-info/sboms/rusty.cdx.json"
    crates = '{"components": [{"name": "ring", "version": "0.1", "purl": "pkg:cargo/ring@0.1"}]}'
    needs = ["License-Expression: MIT", "Requires-Dist: Rusty>=1"]
    wheels = [
        samples.wheel(house, "rusty", tag="cp311-cp311-linux_x86_64", files={path: crates}),
        samples.wheel(house, "rusty", tag="cp312-cp312-linux_x86_64", files={path: crates}),
        samples.wheel(house, "other", tag="cp312-cp312-linux_x86_64", headers=needs),
    ]
    vsix = samples.vsix(tmp_path / "p.vsix", bundle=samples.packed(wheels), target="linux-x64")
    made = bill(tmp_path, vsix, house)
    rusty = [each for each in made["components"] if each["name"] == "rusty"]
    assert [each["hashes"][0]["content"] for each in rusty] == ["ab" * 32] * 2
    assert component(made, "ring")["purl"] == "pkg:cargo/ring@0.1"
    assert [below(made, each["bom-ref"]) for each in rusty] == [["pkg:cargo/ring@0.1"]] * 2
    needed = below(made, component(made, "other")["bom-ref"])
    assert [ref.partition("file_name=")[2][:16] for ref in needed] == ["rusty-1.0-cp312-"]
    assert made["metadata"]["component"]["purl"].endswith("?platform=linux-x64")


def test_packs_need_the_very_wheels_they_were_made_of(tmp_path: Path) -> None:
    house = tmp_path / "house"
    wheels = [samples.wheel(house, "a"), samples.wheel(house, "b")]
    vsix = samples.vsix(tmp_path / "p.vsix", bundle=samples.packed(wheels))
    with pytest.raises(ReleaseError, match="--wheelhouse"):
        bill(tmp_path, vsix)
    samples.wheel(house, "a", licence="another text")
    with pytest.raises(ReleaseError, match=r"a-1\.0\.dist-info/licenses/LICENSE differs"):
        bill(tmp_path, vsix, house)
    wheels[0].unlink()
    with pytest.raises(ReleaseError, match=r"has no a-1\.0-py3-none-any\.whl"):
        bill(tmp_path, vsix, house)


def test_the_same_package_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vsix = samples.vsix(tmp_path / "u.vsix", [samples.wheel(tmp_path)])
    first = bill(tmp_path, vsix)
    text = (tmp_path / "bill.json").read_bytes()
    assert bill(tmp_path, vsix) == first
    assert first["serialNumber"].startswith("urn:uuid:")
    assert not first["serialNumber"].endswith("0" * 12)
    assert (tmp_path / "bill.json").read_bytes() == text
    assert first["metadata"]["timestamp"].startswith("1980-01-01T00:00:00")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    later = bill(tmp_path, vsix)
    assert later["metadata"]["timestamp"].startswith("2027-01-15T08:00:00")
    assert later["serialNumber"] != first["serialNumber"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(ReleaseError, match="SOURCE_DATE_EPOCH"):
        bill(tmp_path, vsix)


def test_the_built_in_network_is_listed_with_what_it_learned_from(tmp_path: Path) -> None:
    files = {"ownstack/builtin/ownstack-builtin.gguf": b"GGUF"}
    wheel = samples.wheel(tmp_path, "ownstack", "0.1.0", files=files)
    made = bill(tmp_path, samples.vsix(tmp_path / "u.vsix", [wheel]))
    model = component(made, "ownstack-builtin")
    assert model["type"] == "machine-learning-model"
    assert model["hashes"][0]["content"] == hashlib.sha256(b"GGUF").hexdigest()
    said = properties(model)
    assert said["ownstack:corpus"].endswith("training/sources.toml")
    assert "GPL" not in said["ownstack:corpus-licences"]


def test_each_adapter_is_listed_by_its_folder(tmp_path: Path) -> None:
    """Their files are all called alike."""
    ids = ("0123456789abcdef", "fedcba9876543210")
    files = {f"ownstack/builtin/adapters/{id}/adapter.gguf": f"GGUF {id}" for id in ids}
    wheel = samples.wheel(tmp_path, "ownstack", "0.1.0", files=files)
    made = bill(tmp_path, samples.vsix(tmp_path / "u.vsix", [wheel]))
    for id in ids:
        model = component(made, f"ownstack-adapter-{id}")
        assert model["hashes"][0]["content"] == hashlib.sha256(f"GGUF {id}".encode()).hexdigest()
        assert {"type": "model-card", "url": "docs/LEARNING.md"} in model["externalReferences"]


def test_the_corpus_is_as_large_as_the_model_card_says() -> None:
    card = (inventory.ROOT / "docs" / "BUILTIN_MODEL.md").read_text("utf-8")
    count = dict(inventory.corpus())["corpus"].split()[0]
    assert f"from {count} named releases of public packages" in card


@pytest.mark.parametrize(
    "bundle",
    [{}, {"wheels": [{}]}, {"wheels": [{"name": "a", "sha256": "b", "files": [["x"]]}]}, []],
)
def test_a_bundle_of_another_form_is_refused(tmp_path: Path, bundle: object) -> None:
    with pytest.raises(ReleaseError, match=r"bundle\.json"):
        bill(tmp_path, samples.vsix(tmp_path / "p.vsix", bundle=bundle))


def test_a_wheel_of_a_bundle_stays_in_its_house(tmp_path: Path) -> None:
    house = tmp_path / "house"
    outside = samples.wheel(tmp_path, "a")
    house.mkdir()
    bundle = samples.packed([outside])
    bundle["wheels"][0]["name"] = f"../{outside.name}"  # type: ignore[index]
    with pytest.raises(ReleaseError, match="has no"):
        bill(tmp_path, samples.vsix(tmp_path / "p.vsix", bundle=bundle), house)


def test_a_package_with_members_outside_is_refused(tmp_path: Path) -> None:
    file = samples.archive(tmp_path / "p.vsix", {"extension/../../x": "x"})
    with pytest.raises(ReleaseError, match="outside"):
        bill(tmp_path, file)


def test_modules_of_another_version_than_the_lock_are_refused(tmp_path: Path) -> None:
    client, _ = samples.client(tmp_path / "client")
    described = client / "node_modules" / "plain" / "package.json"
    described.write_text(described.read_text().replace("2.0.0", "2.0.1"))
    with pytest.raises(ReleaseError, match="npm ci"):
        bill(tmp_path, samples.vsix(tmp_path / "u.vsix", [samples.wheel(tmp_path)]))
