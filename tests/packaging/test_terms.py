import pytest

from ownstack_release.shipped import terms
from ownstack_release.shipped.terms import Declared, Policy, Terms

BSD = ("BSD License",)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.read()


@pytest.mark.parametrize(
    ("declared", "licence"),
    [
        (Declared(expression="mit"), "MIT"),
        (Declared(expression="Apache-2.0  OR  MIT", classifiers=BSD), "Apache-2.0 OR MIT"),
        (Declared(field="BSD-3-Clause", classifiers=BSD), "BSD-3-Clause"),
        (Declared(field="Apache License, Version 2.0"), "Apache-2.0"),
        (Declared(classifiers=("MIT License",)), "MIT"),
        (Declared(field="see LICENSE", classifiers=("ISC License (ISCL)",)), "ISC"),
    ],
)
def test_a_licence_is_named_as_spdx_names_it(
    policy: Policy, declared: Declared, licence: str
) -> None:
    assert policy.terms("sample", "1.0", declared) == Terms(licence)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (Declared(), "says none"),
        (Declared(classifiers=BSD), "BSD License"),
        (Declared(field="Dual", classifiers=("MIT License", "BSD License")), "MIT License"),
        (Declared(field="Apache-2.0", classifiers=("MIT License",)), "its classifier"),
        (Declared(expression="Proprietary"), "Proprietary"),
        (Declared(expression="(" * 5000), "((("),
        (Declared(field="MIT " * 1_000_000), "MIT MIT"),
    ],
)
def test_what_is_vague_or_contradicts_itself_is_no_licence(
    policy: Policy, declared: Declared, words: str
) -> None:
    found = policy.terms("sample", "1.0", declared)
    assert found.expression == terms.UNKNOWN
    assert words in found.problem
    assert len(found.problem) < 300


def test_the_table_states_what_metadata_do_not(policy: Policy) -> None:
    dual = Declared(field="Dual License", classifiers=("BSD License", "Apache Software License"))
    assert policy.terms("Python_Dateutil", "3.0.0", dual).concluded
    assert policy.terms("python-dateutil", "4.0.0", dual).problem


@pytest.mark.parametrize(
    ("name", "expression", "refused"),
    [
        ("x", "MIT OR GPL-3.0-only", ()),
        ("x", "(MIT OR GPL-3.0-only) AND AGPL-3.0-only", ("AGPL-3.0-only",)),
        ("x", "GPL-3.0-or-later WITH GCC-exception-3.1", None),
        ("libgomp", "GPL-3.0-or-later WITH GCC-exception-3.1", ()),
        ("libgomp", "GPL-3.0-or-later", ("GPL-3.0-or-later",)),
        ("certifi", "MPL-2.0", ()),
        ("x", "MPL-2.0", ("MPL-2.0",)),
        ("x", terms.UNKNOWN, (terms.UNKNOWN,)),
    ],
)
def test_permissive_licences_may_be_shipped_and_exceptions_by_name(
    policy: Policy, name: str, expression: str, refused: tuple[str, ...] | None
) -> None:
    assert policy.refused(name, expression) == ((expression,) if refused is None else refused)


def test_one_side_of_each_or_is_made_use_of(policy: Policy) -> None:
    expression = "(GPL-2.0-only OR MIT OR Apache-2.0) AND (Zlib OR ISC)"
    assert policy.taken("x", expression) == ("Apache-2.0", "Zlib")


def test_orders_of_writing_are_counted_as_one() -> None:
    counts = terms.families(["MIT OR ISC", "ISC OR MIT", "Zlib"])
    assert sorted(counts.values()) == [1, 2]


def test_every_licence_taken_for_a_library_has_its_text(policy: Policy) -> None:
    taken = {one for each in policy.contained for one in policy.taken(each.name, each.licence)} - {
        "LicenseRef-Microsoft-Visual-C-Runtime"
    }
    assert [one for one in sorted(taken) if not terms.text(one)] == []
    assert not [each.name for each in policy.contained if policy.refused(each.name, each.licence)]


def test_no_text_is_read_from_another_folder() -> None:
    assert terms.text("../licences") == ""
