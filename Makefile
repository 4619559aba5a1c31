.PHONY: help check test fuzz bench cover

help:  ## list the targets
	@grep -E '^[a-z]+: .*##' Makefile

check: ## what the gate runs
	.ci/run

test: ## all tests
	go test ./...

fuzz: ## each fuzz target for a minute
	go test ./grid -run '^$$' -fuzz FuzzAxis -fuzztime 1m
	go test ./operators -run '^$$' -fuzz FuzzStencil -fuzztime 1m
	go test ./fp/expr -run '^$$' -fuzz FuzzExpr -fuzztime 1m
	go test ./fp/loss -run '^$$' -fuzz FuzzReadCSV -fuzztime 1m
	go test ./fp -run '^$$' -fuzz FuzzReadProblem -fuzztime 1m

bench: ## every benchmark
	go test -run '^$$' -bench . ./...

cover: ## coverage per package
	go test -cover ./...
