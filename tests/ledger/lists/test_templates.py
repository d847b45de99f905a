"""The templates, and lists in books that are kept: codes, base units, FEFO; nothing is guessed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from ledger.domain.gifts import gift_code
from ledger.lists import ListProblem, import_list, importing
from ledger.lists.layouts import COLUMNS, HEADINGS, KINDS
from ledger.lists.lock import only_import
from ledger.record import Record
from tests.ledger.lists.conftest import RECEIVED, TEMPLATES, read_csv, write_csv


@pytest.fixture
def live(book) -> Iterator[Record]:
    """A live book with the templates' places and items."""
    record = book("live")
    for kind in ("centers", "items"):
        import_list(record, TEMPLATES / f"{kind}.csv", kind)
    return record


GIFTS = "date|place|donor|donor_type|item|lot_number|expiry|quantity|unit"
ISSUES = "date|place|item|lot_number|quantity|unit"


def test_every_template_goes_in_and_again_adds_nothing(book):
    record = book("simulated")
    for kind in ("centers", "items", "donations", "issues", "counts"):
        path = TEMPLATES / f"{kind}.csv"
        tried = import_list(record, path, kind, dry_run=True)
        done = import_list(record, path, kind)
        assert (tried.held, done.held, done.recorded) == (0, 0, len(read_csv(path)) - 1)
        again = import_list(record, path, kind)
        assert (again.added, again.csv()) == (0, done.csv())


@pytest.mark.parametrize("kind", KINDS)
def test_chinese_headings_make_the_same_list(live, tmp_path, kind):
    header, *rows = read_csv(TEMPLATES / f"{kind}.csv")
    translated = tmp_path / "中文.csv"
    write_csv(translated, [[HEADINGS[column][0] for column in header], *rows])
    first = import_list(live, TEMPLATES / f"{kind}.csv", kind)
    again = import_list(live, translated, kind)
    assert (again.added, again.held) == (0, first.held)
    assert [line.entry_index for line in again.lines] == [line.entry_index for line in first.lines]


def test_the_readme_of_the_templates_names_every_column():
    text = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    columns = {column for needed, further in COLUMNS.values() for column in (*needed, *further)}
    assert [column for column in columns if f"`{column}`" not in text and column != "period"] == []


def test_what_is_unknown_or_in_another_unit_is_held_and_its_neighbours_are_not(live, table):
    path = table(
        GIFTS,
        "2026-03-01|99001|||PPE-02|A|2028-01-01|100|箱",
        "2026-03-01|99001|||PPE-02|A|2028-01-01|100|",
        "2026-03-01|nowhere|||NOTHING|A|2028-01-01|100|只",
        "2026-03-01|99001|||PPE-02|||100|只",
        "31.3.2026|99001|||PPE-02|A|2028-01-01|100|只",
        "2026-03-01|99001|X|alien|PPE-02|A|2028-01-01|100|只",
        "2026-03-01|99001|||PPE-02|A|2028-01-01|100|each",
        "2026年3月1日|99001|||PPE-02|无|无|100只|",
    )
    report = import_list(live, path, "donations")
    codes = [[reason.code for reason in line.reasons] for line in report.lines]
    assert codes == [
        ["wrong_unit"], ["wrong_unit"], ["unknown_place", "unknown_item"], ["refused"], ["bad_date"],
        ["not_a_choice"], [], [],
    ]  # fmt: skip
    assert "unmarked where nothing is printed" in report.lines[3].reason("en")
    with live.folded() as book:
        states = {(stock.lot.expiry, stock.state) for stock in book.stock("99001", "PPE-02")}
    assert states == {("2028-01-01", "usable"), ("unmarked", "to_inspect")}


