# The commands of the project. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules

export CGO_ENABLED ?= 0
KEEP  ?=
FOR   ?=
QUICK ?=
WRITE ?=
CHAOS ?=
BENCH ?=

devstack := go run ./deploy/cmd/devstack
# The modules that the shop is made of, and those that are about its programs.
modules  := deploy gen/go inventory kit notify onebox ops order payment sandbox shipping
programs := bench chaos e2e

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: demo
demo: ## see five orders through the shop, in one process; KEEP=1 stays up
	@go run ./onebox/cmd/orpheus demo $(if $(filter 1,$(KEEP)),--keep)

.PHONY: doctor
doctor: ## say what is installed, reachable and set wrongly, and what to do
	@go run ./onebox/cmd/orpheus doctor

.PHONY: test
test: ## run all tests on a real broker and a real database, installed if need be
	$(devstack) test -- go test -timeout 15m work

.PHONY: race
race: ## the same with the race detector (needs a C compiler)
	CGO_ENABLED=1 $(devstack) test -- go test -race -timeout 20m $(patsubst %,./%/...,$(modules))

.PHONY: isolate
isolate: ## test each module alone, without the workspace
	$(devstack) test -- bash -ec 'for m in $(modules); do (cd $$m; GOWORK=off go vet ./...; GOWORK=off go test -timeout 15m ./...); done'
	for m in $(programs); do (cd $$m && GOWORK=off go vet ./...) || exit 1; done

.PHONY: fuzz
fuzz: ## run every fuzz test for FUZZTIME (10s) each
	tools/fuzz.sh $${FUZZTIME:-10s}

.PHONY: sim
sim: ## play the shop on virtual time, breaking all that can break, for FOR (2m)
	go run ./onebox/cmd/orpheus sim --for $(or $(FOR),2m) --workers 2 --seeds onebox/testdata/seeds

.PHONY: teeth
teeth: ## plant bugs, one at a time, and see that each is found; WRITE=1 renews their table
	$(devstack) test -- go test -tags teeth -timeout 90m -v ./onebox/teeth -run TestEveryBugIsFound $(if $(filter 1,$(WRITE)),-args -write)

.PHONY: bench
bench: ## measure all of it, for hours, and write docs/bench.md; BENCH=--brief in 36 minutes, QUICK=1 only sees that it works
	go run ./bench/cmd/bench $(if $(filter 1,$(QUICK)),--quick) $(BENCH)

.PHONY: chaos
chaos: ## break the whole shop under load for FOR (10m), and see that nothing is lost
	go run ./chaos/cmd/chaos --for $(or $(FOR),10m) --ledger docs/ledger.md $(CHAOS)

.PHONY: run
run: ## bring the whole shop up on this machine, and leave it up
	@$(devstack) run

.PHONY: stop
stop: ## end what `make run` has started; the data stays
	@$(devstack) stop

.PHONY: status
status: ## say what of the shop is up
	@$(devstack) status

.PHONY: gen
gen: ## generate code from the contract
	tools/gen.sh
	go run ./onebox/dance/cmd/dance -write

.PHONY: lint
lint: ## check the contract and all Go code by strict rules
	tools/lint.sh
	tools/install.sh lint
	go vet work
	go list -f '{{.Dir}}/...' -m | xargs .bin/golangci-lint run

.PHONY: contract
contract: ## check that generated is committed, and that nothing breaks
	tools/gen.sh --check
	tools/breaking.sh
	GOWORK=off go -C tools/contract test ./...
