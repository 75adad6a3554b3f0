"""Charts of the table as SVG: groups of horizontal bars, Manta's first. Readable on light and dark pages, by the viewer's own setting.
A chart whose bars differ by more than LINEAR times has a logarithmic axis and says so."""
import html
import math
from pathlib import Path

from measure import number

# Name of a chart (Line.chart): its title. In the order of the page.
TITLES = {
    "noop-cpu": "No-op request: CPU, us (less is better)",
    "noop-rate": "No-op request, 64 connections: requests a second (more is better)",
    "composition-cpu": "A request over a second deployment, 10 KB: CPU, us (less is better)",
    "bodies-cpu": "A body on its way through the proxy: CPU, us (less is better)",
    "connections-cpu": "No-op request by connections: CPU, us (less is better)",
    "event-cpu": "An event of a stream out of a second deployment: CPU, us (less is better)",
    "openai-cpu": "OpenAI endpoints, own CPU, us (less is better)",
    "generation-rate": "Tokens a second on one core (more is better)",
    "first-token": "Time to the first token under load, ms (less is better)",
    "start": "Start to the first answer, s (less is better)",
    "memory": "Memory at rest, PSS, MiB (less is better)",
}
LINEAR = 30
WIDTH, LABEL, BAR, GAP, TOP = 760, 210, 18, 6, 44
STYLE = """<style>
 text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-size: 14px; font-weight: 600 } .note { fill: #59636e }
 .ours { fill: #0a6cc9 } .theirs { fill: #a8b1bb } .axis { stroke: #d1d9e0 }
 @media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #9198a1 } .ours { fill: #4493f8 } .theirs { fill: #656c76 } .axis { stroke: #3d444d }
 }
</style>"""


def bars_of(lines):
    """{group: [(label, median, whether it is ours)]}: Manta once in each group, then its peers."""
    groups = {}
    for line in lines:
        ours, theirs = groups.setdefault(line.group, ([], []))
        if line.ours:
            ours.append(("Manta", line.ours.median, True))
        if line.theirs and line.peer_name:
            theirs.append((line.peer_name, line.theirs.median, False))
    return {group: ours[:1] + sorted(theirs, key=lambda bar: bar[1]) for group, (ours, theirs) in groups.items() if ours or theirs}


def scale(values):
    """(function from a value to a share of the width, whether it is logarithmic)"""
    positive = [value for value in values if value > 0]
    most, least = max(positive, default=1), min(positive, default=1)
    if most / least <= LINEAR:
        return lambda value: max(0.0, value) / most, False
    begin = math.floor(math.log10(least)) - 0.2
    return lambda value: (math.log10(max(value, least)) - begin) / (math.log10(most) - begin), True


def svg(title, groups):
    share, logarithmic = scale([value for bars in groups.values() for _, value, _ in bars])
    room = WIDTH - LABEL - 90
    y, body = TOP, []
    for group, bars in groups.items():
        if group:
            body.append(f'<text x="0" y="{y + 13}" class="note">{html.escape(group)}</text>')
            y += BAR + GAP
        for label, value, ours in bars:
            width = max(1.5, share(value) * room)
            body.append(f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{html.escape(label)}</text>'
                        f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" class="{"ours" if ours else "theirs"}"/>'
                        f'<text x="{LABEL + width + 6:.1f}" y="{y + 13}">{number(value)}</text>')
            y += BAR + GAP
        y += GAP
    note = '<text x="0" y="34" class="note">logarithmic axis</text>' if logarithmic else ""
    axis = f'<line x1="{LABEL}" y1="{TOP - 4}" x2="{LABEL}" y2="{y - GAP}" class="axis"/>'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img">'
            f'<title>{html.escape(title)}</title>{STYLE}<text x="0" y="16" class="title">{html.escape(title)}</text>{note}{axis}'
            + "\n".join(body) + "</svg>\n")


def draw(lines, folder):
    """Writes a file for each chart that has bars; [(title, file name)] in the order of the page. Charts that are gone are removed."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, title in TITLES.items():
        groups = bars_of([line for line in lines if line.chart == name])
        path = folder / f"{name}.svg"
        if groups:
            path.write_text(svg(title, groups))
            drawn.append((title, path.name))
        else:
            path.unlink(missing_ok=True)
    return drawn
