# symcat: `make demo` does the main job, `make test` passes the tests; each makes what it needs from python3 and make alone.

PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= 2
TORCH  ?= >=2.6
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test prove peers lint clean help

help:
	@echo "make demo    prove, compile and train on iris"
	@echo "make test    the tests ($(JOBS) at a time)"
	@echo "make prove   decide every claim in proofs/ and print the ledger"
	@echo "make peers   install JAX, optax and PyTorch, so that the tests about them run too"
	@echo "make lint    ruff"
	@echo "make clean   remove what the others made"

demo: $(STAMP)
	$(BIN)/symcat learn iris

test: $(STAMP)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(TESTS)

prove: $(STAMP)
	$(BIN)/symcat prove -j $(JOBS)

peers: $(STAMP)
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh .ci/install "jax>=0.6" "optax>=0.2.5" "torch$(TORCH)"

lint: $(STAMP)
	$(BIN)/ruff check .

$(STAMP): pyproject.toml
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh .ci/install
	@touch $@

clean:
	rm -rf $(VENV) symcat-out build dist .pytest_cache .ruff_cache .mypy_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
