package main

import (
	"os"
	"path/filepath"
	"testing"
)

// States of a study with two learning rates are lost by a comparison without one, or with fewer, and
// go on with as many or more.
func TestStatesOfStudiesAreKept(t *testing.T) {
	dir := t.TempDir()
	for k := range 2 {
		if err := os.WriteFile(filepath.Join(dir, studyStateName(k)), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	fl := compareFlags{}
	fl.outputFlags = outputFlags{dir: dir, given: true}
	fl.resume = true
	for study, lost := range []bool{true, false, false} { // one halving is two rates
		fl.study = study
		if err := fl.keepStudy(); (err != nil) != lost {
			t.Errorf("--eta-study %d: have %v, want an error: %v", study, err, lost)
		}
	}
	fl.study, fl.force = 0, true
	if err := fl.keepStudy(); err != nil {
		t.Errorf("with --force: %v", err)
	}
}
