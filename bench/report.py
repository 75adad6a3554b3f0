"""Writes what was measured into a page: the table, what it was made with and the charts between two marks, and between two others what
each row means, from the rows themselves. Everything else of the page is left as it is."""
import inspect
import re
from pathlib import Path

import charts
import results
import table

MARKS = {"results": ("<!-- results: bench/run -->", "<!-- end of results -->"), "rows": ("<!-- rows: bench/run -->", "<!-- end of rows -->")}


def between(page, marks, text):
    """The page with `text` between the marks; ValueError where they are not."""
    begin, end = marks
    if begin not in page or end not in page:
        raise ValueError(f"the page lacks {begin} or {end}")
    return re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: f"{begin}\n{text}\n{end}", page, flags=re.S)


def meanings(modules):
    """A table of the rows: what each measures, as its module says at its top."""
    rows = [f"| `{name}` | {' '.join(inspect.getdoc(module).split())} |" for name, module in modules.items()]
    return "\n".join(["| row | measures |", "|---|---|", *rows])


def write(page, results_file, modules):
    """`page`: the Markdown file; charts go to the folder of the results."""
    page, folder = Path(page), Path(results_file).parent
    found = results.read(results_file)
    lines = results.lines_of(found, modules)
    drawn = charts.draw(lines, folder)
    images = [f"![{title}]({(folder / name).relative_to(page.parent)})" for title, name in drawn]
    text = page.read_text(encoding="utf-8")
    text = between(text, MARKS["results"], "\n".join([table.runs(found, modules), "", table.markdown(lines), "", *images]))
    page.write_text(between(text, MARKS["rows"], meanings(modules)), encoding="utf-8")
