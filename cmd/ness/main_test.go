package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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

// A writer that fails is an error of its own, whatever was done.
func TestFullDisks(t *testing.T) {
	var stderr bytes.Buffer
	file := filepath.Join(testdata(t), "problems", "a1_double_well_1d.yaml")
	if status := run([]string{"evolve", file, "--cells", "32"}, full{}, &stderr); status != statusBadInput || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("status %d: %s", status, stderr.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
