"""As much of PromQL as dashboards of Ray Serve use: selectors, rate, sum and avg with `by`, histogram_quantile. A range is what lies
between two scrapes of a page."""
import re
from collections import defaultdict

TOKEN = re.compile(r"\s*([a-zA-Z_:][\w:]*|\d+(?:\.\d+)?|[()\[\],])")
SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$", re.M)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def series_of(page):
    """{(name, ((label, value), ...)): number}"""
    return {(name, tuple(sorted(LABEL.findall(labels)))): float(value) for name, labels, value in SAMPLE.findall(page)}


def quantile(q, buckets):
    """Of {upper bound: cumulative count}: the value, interpolated within its bucket; None without observations."""
    bounds = sorted(buckets)
    total = buckets[bounds[-1]]
    assert bounds[-1] == float("inf"), "a histogram ends with +Inf"
    if total == 0:
        return None
    below, start = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= q * total:
            if bound == float("inf"):
                return start
            inside = buckets[bound] - below
            return start + (bound - start) * ((q * total - below) / inside if inside else 1)
        below, start = buckets[bound], bound
    return start


class Evaluation:
    """One query over two scrapes: a list of (labels, value), a vector."""

    def __init__(self, query, earlier, later):
        self.tokens = TOKEN.findall(query)
        assert "".join(self.tokens) == re.sub(r"\s", "", query), f"{query}: not understood"
        self.earlier, self.later = series_of(earlier), series_of(later)

    def take(self, expected=None):
        token = self.tokens.pop(0)
        assert expected is None or token == expected, f"{token!r} where {expected!r} should be"
        return token

    def vector(self):
        name = self.take()
        if name == "histogram_quantile":
            self.take("(")
            q = float(self.take())
            self.take(",")
            return self.closed(lambda inner: quantiles(q, inner))
        if name == "rate":
            self.take("(")
            return self.closed(lambda inner: inner, ranged=True)
        if name in ("sum", "avg"):
            self.take("(")
            return self.grouped(name)
        return [(dict(labels), value) for (found, labels), value in self.later.items() if found == name]

    def closed(self, function, ranged=False):
        inner = self.range() if ranged else self.vector()
        self.take(")")
        return function(inner)

    def range(self):
        """name[5m]: what each series of the later scrape has grown by."""
        name = self.take()
        for part in ("[", None, None, "]"):
            self.take(part)
        return [(dict(labels), value - self.earlier.get((found, labels), 0.0)) for (found, labels), value in self.later.items() if found == name]

    def grouped(self, how):
        inner = self.closed(lambda vector: vector)
        self.take("by")
        self.take("(")
        names = []
        while (token := self.take()) != ")":
            if token != ",":
                names.append(token)
        groups = defaultdict(list)
        for labels, value in inner:
            groups[tuple((name, labels.get(name, "")) for name in names)].append(value)
        return [(dict(labels), sum(values) / (len(values) if how == "avg" else 1)) for labels, values in groups.items()]


def quantiles(q, vector):
    histograms = defaultdict(dict)
    for labels, value in vector:
        bound = float(labels["le"])
        rest = tuple(sorted((name, text) for name, text in labels.items() if name != "le"))
        histograms[rest][bound] = value
    found = [(dict(labels), quantile(q, buckets)) for labels, buckets in histograms.items()]
    return [(labels, value) for labels, value in found if value is not None]


def evaluate(query, earlier, later):
    evaluation = Evaluation(query, earlier, later)
    result = evaluation.vector()
    assert not evaluation.tokens, f"{query}: {evaluation.tokens} are left"
    return result
