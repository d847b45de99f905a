# Everything is set up by two commands: `make demo` and `make test`. Both build .venv from the lock files
# on their first run and start at once on the next. Needed: Python 3.11 or newer, make and a network.
.DEFAULT_GOAL := help
.PHONY: help demo test attack soak bench backtest peers lock clean FORCE
VENV := .venv
PY := $(VENV)/bin/python
ARGS ?=

# Prints the first Python that really runs and is new enough (a pyenv shim may exist and yet fail).
FIND_PYTHON = for p in python3.11 python3.12 python3.13 python3; do \
  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$p; exit 0; fi; \
  done; exit 1

# install(ARGUMENTS): uv where it can be had, else plain pip; both check the hashes. uv reads no pip
# settings, so it is handed the machine's own mirror.
define install
	@index=$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(PY) -m pip config get global.index-url 2>/dev/null)}}; \
	[ -z "$$index" ] || export UV_DEFAULT_INDEX="$$index"; \
	if [ -x $(VENV)/bin/uv ] && $(VENV)/bin/uv pip install -q --compile-bytecode --python $(PY) $(1); then :; \
	else $(PY) -m pip install -q --disable-pip-version-check $(1); fi \
	|| { echo "make: packages could not be installed ($(1)): is there a network?" >&2; exit 1; }
endef

help:
	@echo "make demo   build .venv, make both demo books and serve them   (ARGS='--port 9000')"
	@echo "make test   build .venv with the test tools, find or install a browser, run every test"
	@echo "make attack try every attack of the threat model, and say what finds it, and who"
	@echo "make bench  measure this machine (mingzhang bench --quick)"
	@echo "make backtest  our forecasts beside those of others   (ARGS='HISTORY.csv --horizon 3 -o report.html')"
	@echo "make soak   the property tests again, with many more examples"
	@echo "make lock   resolve requirements/*.in anew     make clean   remove .venv and caches (never a book)"

demo: $(VENV)/runtime
	@exec $(VENV)/bin/mingzhang demo $(ARGS)

test: $(VENV)/tests
	@$(PY) tests/browser/install.py
	@exec $(PY) -m pytest $(ARGS)

attack: $(VENV)/tests
	@exec $(PY) -m pytest -q tests/attacks $(ARGS)

soak: $(VENV)/tests peers
	@$(PY) tests/browser/install.py
	@MZ_HYPOTHESIS=soak exec $(PY) -m pytest $(ARGS)

bench: $(VENV)/runtime
	@exec $(VENV)/bin/mingzhang bench --quick $(ARGS)

backtest: peers
	@PYTHONPATH=$(VENV)/peers exec $(VENV)/bin/mingzhang forecast backtest $(ARGS)

peers: $(VENV)/peers/made

# A copied or moved tree brings a .venv that points elsewhere: the stamp names its place, so it is remade.
ifneq ($(shell cat $(VENV)/made 2>/dev/null),$(CURDIR))
$(VENV)/made: FORCE
endif
$(VENV)/made:
	@echo "Setting up $(VENV) (first run only) ..." >&2
	@py=$$($(FIND_PYTHON)) || { echo "make: Python 3.11 or newer is needed and was not found" >&2; exit 1; }; \
	$$py -m venv --clear $(VENV) >/dev/null 2>&1 || { \
	  echo "make: '$$py -m venv' failed; on Debian or Ubuntu run: apt-get install python3-venv" >&2; exit 1; }
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/tools.lock 2>/dev/null \
	|| echo "uv cannot be had, going on with pip (slower)" >&2
	@echo "$(CURDIR)" > $@

$(VENV)/runtime: $(VENV)/made requirements/runtime.lock pyproject.toml
	$(call install,--require-hashes -r requirements/runtime.lock)
	$(call install,--no-deps --no-build-isolation -e .)
	@touch $@

$(VENV)/tests: $(VENV)/runtime requirements/dev.lock
	$(call install,--require-hashes -r requirements/dev.lock)
	@touch $@

$(VENV)/peers/made: $(VENV)/runtime requirements/peers.lock
	$(call install,--require-hashes --target $(VENV)/peers -r requirements/peers.lock)
	@touch $@

# No address, no path of this machine and no local settings go into a lock file.
COMPILE = cd requirements && ../$(VENV)/bin/uv pip compile -q --no-config --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header
lock: $(VENV)/made
	$(COMPILE) tools.in -o tools.lock
	$(COMPILE) runtime.in -o runtime.lock
	$(COMPILE) dev.in -o dev.lock
	$(COMPILE) peers.in -o peers.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info build
	find ledger forecast dashboard tests -name __pycache__ -type d -prune -exec rm -rf {} +
