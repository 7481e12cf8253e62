"""References as people type them, their natural order, folded words, and the highest marking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.rules import marking, references

KEPT = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9.\-]{0,30}[A-Za-z0-9]\Z").filter(references.is_reference)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cyber19-a1", "CYBER19-A1"),
        ("CYBER19–A1", "CYBER19-A1"),  # en dash
        ("CYBER19—A1", "CYBER19-A1"),  # em dash
        ("CYBER19‑A1", "CYBER19-A1"),  # no-break hyphen
        ("CYBER19−A1", "CYBER19-A1"),  # minus
        ("CYBER19－A1", "CYBER19-A1"),  # full width
        ("CY\u00adBER19-A1", "CYBER19-A1"),  # soft hyphen
        ("CYBER19\u200b-A1\ufeff", "CYBER19-A1"),  # zero width
        ("\u202eCYBER19-A1\u202c", "CYBER19-A1"),  # bidi control
        (" CYBER19-A1. ", "CYBER19-A1"),
        ("“CYBER19-A1”!", "CYBER19-A1"),
        ("`CYBER19-A1.2`,", "CYBER19-A1.2"),
        ("3.10", "3.10"),
        ("ＣＹＢＥＲ１９-A1", "CYBER19-A1"),  # full-width letters
    ],
)
def test_what_was_typed_and_what_was_meant(typed: str, meant: str) -> None:
    assert references.key(typed) == meant


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("A1", True),
        ("3.10", True),
        ("a" * 31 + "1", True),
        ("a" * 32 + "1", False),
        ("ABC", False),
        ("", False),
        ("A 1", False),
        ("A/1", False),
        ("Å1", False),
        ("A１", False),
        ("A1\n", False),
    ],
)
def test_what_a_reference_is(text: str, is_one: bool) -> None:
    assert references.is_reference(text) is is_one


def test_a_reports_code_needs_no_digit() -> None:
    assert references.is_code("PEEL")
    assert not references.is_code("PEEL 25")
    assert not references.is_code("")


@given(KEPT)
def test_a_kept_reference_is_found_by_itself_in_any_letter_case(reference: str) -> None:
    assert references.key(reference.lower()) == references.key(reference.upper()) == references.key(reference)


def test_natural_order() -> None:
    order = ["3", "3.2", "3.10", "3.10.1", "A1", "A2", "A10", "a11", "B1-C2", "B1-C10"]
    assert sorted(order[5:] + order[:5], key=references.natural) == order


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_numbers_sort_as_numbers(one: int, other: int) -> None:
    assert (references.natural(f"X{one}.1") < references.natural(f"X{other}.1")) == (one < other)


@pytest.mark.parametrize(
    ("one", "same"), [("CAFÉ", "café"), ("Straße", "STRASSE"), ("Zoë", "zoe"), ("ÅNGSTRÖM", "angstrom"), ("Abc", "aBC")]
)
def test_letter_case_and_accents_do_not_count(one: str, same: str) -> None:
    assert references.folded(one) == references.folded(same)


@given(st.text(max_size=80))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = references.folded(text)
    assert references.folded(once) == once


@pytest.mark.parametrize(
    ("markings", "highest"),
    [
        ([], "OFFICIAL"),
        (["OFFICIAL"], "OFFICIAL"),
        (["OFFICIAL", "OFFICIAL-SENSITIVE", "OFFICIAL"], "OFFICIAL-SENSITIVE"),
    ],
)
def test_the_highest_marking(markings: list[str], highest: str) -> None:
    assert marking.highest(markings) == highest


def test_a_marking_that_we_do_not_know_is_never_taken_for_a_low_one() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        marking.highest(["OFFICIAL", "SECRET"])
