"""The page in a real browser; every number that it shows is compared with the library's own."""

import itertools
import re

import numpy as np
import pytest

import deltarule as dr
from deltarule.lab.datasets import draw_points
from deltarule.training.minibatches import Minibatches

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright to test the page in a browser")
expect = playwright.expect
expect.set_options(timeout=120_000)

TEXT = "Museums in Paris are amazing. Ada Lovelace visits 🙂 London."
TABS = ["tag", "graph", "boundary", "gradients"]


def numbers(texts):
    """Read numbers with six digits as the page writes them."""
    return [float(re.search(r"-?\d[\d.e+-]*$", text.strip())[0]) for text in texts]


def shown(values):
    """Return what six digits say of numbers."""
    return pytest.approx([float(value) for value in values], rel=1e-5, abs=1e-300)


def column(page, table, place):
    return numbers(page.locator(f"#{table} tbody tr td:nth-child({place})").all_text_contents())


def row(page, table, name):
    """Return the cells of the row that has a name in its first cell."""
    cell = page.locator(f"#{table} tbody td:first-child", has_text=re.compile(f"^{re.escape(name)}$"))
    return cell.locator("xpath=..").locator("td").all_text_contents()


def test_tag_highlights_entities_as_one_types(open_page, tagger):
    page = open_page("tag")
    page.fill("#text", "")
    page.locator("#text").press_sequentially("Ada met Charles in Paris")
    expect(page.locator("#tagged mark")).to_have_text(["AdaPER", "CharlesPER", "ParisLOC"])
    page.fill("#text", TEXT)
    tagged = tagger.tag(TEXT)
    expect(page.locator("#tagged mark")).to_have_text([f"{entity.text}{entity.type}" for entity in tagged.entities])
    expect(page.locator("#tagged button")).to_have_text([token.text for token in tagged.tokens])
    labels = [button.get_attribute("data-label") for button in page.locator("#tagged button").all()]
    assert labels == tagged.labels


def tagged_page(open_page):
    """Open the page with our text, and wait until it is tagged."""
    page = open_page("tag")
    page.fill("#text", TEXT)
    expect(page.get_by_role("button", name="🙂")).to_be_visible()
    return page


def test_tag_explains_a_word(open_page, tagger):
    page = tagged_page(open_page)
    page.get_by_role("button", name="London").click()
    explanation = tagger.explain(TEXT, "London")
    expect(page.locator("#why")).to_have_text(f"Why is “London” {explanation.written}?")
    expect(page.locator("#tagged button[aria-pressed=true]")).to_have_text("London")
    assert column(page, "scores", 2) == shown(list(explanation.scores.values())[:6])
    assert column(page, "scores", 3) == shown(list(explanation.probabilities.values())[:6])
    told = numbers(page.locator("#margin b").all_text_contents())
    expected = [explanation.scores[explanation.label], explanation.scores[explanation.runner_up], explanation.margin]
    assert told == shown(expected)
    for measure in ("integrated", "gradient", "masked"):
        page.select_option("#measure", measure)
        parts = [getattr(word, measure) for word in explanation.window]
        assert page.evaluate("document.querySelector('#words').data[0].x") == parts
        assert numbers(row(page, "features", "the whole word")[1:]) == pytest.approx(parts, rel=1e-3)
        for i, feature in enumerate(explanation.window[2].features):
            cell = row(page, "features", feature.name)[3]
            assert cell.startswith(feature.value)
            assert numbers([cell]) == pytest.approx([getattr(feature, measure)], rel=1e-3), i
    strips = page.evaluate("document.querySelector('#strip').data.map((strip) => strip.y)")
    assert len(explanation.hidden) == 3
    assert strips == [
        [value for layer in explanation.hidden for value in getattr(layer, of)] for of in ("activations", "signals")
    ]


