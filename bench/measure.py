"""What every row is made of: statistics, interleaved repeats, the lines of the table.

Both sides of a ratio run one after the other in each repeat; the ratio is taken within a repeat, and its median and extremes over the
repeats are shown."""
import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Spread:
    """Median and extremes of the repeats."""
    median: float
    low: float
    high: float
    n: int = 1

    @classmethod
    def of(cls, values):
        values = sorted(values)
        return cls(statistics.median(values), values[0], values[-1], len(values))

    def __str__(self):
        middle = number(self.median)
        return middle if self.n == 1 else f"{middle} ({number(self.low)} - {number(self.high)})"


def number(value):
    """Three significant digits, never in powers of ten."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.4f}"


def ratios(ours, theirs):
    """Of each repeat: ours / theirs."""
    return Spread.of([a / b for a, b in zip(ours, theirs, strict=True)])


def verdict(spread, bar, at_least=False):
    """A bar is missed only if the whole interval is beyond it: "yes", "no", or "open" where a part of it is."""
    value, best = (-spread.median, -spread.high) if at_least else (spread.median, spread.low)
    limit = -bar if at_least else bar
    return "yes" if value <= limit else "open" if best <= limit else "no"


@dataclasses.dataclass
class Line:
    """One line of the table. `ratio` is Manta by peer, or None where there is none. `chart` and `group` say where charts.py draws `ours`
    and `theirs`, the bar of `peer_name`; empty: nowhere."""
    row: str
    what: str
    manta: str
    peer: str = "-"
    ratio: Spread | None = None
    bar: str = "-"
    met: str = "-"
    ours: Spread | None = None
    theirs: Spread | None = None
    unit: str = ""
    peer_name: str = ""
    chart: str = ""
    group: str = ""

    def drawn(self, chart, group=""):
        self.chart, self.group = chart, group
        return self


def compare(row, what, unit, ours, theirs, peer, bar=None, at_least=False, bar_text=None):
    """The line of two interleaved series. `bar` is a limit of the ratio, or None."""
    ratio, mine, other = ratios(ours, theirs), Spread.of(ours), Spread.of(theirs)
    text = bar_text or ("-" if bar is None else f"{'>=' if at_least else '<='} {bar:g}x")
    return Line(row, what, f"{mine} {unit}", f"{peer} {other} {unit}", ratio, text, "-" if bar is None else verdict(ratio, bar, at_least),
                mine, other, unit, peer)


def against_limit(row, what, unit, ours, bar, at_least=False, bar_text=None, peer="-"):
    """The line of a series that is held against a number."""
    spread = Spread.of(ours)
    text = bar_text or f"{'>=' if at_least else '<='} {bar:g} {unit}"
    return Line(row, what, f"{spread} {unit}", peer, None, text, verdict(spread, bar, at_least), spread, unit=unit)


def stated(row, what, unit, ours, peer="-"):
    """The line of a series that no bar is set for."""
    spread = Spread.of(ours)
    return Line(row, what, f"{spread} {unit}", peer, ours=spread, unit=unit)


def interleave(settings, sides, repeats=None):
    """Calls each function of `sides` (name: function of seconds) in turn, `repeats` times (default: of the settings); {name: [result, ...]}.
    One short turn before warms both up and is thrown away."""
    repeats, seconds = repeats or settings.repeats, settings.seconds
    for name, measure in sides.items():
        settings.say(f"warm-up: {name}")
        measure(min(1.0, seconds / 2))
    found = {name: [] for name in sides}
    for repeat in range(repeats):
        for name, measure in sides.items():
            settings.say(f"{repeat + 1}/{repeats}: {name}")
            found[name].append(measure(seconds))
    return found


def field(found, name, attribute):
    """What interleave() found for one side, as a list of numbers; None for a side that was not there."""
    return [getattr(load, attribute) for load in found[name]] if name in found else None
