"""Takes the pictures of the page for docs/lab.md, from real runs in a browser: `make pictures`."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
STEPS = 1000


def tag(page: Page) -> None:
    """Explain a word, and follow the signal to a weight."""
    page.get_by_role("button", name="Paris").click()
    expect(page.locator("#strip .nsewdrag").first).to_be_visible()
    page.fill("#following [name=neuron]", "3")
    page.fill("#following [name=input]", "14")
    page.get_by_role("button", name="Follow").click()
    expect(page.locator("#trace tbody tr")).to_have_count(5)


def graph(page: Page) -> None:
    """Stop in the middle of the backward pass of a neuron."""
    page.select_option("#examples", "sigmoid(w0*x0 + w1*x1 + w2)")
    expect(page.locator("#nodes tbody tr")).to_have_count(10)
    for _ in range(3):
        page.get_by_role("button", name="One step back").click()


def boundary(page: Page) -> None:
    """Train until the spirals are parted."""
    page.select_option("[name=data]", "spirals")
    page.fill("[name=hidden]", "16, 8")
    page.locator("[name=hidden]").press("Tab")
    page.fill("[name=learning_rate]", "0.05")
    page.locator("[name=learning_rate]").press("Tab")
    expect(page.locator("#neurons canvas")).to_have_count(24)
    page.select_option("#speed", "50")
    page.get_by_role("button", name="Train").click()
    while int(page.text_content("#steps") or 0) < STEPS:
        page.wait_for_timeout(200)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Step", exact=True).click()
    expect(page.locator("#steps")).to_have_text(re.compile("1$"))


def gradients(page: Page) -> None:
    """Check the model."""
    page.get_by_role("button", name="Check gradients").click()
    expect(page.locator("#errors .nsewdrag").first).to_be_visible()


def save(page: Page, name: str) -> None:
    """Write the whole page as WebP, which Playwright's own screenshots cannot be."""
    size = page.evaluate("({ width: document.documentElement.clientWidth, height: document.body.scrollHeight })")
    clip = {"x": 0, "y": 0, **size, "scale": 1}
    settings = {"format": "webp", "quality": 85, "captureBeyondViewport": True, "clip": clip}
    picture = page.context.new_cdp_session(page).send("Page.captureScreenshot", settings)
    (IMAGES / f"lab-{name}.webp").write_bytes(base64.b64decode(picture["data"]))


def main() -> None:
    """Serve the page, and take a picture of each tab."""
    command = [str(Path(sys.executable).parent / "deltarule"), "lab", "--port", "0", "--no-browser"]
    expect.set_options(timeout=120_000)
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server, sync_playwright() as driver:
        assert server.stdout is not None
        address = server.stdout.readline().split()[4]
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for take in (tag, graph, boundary, gradients):
            page = browser.new_page(viewport={"width": 1100, "height": 600}, color_scheme="light")
            page.goto(f"{address}#{take.__name__}")
            take(page)
            page.locator("h1").hover()
            save(page, take.__name__)
        browser.close()
        server.terminate()


if __name__ == "__main__":
    main()