def test_issues_take_the_first_to_expire_across_the_lines_of_a_list(live, table):
    gifts = table(
        GIFTS,
        "2026-03-01|99001|||PPE-02|LATE|2028-01-01|100|只",
        "2026-03-01|99001|||PPE-02|SOON|2026-06-01|30|只",
        "2026-03-01|99001|||PPE-02|GONE|2026-02-01|500|只",
    )
    import_list(live, gifts, "donations")
    path = table(
        ISSUES,
        "2026-03-02|99001|PPE-02||20|只",
        "2026-03-02|99001|PPE-02||20|只",
        "2026-03-02|99001|PPE-02|LATE|5|只",
        "2026-03-02|99001|PPE-02||86|只",
        "2026-03-02|99001|PPE-02||85|只",
        name="issues.csv",
    )
    report = import_list(live, path, "issues")
    assert [line.status for line in report.lines] == ["recorded", "recorded", "recorded", "held", "recorded"]
    assert report.lines[3].reason("en") == "the book has 85 usable of this at 99001; 86 are needed"
    with live.folded() as book:
        taken = [
            [
                (book.lot(part["lot"]).lot_number, part["quantity"])
                for part in live.entry(line.entry_index).body["lines"]
            ]
            for line in report.lines
            if line.entry_index is not None
        ]
    assert taken == [[("SOON", 20)], [("SOON", 10), ("LATE", 10)], [("LATE", 5)], [("LATE", 85)]]
    again = import_list(live, path, "issues")
    assert (again.added, again.recorded) == (0, 4)


def test_a_count_states_what_was_counted(live, table):
    import_list(live, table(GIFTS, "2026-03-01|99001|||PPE-01|||100|只"), "donations")
    header = "date|place|item|quantity|unit"
    path = table(header, "2026-03-02|99001|PPE-01|97|只", "2026-03-02|99001|PPE-02|0|只", name="counts.csv")
    report = import_list(live, path, "counts")
    assert report.recorded == 2
    with live.folded() as book:
        assert sum(stock.quantity for stock in book.stock("99001", "PPE-01")) == 97
    wrong = table(header, "2026-03-02|99001|PPE-01|-1|只", "2026-03-02|99001|PPE-01||只", name="wrong.csv")
    codes = [line.reasons[0].code for line in import_list(live, wrong, "counts").lines]
    assert codes == ["negative", "no_quantity"]


def test_donors_of_a_live_book_are_shown_only_where_they_agreed(live, table):
    path = table(
        GIFTS + "|show_name",
        "2026-03-01|99001|示例公司|organisation|PPE-01|||1|只|yes",
        "2026-03-01|99001|示例个人|person|PPE-01|||2|只|",
        "2026-03-01|99001|示例公司|organisation|PPE-01|||3|只|yes",
        "2026-03-01|99001|没有类型||PPE-01|||4|只|",
    )
    report = import_list(live, path, "donations")
    assert report.recorded == 4
    with live.store.read() as snapshot:
        data = [json.loads(text) for _, text in snapshot.private_parties().values()]
    assert {one["name"]: one["basis"] for one in data} == {
        "示例公司": "consent",
        "示例个人": "none",
        "没有类型": "none",
    }
    assert len(data) == 3
    written = b"".join(live.entries()).decode()
    assert "示例个人" not in written
    assert "示例公司" not in written


def test_gift_numbers_go_on_where_the_book_stands_and_may_be_given(live, table):
    first = import_list(live, table(GIFTS, "2026-03-01|99001|||PPE-01|||1|只"), "donations")
    given = gift_code(2026, 70)
    path = table(
        GIFTS + "|gift",
        f"2026-03-02|99001|||PPE-01|||1|只|{given}",
        "2026-03-02|99001|||PPE-01|||1|只|2026-00071-0",
        name="more.csv",
    )
    report = import_list(live, path, "donations")
    last = import_list(live, table(GIFTS, "2026-03-03|99001|||PPE-01|||1|只", name="last.csv"), "donations")
    gifts = [live.entry(r.lines[0].entry_index).body["gift"] for r in (first, report, last)]
    assert gifts == [gift_code(2026, 1), given, gift_code(2026, 71)]
    assert report.lines[1].reasons[0].code == "bad_gift"


def test_registrations_conflict_or_supersede(live, table):
    size = live.size
    path = table(
        "code|name_zh|kind", "99001|改了名的中心|center", "99002|新中心|center", "99002|新中心|center", "|x|"
    )
    report = import_list(live, path, "centers")
    assert [line.status for line in report.lines] == ["held", "recorded", "recorded", "held"]
    assert report.lines[0].reason("en").startswith("conflict")
    assert report.lines[1].entry_index == report.lines[2].entry_index == size
    assert "exact_duplicate" in report.lines[2].findings
    assert live.size == size + 1


