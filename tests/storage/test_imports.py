"""An import: a dry run that keeps its word, all or nothing, the same file twice, and every change on record."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from handlers.intake.sheets import read_csv
from storage import history, imports, people, questions, record
from storage.imports import Diff
from storage.questions import Reader
from storage.refusals import NotAllowed
from storage.rows import COLUMNS, FileRow, LineFault
from storage.store import Store
from storage.tables import HISTORY, IDENTITY, ITEM, ITEM_PERSON, METADATA, REPORT, REQUEST, TARGET_CHANGE
from tests.conftest import LIMITS, PRACTICE, Clock, Say, Town, actor, peopled, person
from tests.storage.registers import SEEDS, Life, row, take


@pytest.fixture
def store(register: Store) -> Store:
    return peopled(register)


def bring(store: Store, *rows: FileRow, force: bool = False) -> Diff:
    """Import, whatever comes of it."""
    return imports.apply(store, actor(store, "lia"), list(rows), source="test.csv", force=force)


def item(store: Store, reference: str) -> dict[str, Any]:
    with store.read() as tx:
        return dict(tx.execute(select(ITEM).where(ITEM.c.reference == reference)).mappings().one())


def moves(store: Store, reference: str) -> list[tuple[str, str, int, str]]:
    number = item(store, reference)["id"]
    with store.read() as tx:
        rows = tx.execute(select(TARGET_CHANGE).where(TARGET_CHANGE.c.item_id == number).order_by(TARGET_CHANGE.c.id))
        return [(str(r.before), str(r.after), r.number, r.reason) for r in rows]


def everything(store: Store) -> list[list[tuple[Any, ...]]]:
    """All rows of all tables."""
    with store.read() as tx:
        return [sorted(map(tuple, tx.execute(select(table))), key=repr) for table in METADATA.sorted_tables]


# --- a dry run, and the same again ------------------------------------------------------------------------------------


def test_the_practice_register_comes_in_whole_and_the_same_file_changes_nothing(trentshire: Town) -> None:
    sheet = read_csv((PRACTICE / "register.csv").read_bytes())
    before = everything(trentshire.store)
    again = imports.apply(trentshire.store, actor(trentshire.store, "lia"), sheet.rows, source="register.csv")
    assert (again.rows, len(again.unchanged), again.new, again.changed, again.missing) == (76, 76, [], {}, [])
    assert again.applied
    assert everything(trentshire.store) == before


def test_the_practice_register_is_registered_by_lia_at_nine(trentshire: Town, say: Say) -> None:
    told = say("history CUST26-C1", as_="ana")
    assert "2 Oct 2026, 09:00 Lia Penrose registered it at the terminal." in told
    assert history.verify(trentshire.store)[0] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dry_run_tells_exactly_what_the_import_then_does(store: Store, clock: Clock, seed: int) -> None:
    life = Life(store, clock, seed, items=20)
    life.pass_days(3)
    rows = [life.changed(r) for r in life.rows.values() if life.dice.random() < 0.8]
    rows += [row(f"NEW-{n}", report_code="NEW26", parent_reference="NEW-2" if n == 1 else "") for n in (1, 2)]
    before = everything(store)
    told = imports.preview(store, rows)
    assert everything(store) == before
    done = bring(store, *rows)
    assert {**asdict(told), "applied": True} == asdict(done)
    assert set(done.new) == {"NEW-1", "NEW-2"}
    assert done.changed
    third = bring(store, *rows)
    assert (third.new, third.changed, len(third.unchanged)) == ([], {}, len(rows))
    assert history.verify(store)[0] == []


def test_what_is_new_changed_unchanged_and_missing_is_named(store: Store) -> None:
    take(store, row("A-1"), row("A-2"), row("A-10"), row("A-3"))
    diff = take(store, row("A-2"), row("a-3", title="Mend it well"), row("B-1", report_code="NEW26"))
    assert diff.new == ["B-1"]
    assert diff.changed == {"A-3": {"title": ["Mend the lamp", "Mend it well"]}}
    assert diff.unchanged == ["A-2"]
    assert diff.missing == ["A-1", "A-10"]
    assert item(store, "A-1")["status"] == "in_progress"  # named, never closed
    assert item(store, "A-3")["title"] == "Mend it well"


def test_a_column_that_the_file_does_not_have_is_left_as_it_is(store: Store) -> None:
    take(store, row("A-1", off_track="The ladder is short.", objective="Light"))
    short = row("A-1", title="Other")
    lacking = short._replace(cells={c: v for c, v in short.cells.items() if c not in {"off_track", "objective"}})
    assert take(store, lacking).changed == {"A-1": {"title": ["Mend the lamp", "Other"]}}
    now = item(store, "A-1")
    assert (now["title"], now["off_track"], now["objective"]) == ("Other", "The ladder is short.", "Light")


# --- people -----------------------------------------------------------------------------------------------------------


def ties(store: Store, reference: str) -> set[tuple[str, str]]:
    number = item(store, reference)["id"]
    with store.read() as tx:
        where = (ITEM_PERSON.c.item_id == number, ITEM_PERSON.c.until.is_(None))
        rows = tx.execute(select(ITEM_PERSON).where(*where)).all()
        return {(people.called(tx, r.person_id), r.tie) for r in rows}


def test_owner_delegates_and_lead(store: Store) -> None:
    take(store, row("A-1", action_owner="Owen.Hale@Trentshire.example; jo.cole@trentshire.example", strategic_lead=""))
    assert ties(store, "A-1") == {("Supt Owen Hale", "owner"), ("Insp Jo Cole", "delegate")}
    take(
        store,
        row("A-1", action_owner="jo.cole@trentshire.example; new.hand@trentshire.example; jo.cole@trentshire.example"),
    )
    assert ties(store, "A-1") == {("Insp Jo Cole", "owner"), ("new.hand@trentshire.example", "delegate")}
    lead = "marcus.frayne@trentshire.example"
    take(store, row("A-1", action_owner="", strategic_lead=lead, status="awaiting_allocation"))
    assert ties(store, "A-1") == {("ACC Marcus Frayne", "lead")}


def test_an_address_is_the_same_in_any_letter_case(store: Store) -> None:
    take(store, row("A-1", action_owner="owen.hale@trentshire.example"))
    assert take(store, row("A-1", action_owner="OWEN.HALE@TRENTSHIRE.EXAMPLE")).unchanged == ["A-1"]


def test_the_new_owner_may_and_the_old_one_may_not_any_more(store: Store) -> None:
    take(store, row("A-1", action_owner="owen.hale@trentshire.example"))
    record.add_update(store, actor(store, "owen"), "A-1", None, "Mine.", {})
    take(store, row("A-1", action_owner="ana.brook@trentshire.example"))
    record.add_update(store, actor(store, "ana"), "A-1", None, "Now mine.", {})
    with pytest.raises(NotAllowed):
        record.add_update(store, actor(store, "owen"), "A-1", None, "Still mine?", {})


# --- dates ------------------------------------------------------------------------------------------------------------


def test_target_moves_are_numbered_and_only_later_dates_are_extensions(store: Store) -> None:
    take(store, row("A-1"))
    for target in ("2026-11-01", "2026-12-01", "2026-11-15", "2027-01-10"):
        take(store, row("A-1", target_date=target))
    now = item(store, "A-1")
    assert (now["moves"], now["extensions"]) == (3, 2)
    assert (now["original_target_date"], now["target_date"]) == (date(2026, 11, 1), date(2027, 1, 10))
    assert moves(store, "A-1") == [
        ("None", "2026-11-01", 0, "by import"),
        ("2026-11-01", "2026-12-01", 1, "by import"),
        ("2026-12-01", "2026-11-15", 2, "by import"),
        ("2026-11-15", "2027-01-10", 3, "by import"),
    ]


def test_the_first_target_date_of_a_new_item_is_no_move(store: Store) -> None:
    take(store, row("A-1", target_date="2026-12-01"))
    now = item(store, "A-1")
    assert (now["moves"], now["extensions"], now["original_target_date"]) == (0, 0, date(2026, 12, 1))
    assert moves(store, "A-1") == [("None", "2026-12-01", 0, "")]


def test_a_target_taken_away_is_a_move_and_the_original_stays(store: Store) -> None:
    take(store, row("A-1", target_date="2026-12-01"))
    take(store, row("A-1", target_date=""))
    now = item(store, "A-1")
    assert (now["moves"], now["extensions"], now["due"]) == (1, 0, None)
    assert now["original_target_date"] == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"target_date": "2026-08-31"}, "target_date"),
        ({"target_date": "2037-01-01"}, "target_date"),
        ({"action_owner": ""}, "action_owner"),
    ],
)
def test_what_is_odd_is_said_and_taken(store: Store, cells: dict[str, str], field: str) -> None:
    diff = take(store, row("A-1", **cells))
    assert [(w.line, w.field) for w in diff.warnings] == [(2, field)]
    assert diff.applied


def test_a_status_brought_in_again_ends_what_was_asked(store: Store, clock: Clock) -> None:
    take(store, row("A-1"))
    record.ask_sign_off(store, actor(store, "owen"), "A-1", None, "Done.", ["https://evidence.example/1"])
    clock.set("2026-11-01 12:00")
    take(store, row("A-1", status="complete"))
    with store.read() as tx:
        request = tx.execute(select(REQUEST)).one()
    assert (request.decision, request.decided_at) == ("ended_by_import", clock())
    assert item(store, "A-1")["completed_on"] == date(2026, 11, 1)
    take(store, row("A-1", status="in_progress", inspectorate_status="closed"))
    now = item(store, "A-1")
    assert (now["completed_on"], now["closed_on"], now["open"]) == (None, date(2026, 11, 1), True)
    assert history.verify(store)[0] == []


# --- reports ----------------------------------------------------------------------------------------------------------


def test_a_report_changes_with_any_of_its_rows(store: Store) -> None:
    take(store, row("A-1"), row("A-2"))
    diff = take(store, row("A-2", comments_published_on="2026-10-01"))
    assert diff.changed == {"A-2": {"comments_published_on": ["", "2026-10-01"]}}
    with store.read() as tx:
        report = tx.execute(select(REPORT)).one()
        act = tx.execute(select(HISTORY.c.act, HISTORY.c.report_id).order_by(HISTORY.c.seq.desc()).limit(1)).one()
    assert (report.version, report.comments_published_on) == (2, date(2026, 10, 1))
    assert act == ("import", report.id)
    assert item(store, "A-2")["version"] == 1  # the item itself is as it was
    assert history.verify(store)[0] == []


def test_rows_that_speak_differently_of_one_report_are_refused(store: Store) -> None:
    diff = bring(store, row("A-1", 2), row("A-2", 3, report_title="Other"))
    assert [(e.line, e.field, e.message) for e in diff.errors] == [
        (3, "report_title", "Line 2 says otherwise of the same report.")
    ]


# --- parents ----------------------------------------------------------------------------------------------------------


def test_children_may_stand_before_their_parents_and_parents_may_be_in_the_register_only(store: Store) -> None:
    deep = [row("A-1.1.1", parent_reference="A-1.1"), row("A-1.1", parent_reference="a-1"), row("A-1")]
    take(store, *deep)
    take(store, row("A-1.2", parent_reference="A-1"))
    parents = {r: item(store, r)["parent_id"] for r in ("A-1", "A-1.1", "A-1.1.1", "A-1.2")}
    numbers = {r: item(store, r)["id"] for r in parents}
    assert parents == {"A-1": None, "A-1.1": numbers["A-1"], "A-1.1.1": numbers["A-1.1"], "A-1.2": numbers["A-1"]}


def test_a_circle_that_closes_through_the_register_is_refused(store: Store) -> None:
    take(store, row("A-1"), row("A-2", parent_reference="A-1"), row("A-3", parent_reference="A-2"))
    diff = bring(store, row("A-1", parent_reference="A-3"))
    assert [(e.field, e.message) for e in diff.errors] == [("parent_reference", "The parents go round in a circle.")]
    assert item(store, "A-1")["parent_id"] is None


# --- versions ---------------------------------------------------------------------------------------------------------


def with_version(one: FileRow, version: str) -> FileRow:
    return one._replace(cells={**one.cells, "version": version})


def test_an_old_file_undoes_nothing_silently(store: Store) -> None:
    take(store, row("A-1"), row("A-2"))
    record.add_update(store, actor(store, "owen"), "A-1", None, "Mended.", {})
    old = [with_version(row("A-1", 2, last_update_on=""), "1"), with_version(row("A-2", 3, title="Other"), "1")]
    before = everything(store)
    refused = bring(store, *old)
    assert [(e.line, e.field) for e in refused.errors] == [(2, "version")]
    assert "version 2" in refused.errors[0].message
    assert everything(store) == before
    forced = bring(store, *old, force=True)
    assert set(forced.changed) == {"A-1", "A-2"}
    assert item(store, "A-1")["last_update_on"] is None
    assert history.verify(store)[0] == []


def test_an_old_version_that_changes_nothing_is_no_conflict(store: Store) -> None:
    take(store, row("A-1"))
    record.add_update(store, actor(store, "owen"), "A-1", None, "Mended.", {})
    assert bring(store, with_version(row("A-1", last_update_on="2026-10-02"), "1")).unchanged == ["A-1"]


@pytest.mark.parametrize("version", ["two", "-1", "1.0"])
def test_a_version_is_a_number(store: Store, version: str) -> None:
    assert [e.field for e in bring(store, with_version(row("A-1"), version)).errors] == ["version"]


# --- all or nothing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"reference": "ABC"}, "reference"),
        ({"reference": "A" * 32 + "1"}, "reference"),
        ({"report_code": ""}, "report_code"),
        ({"report_code": "OTHER 26"}, "report_code"),
        ({"kind": "task"}, "kind"),
        ({"status": "done"}, "status"),
        ({"scope": "county"}, "scope"),
        ({"marking": "SECRET"}, "marking"),
        ({"inspectorate_status": "open"}, "inspectorate_status"),
        ({"external_dependency": "no"}, "external_dependency"),
        ({"inspected_body": "army", "report_code": "B26"}, "inspected_body"),
        ({"section_55": "maybe", "report_code": "B26"}, "section_55"),
        ({"action_owner": "Owen"}, "action_owner"),
        ({"strategic_lead": "a@b.example; c@d.example"}, "strategic_lead"),
        ({"parent_reference": "NONE-1"}, "parent_reference"),
        ({"reference": "A-1"}, "reference"),
        ({"reference": "a–1"}, "reference"),
        ({"parent_reference": "A-2"}, "parent_reference"),
    ],
)
def test_one_bad_row_and_nothing_comes_in(store: Store, cells: dict[str, str], field: str) -> None:
    before = everything(store)
    bad = row("A-2", 3)._replace(cells={**row("A-2").cells, **cells})
    diff = bring(store, row("A-1", 2), bad, row("A-3", 4))
    assert (3, field) in [(e.line, e.field) for e in diff.errors]
    assert not diff.applied
    assert {e.line for e in diff.errors} == {3}
    assert everything(store) == before


def test_every_bad_line_is_named_in_order(store: Store) -> None:
    bad = [row("A-1", 9, kind="task"), row("A-2", 4, status="done", scope="county"), row("A-3", 7)]
    told = [(e.line, e.field) for e in bring(store, *bad).errors]
    assert told == [(4, "scope"), (4, "status"), (9, "kind")]


NO_ROOM = {
    "sqlite": "CREATE TRIGGER stop BEFORE INSERT ON item WHEN NEW.reference = 'A-9' "
    "BEGIN SELECT RAISE(ABORT, 'no_room'); END",
    "postgresql": "ALTER TABLE item ADD CONSTRAINT no_room CHECK (reference <> 'A-9')",
}


def test_a_failure_halfway_leaves_nothing(store: Store) -> None:
    """The database itself refuses the last row, after reports, people and items were written."""
    take(store, row("A-1"))
    with store.write() as tx:
        tx.execute(text(NO_ROOM[tx.dialect.name]))
    before = everything(store)
    fresh = row("A-8", action_owner="new.hand@force.example", report_code="NEW26")
    with pytest.raises(Exception, match="no_room"):
        take(store, row("A-1", title="Other"), fresh, row("A-9", parent_reference="A-8"))
    assert everything(store) == before
    assert history.verify(store)[0] == []


# --- likely duplicates ------------------------------------------------------------------------------------------------


def test_likely_duplicates_are_named_in_pairs(store: Store) -> None:
    same = "The force should know where every lamp is."
    take(store, row("A-1", text=same, title="One"), row("A-2", text="Other words that are long.", title="Two"))
    diff = take(store, row("B-1", report_code="B26", text=same.upper(), title="One"), row("A-3", title="TWO", text="x"))
    assert diff.duplicates == [["A-1", "B-1"], ["A-2", "A-3"]]


def test_an_import_is_marked_with_its_file_and_its_importer(store: Store) -> None:
    take(store, row("A-1"))
    number = item(store, "A-1")["id"]
    with store.read() as tx:
        told = history.minutes(tx, item_id=number)[0]
    assert (told.act, told.actor_id, told.fields["file"]) == ("register", person(store, "lia").id, (None, "test.csv"))


def test_what_an_export_would_give_is_what_came_in(store: Store) -> None:
    one = row("A-1", target_date="2026-12-01", board="Light Board", strategic_lead="marcus.frayne@trentshire.example")
    take(store, one)
    with store.read() as tx:
        register = imports.Register(tx)
        given = register.row(register.items["A-1"])
        whole = questions.whole(tx, "A-1", Reader(person(store, "ana"), date(2026, 10, 2), LIMITS))
    assert given == {**{c: one.cells.get(c, "") for c in COLUMNS}, "version": "1"}
    assert whole is not None
    assert (whole.lead, whole.row.owner) == ("ACC Marcus Frayne", "Supt Owen Hale")


# --- who was faster ---------------------------------------------------------------------------------------------------


def test_a_file_is_compared_anew_with_what_somebody_changed_while_it_was_looked_through(store: Store) -> None:
    """Owen asks for sign-off between the look at the register and the change of it: the file takes that back."""
    bring(store, row("A-1"), row("A-2"))

    def doubts() -> Iterator[LineFault]:
        record.ask_sign_off(store, actor(store, "owen"), "A-1", None, "Done.", ["https://evidence.example/1"])
        yield from ()

    rows = [row("A-1", 2), row("A-2", 3, title="Mend the other lamp")]
    diff = imports.apply(store, actor(store, "lia"), rows, source="test.csv", warnings=doubts())
    assert diff.applied
    assert diff.changed["A-1"] == {"status": ["pending_sign_off", "in_progress"]}
    assert (item(store, "A-1")["status"], item(store, "A-2")["title"]) == ("in_progress", "Mend the other lamp")
    with store.read() as tx:
        assert tx.execute(select(REQUEST.c.decision)).scalars().all() == ["ended_by_import"]
    assert history.verify(store)[0] == []


@pytest.mark.parametrize("title", ["Mend the lamp", "Mend the first lamp"])
def test_a_file_that_became_too_old_while_it_was_looked_through_changes_nothing(store: Store, title: str) -> None:
    bring(store, row("A-1"), row("A-2"))

    def doubts() -> Iterator[LineFault]:
        record.add_update(store, actor(store, "owen"), "A-1", None, "The lamp is ordered.", {})
        yield from ()

    old = row("A-1", 2, title=title)
    rows = [old._replace(cells={**old.cells, "version": "1"}), row("A-2", 3, title="Mend the other lamp")]
    diff = imports.apply(store, actor(store, "lia"), rows, source="test.csv", warnings=doubts())
    assert [(fault.line, fault.field) for fault in diff.errors] == [(2, "version")]
    assert not diff.applied
    assert item(store, "A-2")["title"] == "Mend the lamp"


@pytest.mark.parametrize("seed", range(12))
def test_whatever_others_do_meanwhile_the_file_does_what_a_dry_run_after_it_tells(
    store: Store, clock: Clock, seed: int
) -> None:
    life = Life(store, clock, seed, items=20)
    life.pass_days(3)
    rows = [life.changed(r) for r in life.rows.values() if life.dice.random() < 0.8]
    told: list[Diff] = []

    def doubts() -> Iterator[LineFault]:
        for _ in range(life.dice.randrange(1, 5)):
            life.try_to(
                life.dice.choice(("update", "update", "extend", "complete", "edit", "hand over", "add", "import"))
            )
        told.append(imports.preview(store, rows))
        yield from ()

    done = imports.apply(store, actor(store, "lia"), rows, source="test.csv", warnings=doubts())
    assert {**asdict(told[0]), "applied": not done.errors} == asdict(done)
    assert history.verify(store)[0] == []
    assert imports.preview(store, rows).changed == {}


def test_an_update_of_an_item_that_the_file_changes_all_the_same_lies_before_the_change(store: Store) -> None:
    """Owen's update lies between; the title is the file's, the update stays in the history under it."""
    bring(store, row("A-1"), row("A-2"), row("A-3"))

    def doubts() -> Iterator[LineFault]:
        for reference in ("A-1", "A-3"):
            record.add_update(store, actor(store, "owen"), reference, None, "The lamp is ordered.", {})
        yield from ()

    rows = [row("A-1", 2, title="Mend the other lamp"), row("A-2", 3, title="Mend the third lamp")]
    diff = imports.apply(store, actor(store, "lia"), rows, source="test.csv", warnings=doubts())
    assert diff.changed["A-1"] == {
        "title": ["Mend the lamp", "Mend the other lamp"],
        "last_update_on": ["2026-10-02", ""],
    }
    assert [item(store, r)["version"] for r in ("A-1", "A-2", "A-3")] == [3, 2, 2]
    assert history.verify(store)[0] == []


def test_a_title_and_a_report_that_were_corrected_while_the_file_was_looked_through_are_seen(store: Store) -> None:
    """Lia gives A-2 the title that the file gives A-1; then she renames the report, which the file takes back."""
    bring(store, row("A-1", text="One."), row("A-2", text="Two."))
    rows = [row("A-1", title="Mend the other lamp", text="One.")]
    lia = actor(store, "lia")

    def corrects_title() -> Iterator[LineFault]:
        record.edit(store, lia, "A-2", None, "title", "Mend the other lamp", "As printed.")
        yield from ()

    def corrects_report() -> Iterator[LineFault]:
        record.edit_report(store, lia, "LAMP26", None, "title", "Keep all lights on", "As printed.")
        yield from ()

    diff = imports.apply(store, lia, rows, source="test.csv", warnings=corrects_title())
    assert diff.duplicates == [["A-1", "A-2"]]
    rows = [row("A-1", title="Mend the third lamp", text="One.")]
    diff = imports.apply(store, lia, rows, source="test.csv", warnings=corrects_report())
    assert [w.message for w in diff.warnings] == [
        "The report LAMP26 changes: Keep all lights on to Keep the lights on."
    ]
    assert history.verify(store)[0] == []


def test_rows_that_hang_on_what_the_file_brings_come_in_with_the_others_in_the_order_of_the_file(store: Store) -> None:
    """The first and the last are worked out beforehand; the others need a person, a report, an item of the file."""
    take(store, *(row(f"A-{n}") for n in range(1, 6)))
    changed = [
        row("A-1", title="Mend the first lamp"),
        row("A-2", action_owner="new.hand@force.example; U0NEWHAND", strategic_lead="New.Hand@force.example"),
        row("A-3", report_code="NEW26"),
        row("A-4", parent_reference="B-1"),
        row("A-5", title="Mend the last lamp"),
    ]
    take(store, *changed, row("B-1", action_owner="other.hand@force.example"))
    with store.read() as tx:
        told = [m.item_id for m in history.minutes(tx) if m.act == "import"]
        register = imports.Register(tx)
        given = [register.row(register.items[f"A-{n}"]) for n in range(1, 6)]
    assert told == [item(store, f"A-{n}")["id"] for n in range(1, 6)]
    assert given == [
        {**{c: r.cells.get(c, "") for c in COLUMNS}, **imports.normal(r.cells), "version": "2"} for r in changed
    ]
    assert item(store, "A-2")["owner_id"] == item(store, "A-2")["lead_id"]
    assert history.verify(store)[0] == []


def test_who_turned_out_to_be_somebody_else_while_the_file_was_looked_through_owns_as_that_one(store: Store) -> None:
    """A chat user ID, known alone when the file is looked through, then turns out to be Owen's."""
    user, owen = people.Handle("slack", "", "U0OWEN123"), people.Handle("email", "", "owen.hale@trentshire.example")
    bring(store, row("A-1", action_owner=""))
    with store.write() as tx:
        people.keep(tx, [user], "", store.clock())

    def doubts() -> Iterator[LineFault]:
        with store.write() as tx:
            people.keep(tx, [owen, user], "", store.clock())
        yield from ()

    rows = [row("A-1", action_owner="U0OWEN123")]
    assert imports.apply(store, actor(store, "lia"), rows, source="test.csv", warnings=doubts()).applied
    assert item(store, "A-1")["owner_id"] == person(store, "owen").id
    assert history.verify(store)[0] == []


def test_a_file_finds_the_same_persons_as_the_register_does_one_by_one(store: Store) -> None:
    """A chat user ID of two workspaces is the first one's, unless it is known without a workspace."""
    now = store.clock()
    with store.write() as tx:
        for tenant, user in (("T1", "U0FIRST"), ("T2", "U0FIRST"), ("T1", "U0SECOND")):
            people.keep(tx, [people.Handle("slack", tenant, user)], f"{user} of {tenant}", now)
        lia = person(store, "lia").id
        tx.execute(insert(IDENTITY).values(person_id=lia, platform="slack", tenant="", external_id="U0SECOND"))
        known = people.whose(tx)
        asked = {token: people.keep(tx, [h], "", now) for token in known if (h := people.handle(token))}
        assert people.whose(tx) == known == asked
    assert known["U0FIRST"] != known["U0SECOND"] == known["lia.penrose@trentshire.example"] == lia
