"""The lines of a run as text, as Markdown and as data."""
import dataclasses
import textwrap

from measure import Spread, number

COLUMNS = ("row", "what", "Manta", "peer or limit", "ratio", "bar", "met")
WIDTHS = (11, 40, 28, 36, 22, 20, 5)


def cells(line):
    ratio = "-"
    if line.ratio is not None:
        few = f" ({number(line.ratio.low)} - {number(line.ratio.high)})" if line.ratio.n > 1 else " (one run)"
        ratio = number(line.ratio.median) + few
    return (line.row, line.what, line.manta, line.peer, ratio, line.bar, line.met)


def text(lines, about):
    """Columns of fixed width; long cells go on below."""
    def block(row):
        wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, WIDTHS)]
        height = max(len(cell) for cell in wrapped)
        return "\n".join("  ".join((cell[i] if i < len(cell) else "").ljust(width) for cell, width in zip(wrapped, WIDTHS)).rstrip()
                         for i in range(height))
    rule = "  ".join("-" * width for width in WIDTHS)
    return "\n".join(["", block(COLUMNS), rule, *(block(cells(line)) for line in lines), "", about])


def markdown(lines, about):
    rows = [f"| {' | '.join(cell.replace('|', '/') for cell in cells(line))} |" for line in lines]
    return "\n".join([about, "", f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS), *rows])


def as_data(lines, about):
    def plain(value):
        return dataclasses.asdict(value) if isinstance(value, Spread) else value
    return {"about": about, "lines": [{field.name: plain(getattr(line, field.name)) for field in dataclasses.fields(line)} for line in lines]}
