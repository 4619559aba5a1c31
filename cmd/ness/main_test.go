package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary stand in for the program: in scripts by its name,
// and whole where NESS_RUN_MAIN is set.
func TestMain(m *testing.M) {
	if os.Getenv("NESS_RUN_MAIN") != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"ness": main})
}

// The scripts are what a user could have typed.
func TestScripts(t *testing.T) {
	repo, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PROBLEMS", repo+"/../../testdata/problems")
			return nil
		},
	})
}