def test_tag_follows_the_signal_to_a_weight(open_page, tagger):
    page = tagged_page(open_page)
    page.get_by_role("button", name="Paris").click()
    page.fill("#following [name=neuron]", "3")
    page.fill("#following [name=input]", "14")
    page.get_by_role("button", name="Follow").click()
    trace = tagger.trace(TEXT, "Paris", "hidden[3,14]")
    expect(page.locator("#trace tbody tr")).to_have_count(len(trace.steps))
    assert page.locator("#trace td:first-child").all_text_contents() == [step.text for step in trace.steps]
    assert column(page, "trace", 3) == shown([step.signal for step in trace.steps])
    assert numbers(page.locator("#gradient b").all_text_contents()) == shown([trace.gradient, trace.backward])
    page.fill("#following [name=neuron]", "25")  # of the second hidden layer, as the first has 20
    page.get_by_role("button", name="Follow").click()
    expect(page.locator("#gradient")).to_contain_text("hidden2.weight[5, 14]")
    trace = tagger.trace(TEXT, "Paris", "hidden2[5,14]")
    assert numbers(page.locator("#gradient b").all_text_contents()) == shown([trace.gradient, trace.backward])
    page.fill("#following [name=neuron]", "99")
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("alert")).to_be_visible()


def calculated(page, text, values):
    """Compare the table of nodes with the library."""
    output = dr.parse_expression(text)
    run = dr.backprop(output, values)
    nodes = [node for node in run.order if not node.label.isdecimal()]
    expect(page.locator("#nodes tbody tr:last-child td.value")).to_have_text(f"{run.value(output):.6g}")
    assert column(page, "nodes", 2) == shown([run.value(node) for node in nodes])
    assert column(page, "nodes", 3) == shown([run.gradient(node) for node in nodes])
    report = dr.gradient_check(output, feeds=values)
    for name in values:
        cells = row(page, "nodes", name)
        assert float(cells[3]) == pytest.approx(report[name].worst.numeric, rel=1e-5)
        assert cells[4] == "agrees"
    return run


def test_graph_shows_values_and_gradients_and_follows_changes(open_page):
    page = open_page("graph")
    expect(page.locator("#nodes tbody tr")).to_have_count(3)
    calculated(page, "x*y", {"x": 4, "y": -3})
    drawn = page.locator("#drawing [data-node=n2]")
    expect(drawn.locator(".value")).to_have_text("= -12")
    page.fill("#value-x", "2.5")
    expect(drawn.locator(".value")).to_have_text("= -7.5")
    calculated(page, "x*y", {"x": 2.5, "y": -3})
    page.get_by_label("y, slider").press("ArrowRight")
    expect(drawn.locator(".value")).to_have_text("= -7.475")
    calculated(page, "x*y", {"x": 2.5, "y": -2.99})
    page.get_by_role("button", name="x plus 0.01").click()
    expect(page.locator("#nudged b")).to_have_count(3)
    slope, foretold, changed = numbers(page.locator("#nudged b").all_text_contents())
    assert (slope, foretold) == (-2.99, pytest.approx(-0.0299))
    assert changed == pytest.approx(2.51 * -2.99 - 2.5 * -2.99, rel=1e-5)


@pytest.mark.parametrize("text", ["sigmoid(w0*x0 + w1*x1 + w2)", "max(0, 1 + sc - s)", "x*x + 3*x"])
def test_graph_examples(open_page, text):
    page = open_page("graph")
    page.select_option("#examples", text)
    expect(page.locator("#nodes tbody tr:last-child td code")).to_have_text(text)
    values = {
        field.get_attribute("id").removeprefix("value-"): float(field.input_value())
        for field in page.locator("#values input[type=number]").all()
    }
    calculated(page, text, values)


def test_graph_marks_a_kink(open_page):
    page = open_page("graph")
    page.fill("#expression", "max(0, 1 + sc - s)")
    page.fill("#value-sc", "0")
    page.fill("#value-s", "1")
    kink = "kink (slope -1 on the left, 0 on the right)"
    expect(page.locator("#nodes tr", has=page.get_by_text("s", exact=True)).locator(".verdict")).to_have_text(kink)


