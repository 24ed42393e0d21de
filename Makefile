# Every target does its own set-up in the private environment .venv.
PYTHON ?= python3
PORT ?= 8000
NAME ?=
SIZE ?= small
BIN = .venv/bin
RUN_SETUP = $(PYTHON) tools/setup.py run
DEV_SETUP = $(PYTHON) tools/setup.py dev
BENCH_SETUP = $(PYTHON) tools/setup.py bench

export PORT

.PHONY: help demo demo-reset test prove check coverage format bench messages shell clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ## start the whole portal on http://localhost:8000/ (PORT=8080 for another port); Ctrl-C stops it
	@$(RUN_SETUP)
	@$(BIN)/python tools/demo.py

demo-reset: ## throw the demo's data away and start over
	@$(RUN_SETUP)
	@$(BIN)/python tools/demo.py --reset

test: ## run every test with small numbers (ARGS="tests/core -k money" for some)
	@$(DEV_SETUP)
	@$(BIN)/python -m tools.run_tests $(ARGS)

prove: ## run the same tests with the full numbers
	@$(DEV_SETUP)
	@PORTAGE_PROVE=1 $(BIN)/python -m tools.run_tests $(ARGS)

check: ## formatting, lint, types, templates, imports, migrations, deployment, translations, coverage
	@$(DEV_SETUP)
	@$(BIN)/python -m tools.check

coverage: ## check the coverage that the last "make test" measured
	@$(DEV_SETUP)
	@$(BIN)/python -m tools.coverage_gate

format: ## let the tools rewrite what they can
	@$(DEV_SETUP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only .

bench: ## run one benchmark: make bench NAME=pages SIZE=small
	@$(BENCH_SETUP)
	@$(BIN)/python -m tools.bench "$(NAME)" "$(SIZE)"

messages: ## extract the messages into locale/fr for the translator
	@$(DEV_SETUP)
	@$(BIN)/python tools/servers.py need xgettext
	@$(BIN)/python tools/translations.py update

shell: ## Django's shell on the demo's data
	@$(RUN_SETUP)
	@$(BIN)/python manage.py shell

clean: ## remove the private environment and what the tools left (never the demo's data)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
