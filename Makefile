# `make` lists the commands. VENV names the virtual environment that is made where there is none;
# PYTHON an interpreter that has everything already.
VENV ?= .venv
SYSTEM_PYTHON ?= python3
PYTHON ?= $(VENV)/bin/python
PYTEST ?= $(PYTHON) -m pytest
NPM = $(PYTHON) builder/frontend.py npm
INSTALLED = $(VENV)/.installed
GENERATE = $(PYTHON) builder/generate.py

# Tiny nets everywhere: one thread a process is the fastest, and the same figures come out every time.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help install demo check contract lint types test e2e bench build compat clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z][a-z0-9]*:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Installs once, and again when what is to be installed changes.
$(VENV)/bin/python:
	$(SYSTEM_PYTHON) -m venv $(VENV)

$(INSTALLED): $(VENV)/bin/python setup.py pyproject.toml
	node=$$($(PYTHON) builder/frontend.py requirements) && \
	    { [ -z "$$node" ] || $(PYTHON) -m pip install "$$node"; }
	$(PYTHON) -m pip install --editable ".[torch,dev]"
	touch $(INSTALLED)

ifeq ($(PYTHON),$(VENV)/bin/python)
install: $(INSTALLED)  ## make the virtual environment and install the project in it, page included
else
install:
endif
	@$(PYTHON) builder/frontend.py build

demo: install  ## train a small CNN on real images and open TensorBoard on it
	$(PYTHON) -m cnnviz.cli demo

check: lint types test e2e build  ## everything that must hold: what CI runs

contract: install  ## generate the protobuf module and the page's types
	$(GENERATE)

lint: install  ## format, lint, import contracts, generated files
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(dir $(PYTHON))lint-imports
	$(GENERATE) --check
	$(NPM) run lint

types: install  ## strict mypy, strict tsc
	$(PYTHON) -m mypy
	$(NPM) run types

test: install  ## all tests but those that need a browser or TensorBoard
	$(PYTEST) -q -m "not e2e" -n auto --maxprocesses 4 --dist loadfile
	$(NPM) test

e2e: install  ## a real TensorBoard, looked at with a real Chromium
	$(PYTEST) -q -m e2e -n auto --maxprocesses 2 --dist loadfile

bench: install  ## every figure of benchmarks/, small
	$(PYTHON) benchmarks/run_all.py

build: install  ## the wheel, installed in a fresh environment that has no torch and no Node
	$(NPM) run size
	$(PYTHON) builder/check_wheel.py

compat: install  ## the tests on the oldest and the newest torch that we name
	$(PYTHON) builder/compat.py

clean:  ## remove what was built
	rm -rf build dist tb_cnnviz/static frontend/node_modules sdk/*.egg-info *.egg-info
