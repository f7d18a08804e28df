# The two commands of a fresh machine: `make demo` and `make test`. Both make their own environment in .venv. Packages are
# compiled to bytecode after the installation, by all cores at once: where Python may not write bytecode when it imports
# (PYTHONDONTWRITEBYTECODE), every start would take a second longer.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TREE   := build/tree
# The commit whose notes this tree's must be, before the packages were laid out anew.
BASE   ?= c282d82
# Of what does not compile, such as templates of packages, nothing is told.
BYTECODE = $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib stylernn evaluation || true

.PHONY: help demo test slow golden lint format docs weights etudes card clean

help:
	@echo "make demo    install, then turn a public-domain tune into jazz"
	@echo "make test    install with what the tests need, then run them (2 processes)"
	@echo "make slow    the long checks that 'make test' leaves out"
	@echo "make golden  compare notes with those of the commit BASE, on this machine"
	@echo "make lint    style, types and import layers"
	@echo "make format  put the code into the project's format"
	@echo "make docs    build the documentation into build/docs; warnings are errors"
	@echo "make weights make a model file from DATA=FOLDER in runs/release; RELEASE=--install ships it"
	@echo "make etudes  compose the bundled jazz etudes with the bundled model, checked against DATA=FOLDER"
	@echo "make card    write docs/reference/model-card.md from the header of the bundled model"
	@echo "make clean   remove build products; .venv stays"

demo: $(VENV)/installed
	$(BIN)/stylernn transfer examples/auld-lang-syne.mid --to jazz --force

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 -q

slow: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 -q -m slow

golden: $(VENV)/installed-dev
	$(BIN)/python tests/golden/compare.py $(BASE)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python .ci/assemble.py $(TREE)
	cd $(TREE) && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.mypy_cache -p stylernn -p tools
	cd $(TREE) && $(CURDIR)/$(BIN)/lint-imports --config $(CURDIR)/pyproject.toml --no-cache

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/installed-dev
	$(BIN)/python -m sphinx -q -W --keep-going -d build/doctrees docs build/docs

weights: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[evaluation]'
	$(BIN)/python -m tools.release all $(DATA) $(RELEASE)

etudes: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[evaluation]'
	$(BIN)/python -m tools.release.compose_etudes $(DATA) --style jazz

card: $(VENV)/installed
	$(BIN)/python -m tools.release model_card docs/reference/model-card.md

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "stylernn needs Python 3.11 to 3.13: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable .
	@$(BYTECODE)
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[dev]'
	@$(BYTECODE)
	@touch $(VENV)/installed $@
