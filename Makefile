# Everything the project needs, it sets up itself: Python 3.11+ and make are enough.
#   make demo    a whole firm, one whole night, on the embedded database
#   make test    all tests
#   make check   format, lint, types, packaging
#   make bench   speed and memory, as ratios; SIZE=1000000 by default
#   make docs    writes the command reference in flows/README.md from --help
#   make load    two hundred clients and fifty of the staff at once, idle and during a night; SIZE=100000 relations
#   make fuzz    sends spoiled files through the import; FILES=10000
#   make guess-score  how many columns `relance mapping guess` gets right in exports of many products
#   make serve-check   waits for Prefect's schedules to start runs by themselves; four minutes
#   make faults  kills sending everywhere, and counts that no mail is lost or doubled; KILLS=2000 MAILS=200000;
#                then kills the client's page, and counts that no answer is lost or half saved; PAGE_KILLS=500
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= relance-demo
SIZE ?= 1000000
KILLS ?= 2000
MAILS ?= 200000
PAGE_KILLS ?= 500
FILES ?= 10000
# One process a core; a file's tests stay together, so that what they share is made once.
PYTEST ?= -n auto --dist loadfile
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# uv installs a lock in seconds where pip takes minutes; where uv cannot be had or finds no index, pip does it.
UV := $(BIN)/uv pip install --python $(BIN)/python --compile-bytecode
install = if [ -x $(BIN)/uv ] && $(UV) $(1); then true; else echo "Installing with pip, which takes minutes …"; $(PIP) $(1); fi

.PHONY: guess-score demo test check format docs bench load fuzz faults serve-check lock clean
.DEFAULT_GOAL := demo

demo: $(VENV)/run.stamp
	@$(BIN)/relance demo $(DEMO)

test: $(VENV)/dev.stamp
	@$(BIN)/python -m pytest $(PYTEST)

check: $(VENV)/dev.stamp
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m build --wheel --outdir $(VENV)/dist . > $(VENV)/build.log 2>&1 || { cat $(VENV)/build.log; exit 1; }

format: $(VENV)/dev.stamp
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.harness.command_reference --write

bench: $(VENV)/bench.stamp
	@$(BIN)/python -m tests.bench $(SIZE)

load: SIZE = 100000
load: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.load $(SIZE)

fuzz: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.fuzz --files $(FILES)

guess-score: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.harness.guess_score

serve-check: $(VENV)/dev.stamp
	@$(BIN)/python -m pytest -n 4 tests/serve

faults: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.faults --kills $(KILLS) --mails $(MAILS)
	@$(BIN)/python -m tests.faults.page --kills $(PAGE_KILLS)

# The locks hold for every Python from 3.11 on and name no index (DECISIONS.md, 4).
lock: $(VENV)/dev.stamp
	@echo uv | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --upgrade --output-file requirements-uv.lock
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --upgrade --output-file requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --constraint requirements.lock --output-file requirements-dev.lock
	@$(BIN)/uv pip compile --group bench --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --constraint requirements-dev.lock --output-file requirements-bench.lock

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Relance needs Python 3.11 or later: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements-uv.lock || echo "uv cannot be had here; pip takes its place."
	@touch $@

$(VENV)/run.stamp: $(VENV)/python.stamp requirements.lock pyproject.toml
	@echo "Installing what Relance needs, once …"
	@$(call install,--require-hashes -r requirements.lock)
	@$(call install,--no-deps --editable .)
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.lock
	@echo "Installing what the tests need …"
	@$(call install,--require-hashes -r requirements-dev.lock)
	@touch $@

$(VENV)/bench.stamp: $(VENV)/dev.stamp requirements-bench.lock
	@echo "Installing what Relance is measured against …"
	@$(call install,--require-hashes -r requirements-bench.lock)
	@touch $@

clean:
	@rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis relance-demo
