# Two commands: `make report` and `make test`. Everything goes into .venv; nothing else is touched.
#
# TORCH says which build of torch to install. The default is the pinned release, which on Linux brings
# CUDA (gigabytes). A CPU build: give the index that pytorch.org names for CPU wheels,
#   make report TORCH_INDEX=<address of the CPU index>
PYTHON ?= python3
TORCH ?= torch==2.13.0
TORCH_INDEX ?=
PLANS ?= corpus/sample
WORKSPACE ?= workspace
BIN := .venv/bin

.PHONY: report test check bench notebooks clean
report: .venv/ready
	@$(BIN)/python flows/analyse.py $(PLANS) --workspace $(WORKSPACE) || { code=$$?; [ $$code = 3 ] && [ -e $(WORKSPACE)/reports/latest/index.html ]; }

test: .venv/ready
	@bash scripts/system_packages.sh
	$(BIN)/python -m pytest

# SOURCE: a folder of many plans, for growth, the archive run and reading; without it the project's own texts
bench: .venv/ready
	$(BIN)/python benchmarks $(if $(SOURCE),--source $(SOURCE))

# Runs the notebooks and keeps their outputs.
notebooks: .venv/ready
	$(BIN)/python scripts/run_notebooks.py

check: .venv/ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "PlanMine needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "venv is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) "$(TORCH)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

clean:
	rm -rf .venv workspace