def test_graph_steps_through_both_passes(open_page):
    page = open_page("graph")
    page.select_option("#examples", "x*x + 3*x")
    expect(page.locator("#step")).to_contain_text("x is used more than once and gets the sum, 7.")
    visible = page.locator("#drawing text:not(.later)")
    page.get_by_role("button", name="To the beginning").click()
    expect(page.locator("#step")).to_contain_text("the inputs have their values")
    told = []
    for _ in range(8):
        page.get_by_role("button", name="One step on").click()
        told.append(page.text_content("#step"))
    assert told[:3] == [
        "Forward: x*x is × of 2 and 2, which gives 4.",
        "Forward: 3*x is × of 3 and 2, which gives 6.",
        "Forward: x*x + 3*x is + of 4 and 6, which gives 10.",
    ]
    assert told[4] == (
        "Backward: x*x + 3*x shares out its signal, × the local gradient: to x*x 1 × 1 = 1; to 3*x 1 × 1 = 1."
    )
    assert told[5].endswith("to 3 1 × 2 = 2; to x 1 × 3 = 3.")
    page.get_by_role("slider", name="Step").press("Home")
    expect(page.locator("#drawing .signal.later")).to_have_count(4)  # all but the constant's, which has none
    before = visible.count()
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#drawing .later")).to_have_count(0)
    assert visible.count() > before
    expect(page.get_by_role("button", name="Play")).to_be_visible()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x^2", "^ is not known in an expression; write x**2 for a power"),
        ("x*", "the expression cannot be read: invalid syntax"),
        ("log(x - 9)", "log(x - 9) is nan at"),
        ("document.cookie", "document.cookie is not known"),
    ],
)
def test_an_error_of_the_server_appears_in_words_and_goes_when_mended(open_page, text, told):
    page = open_page("graph")
    page.fill("#expression", text)
    expect(page.get_by_role("alert")).to_contain_text(told)
    page.fill("#expression", "x + 1")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_server_that_is_gone_is_told(open_page):
    page = open_page("graph")
    expect(page.locator("#nodes tbody tr")).to_have_count(3)
    page.route("**/api/graph", lambda route: route.abort())
    page.fill("#expression", "x + y")
    expect(page.get_by_role("alert")).to_have_text("The server does not answer. Is deltarule lab still running?")


def trained(steps):
    """The training that the page asks for, written with the library alone."""
    points, classes = draw_points("moons", 200, 0.08, seed=0)
    network = dr.Network([dr.Dense(2, 8, activation="tanh"), dr.Dense(8, 2)], seed=0)
    loss = dr.SoftmaxCrossEntropy().loss(network)
    trainer, random = dr.Trainer(loss, dr.Adam(0.02), compiled=False), np.random.default_rng(0)
    data = {"inputs": points, "targets": classes}
    batches = itertools.chain.from_iterable(Minibatches(data, 32, random) for _ in itertools.count())
    losses = [trainer.step(batch) for batch in itertools.islice(batches, steps)]
    run = dr.backprop(loss, data, dtype=np.float32)
    right = int((network.predict(points).argmax(axis=1) == classes).sum())
    return losses, run.value(loss), right, np.abs(run.gradient("dense1.preactivation")).sum(axis=0)


def test_boundary_trains_in_the_engine_of_the_library(open_page):
    page = open_page("boundary")
    expect(page.locator("#steps")).to_have_text("0")
    page.get_by_role("button", name="Step", exact=True).click()
    expect(page.locator("#steps")).to_have_text("1")
    page.get_by_role("button", name="Train").click()
    expect(page.locator("#steps")).to_have_text(re.compile(r"^\d{3,}$"))
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Step", exact=True).click()  # waits for the steps that are under way
    expect(page.locator("#steps")).to_have_text(re.compile("2$"))  # 1, tens, and 1 more
    steps = int(page.text_content("#steps"))
    losses, loss, right, signals = trained(steps)
    assert page.evaluate("document.querySelector('#loss').data[0].y") == losses
    assert numbers([page.text_content("#whole-loss")]) == shown([loss])
    assert page.text_content("#right") == f"{right} of 200"
    neurons = page.locator("#neurons .neuron")
    assert [float(neuron.get_attribute("data-signal")) for neuron in neurons.all()] == shown(signals)
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#steps")).to_have_text("0")
    page.select_option("[name=data]", "spirals")
    page.fill("[name=hidden]", "6, 4")
    page.locator("[name=hidden]").press("Tab")
    expect(page.locator("#neurons .layer")).to_have_count(2)
    expect(page.locator("#neurons canvas")).to_have_count(10)
    page.fill("[name=hidden]", "")
    page.locator("[name=hidden]").press("Tab")
    expect(page.locator("#neurons")).to_have_text("No hidden layer: the boundary is a straight line.")


