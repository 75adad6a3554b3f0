"""The lines of a run as text and as Markdown."""
import textwrap

from measure import number

COLUMNS = ("row", "what", "Manta", "peer or limit", "ratio", "bar", "met")
WIDTHS = (11, 40, 28, 36, 22, 20, 5)


def cells(line):
    ratio = "-"
    if line.ratio is not None:
        few = f" ({number(line.ratio.low)} - {number(line.ratio.high)})" if line.ratio.n > 1 else " (one run)"
        ratio = number(line.ratio.median) + few
    return (line.row, line.what, line.manta, line.peer, ratio, line.bar, line.met)


def text(lines):
    """Columns of fixed width; long cells go on below."""
    def block(row):
        wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, WIDTHS)]
        height = max(len(cell) for cell in wrapped)
        return "\n".join("  ".join((cell[i] if i < len(cell) else "").ljust(width) for cell, width in zip(wrapped, WIDTHS)).rstrip()
                         for i in range(height))
    rule = "  ".join("-" * width for width in WIDTHS)
    return "\n".join(["", block(COLUMNS), rule, *(block(cells(line)) for line in lines)])


def markdown(lines):
    rows = [f"| {' | '.join(cell.replace('|', '/') for cell in cells(line))} |" for line in lines]
    return "\n".join([f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS), *rows])


def runs(found, order):
    """What each row was made on, as Markdown: rows of the same settings share a line."""
    alike = {}
    for row in order:
        if row in found:
            about = found[row]["about"]
            key = (about["date"][:10], about["machine"], about["command"], about["repeats"], about["seconds"], about["quick"])
            alike.setdefault(key, []).append((row, about))
    lines = []
    for (date, machine, command, repeats, seconds, quick), group in alike.items():
        loads, took = [about["load"] for _, about in group], sum(about["took_s"] for _, about in group)
        load = number(loads[0]) if len(set(loads)) == 1 else f"{number(min(loads))} - {number(max(loads))}"
        kind = " **Quick: these numbers say nothing.**" if quick else ""
        lines.append(f"- {', '.join(row for row, _ in group)}: `{command}`, {date}, {machine}, {repeats} repeats of {seconds:g} s, "
                     f"load of 5 minutes {load}, {took / 60:.0f} minutes.{kind}")
    programs = {}
    for row in order:
        programs |= found[row]["about"]["versions"] if row in found else {}
    return "\n".join([*lines, f"- Versions: {', '.join(f'{name} {version}' for name, version in programs.items())}."])
