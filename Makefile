# `make demo` and `make test` work alone on a fresh clone with Python and make: they create .venv and install what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Extras beyond the tests' own; CI sets EXTRAS=,oracle,browser to compare with PyTorch and JAX, and to drive the lab in a browser.
EXTRAS ?=
TESTABLE := $(VENV)/installed-test$(EXTRAS)

.PHONY: demo test lint types imports tests experiments benchmark pictures clean

demo: $(VENV)/installed
	$(BIN)/deltarule demo

test: lint types imports tests

lint: $(TESTABLE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(TESTABLE)
	$(BIN)/mypy

imports: $(TESTABLE)
	$(BIN)/lint-imports

tests: $(TESTABLE)
	$(BIN)/pytest

# Trains on the corpora in DATA and prints the table of docs/results.md; takes about half an hour.
experiments: $(TESTABLE)
	$(BIN)/python experiments/accuracy.py $(DATA) $(OPTIONS)

# Measures speed beside other libraries, on the corpora in DATA or on the sample, and writes docs/benchmarks.md. A quiet
# machine takes about two hours; SECTIONS="dense tag" measures only these, OPTIONS=--quick sees that all works.
benchmark: $(TESTABLE)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[benchmark]"
	$(BIN)/python -m benchmarks $(SECTIONS) $(if $(DATA),--data $(DATA)) $(OPTIONS)

# Draws docs/images from real runs.
pictures: $(TESTABLE)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[pictures]"
	$(BIN)/python docs/pictures.py
	$(BIN)/python docs/lab_pictures.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(TESTABLE): pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[test$(EXTRAS)]"
	touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
