.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON := .venv/bin/python
UV := .tools/bin/uv
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

.PHONY: help setup setup-newer run test test-unit test-conversation test-newer test-conversation-newer test-machines test-all test-stories torture bench bench-matching soak audit lint format lock wheel train evaluate evaluate-all validate shell clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Everything that must be installed: uv, Python 3.10, the locked packages
	@scripts/setup

setup-newer: ## A second environment, .venv-newer: everything but Rasa and the action server on a Python that is supported
	@scripts/setup newer

run: setup ## Start everything; without TELEGRAM_TOKEN, with a local Telegram at http://127.0.0.1:8082/sandbox
	@exec $(PYTHON) -m bot run

test: test-unit test-conversation ## Unit tests, then conversations with the whole product running

test-unit: setup ## Fast tests, without Rasa
	@scripts/debian-packages
	$(PYTHON) -m pytest -m "not conversation and not heavy"

test-conversation: setup ## Whole conversations over HTTP, with one trained model and one Rasa server
	@scripts/debian-packages
	$(PYTHON) -m bot train
	$(PYTHON) -m pytest -m "conversation and not heavy"

test-machines: setup ## The same conversations, as on several machines: PostgreSQL, Redis, two gateways, two Rasa servers, three workers
	@scripts/debian-packages redis-server
	$(PYTHON) -m bot train
	TADAMON_MACHINES=1 $(PYTHON) -m pytest -m "conversation and not heavy"

test-newer: setup-newer ## The unit tests on the newer Python, but those of Rasa's own side (TESTS="tests/store" for a part)
	@scripts/debian-packages
	.venv-newer/bin/python -m pytest -m "not conversation and not heavy" $(TESTS)

test-conversation-newer: setup setup-newer ## The conversations again: gateway, worker and web on the newer Python, Rasa and the action server on 3.10
	@scripts/debian-packages
	$(PYTHON) -m bot train
	TADAMON_PRODUCT_PYTHON=.venv-newer/bin/python $(PYTHON) -m pytest -m "conversation and not heavy"

test-all: test test-stories ## All tests, the heavy ones too
	$(PYTHON) -m pytest -m heavy

test-stories: train ## Rasa's own test of understanding and rules on the core stories
	PYTHONWARNINGS=ignore .venv/bin/rasa test core --e2e --stories tests/stories --model models/tadamon.tar.gz --out var/stories --fail-on-prediction-errors

torture: setup ## Hundreds of kills, storms and floods: the whole dose, half an hour (TADAMON_SEED repeats a run)
	@scripts/debian-packages
	$(PYTHON) -m bot train
	TADAMON_TORTURE=full $(PYTHON) -m pytest -m torture --timeout 7200

bench: setup ## What a turn costs, beside Rasa's stock pipeline and the floor: a quarter of an hour (BENCH="--seconds 5" for a quick look)
	$(PYTHON) -m bot train
	$(PYTHON) -m benches.turns $(BENCH)

bench-matching: setup ## The engines of matching side by side: a quarter of an hour (BENCH="--sizes 10000x500" for a part)
	@scripts/debian-packages
	$(PYTHON) -m benches.matching $(BENCH)

audit: setup ## Known weaknesses of the locked packages, beside the exceptions of deploy/audit.toml (needs a network)
	@scripts/audit

soak: setup ## Fifty conversations without a pause for twenty minutes: does anything grow? (BENCH="--minutes 2" for a quick look)
	@scripts/debian-packages
	$(PYTHON) -m bot train
	$(PYTHON) -m benches.soak $(BENCH)

lint: setup ## Style, types, import rules, and Rasa's own check of the training data
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(MAKE) --no-print-directory validate

validate: setup ## Rasa's own check of intents, entities, rules and responses
	PYTHONWARNINGS=ignore .venv/bin/rasa data validate

format: setup ## Put the code in its form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

train: setup ## Train the model, if what it is made from has changed
	$(PYTHON) -m bot train

evaluate: train ## How well it understands: prints the table, writes var/evaluation (a page with plots, JSON)
	$(PYTHON) -m nlu.evaluation

evaluate-all: train ## The same beside Rasa's stock pipelines, which takes minutes to train
	$(PYTHON) -m nlu.evaluation --compare

shell: train ## Talk to the bot in the terminal (in a second one: make run)
	.venv/bin/rasa shell --model models/tadamon.tar.gz

COMPILE := $(UV) pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	--custom-compile-command "make lock" --quiet
lock: setup ## Resolve pyproject.toml into requirements.lock (Python 3.10, Rasa too) and requirements-newer.lock (3.11 and later)
	$(COMPILE) --group dev --group rasa --python-version 3.10 -o requirements.lock
	$(COMPILE) --group dev --universal --python-version 3.11 -o requirements-newer.lock

# Of what is committed, in a folder of its own: what lies beside it, learnt sentences of real people perhaps, gets into no release.
wheel: setup ## The wheel of the commit that is checked out, in dist/ (docs/releasing.md)
	@rm -rf dist && mkdir -p dist/sources
	@git archive --format tar HEAD | tar -x -C dist/sources
	$(UV) build --quiet --wheel --python $(PYTHON) --out-dir dist dist/sources
	@rm -rf dist/sources && ls dist/*.whl

clean: ## Remove what runs and tests left: database, model, caches (asks nothing)
	rm -rf var models dist .rasa .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
