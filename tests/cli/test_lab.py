import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from deltarule.cli import lab as lab_module


def test_the_page_is_served_until_ctrl_c(model):
    command = [str(Path(sys.executable).parent / "deltarule"), "lab", str(model), "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        found = re.fullmatch(r"The lab is at (http://127\.0\.0\.1:\d+/) and ends with Ctrl-C\.\n", line)
        assert found, line + process.stderr.read()
        with urlopen(found[1]) as answer:
            assert b"deltarule" in answer.read()
        asked = Request(
            f"{found[1]}api/graph", json.dumps({"expression": "x*y"}).encode(), {"content-type": "application/json"}
        )
        with urlopen(asked) as answer:
            assert json.load(answer)["value"] == 1.0
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert "Traceback" not in process.stderr.read()


def test_a_browser_is_opened_unless_it_shall_not_be(deltarule, model, monkeypatch):
    opened = []
    monkeypatch.setattr(lab_module.webbrowser, "open", opened.append)
    monkeypatch.setattr("deltarule.lab.serve", lambda tagger, name, host, port, ready: ready(f"http://{host}:{port}/"))
    assert deltarule("lab", model).out == "The lab is at http://127.0.0.1:8642/ and ends with Ctrl-C.\n"
    deltarule("lab", model, "--no-browser", "--port", 9000)
    assert opened == ["http://127.0.0.1:8642/"]


def test_a_port_that_is_taken(deltarule, model):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, out, err = deltarule("lab", model, "--no-browser", "--port", taken.getsockname()[1])
    assert (code, out) == (2, "")
    assert "choose others with --host and --port" in err


def test_a_model_that_is_not_there(deltarule, tmp_path):
    code, out, err = deltarule("lab", tmp_path / "none", "--no-browser")
    assert (code, out) == (2, "")
    assert str(tmp_path / "none") in err


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn"])
def test_what_to_install_is_told(deltarule, model, missing, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("deltarule.lab")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    code, out, err = deltarule("lab", model)
    assert (code, out) == (2, "")
    assert err == f"error: the page needs the package {missing}: pip install 'deltarule[lab]'\n"


def test_without_a_model_one_is_trained_once(deltarule, monkeypatch):
    from deltarule.lab import ready_model

    served, trained = [], []
    monkeypatch.setattr("deltarule.lab.serve", lambda tagger, name, *rest: served.append((tagger, name)))
    monkeypatch.setattr(ready_model, "kept_model", lambda: trained[-1] if trained else None)
    monkeypatch.setattr(ready_model, "train_model", lambda progress: trained.append("a tagger") or "a tagger")
    first, second = deltarule("lab"), deltarule("lab")
    assert served == [("a tagger", "sample model")] * 2
    assert trained == ["a tagger"]
    assert "Training a small tagger on the sample corpus" in first.err
    assert second.err == ""
