# Every command of the project. Each is one line here and one file in scripts/; `make` alone prints this list.
.DEFAULT_GOAL := help
.PHONY: help up down serve test check soak bench walls build clean

ready := sh scripts/bootstrap.sh run && sh scripts/build.sh run
ready-to-test := sh scripts/bootstrap.sh test && sh scripts/build.sh test
node := sh scripts/node.sh

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

up: ## Start launcher and gateway in the background and run a sample
	@$(ready) && $(node) scripts/up.ts

down: ## Stop everything that `make up` started
	@$(node) scripts/down.ts

serve: ## Run launcher and gateway in the foreground; Ctrl-C stops both
	@$(ready) && $(node) scripts/serve.ts

test: ## Show every promise once, in at most 8 minutes on two cores
	@$(ready-to-test) && $(node) scripts/test.ts $(KINDS)

check: ## Format, lint, types, dead code, repository rules, generated files
	@$(ready-to-test) && $(node) scripts/check.ts

soak: ## The tests with the full numbers; writes a report to bench/reports/
	@$(ready-to-test) && $(node) scripts/soak.ts

bench: ## Measure, and write a report to bench/reports/
	@$(ready-to-test) && $(node) bench/main.ts

walls: ## Print the table wall × attack, and write it to docs/walls.md
	@$(ready-to-test) && $(node) scripts/walls.ts

build: ## Build the C parts and the seccomp filters
	@$(ready)

clean: ## Remove what was built or fetched into the checkout
	@rm -rf build node_modules scripts/node/node_modules
