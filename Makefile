# One command each; `make test` and `make check` are what CI runs.
# The first of these that runs and is new enough makes the environment; say PYTHON=... for another.
CANDIDATES = python3.11 python3.12 python3.13 python3 python3.10 python
NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 10))
PYTHON ?= $(shell for p in $(CANDIDATES); do $$p -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && echo $$p && break; done)
VENV ?= .venv
RUN = $(VENV)/bin/python
READY = $(VENV)/ready
WORKERS ?= 2

# what `make demo` shows, one command after the other, in a copy of the examples
UA = examples/user_analytics
DEMO = "ldp --version" "ldp doctor" "ldp convert $(UA)/batch" "ldp lint examples/first_mistakes --exit-zero" \
  "ldp explain LDP101" "ldp lint $(UA)" "ldp lineage final_metrics.engagement_score $(UA)" \
  "python $(UA)/generate.py --part 1/3" "ldp preview daily_metrics $(UA) --limit 5" "ldp run $(UA)" \
  "python $(UA)/generate.py --part 2/3" "ldp run $(UA)" "python $(UA)/generate.py --part 3/3" "ldp run $(UA)" \
  "ldp graph $(UA)" "ldp expectations final_metrics $(UA)" "ldp preview final_metrics $(UA) --limit 5" \
  "ldp history $(UA)" "ldp test $(UA)" "ldp report $(UA) --out report.html"

# its last act, in the folder of the example: the same pipeline in a workspace that is emulated here
DEPLOYED = "ldp check --env dev" "ldp plan --env dev" "ldp deploy --env dev --yes" "ldp deploy --env dev --yes" \
  "ldp start --job --env dev" "ldp status --env dev"

.PHONY: setup demo test quick bench check soak readme clean

setup: $(READY)

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.10 or newer was found: install one, or say make PYTHON=..." >&2; exit 2; }
	@test -x $(RUN) || "$(PYTHON)" -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

demo: $(READY)
	@rm -rf .demo && mkdir .demo && cp -R examples .demo && rm -rf .demo/examples/*/.ldp .demo/$(UA)/data
	@cd .demo && for command in $(DEMO); do \
	  printf '\n$$ %s\n\n' "$$command"; "$(abspath $(VENV))/bin/"$$command || exit $$?; \
	done
	@cd .demo/$(UA) && PATH="$(abspath $(VENV))/bin:$$PATH" && unset DATABRICKS_CONFIG_PROFILE LDP_PROFILE && \
	printf '\n$$ cd %s\n$$ ldp emulator &\n\n' $(UA) && { ldp emulator > emulator.txt & } && \
	emulator=$$! && trap 'kill $$emulator; wait $$emulator' EXIT && \
	until grep -q Ctrl-C emulator.txt; do kill -0 $$emulator || exit 1; sleep 0.2; done && cat emulator.txt && \
	eval "$$(grep '^  export ' emulator.txt)" && for command in $(DEPLOYED); do \
	  printf '\n$$ %s\n\n' "$$command"; $$command || exit $$?; \
	done && printf '\nall of it is in %s\n' .demo

test: $(READY)
	$(RUN) -m pytest -q -n $(WORKERS) --dist loadgroup $(PYTEST)

# everything but the wheels, which take minutes
quick: $(READY)
	$(RUN) -m pytest -q -n $(WORKERS) -m "not soak and not wheel"

check: $(READY)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check --quiet .
	$(RUN) -m mypy
	$(RUN) -m pytest -q tests/test_layers.py
	$(RUN) -m tests.readme --check

bench: $(READY)
	$(RUN) -m tests.benchmarks

soak: $(READY)
	$(RUN) -m pytest -q -m soak

readme: $(READY)
	$(RUN) -m tests.readme --update

clean:
	rm -rf $(VENV) .demo dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
