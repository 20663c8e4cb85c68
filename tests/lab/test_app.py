import json
import re

import pytest

import deltarule as dr
from deltarule.lab.limits import LIMITS

TEXT = "Museums in Paris are amazing. Ada Lovelace visits London."


def error_of(answer, status):
    """Return what an error says; it is always one sentence under one name."""
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    return answer.json()["error"]


def test_tagging_is_the_library_s_own(client, tagger):
    answer = client.post("/api/tag", json={"text": TEXT})
    assert answer.status_code == 200
    assert answer.json() == {"sentences": tagger.tag(TEXT).as_dicts()}
    assert [entity["type"] for s in answer.json()["sentences"] for entity in s["entities"]] == ["LOC", "PER", "LOC"]


@pytest.mark.parametrize("text", ["", " \n ", "𝒜da and 🙂 in Paris", "\0", "x" * LIMITS.text])
def test_any_text_can_be_tagged(client, tagger, text):
    assert client.post("/api/tag", json={"text": text}).json() == {"sentences": tagger.tag(text).as_dicts()}


def test_the_model_is_told(client, tagger):
    model = client.get("/api/model").json()
    assert model["name"] == "small model"
    assert model["settings"]["hidden"] == 20
    assert set(model["labels"]) == set(tagger.model.labelling.names)
    assert model["parameters"] == sum(p.value.size for p in tagger.model.network.parameters.values())


def test_the_check_is_the_library_s_own(client, tagger):
    answer = client.post("/api/check", json={"sample": 5, "sentences": 2, "seed": 3}).json()
    feeds = tagger.model.example_feeds(dr.sample_corpus().dev, 2, 3)
    expected = dr.gradient_check(tagger.model.network.loss, feeds=feeds, sample=5, seed=3).as_dict()
    assert answer["passed"]
    assert answer["evaluations"] == expected["evaluations"]
    assert answer["parameters"] == expected["parameters"]


def test_a_graph_as_the_documentation_has_it(client):
    answer = client.post("/api/graph", json={"expression": "x*y", "values": {"x": 4, "y": -3}}).json()
    told = {node["text"]: (node["value"], node["gradient"], node["check"]["verdict"]) for node in answer["nodes"]}
    assert told == {"x": (4, -3, "agrees"), "y": (-3, 4, "agrees"), "x*y": (-12, 1, "agrees")}


def test_a_training_from_begin_to_end(client):
    begun = client.post("/api/train", json={"data": "xor", "hidden": [4], "seed": 1}).json()
    path = f"/api/train/{begun['session']}"
    assert (begun["step"], len(begun["points"]), len(begun["layers"][0])) == (0, 200, 4)
    first, second = (client.post(path, json={"steps": 5}).json() for _ in range(2))
    assert (first["step"], second["step"]) == (5, 10)
    look = client.get(path).json()
    assert look["losses"] == first["losses"] + second["losses"]
    assert {name: look[name] for name in ("loss", "grid", "layers")} == {
        name: second[name] for name in ("loss", "grid", "layers")
    }
    assert client.post(f"{path}/check", json={"sample": 3}).json()["passed"]
    assert client.delete(path).status_code == 200
    assert "reset to begin anew" in error_of(client.post(path, json={"steps": 5}), 404)


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("tag", {"text": "x" * (LIMITS.text + 1)}, "text: string should have at most 20000 characters"),
        ("tag", {}, "text: field required"),
        ("tag", {"text": 1}, "text: input should be a valid string"),
        ("tag", {"text": "x", "more": 1}, "more: extra inputs are not permitted"),
        ("tag", [], "input should be a valid dictionary or object"),
        ("graph", {"expression": "x" * 1001}, "expression: string should have at most 1000 characters"),
        ("graph", {"expression": "import os"}, "the expression cannot be read"),
        ("graph", {"expression": "__import__('os')"}, "there is no function __import__"),
        ("graph", {"expression": "+".join("x" * 100)}, "at most 80 operations"),
        ("graph", {"expression": "x", "values": {"y": 1}}, "the expression has no name 'y'"),
        ("graph", {"expression": "x", "values": {"x": 1e300}}, "the value of x must be between"),
        ("graph", {"expression": "log(x)", "values": {"x": -1}}, "log(x) is nan at -1"),
        ("graph", {"expression": "x", "values": {f"x{i}": 1 for i in range(81)}}, "at most 80 items"),
        ("train", {"hidden": [17]}, "hidden.0: input should be less than or equal to 16"),
        ("train", {"hidden": [4] * 5}, "hidden: list should have at most 4 items"),
        ("train", {"count": 1001}, "count: input should be less than or equal to 1000"),
        ("train", {"data": "stars"}, "data: input should be 'moons'"),
        ("train", {"data": "points", "points": [[0, 0, 0]]}, "add points of both classes first"),
        ("train", {"data": "points"}, "add points of both classes first"),
        ("train", {"data": "points", "points": [[0, 0, 0], [9, 0, 1]]}, "points.1.0: input should be less than"),
        ("train", {"data": "points", "points": [[0, 0, 0], [1, 0, 1]] * 501}, "points: list should have at most 1000"),
        ("train", {"activation": "step"}, "activation: unknown activation 'step'; choose one of"),
        ("train", {"activation": "softmax"}, "activation: softmax is for output layers"),
        ("train", {"update_rule": "newton"}, "update_rule: unknown update rule 'newton'"),
        ("train", {"learning_rate": 0}, "learning_rate: input should be greater than 0"),
        ("check", {"sample": 201}, "sample: input should be less than or equal to 200"),
        ("check", {"sentences": 21}, "sentences: input should be less than or equal to 20"),
    ],
)
def test_what_is_wrong_or_too_much_is_told_in_words(client, path, body, told):
    assert told in error_of(client.post(f"/api/{path}", json=body), 422)


