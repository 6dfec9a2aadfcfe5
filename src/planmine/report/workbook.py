"""All tables as one workbook, a sheet a table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from planmine.report.dictionary import TABLES, label
from planmine.report.tables import plain_values

ROWS = 1_048_575  # of a sheet, below its header
CELL = 32_767  # characters of a cell
_WIDTHS = {"text": 60, "title": 32, "source": 32, "reason": 40, "remedy": 40, "notice": 40, "label": 32, "formula": 32}  # fmt: skip
_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # no clock: the same tables give the same bytes


def write_workbook(path: Path, tables: Mapping[str, pd.DataFrame]) -> Path:
    """Write ``tables`` as one .xlsx: frozen headers, a filter on each column, the columns' names as comments.

    Texts are text: no formula, no link. A table of more rows than a sheet holds is cut there, and its sheet's
    name says so; CSV and Parquet have all. A text longer than a cell is cut.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": "PlanMine", "created": _TIME.replace(tzinfo=None)})
        bold = book.add_format({"bold": True, "bottom": 1})
        for name, (zh, _, _) in TABLES.items():
            table = tables.get(name)
            if table is None:
                continue
            cut = len(table) > ROWS
            sheet = book.add_worksheet(f"{zh} {name}"[:24] + (" (cut)" if cut else ""))
            sheet.freeze_panes(1, 0)
            if len(table.columns):
                sheet.autofilter(0, 0, min(len(table), ROWS), len(table.columns) - 1)
            for k, column in enumerate(table.columns):
                sheet.set_column(k, k, _WIDTHS.get(str(column), 14))
            sheet.write_row(0, 0, map(str, table.columns), bold)
            for k, column in enumerate(table.columns):
                sheet.write_comment(0, k, f"{label(str(column), 'zh')} / {label(str(column), 'en')}")
            rows = table.head(ROWS)
            values = [plain_values(rows[column]) for column in rows]
            for number, row in enumerate(zip(*values, strict=True), 1):
                for k, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(number, k, value[:CELL])
                    elif value is not None:
                        sheet.write(number, k, value)
    return path
