#!/usr/bin/env python3
"""Documents cannot rot: a fenced block under `<!-- file: path -->` must equal that file, and relative links must resolve."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUOTE = re.compile(r"<!-- file: (\S+) -->\n+```\w*\n(.*?)```", re.S)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)


def problems_of(page: pathlib.Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    name = page.relative_to(ROOT)
    found = []
    for path, quoted in QUOTE.findall(text):
        source = ROOT / path
        if not source.exists():
            found.append(f"{name}: quotes {path}, which does not exist")
        elif source.read_text(encoding="utf-8") != quoted:
            found.append(f"{name}: its copy of {path} differs from the file; copy the file again")
    for target in LINK.findall(CODE.sub("", text)):
        if "://" not in target and not (page.parent / target).exists():
            found.append(f"{name}: link to {target}, which does not exist")
    return found


def main() -> int:
    pages = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
    problems = [problem for page in pages for problem in problems_of(page)]
    print("\n".join(problems) or f"{len(pages)} documents are true to their sources")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
