# Sets the program up in .venv, runs it, and checks it. `make` alone lists the targets.

VENV := .venv
PROGRAM := $(VENV)/.installed
TOOLS := $(VENV)/.installed-dev
PEERS := $(VENV)/.installed-bench
FUZZER := $(VENV)/.installed-fuzz

.DEFAULT_GOAL := help
.PHONY: help run test fuzz faults soak check bench clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*##  */make \1	/p' Makefile

run: $(PROGRAM)  ## start the program on the config.toml beside this file
	@scripts/system-libraries run
	@$(VENV)/bin/pmv-tui --config config.toml

# Compiled first, also where the environment has Python keep nothing compiled: the tests start the
# program some hundred times.
test: $(TOOLS)  ## run the tests
	@scripts/system-libraries test
	@$(VENV)/bin/python -m compileall -q pmv_tui tests
	$(VENV)/bin/pytest -n auto --dist loadgroup --no-loadscope-reorder

faults: $(TOOLS)  ## bring every fault about at full length, print the table; takes 10 minutes
	@scripts/system-libraries test
	$(VENV)/bin/python -m tests.faults --full

fuzz: $(FUZZER)  ## look for bytes that break a parser, for 3 minutes; what does is in .fuzz
	for target in overlay config control; do \
		$(VENV)/bin/python -m tests.fuzz $$target -max_total_time=60 -print_final_stats=1 || exit 1; \
	done

soak: $(TOOLS)  ## run a rig for an hour, and print what the engine's memory did
	$(VENV)/bin/python -m tests.faults.soak

check: $(TOOLS)  ## lint, check formatting, types and who imports whom
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(PEERS)  ## measure speed, latency and memory beside other publishers, for 15 minutes
	@scripts/system-libraries test
	@command -v htop >/dev/null || scripts/apt-install htop || true
	$(VENV)/bin/python -m benchmarks.publishing

clean:  ## remove .venv and everything else that was made here
	rm -rf $(VENV) build dist *.egg-info .fuzz .hypothesis .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Anew only when what is installed changes: the second start is at once, and needs no network.
$(PROGRAM): pyproject.toml constraints.txt
	@scripts/set-up $(VENV) .
	@touch $@

$(TOOLS): pyproject.toml constraints.txt
	@scripts/set-up $(VENV) '.[dev]'
	@scripts/aravis $(VENV)
	@touch $@ $(PROGRAM)

$(FUZZER): $(TOOLS)
	@scripts/set-up $(VENV) '.[fuzz]'
	@touch $@

$(PEERS): pyproject.toml constraints.txt
	@scripts/set-up $(VENV) '.[bench]'
	@touch $@ $(PROGRAM)
