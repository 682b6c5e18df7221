# Every target sets up what it needs. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PORT_BASE ?= 8000
CLUSTER ?= embedded
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help setup run test test-browser screenshots test-real lint format soak fuzz bench lock package audit zones clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make the virtual environment and install the pinned dependencies
$(READY): infra/locks/dev.txt pyproject.toml infra/laptop/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh infra/laptop/setup.sh

run: $(READY) ## Embedded cluster, both functions, a minute scheduler, sample manifests (Ctrl-C stops all)
	@PORT_BASE=$(PORT_BASE) $(BIN)/triggerfish dev --cluster $(CLUSTER)

test: $(READY) ## All tests but the long ones
	@$(BIN)/pytest -n auto --dist loadfile -m "not soak and not bench and not real and not browser"

test-real: $(READY) ## The tests that need a real kube-apiserver (KUBEBUILDER_ASSETS, or built by Go once)
	@$(BIN)/python -m tests.real

test-browser: $(READY) ## The console in headless Chromium
	@sh tests/browser/setup.sh $(VENV) && $(BIN)/pytest -m browser tests/browser

screenshots: $(READY) ## The pictures of docs/pictures/, from a session in which a day passes (a minute)
	@sh tests/browser/setup.sh $(VENV) && $(BIN)/python -m tests.browser.screenshots

lint: $(READY) ## ruff, mypy strict, import-linter
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

format: $(READY) ## Let ruff format and mend what it can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

soak: $(READY) ## Long simulations and fuzzing
	@$(BIN)/pytest -m soak

fuzz: $(READY) ## Coverage-guided fuzzing, FUZZ_SECONDS (60) for each target
	@sh tests/fuzz/setup.sh $(VENV) && $(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

bench: $(READY) ## Measure; ratios within one run (CLUSTER=real: what goes to a cluster, on a real API server)
	@CLUSTER=$(CLUSTER) $(BIN)/pytest -m bench -s $(if $(filter real,$(CLUSTER)),tests/bench/test_due.py tests/bench/test_tick.py tests/bench/test_raw.py tests/bench/test_delivery.py,tests/bench)

package: $(READY) ## Build build/cron and build/events, ready to deploy
	@$(BIN)/python infra/package/package.py build

audit: $(READY) ## Known vulnerabilities, licences and the software bill of materials
	@$(BIN)/python infra/package/audit.py build

zones: $(READY) ## Say whether a newer release of the time zones is out than the locked one
	@sh infra/locks/zones.sh $(BIN)/uv

lock: $(READY) ## Resolve requirements.txt into the hashed locks of infra/locks/
	@sh infra/locks/lock.sh $(BIN)/uv

clean: ## Remove what was built and the embedded cluster's state
	@rm -rf $(VENV) .local build
