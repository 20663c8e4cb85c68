import pytest
from fastapi.testclient import TestClient

from deltarule.lab import create_app
from deltarule.lab.limits import LIMITS

BODY = {"expression": "x"}


def asked(app, url, **headers):
    return TestClient(app, base_url=url).post("/api/graph", json=BODY, headers=headers)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8642", "LOCALHOST", "127.0.0.1:8642", "[::1]:8642", "192.168.1.7"]
)
def test_this_machine_and_addresses_are_answered(app, host):
    assert asked(app, "http://localhost", host=host).status_code == 200


@pytest.mark.parametrize(
    "host", ["example.com", "example.com:8642", "localhost.example.com", "127.0.0.1.example.com", ""]
)
def test_other_names_are_refused(app, host):
    answer = asked(app, "http://localhost", host=host)
    assert answer.status_code == 403
    assert "does not answer to the name" in answer.json()["error"]
    assert TestClient(app, base_url="http://localhost").get("/", headers={"host": host}).status_code == 403


def test_the_name_that_it_listens_on_is_answered(tagger):
    app = create_app(tagger, host="lab.example.com")
    assert asked(app, "http://lab.example.com:8642").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:8642"}, 200),
        ({"origin": "http://example.com"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "text/plain"}, 415),
    ],
)
def test_pages_of_other_sites_are_refused(app, headers, status):
    assert asked(app, "http://127.0.0.1:8642", **headers).status_code == status


def test_no_other_page_may_read_an_answer(client):
    answer = client.post("/api/graph", json=BODY)
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_long_requests_are_refused_whether_or_not_they_tell_their_length(client):
    content = b" " * (LIMITS.body + 1)
    told = client.post("/api/tag", content=content, headers={"content-type": "application/json"})
    untold = client.post("/api/tag", content=iter([content]), headers={"content-type": "application/json"})
    for answer in (told, untold):
        assert answer.status_code == 413
        assert answer.json() == {"error": "a request may have 262,144 bytes"}


def test_a_length_that_is_no_number_is_refused(client):
    headers = {"content-type": "application/json", "content-length": "-1"}
    assert client.post("/api/tag", content=b"{}", headers=headers).status_code == 413
