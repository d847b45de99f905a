"""Import of lists: CSV and XLSX in, entries and an honest report out (README.md beside this file)."""

from ledger.lists.importing import import_list
from ledger.lists.reasons import ListProblem
from ledger.lists.report import ImportReport
from ledger.lists.whole_book import book_findings

__all__ = ["ImportReport", "ListProblem", "book_findings", "import_list"]
