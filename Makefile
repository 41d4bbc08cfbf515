# Every target makes what it needs in .venv from a bare Python on first use.
# PYTHON=/path/to/python3.12 names another interpreter; WORKERS=4 more test processes.

VENV := .venv
BIN := $(VENV)/bin
DEV := $(VENV)/.dev-installed
# The demo needs little, and nothing more where everything is there already.
DEMO := $(if $(wildcard $(DEV)),$(DEV),$(VENV)/.demo-installed)
WORKERS ?= logical
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test coverage check docs bench fmt messages clean

help:
	@printf "%-15s%s\n" "make demo" "tell Clara's story on an embedded shop (ARGS='--locale es')"
	@printf "%-15s%s\n" "make test" "run all tests on memory, SQLite, PostgreSQL and, where there is one, MariaDB"
	@printf "%-15s%s\n" "make coverage" "run them and tell which lines none of them reached (takes longer)"
	@printf "%-15s%s\n" "make check" "lint, formatting, types, import contracts"
	@printf "%-15s%s\n" "make docs" "build the documentation into docs/_build/html"
	@printf "%-15s%s\n" "make bench" "run the benchmarks (ARGS=NAME)"
	@printf "%-15s%s\n" "make fmt" "format and mend what can be mended"
	@printf "%-15s%s\n" "make messages" "compile the message catalogues"
	@printf "%-15s%s\n" "make clean" "remove everything that was made, .venv too"

demo: $(DEMO)
	$(BIN)/omnicommerce demo $(ARGS)

test: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

coverage: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report term $(ARGS)

check: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	PATH="$(CURDIR)/$(BIN):$$PATH" pyright
	PATH="$(CURDIR)/$(BIN):$$PATH" pyright --verifytypes omnicommerce --ignoreexternal

docs: $(DEV)
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(DEV)
	$(BIN)/python -m benchmarks $(ARGS)

fmt: $(DEV)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

messages: $(DEV)
	$(BIN)/pybabel -q compile --domain omnicommerce --directory src/omnicommerce/i18n/catalogues

clean:
	rm -rf $(VENV) .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
	    .pytest_cache .ruff_cache build dist docs/_build htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(DEV): pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) --editable '.[dev]'
	@touch $@

$(VENV)/.demo-installed: pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) --editable '.[cli]'
	@touch $@

$(BIN)/python:
	@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	    then exec "$$python" -m venv $(VENV); fi; \
	done; \
	echo "omnicommerce needs Python 3.11 or later with its venv module, and found none." \
	    "Install one, or name it: make PYTHON=/path/to/python3.13" >&2; \
	exit 1
