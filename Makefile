# Every command of this project. Needs Python 3.11 or newer and make; all else is set up in .venv and node_modules.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

PYTHON ?= python3
PORT ?= 4566
BIN := .venv/bin
CDK := $(BIN)/node node_modules/aws-cdk/bin/cdk

export PATH := $(CURDIR)/$(BIN):$(PATH)
export PORT

SERVICE_REQUIREMENTS := requirements.txt $(wildcard containers/*/requirements.txt lambda/*/requirements.txt) \
	local/requirements.txt
TEST_REQUIREMENTS := tests/requirements.txt

.PHONY: help setup up down status env test unit lint format protobuf openapi bundle synth deploy destroy clean \
	bench-preprocessing bench-preprocessing-large bench-training bench-reading bench-quality bench-api bench-serving schemathesis fuzz \
	bench-load bench-bulk

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

up: setup ## start the service on this machine, train the demo model, translate (CONTEXT="-c key=value …" for settings)
	@$(BIN)/python -m local up $(CONTEXT)

down: ## stop the service on this machine
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local down; else echo "nothing is set up here"; fi

status: $(BIN)/.service ## say what runs on this machine
	@$(BIN)/python -m local status

env: $(BIN)/.service ## print export lines for curl, the AWS CLI, boto3 and cdk (use: eval "$(make -s env)")
	@$(BIN)/python -m local env

test: setup $(BIN)/.tests lint ## run all linters and tests (PROCESSES=2 at once)
	@$(BIN)/python -m pytest --numprocesses $(or $(PROCESSES),2) --dist loadfile \
		--cov --cov-report=term:skip-covered --durations=10

unit: setup $(BIN)/.tests ## run the fast tests only
	@$(BIN)/python -m pytest tests/unit

lint: setup $(BIN)/.tests ## check style, types and the rooms' import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=.:lambda $(BIN)/lint-imports

format: $(BIN)/.tests ## format the code
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench-preprocessing: setup ## preprocessing beside the plain algorithm and wc -w (CORPUS=prefix of .en and .de, else generated)
	@$(BIN)/python -m benchmarks.preprocessing $(if $(CORPUS),--corpus $(CORPUS))

bench-preprocessing-large: setup ## preprocessing of six million pairs: its time and memory
	@$(BIN)/python -m benchmarks.preprocessing --only-product --pairs 6000000

bench-training: setup .bench-venv/.installed ## training beside EOLE, Marian and nn.Transformer (DATA=DIR with train.en and train.de, else generated)
	@$(BIN)/python -m benchmarks.training $(if $(DATA),--data $(DATA))

bench-quality: setup ## BLEU of three trainings on DATA=DIR with train, val and test .en and .de (WORK=DIR keeps them; DISTIL=0 learns from the corpus alone)
	@$(BIN)/python -m benchmarks.quality --data $(or $(DATA),.) --work $(or $(WORK),.local/quality) $(if $(filter 0,$(DISTIL)),--no-distil)

bench-reading: setup ## a record file of six million pairs: the time to read it and the memory
	@$(BIN)/python -m benchmarks.training.reading 6000000

bench-serving: setup .bench-venv/.installed ## the serving process beside CTranslate2 itself and Hugging Face's Marian (SIZE=small, base or demo)
	@$(BIN)/python -m benchmarks.serving $(if $(SIZE),--size $(SIZE))

bench-api: setup ## what the function adds to the endpoint's own time, and how long it takes to start
	@$(BIN)/python -m benchmarks.api --profile

schemathesis: setup $(BIN)/.tests ## N generated requests of each kind (1000) against the OpenAPI document, on this machine
	@SCHEMATHESIS_EXAMPLES=$(or $(N),1000) $(BIN)/python -m pytest tests/functional/test_rest_api_contract.py -s --timeout 3000

fuzz: setup ## N generated requests (a million) against the function and the endpoint (SEED=1)
	@PYTHONPATH=.:lambda $(BIN)/python -m benchmarks.fuzz --requests $(or $(N),1000000) --seed $(or $(SEED),1)

bench-bulk: setup ## bulk translation of LINES=20000: sentences a second; memory of 100,000 and 1,000,000 lines (SIZE=, INSTANCES=)
	@$(BIN)/python -m benchmarks.bulk --lines $(or $(LINES),20000) --size $(or $(SIZE),small) \
		--instances $(or $(INSTANCES),1)

bench-load: setup ## MINUTES=30 of signed requests through the service on this machine, a promotion in between (RATE=, PLOT=)
	@$(BIN)/python -m benchmarks.load --minutes $(or $(MINUTES),30) --plot $(or $(PLOT),docs/load.svg) \
		$(if $(RATE),--rate $(RATE))

protobuf: $(BIN)/.tests ## generate protocol/record_pb2 from record.proto
	@$(BIN)/python -m grpc_tools.protoc -Iprotocol --python_out=protocol --pyi_out=protocol record.proto

openapi: $(BIN)/.service ## generate docs/openapi.json from the tables that requests are read by
	@PYTHONPATH=.:lambda $(BIN)/python -m translate_api.openapi docs/openapi.json

setup: $(BIN)/.service node_modules/.installed bundle ## install everything that the service needs

bundle: $(BIN)/.service ## put the Lambda functions and what they need into build/
	@$(BIN)/python -m stacks.bundling

synth: setup ## synthesise the CloudFormation templates, offline
	@$(CDK) synth --quiet $(CONTEXT)

deploy: setup ## deploy to the AWS account of your credentials (CONTEXT="-c key=value …" for settings)
	@$(CDK) deploy --all $(CONTEXT)

destroy: setup ## say what goes and what stays, then remove the stacks from the AWS account of your credentials
	@$(BIN)/python -m client.removal $(CONTEXT)
	@$(CDK) destroy --all $(CONTEXT)

clean: down ## stop the service and remove everything that these commands made
	rm -rf .venv .bench-venv node_modules build cdk.out .local .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv

$(BIN)/.service: $(SERVICE_REQUIREMENTS) constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		$(addprefix --requirement ,$(SERVICE_REQUIREMENTS))
	@touch $@

$(BIN)/.tests: $(TEST_REQUIREMENTS) constraints.txt | $(BIN)/.service
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		$(addprefix --requirement ,$(TEST_REQUIREMENTS))
	@touch $@

.bench-venv/.installed: benchmarks/requirements.txt
	$(PYTHON) -m venv .bench-venv
	.bench-venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

node_modules/.installed: package.json package-lock.json | $(BIN)/.service
	$(BIN)/npm ci --no-audit --no-fund --loglevel=error
	@touch $@
