from base64 import b64decode
from xml.etree import ElementTree

from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import CellArchitecture, NasBench201
from dashboard.figures.architecture_picture import architecture_picture


def test_it_draws_six_edges_and_four_nodes_and_dots_the_dead_ones() -> None:
    cell = Cell.parse("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    picture = architecture_picture(NasBench201().drawing(CellArchitecture(cell)))
    drawing = ElementTree.fromstring(b64decode(picture.split(",")[1]))
    lines = drawing.findall("{*}line")
    assert len(lines) == 6
    assert len(drawing.findall("{*}circle")) == 4
    assert ["stroke-dasharray" in line.attrib for line in lines] == [True, True, True, False, True, True]
