"""A small tagger, its server in this process, and a page in a browser."""

import shutil
import socket
import threading

import pytest
import uvicorn
from fastapi.testclient import TestClient

import deltarule as dr
from deltarule.lab import create_app

SENTENCES = """\
Ada/B-PER Lovelace/I-PER lives/O in/O Paris/B-LOC ./O
Museums/O in/O Paris/B-LOC are/O amazing/O ./O
Charles/B-PER Babbage/I-PER visits/O London/B-LOC ./O
Museums/O are/O large/O ./O
London/B-LOC is/O amazing/O ./O
Ada/B-PER met/O Charles/B-PER in/O London/B-LOC ./O
"""
SETTINGS = {"hidden": 20, "batch": 8, "learning_rate": 0.01, "dropout": 0.0, "minimum_count": 1, "epochs": 40}
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 120_000  # milliseconds that a page may take: on a busy machine it is slow, not wrong


@pytest.fixture(scope="session")
def tagger():
    """A tagger that knows its six sentences by heart."""
    pairs = [[token.rsplit("/", 1) for token in line.split()] for line in SENTENCES.splitlines()]
    words = [[word for word, _ in sentence] for sentence in pairs]
    labels = [[label for _, label in sentence] for sentence in pairs]
    return dr.Tagger(**SETTINGS).fit(dr.Corpus.from_sentences(words, labels))


@pytest.fixture(scope="session")
def app(tagger):
    return create_app(tagger, "small model")


@pytest.fixture
def client(app):
    return TestClient(app, base_url="http://127.0.0.1:8642", raise_server_exceptions=False)


@pytest.fixture(scope="session")
def address(app):
    """Serves the page for as long as there are tests."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright to test the page")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("apt-get install chromium to test the page in a browser")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, address):
    """Opens the page; fails the test if it complains, or asks any other host for anything."""
    complaints, asked, opened = [], [], []

    def open_at(tab="", width=1200, height=900, scheme="light"):
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        opened.append(page)
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request", lambda asked: asked.url.startswith((address, "data:", "blob:")) or complaints.append(asked.url)
        )
        page.goto(f"{address}/#{tab}")
        return page

    yield open_at
    for page in opened:
        page.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