def test_steps_are_limited(client):
    session = client.post("/api/train", json={}).json()["session"]
    told = error_of(client.post(f"/api/train/{session}", json={"steps": LIMITS.steps + 1}), 422)
    assert told == "steps: input should be less than or equal to 500"
    client.delete(f"/api/train/{session}")


def test_sessions_are_limited(client):
    sessions = []
    while (answer := client.post("/api/train", json={"count": 4})).status_code == 200:
        sessions.append(answer.json()["session"])
    assert len(sessions) <= LIMITS.sessions
    assert "16 trainings are in use" in error_of(answer, 429)
    for session in sessions:
        client.delete(f"/api/train/{session}")
    assert client.post("/api/train", json={"count": 4}).status_code == 200


@pytest.mark.parametrize("content", ["{", '{"text": NaN}', "", "\0", "[" * 50_000])
def test_what_is_not_json_is_told_in_words(client, content):
    answer = client.post("/api/tag", content=content, headers={"content-type": "application/json"})
    assert error_of(answer, answer.status_code)
    assert 400 <= answer.status_code < 500


def test_numbers_that_json_does_not_have_are_refused(client):
    content = '{"expression": "x", "values": {"x": Infinity}}'
    answer = client.post("/api/graph", content=content, headers={"content-type": "application/json"})
    assert "values.x: input should be a finite number" in error_of(answer, 422)


def test_addresses_that_are_not_there(client):
    assert error_of(client.get("/nothing"), 404) == "GET /nothing: Not Found"
    assert error_of(client.get("/api/tag"), 405) == "GET /api/tag: Method Not Allowed"
    assert error_of(client.get("/page/../app.py"), 404)
    assert error_of(client.get("/page/%2e%2e/app.py"), 404)


def test_a_mistake_of_ours_is_told_too(client, monkeypatch):
    monkeypatch.setattr("deltarule.lab.routes.calculate", lambda *_: 1 / 0)
    assert "the server failed" in error_of(client.post("/api/graph", json={"expression": "x"}), 500)


def test_the_page_and_all_that_it_needs_come_from_this_server(client):
    for path in ("/", "/docs"):
        page = client.get(path)
        assert page.status_code == 200
        assert "http" not in page.text
        for wanted in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            assert client.get(wanted).status_code == 200, wanted
    assert "Plotly" in client.get("/plotly.js").text[:2000] or "plotly" in client.get("/plotly.js").text[:2000]


def test_every_module_that_a_module_imports_is_there(client):
    waiting, seen = ["main.js", "docs.js"], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            module = client.get(f"/page/js/{name}")
            assert module.status_code == 200, name
            assert module.headers["content-type"].startswith("text/javascript")
            waiting += re.findall(r'from "\./([^"]+)"', module.text)
    assert len(seen) > 8


def test_the_api_describes_itself(client):
    description = client.get("/openapi.json").json()
    assert {"/api/tag", "/api/graph", "/api/train", "/api/check"} <= set(description["paths"])
    for methods in description["paths"].values():
        assert all(told["description"] for told in methods.values())
    json.dumps(description)