def test_a_list_that_grows_is_imported_again_by_its_own_name(live, tmp_path):
    header = ["source_file", *GIFTS.split("|")]
    lines = [
        ["三月", f"2026-03-0{day}", "99001", "示例公司", "org", "PPE-01", "", "", str(day), "只"]
        for day in (1, 2, 3)
    ]
    path = tmp_path / "march.csv"
    write_csv(path, [header, *lines[:2]])
    first = import_list(live, path, "donations")
    write_csv(path, [header, *lines])
    again = import_list(live, path, "donations")
    assert [line.entry_index for line in again.lines[:2]] == [line.entry_index for line in first.lines]
    assert (again.recorded, again.added) == (3, 1)  # the donor was a party already


def test_notices_and_counts_keep_to_their_books(book):
    with pytest.raises(ListProblem, match="archive book only"):
        import_list(book("live"), RECEIVED, "donations")
    with pytest.raises(ListProblem, match="list of donations, not of issues"):
        import_list(book("archive"), RECEIVED, "issues")
    with pytest.raises(ListProblem, match="not for an archive"):
        import_list(book("archive"), TEMPLATES / "counts.csv", "counts")


def test_a_notice_of_another_publisher_has_a_depot_of_its_own(book, table):
    path = table(
        "source_file|date|donor|donor_type|item|quantity|unit",
        "示例市慈善总会公示.xlsx|2020-02-01|甲公司|org|口罩|10|箱",
        "表.xlsx|2020-02-01|甲公司|org|口罩|10|箱",
    )
    record = book("archive")
    report = import_list(record, path, "donations")
    names = [json.loads(data)["body"].get("name") for data in record.entries()]
    assert report.recorded == 1
    assert {"zh": "示例市慈善总会"} in names
    assert report.lines[1].reasons[0].code == "no_place"


def test_the_report_is_written_for_the_newest_and_for_each_file(live, table):
    path = table(GIFTS, "2026-03-01|99001|||PPE-01|||1|只", "2026-03-01|99001|||PPE-01|||约9|只")
    calls: list[tuple[int, int]] = []
    report = import_list(live, path, "donations", progress=lambda done, total: calls.append((done, total)))
    lines = read_csv(live.home / "import-report.csv")
    assert lines[0] == ["file", "row", "status", "entry_index", "reason", "findings"]
    assert lines[1] == ["list.csv", "1", "recorded", str(report.lines[0].entry_index), "", ""]
    assert lines[2][:4] == ["list.csv", "2", "held", ""]
    assert lines[2][4] == "quantity: 约9 is only about so many / 数量：约9 只是约数"
    assert read_csv(live.home / "reports" / f"import-{report.sha256[:12]}.csv") == lines
    assert calls[-1] == (2, 2)
    import_list(live, path, "donations", dry_run=True)
    assert read_csv(live.home / "import-report.csv")[1][:4] == ["list.csv", "1", "recorded", ""]
    assert read_csv(live.home / "reports" / f"import-{report.sha256[:12]}.csv") == lines
    assert json.loads(json.dumps(report.as_dict()))["held_rows"][0]["row"] == 2
    assert "1 held" in report.summary("en")
    assert "搁置 1" in report.summary("zh")


def test_long_lists_are_written_in_transactions(live, table, monkeypatch):
    assert importing.MOST_COMMANDS == 1_000
    monkeypatch.setattr(importing, "MOST_COMMANDS", 100)
    sizes = []
    write = live.write
    monkeypatch.setattr(live, "write", lambda commands: sizes.append(len(commands)) or write(commands))
    path = table(GIFTS, *(f"2026-03-01|99001|||PPE-01|||{n}|只" for n in range(1, 251)))
    report = import_list(live, path, "donations")
    assert (report.recorded, sizes) == (250, [100, 100, 50])


def test_two_imports_at_once_choose_different_gift_numbers(live, table):
    paths = [
        table(GIFTS, *(f"2026-03-0{day}|99001|||PPE-01|||{n}|只" for n in range(1, 200)), name=f"{day}.csv")
        for day in (1, 2)
    ]
    second = Record.open(live.home)
    with (
        pytest.raises(ListProblem, match="still running"),
        only_import(live.home),
        only_import(live.home, 0.2),
    ):
        pass
    threads = [
        threading.Thread(target=import_list, args=(record, path, "donations"))
        for record, path in zip((live, second), paths, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()
    gifts = [
        entry["body"]["gift"]
        for entry in map(json.loads, live.entries())
        if entry["kind"] == "DonationReceived"
    ]
    assert sorted(gifts) == sorted(gift_code(2026, serial) for serial in range(1, 399))
