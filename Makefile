# One command each; every target prepares what it needs and is quick when nothing has changed.
# Needs git, make and Python 3.11 to 3.13.

SHELL := /bin/sh
.DEFAULT_GOAL := help

find_python = for python in python3 python3.13 python3.12 python3.11 python; do \
	if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	then echo "$$python"; exit; fi; done; echo python3
PYTHON ?= $(shell $(find_python))
VENV_PYTHON := .venv/bin/python
# Tests run in this many processes: they wait for servers and browsers as much as they compute.
JOBS ?= 3

.PHONY: help run stripe setup test lint bench messages format clean distclean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: ## Start everything on this machine: http://localhost:8000/
	@$(PYTHON) -m infra.setup run
	@exec $(VENV_PYTHON) -m infra.embedded.run

stripe: ## Start the stand-in of Stripe and print its address and keys
	@$(PYTHON) -m infra.setup run
	@exec $(VENV_PYTHON) -m infra.stripe

setup: ## Prepare for development, the test browser included
	@$(PYTHON) -m infra.setup test

test: setup ## Run every test; ARGS="tests/crm -k lead" narrows it
	$(VENV_PYTHON) -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lint: ## Style, types, templates, layers, migrations, translations
	@$(PYTHON) -m infra.setup lint
	$(VENV_PYTHON) -m infra.lint

bench: ## Measure the product; ARGS="--quick" or ARGS="--json"
	@$(PYTHON) -m infra.setup test
	$(VENV_PYTHON) -m infra.bench $(ARGS)

messages: ## Gather translatable texts into the catalogues
	@$(PYTHON) -m infra.setup lint
	$(VENV_PYTHON) -m infra.i18n update

format: ## Rewrite Python into the house style
	@$(PYTHON) -m infra.setup lint
	$(VENV_PYTHON) -m ruff check --fix --quiet .
	$(VENV_PYTHON) -m ruff format .

clean: ## Remove what was made, except the data of `make run` (var/)
	rm -rf .venv node_modules infra/setup/chromium/node_modules platform/forecourt/ui/static/vendor \
		platform/forecourt/kernel/papers/fonts var/tools var/static
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results dist
	find . -name __pycache__ -prune -exec rm -rf {} +
	find platform tenants billing apps api -name '*.mo' -delete

distclean: clean ## Remove the data of `make run` too
	rm -rf var
