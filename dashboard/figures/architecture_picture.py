"""An architecture as a small picture for a table: the drawing of `architecture_graph` without its words."""

from base64 import b64encode

from backend.spaces.drawing import Drawing
from dashboard.figures.architecture_graph import looks, places
from dashboard.figures.template import GREY

_WIDTH, _HEIGHT, _MARGIN, _RADIUS = 132, 88, 8, 5


def architecture_picture(drawing: Drawing) -> str:
    """An SVG as a data address; edges on no path from input to output are faint and dotted."""
    points = _points(places(drawing))
    known = looks(drawing)
    lines = [
        _line(points[edge.source], points[edge.target], known[edge.operation].color, edge.live)
        for edge in drawing.edges
    ]
    nodes = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}" fill="{GREY}"/>' for x, y in points]
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(lines + nodes)}</svg>'
    return f"data:image/svg+xml;base64,{b64encode(picture.encode()).decode()}"


def _line(start: tuple[float, float], end: tuple[float, float], color: str, live: bool) -> str:
    (x1, y1), (x2, y2) = start, end
    look = 'stroke-width="4"' if live else 'stroke-width="1.5" stroke-dasharray="2 3" opacity="0.5"'
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" {look}/>'


def _points(positions: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Positions of the nodes in the picture, whose y axis points down."""
    xs, ys = zip(*positions, strict=True)
    across = (_WIDTH - 2 * _MARGIN) / ((max(xs) - min(xs)) or 1)
    up = (_HEIGHT - 2 * _MARGIN) / ((max(ys) - min(ys)) or 1)
    return [(_MARGIN + (x - min(xs)) * across, _HEIGHT - _MARGIN - (y - min(ys)) * up) for x, y in positions]
