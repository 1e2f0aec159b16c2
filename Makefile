# What there is to do here: make help. PYTHON names the interpreter that .venv is made with.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help set-up lint types layers test bench docs check

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST)

set-up: ## an environment in .venv with everything
	if command -v uv >/dev/null; then uv sync --all-extras; \
	else $(PYTHON) -m venv .venv && $(BIN)/pip install -e '.[dev,bench]'; fi

lint: ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: ## mypy, strict
	$(BIN)/mypy

layers: ## who may import whom
	$(BIN)/lint-imports

test: ## all tests
	$(BIN)/pytest

bench: ## short benchmarks, some minutes
	$(BIN)/python -m tests.benchmarks.graph --edges 1000000
	$(BIN)/python -m tests.benchmarks.truth --first 0 --count 100 --jobs 2
	$(BIN)/python -m tests.benchmarks.localization --first 1000 --count 4 --jobs 2 --tables A,E

docs: ## writes the generated pages and schemas anew, and tests all pages
	$(BIN)/python -m forensics.cli.reference > docs/cli.md.new && mv docs/cli.md.new docs/cli.md
	$(BIN)/python -m forensics.report.schema
	$(BIN)/pytest tests/docs tests/forensics/cli/test_reference.py

check: ## what CI does, from nothing
	.ci/run
