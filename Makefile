# The few commands of the project; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast lint bench faults screens scenarios
MAKEFLAGS += --no-print-directory

PYTHON := .venv/bin/python
PORT_BASE ?= 8000
DATA_DIR ?= var/demo
demo_at = $(PYTHON) -m relay_saas.embedded demo --port-base "$(PORT_BASE)"

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: ## Start everything, tell the story (EXIT=1 ends then; INFO=1 describes the running one; PORT_BASE= DATA_DIR=)
ifneq ($(filter-out 0,$(INFO)),)
	@test -x $(PYTHON) || { echo "error: no demo runs here: start one with 'make demo'" >&2; exit 1; }
	@exec $(PYTHON) -m relay_saas.embedded info --data-dir "$(DATA_DIR)"
else
	@scripts/bootstrap.sh demo
	@exec $(demo_at) --data-dir "$(DATA_DIR)" $(if $(filter-out 0,$(EXIT)),--exit)
endif

test: ## Everything that is checked: lint, types, tests, the browser
	@scripts/bootstrap.sh dev
	@exec $(PYTHON) -m scripts.test all

test-fast: ## Unit tests and the apps' tests, for every commit
	@scripts/bootstrap.sh dev
	@exec $(PYTHON) -m scripts.test fast

lint: ## Style, layers, types
	@scripts/bootstrap.sh dev
	@exec $(PYTHON) -m scripts.test lint

bench: ## Messages a second beside Postfix with OpenDKIM, in one run, to var/bench.json (ROWS=, QUICK=1)
	@scripts/bootstrap.sh demo
	@exec $(PYTHON) -m scripts.bench $(if $(filter-out 0,$(QUICK)),--quick) $(ROWS)

screens: ## Pictures of every page in var/screens; with a running demo also those of docs/screens
	@scripts/bootstrap.sh dev
	@exec $(PYTHON) -m scripts.screens "$(DATA_DIR)"

faults: ## The fault plan against real processes, to var/faults.json (FAULT="R01 R37"; without: all)
	@scripts/bootstrap.sh dev
	@exec $(PYTHON) -m scripts.faults $(FAULT)

scenarios: ## Mailbox providers with manners of their own, a table each (NAMES="yahoo docomo"; without: all)
	@scripts/bootstrap.sh demo
	@exec $(PYTHON) -m scripts.scenarios $(NAMES)
