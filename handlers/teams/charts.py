"""Charts, which Teams draws itself: our colours as bars in those colours, the course of some weeks as lines.

https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/charts-in-adaptive-cards
"""

from handlers.card import Chart
from handlers.teams.limits import Block
from handlers.teams.words import block, label, literal

COLOURS = {"Red": "attention", "Amber": "warning", "White": "neutral", "Green": "good", "Blue": "categoricalBlue"}
SERIES = ("categoricalBlue", "categoricalPurple", "categoricalTeal", "categoricalMarigold", "neutral")
Series = tuple[tuple[str, tuple[int, ...]], ...]
STEPS = 4  # so many parts an axis is drawn in


def drawn(chart: Chart) -> list[Block]:
    """Its title in words, as Teams shows none, and the chart with the same in words for where none is drawn."""
    of_colours = bool(chart.series) and set(chart.categories) <= set(COLOURS)
    shown = {**(_bars(chart) if of_colours else _lines(chart)), "title": label(chart.title, "chart_title")}
    shown["yMax"] = _whole_steps(chart.series[-1:] if of_colours else chart.series)
    shown["fallback"] = block([{"type": "TextRun", "text": _figures(chart)}], "Small")
    title = {"type": "TextRun", "text": label(chart.title, "chart_title"), "weight": "Bolder"}
    return [block([title], "Medium"), shown]


def _bars(chart: Chart) -> Block:
    """The newest figures; what was before stands in the words."""
    bars = zip(chart.categories, chart.series[-1][1], strict=True)
    data = [{"x": name, "y": figure, "color": COLOURS[name]} for name, figure in bars]
    return {"type": "Chart.VerticalBar", "showBarValues": True, "data": data}


def _lines(chart: Chart) -> Block:
    names = [label(category, "choice") for category in chart.categories]
    data = [
        {
            "legend": label(name, "choice"),
            "color": SERIES[number % len(SERIES)],
            "values": [{"x": x, "y": y} for x, y in zip(names, values, strict=True)],
        }
        for number, (name, values) in enumerate(chart.series)
    ]
    return {"type": "Chart.Line", "data": data}


def _whole_steps(series: Series) -> int:
    """Where the axis ends, so that no half of an item stands at it; a client may end it elsewhere."""
    most = max((figure for _, values in series for figure in values), default=0)
    return max(-(-most // STEPS), 1) * STEPS


def _figures(chart: Chart) -> str:
    """All of it in words."""
    told = []
    for name, values in chart.series:
        said = ", ".join(f"{c} {value}" for c, value in zip(chart.categories, values, strict=True))
        told.append(f"{name}: {said}" if len(chart.series) > 1 else said)
    return literal(f"{chart.title}. {'. '.join(told)}.")
