import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.drawing import Box, draw_boxes, layout
from deltarule.drawing.text import width_of

SVG = "{http://www.w3.org/2000/svg}"


def overlap(first, second):
    return all(
        first[at] < second[at] + second[size] and second[at] < first[at] + first[size]
        for at, size in (("x", "width"), ("y", "height"))
    )


@st.composite
def graphs(draw):
    """Boxes, and edges that lead from earlier boxes to later ones."""
    count = draw(st.integers(1, 14))
    titles = draw(st.lists(st.text(max_size=40), min_size=count, max_size=count))
    pairs = [(i, j) for j in range(count) for i in range(j)]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=30)) if pairs else []
    return [Box(title, shape="(batch, 3)" if len(title) % 2 else "", value="1") for title in titles], edges


@given(graphs())
def test_boxes_do_not_overlap_and_every_arrow_leads_to_the_right(graph):
    boxes, edges = graph
    drawing = draw_boxes(boxes, edges)
    nodes = {node["id"]: node for node in drawing.nodes}
    assert len(nodes) == len(boxes)
    assert not any(overlap(a, b) for i, a in enumerate(drawing.nodes) for b in drawing.nodes[i + 1 :])
    assert {(e["source"], e["target"]) for e in drawing.edges} == {(f"n{i}", f"n{j}") for i, j in edges}
    for edge in drawing.edges:
        places = [x for x, _ in edge["points"]]
        assert places == sorted(places)
        assert places[0] == pytest.approx(nodes[edge["source"]]["x"] + nodes[edge["source"]]["width"])
        assert places[-1] == pytest.approx(nodes[edge["target"]]["x"])
    for node in drawing.nodes:
        assert node["x"] >= 0
        assert node["y"] >= 0
        assert node["x"] + node["width"] <= drawing.width
        assert node["y"] + node["height"] <= drawing.height


@given(st.text(min_size=1, max_size=60))
def test_text_stays_in_its_box_whatever_its_letters(title):
    drawing = draw_boxes([Box(title)], [])
    texts = ElementTree.fromstring(drawing.svg).findall(f".//{SVG}g/{SVG}text")
    assert len(texts) == 1
    assert width_of(texts[0].text, 13) <= drawing.nodes[0]["width"]


def test_wide_characters_take_twice_the_width():
    assert width_of("巴黎", 13) == 2 * width_of("Pa", 13)


def test_the_same_graph_gives_the_same_drawing():
    boxes, edges = [Box(str(i)) for i in range(12)], [(i, j) for j in range(12) for i in range(j) if (i * j) % 3 == 1]
    assert draw_boxes(boxes, edges).svg == draw_boxes(boxes, edges).svg


def test_without_the_layout_library_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(layout, "find_spec", lambda name: None)
    with pytest.raises(dr.InputError, match=r"pip install 'deltarule\[draw\]'"):
        draw_boxes([Box("x")], [])


def test_a_drawing_is_saved_whole_or_not_at_all(tmp_path):
    drawing = draw_boxes([Box("x")], [])
    drawing.save(tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_text(encoding="utf-8") == drawing.svg
    with pytest.raises(dr.InputError, match="there is no directory"):
        drawing.save(tmp_path / "nowhere" / "x.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["x.svg"]