def test_boundary_tells_what_is_wrong_with_a_choice(open_page):
    page = open_page("boundary")
    for name, value, told in [
        ("hidden", "99", "hidden.0: input should be less than or equal to 16"),
        ("hidden", "eight", "Hidden layers are whole numbers"),
        ("learning_rate", "", "The learning rate must be a number."),
    ]:
        page.fill(f"[name={name}]", value)
        page.locator(f"[name={name}]").press("Tab")
        expect(page.get_by_role("alert")).to_contain_text(told)
        page.fill("[name=hidden]", "4")


def own_points(page):
    """Put a point of class 0 at the origin by typing, and one of class 1 by a click."""
    page.select_option("#task [name=data]", "points")
    expect(page.locator("#state")).to_have_text("Add points of both classes; then train.")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#count")).to_have_text("1 point")
    page.get_by_label("class 1").check()
    picture = page.locator("#picture .nsewdrag").first
    box = picture.bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    expect(page.locator("#count")).to_have_text("2 points")
    expect(page.locator("#steps")).to_have_text("0")


def clicked_point(page):
    """Return where the click put the point of class 1."""
    return [page.evaluate(f"document.querySelector('#picture').data.at(-1).{axis}[0]") for axis in "xy"]


def test_boundary_learns_points_that_are_put_in_by_hand(open_page):
    page = open_page("boundary")
    own_points(page)
    x, y = clicked_point(page)
    assert (x, y) == (pytest.approx(0.65, abs=0.02), pytest.approx(0.65, abs=0.02))
    page.select_option("#speed", "200")
    page.get_by_role("button", name="Train").click()
    expect(page.locator("#right")).to_have_text("2 of 2")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#count")).to_have_text("0 points")


def compared(page, report):
    """Compare the table of a gradient check with the library's report."""
    expect(page.locator("#checks tbody tr")).to_have_count(len(report.checks))
    for check in report:
        cells = row(page, "checks", check.name)
        assert cells[1] == " × ".join(map(str, check.shape))
        assert cells[2] == f"{check.checked} of {check.total}"
        assert cells[3] == f"[{', '.join(map(str, check.worst.index))}]"
        assert numbers(cells[4:6]) == shown([check.worst.analytic, check.worst.numeric])
        assert float(cells[6]) == pytest.approx(check.worst.relative_error, rel=0.06)
        assert cells[7] == (check.verdict if check.verdict == "agrees" else f"kink ({check.kinks} of {check.checked})")
    checked, total = (sum(getattr(check, name) for check in report) for name in ("checked", "total"))
    expect(page.locator("#verdict")).to_contain_text(f"Passed: {checked} of {total} entries checked, 0 wrong")


def test_gradients_of_the_model(open_page, tagger):
    page = open_page("gradients")
    page.fill("#checking [name=sample]", "4")
    page.fill("#checking [name=sentences]", "2")
    page.get_by_role("button", name="Check gradients").click()
    feeds = tagger.model.example_feeds(dr.sample_corpus().dev, 2, 0)
    compared(page, dr.gradient_check(tagger.model.network.loss, feeds=feeds, sample=4, seed=0))
    assert page.locator("#kinks li").count() == 0
    page.fill("#checking [name=sample]", "1000")
    page.get_by_role("button", name="Check gradients").click()
    expect(page.get_by_role("alert")).to_have_text("sample: input should be less than or equal to 200")


