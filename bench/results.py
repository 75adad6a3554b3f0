"""The results of rows in a JSON file, each with what it was made on: a row that is measured anew takes the place of its old result, so
that a table may be made row by row."""
import dataclasses
import json
from pathlib import Path

from measure import Line, Spread


def as_data(lines):
    return [dataclasses.asdict(line) for line in lines]


def as_lines(data):
    spreads = ("ratio", "ours", "theirs")
    return [Line(**{name: Spread(**value) if name in spreads and value else value for name, value in one.items()}) for one in data]


def read(path):
    """{row: {"about": {...}, "lines": [...]}}; empty when nothing was measured yet."""
    path = Path(path)
    return json.loads(path.read_text())["rows"] if path.exists() else {}


def keep(path, row, about, lines):
    """Writes one row at once: a run that is stopped loses nothing of what it has measured."""
    found = read(path)
    found[row] = {"about": about, "lines": as_data(lines)}
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"rows": dict(sorted(found.items()))}, indent=1) + "\n")
    new.replace(path)


def lines_of(found, order):
    """Every line, the rows in the table's order; those that no longer exist are left out."""
    return [line for row in order if row in found for line in as_lines(found[row]["lines"])]
