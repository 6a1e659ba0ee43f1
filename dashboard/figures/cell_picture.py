"""A cell as a small picture for a table: the drawing of `cell_graph` without its words."""

from base64 import b64encode

from backend.spaces.nas_bench_201.cell import EDGES, Cell
from dashboard.figures.cell_graph import NODE_POSITIONS, OPERATION_COLORS
from dashboard.figures.template import GREY

_WIDTH, _HEIGHT, _MARGIN, _RADIUS = 132, 88, 8, 5


def cell_picture(cell: Cell) -> str:
    """An SVG as a data address; edges on no way from input to output are faint and dotted."""
    live = cell.live_edges()
    lines = [
        _line(NODE_POSITIONS[source], NODE_POSITIONS[target], OPERATION_COLORS[operation], position in live)
        for position, ((source, target), operation) in enumerate(zip(EDGES, cell.operations, strict=True))
    ]
    places = (_place(position) for position in NODE_POSITIONS)
    nodes = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}" fill="{GREY}"/>' for x, y in places]
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(lines + nodes)}</svg>'
    return f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}"


def _line(start: tuple[float, float], end: tuple[float, float], color: str, live: bool) -> str:
    (x1, y1), (x2, y2) = _place(start), _place(end)
    look = 'stroke-width="4"' if live else 'stroke-width="1.5" stroke-dasharray="2 3" opacity="0.5"'
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" {look}/>'


def _place(position: tuple[float, float]) -> tuple[float, float]:
    """Where a node stands in the picture, whose y axis points down."""
    x, y = position
    across, up = (_WIDTH - 2 * _MARGIN) / 4, (_HEIGHT - 2 * _MARGIN) / 2.5
    return _MARGIN + x * across, _HEIGHT - _MARGIN - y * up
