# Muniment. `make run` and `make test` are all that is needed, on an empty machine with Go, Node and a shell.

VERSION  := $(shell git describe --always --dirty 2>/dev/null || echo dev)
GO       := go
DIST     := graphql/explorer/dist/index.html
SIZES    ?= 10000,100000,1000000
CLIENTS  := graphql/testdata/clients/node_modules/.package-lock.json
SOURCES  := $(shell find graphql/explorer -path '*/node_modules' -prune -o -path '*/dist' -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## set up, build, start the demo and print links (Ctrl-C ends it)
	./bin/muniment serve --demo

build: $(DIST) ## build ./bin/muniment with the explorer's pages
	$(GO) build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/muniment ./cmd/muniment

explorer: $(DIST) ## build the explorer's pages

$(DIST): $(SOURCES)
	cd graphql/explorer && npm ci --ignore-scripts --no-audit --no-fund && npm run build
	@touch $@

clients: $(CLIENTS) ## install the published GraphQL clients and audits that tests run

$(CLIENTS): graphql/testdata/clients/package.json graphql/testdata/clients/package-lock.json
	cd graphql/testdata/clients && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

test: tools clients $(DIST) ## set up and pass every test
	$(MAKE) postgres
	$(GO) test -timeout 20m ./...

# The rooms that keep rows, on a PostgreSQL that they start themselves.
postgres: tools ## the rooms' own tests once more, on PostgreSQL instead of SQLite
	MUNIMENT_TEST_STORE=postgres $(GO) test -timeout 20m ./ledger ./ledger/vault ./ledger/erasure ./ledger/seal ./ledger/monitor ./ledger/intake ./notices/... ./projections/report ./graphql/access ./graphql
	MUNIMENT_TEST_STORE=postgres $(GO) test -timeout 20m ./projections ./ledger/seal/epochs -args -rapid.checks=10

race: clients ## the tests of what is concurrent, with the race detector
	$(GO) test -race -short -timeout 20m ./ledger/... ./projections/ ./notices/... ./graphql/...

check: ## formatting, vet, lint, tidiness
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	$(GO) mod tidy -diff

fuzz: ## each parser of foreign bytes, half a minute long
	for f in domain/canon:FuzzParse domain/canon:FuzzMembers domain:FuzzEnvelope domain:FuzzNames ledger:FuzzPayload projections:FuzzCursor notices:FuzzLink \
	  ledger/intake:FuzzEvents ledger/intake:FuzzCTM ledger/intake:FuzzCloudEvents ledger/intake:FuzzCloudTrail ledger/intake:FuzzRegister \
	  ledger/intake:FuzzIdentifier ledger/intake:FuzzSignature ledger/bundle:FuzzUnpack ledger/bundle:FuzzOpenManifest ledger/bundle:FuzzParseEvent ledger/seal/heads:FuzzProof ledger/seal/heads:FuzzLeaf ledger/seal/heads:FuzzNote; do \
	  $(GO) test -run '^$$' -fuzz "^$${f#*:}$$" -fuzztime 30s -fuzzminimizetime 1s ./$${f%:*} || exit 1; done

torture: tools ## kill it, fail its system calls, race its writers, at length (ROUNDS=100), and tell what that found
	@.ci/torture $(ROUNDS)

PEOPLE ?= 1000000
LINES  ?= 0
bench: ## measure everything at 10⁴ to 10⁶ events (SIZES=…) into docs/benchmarks.md, beside probes and PostgreSQL; takes a quarter of an hour or more
	$(GO) test -count=1 -timeout 3h -run Table ./cmd/muniment/bench -v -sizes $(SIZES) -out $(CURDIR)/docs/benchmarks.md
	$(GO) test -count=1 -timeout 3h -run Memory ./cmd/muniment/bench -v -args -people $(PEOPLE) -lines $(LINES)
	$(GO) test -run '^$$' -bench . -benchtime 2s ./ledger/seal ./ledger/bundle
	$(GO) test -run '^$$' -bench . -benchtime 20x ./ledger/seal/epochs

SAMPLE ?= 12
SEED   ?= 1
mutate: ## change one small thing in the code, again and again, and tell which changes no test notices (SAMPLE=, SEED=); takes hours
	$(GO) test -count=1 -timeout 12h -v -run 'House|Aimed' ./cmd/muniment/mutate -args -sample $(SAMPLE) -seed $(SEED) -aimed

tools: ## what tests use of the system: Chromium, strace, PostgreSQL, PgBouncer; installed when missing and allowed
	@missing=; \
	command -v chromium >/dev/null 2>&1 || missing="$$missing chromium"; \
	command -v strace >/dev/null 2>&1 || missing="$$missing strace"; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$$missing postgresql"; \
	[ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null 2>&1 || missing="$$missing pgbouncer"; \
	[ -z "$$missing" ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; } || \
	  echo "missing, and can't be installed here:$$missing. The tests that need them will be skipped, loudly"

clean: ## remove what was built
	rm -rf bin graphql/explorer/node_modules graphql/testdata/clients/node_modules graphql/explorer/dist/assets graphql/explorer/dist/index.html

.PHONY: help run build explorer clients test postgres race check fuzz torture bench mutate tools clean
