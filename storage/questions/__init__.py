"""Every reading of the register: prebuilt Core statements in, plain NamedTuples out."""

from storage.questions.events import News, Told, news, told
from storage.questions.groups import Group, groups
from storage.questions.items import Asked, File, Proof, Said, Whole, file, found, last_said, whole
from storage.questions.lists import (
    GONE,
    NOBODY,
    ORDERS,
    Filters,
    Named,
    Page,
    count_statement,
    counted,
    is_whole,
    list_statement,
    listed,
    outside,
    parameters,
    those,
)
from storage.questions.persons import deciders, persons_called
from storage.questions.readers import PAGE, Reader, Row, hidden, registered
from storage.questions.reports import ReportRow, WholeReport, facts_of_report, report, report_known, reports, reports_of
from storage.questions.requests import Waiting, waiting

__all__ = [
    "GONE",
    "NOBODY",
    "ORDERS",
    "PAGE",
    "Asked",
    "File",
    "Filters",
    "Group",
    "Named",
    "News",
    "Page",
    "Proof",
    "Reader",
    "ReportRow",
    "Row",
    "Said",
    "Told",
    "Waiting",
    "Whole",
    "WholeReport",
    "count_statement",
    "counted",
    "deciders",
    "facts_of_report",
    "file",
    "found",
    "groups",
    "hidden",
    "is_whole",
    "last_said",
    "list_statement",
    "listed",
    "news",
    "outside",
    "parameters",
    "persons_called",
    "registered",
    "report",
    "report_known",
    "reports",
    "reports_of",
    "those",
    "told",
    "waiting",
    "whole",
]
