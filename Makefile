# Run `make help` for the targets. `make app` and `make test` each work as the only command on a fresh machine.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
CONFIG ?=
ARGS ?=
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help app search test test-slow test-soak lint format bench gpu-check screenshots clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

app: $(VENV)/installed ## set up and start the dashboard on 127.0.0.1 (PORT=8501; OPTUNA_DASHBOARD_PORT=8080: that beside it)
ifdef OPTUNA_DASHBOARD_PORT
	@trap 'kill $$beside' EXIT; trap 'exit 130' INT TERM; \
	$(BIN)/python -m dashboard optuna --port $(OPTUNA_DASHBOARD_PORT) & beside=$$!; \
	PROXYSCOPE_OPTUNA_DASHBOARD=http://127.0.0.1:$(OPTUNA_DASHBOARD_PORT) \
	$(BIN)/python -m streamlit run dashboard/app.py --server.port $(PORT)
else
	$(BIN)/python -m streamlit run dashboard/app.py --server.port $(PORT)
endif

search: $(VENV)/installed ## run a search in the terminal (CONFIG=file.toml; without it, the example for this machine)
	$(BIN)/python -m backend search $(if $(CONFIG),--config $(CONFIG))

test: $(VENV)/installed-dev browser postgres ## run all tests but the slow ones, and the examples of the docstrings
	$(BIN)/python -m pytest --doctest-modules backend --ignore=backend/__main__.py --ignore=backend/storage/migrations/env.py
	$(BIN)/python -m pytest -m "not slow and not network and not soak" $(SIDE_BY_SIDE)

test-slow: $(VENV)/installed-dev browser postgres ## run the tests of several seconds each, which CI runs too
	$(BIN)/python -m pytest -m "slow and not network and not soak" $(SIDE_BY_SIDE)
	$(BIN)/python -m pytest -m "network and not soak"

test-soak: $(VENV)/installed-dev postgres ## run the tests of minutes each: fifty kills, eight workers, a lost host
	$(BIN)/python -m pytest -m soak

lint: $(VENV)/installed-dev ## check style, types and which room imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-dev ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/installed-dev browser ## measure the start of commands, true accuracies, the pages, samplers, ensembles and the engine (ARGS="--cells 3 --threads 1")
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.truth
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.dashboard
	$(BIN)/python -m benchmarks.samplers
	$(BIN)/python -m benchmarks.samplers --trials 3000 --objectives rule --samplers tpe,nsgaii,random
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.ensembles
	$(BIN)/python -m benchmarks.rule
	$(BIN)/python -m benchmarks.search_cores
	$(BIN)/python -m benchmarks.any_module
	$(BIN)/python -m benchmarks.precision
	$(BIN)/python -m benchmarks.scoring --against peers $(ARGS)
	$(BIN)/python -m benchmarks.scoring $(ARGS)

gpu-check: $(VENV)/installed-dev ## check and measure the engine on this machine's GPU, in under 8 minutes (ARGS="--out gpu.json")
	$(BIN)/python -m benchmarks.gpu_check $(ARGS)

screenshots: $(VENV)/installed-dev browser ## take the pictures of every page again, into storage/screenshots
	$(BIN)/python -m tests.browser.screenshots storage/screenshots

clean: ## remove the virtual environment and the caches; studies stay
	rm -rf $(VENV) .import_linter_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: requirements.txt | $(VENV)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# The browser tests drive Debian's Chromium: installed here where that is possible, else they say why they are skipped.
.PHONY: browser
browser:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || true

# The tests on PostgreSQL start a server and a pooler of their own from Debian's packages: installed as Chromium is.
.PHONY: postgres
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq postgresql >/dev/null; } || true
	@command -v pgbouncer >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq pgbouncer >/dev/null; } || true
