"""A line chart as SVG."""

import math
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 48, 56
COLOURS = ("#2563a8", "#b0562a", "#4b7d3a")
STYLE = "text { font: 13px sans-serif; fill: #333 } .title { font-size: 15px; font-weight: bold }"


def _nice(most):
    """A round number from `most` on, and a fifth of it or so, for the ticks."""
    unit = 10 ** math.floor(math.log10(most))
    top = next(unit * step for step in (1, 2, 5, 10) if unit * step >= most)
    return top, top / 5


def _text(x, y, text, **attributes):
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(text)}</text>'


def line_chart(title, x_label, y_label, series):
    """`series` is a dict of name → list of (x, y). The x axis is logarithmic, the y axis linear from 0."""
    xs = [x for points in series.values() for x, _ in points]
    top, step = _nice(max(y for points in series.values() for _, y in points) * 1.1)
    low, high = math.log10(min(xs)), math.log10(max(xs))
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at_x(x):
        return LEFT + (math.log10(x) - low) / (high - low) * width

    def at_y(y):
        return TOP + height - y / top * height

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
           f"<style>{STYLE}</style>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
           _text(LEFT, 22, title, **{"class": "title"}), _text(LEFT, 40, y_label, fill="#777"),
           _text(LEFT + width / 2, HEIGHT - 12, x_label, text_anchor="middle")]
    for i in range(6):
        y = at_y(i * step)
        out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + width}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(_text(LEFT - 8, y + 4, f"{i * step:,.5g}", text_anchor="end"))
    for exponent in range(math.ceil(low), math.floor(high) + 1):
        out.append(_text(at_x(10 ** exponent), TOP + height + 20, f"{10 ** exponent:,}", text_anchor="middle"))
    labels = []
    for colour, (name, points) in zip(COLOURS, series.items()):
        path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        labels.append([at_y(points[-1][1]) + 4, name, colour])
    labels.sort()
    for above, below in zip(labels, labels[1:]):
        below[0] = max(below[0], above[0] + 16)
    out += [_text(LEFT + width + 10, y, name, style=f"fill: {colour}") for y, name, colour in labels]
    return "\n".join([*out, "</svg>", ""])
