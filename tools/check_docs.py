#!/usr/bin/env python3
"""Documents cannot rot: what they quote equals what is built and run, tables of options equal the structs, links resolve.

Usage: tools/check_docs.py [--fix]

A fenced block under `<!-- file: path -->` equals that file; under `<!-- file: path#name -->` the lines of it between `[name]` and
`[/name]` in comments, moved to the left. Every block of a language that runs (QUOTED) in docs/guide is such a quotation.
The table under `<!-- options: Struct -->` is made from the comments of that struct (tools/options.py). --fix writes both anew.
"""
import pathlib
import re
import sys
import textwrap

import options

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUOTED = ("cpp", "yaml", "sh", "python")
QUOTATION = re.compile(r"(<!-- file: (\S+?)(?:#(\S+))? -->\n+```\w*\n)(.*?)(?=```)", re.S)
FENCE = re.compile(r"^```(\w+)\n.*?^```$", re.S | re.M)
TABLE = re.compile(r"(<!-- options: (\w+) -->\n)((?:\|.*\n)*)")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)


class Wrong(Exception):
    """A quotation of what is not there."""


def quoted_text(path, region):
    source = ROOT / path
    if not source.is_file():
        raise Wrong(f"quotes {path}, which does not exist")
    text = source.read_text(encoding="utf-8")
    if region is None:
        return text
    found = re.search(rf"^[^\n]*\[{re.escape(region)}\]\n(.*?)^[^\n]*\[/{re.escape(region)}\]$", text, re.S | re.M)
    if not found:
        raise Wrong(f"quotes {path}#{region}, but there are no lines between [{region}] and [/{region}]")
    return textwrap.dedent(found.group(1)).strip("\n") + "\n"


def true_page(text):
    """The page with its quotations and tables as they should be; raises Wrong."""
    text = QUOTATION.sub(lambda m: m.group(1) + quoted_text(m.group(2), m.group(3)), text)
    return TABLE.sub(lambda m: m.group(1) + options.table(m.group(2)), text)


def unquoted(text):
    """Blocks that nothing runs: their languages and lines."""
    quotations = [(m.start(), m.end()) for m in QUOTATION.finditer(text)]
    for block in FENCE.finditer(text):
        inside = any(start <= block.start() < end for start, end in quotations)
        if block.group(1) in QUOTED and not inside:
            yield block.group(1), text.count("\n", 0, block.start()) + 1


def problems_of(page, fix):
    text = page.read_text(encoding="utf-8")
    name = page.relative_to(ROOT)
    found = []
    try:
        right = true_page(text)
        if right != text and fix:
            page.write_text(right, encoding="utf-8")
        elif right != text:
            found.append(f"{name}: differs from what it quotes: tools/check_docs.py --fix")
    except (Wrong, options.Wrong) as wrong:
        found.append(f"{name}: {wrong}")
    if name.parts[:2] == ("docs", "guide"):
        found += [f"{name}:{line}: this {language} is run by nothing; quote a file of examples/guide" for language, line in unquoted(text)]
    for target in LINK.findall(CODE.sub("", text)):
        if "://" not in target and not (page.parent / target).exists():
            found.append(f"{name}: link to {target}, which does not exist")
    return found


def main(arguments) -> int:
    pages = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
    problems = [problem for page in pages for problem in problems_of(page, "--fix" in arguments)]
    print("\n".join(problems) or f"{len(pages)} documents are true to their sources")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
