"""Rows of texts in columns, for terminals and for what reads them."""

from collections.abc import Sequence

from gifmcts.wording import one_line


def print_columns(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows of equal length, each in a line, and each column as wide as its widest cell."""
    lines = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