def test_gradients_mark_kinks_of_the_network_of_boundary(open_page):
    page = open_page("boundary")
    page.select_option("[name=activation]", "relu")
    own_points(page)  # at the origin every neuron is at its kink, as biases begin at 0
    x, y = clicked_point(page)
    page.get_by_role("tab", name="Gradients").click()
    page.select_option("#checking [name=target]", "boundary")
    page.get_by_role("button", name="Check gradients").click()
    network = dr.Network([dr.Dense(2, 8, activation="relu"), dr.Dense(8, 2)], seed=0)
    data = {"inputs": np.array([[0, 0], [x, y]], float), "targets": np.array([0, 1])}
    report = dr.gradient_check(dr.SoftmaxCrossEntropy().loss(network), feeds=data, sample=10, seed=0)
    compared(page, report)
    assert report["dense1.bias"].verdict == "kink"
    expect(page.locator("#kinks li", has_text="dense1.bias")).to_contain_text("at a kink of relu (dense1.activation)")


def test_tabs_are_worked_by_the_keyboard(open_page):
    page = open_page()
    tab = page.get_by_role("tab", name="Tag")
    expect(tab).to_have_attribute("aria-selected", "true")
    tab.focus()
    for name, keys in [
        ("Graph", "ArrowRight"),
        ("Gradients", "End"),
        ("Tag", "ArrowRight"),
        ("Gradients", "ArrowLeft"),
    ]:
        page.keyboard.press(keys)
        chosen = page.get_by_role("tab", name=name)
        expect(chosen).to_be_focused()
        expect(chosen).to_have_attribute("aria-selected", "true")
        expect(page.locator("[role=tabpanel]:visible")).to_have_count(1)
        expect(page.locator(f"#{name.lower()}")).to_be_visible()
    assert page.evaluate("location.hash") == "#gradients"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "target"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


@pytest.mark.parametrize("tab", TABS)
def test_nothing_is_wider_than_a_phone(open_page, tab):
    page = open_page(tab, width=375, height=800)
    ready = {
        "tag": "#tagged button",
        "graph": "#drawing svg",
        "boundary": "#picture .nsewdrag",
        "gradients": "#checking",
    }
    expect(page.locator(ready[tab]).first).to_be_visible()
    if tab == "tag":
        page.get_by_role("button", name="Paris").click()
        expect(page.locator("#strip .nsewdrag").first).to_be_visible()
    if tab == "graph":
        page.select_option("#examples", "sigmoid(w0*x0 + w1*x1 + w2)")
        expect(page.locator("#values input[type=range]")).to_have_count(5)
    if tab == "gradients":
        page.fill("#checking [name=sample]", "1")
        page.get_by_role("button", name="Check gradients").click()
        expect(page.locator("#errors .nsewdrag").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def brightness(colour):
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(open_page, scheme):
    page = open_page("graph", scheme=scheme)
    expect(page.locator("#drawing svg")).to_be_visible()
    paper, ink, drawn = (
        brightness(page.evaluate(f"getComputedStyle(document.querySelector('{element}')).{name}"))
        for element, name in [("body", "backgroundColor"), ("body", "color"), ("#drawing .paper", "fill")]
    )
    assert (paper > 600 > 300 > ink) if scheme == "light" else (paper < 300 < 600 < ink)
    assert abs(paper - drawn) < 60
    values = page.evaluate("getComputedStyle(document.querySelector('#nodes td.value')).color")
    assert values == page.evaluate("getComputedStyle(document.querySelector('#drawing text.value')).fill")
    signals = page.evaluate("getComputedStyle(document.querySelector('#nodes td.signal')).color")
    assert signals == page.evaluate("getComputedStyle(document.querySelector('#drawing text.signal')).fill")


def test_the_api_is_documented_on_a_page_of_our_own(open_page, address):
    page = open_page()
    page.get_by_role("link", name="API").click()
    expect(page.get_by_role("heading", name="POST /api/graph")).to_be_visible()
    expect(page.locator("pre", has_text="api/graph")).to_contain_text('"values":{"x":4,"y":-3}')
    assert page.url == f"{address}/docs"
