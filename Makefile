# Everything works on a clean clone: the first target that needs it makes .venv and fetches the engines.

BIN := .venv/bin
ARGS ?=
BENCHMARKS := delivery search
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate

.PHONY: help demo test quick check up down docs bench lock venv engines
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z%-]*\):.*## /\1	/p' Makefile | expand -t 16

demo: engines ## plays a year of the network's story in a few minutes
	$(BIN)/mine demo $(ARGS)

test: check quick engines ## the checks and all tests
	$(BIN)/pytest tests/contract tests/integration tests/journeys $(ARGS)

quick: venv ## the tests that need no engines, on all processors
	$(BIN)/pytest -q tests/unit tests/simulation -n auto --dist worksteal $(ARGS)

check: venv ## lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

up: engines ## starts a network with the example's centers and prints its addresses
	$(BIN)/mine up --seed $(ARGS)

down: venv ## stops it; its data stay
	$(BIN)/mine down $(ARGS)

docs: venv ## writes docs/events anew from the event catalogue
	$(BIN)/python -m shared.events.generate

bench: $(BENCHMARKS:%=bench-%) ## all benchmarks

bench-%: engines ## one benchmark, e.g. make bench-delivery ARGS=--json
	@$(BIN)/python -m benchmarks.$(subst -,_,$*) $(ARGS)

lock: venv ## pins the requirements anew; UPGRADE=--upgrade takes the newest
	$(BIN)/$(LOCK) $(UPGRADE) -o requirements/base.txt requirements/base.in
	$(BIN)/$(LOCK) $(UPGRADE) -o requirements/dev.txt requirements/base.in requirements/dev.in

venv:
	@deploy/bootstrap.sh

engines:
	@deploy/bootstrap.sh engines
