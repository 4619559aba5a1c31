package main

import (
	"strings"
	"testing"

	"github.com/ness-fp/ness/compare"
)

// Steps are bounded where nobody asked for them, and the warning has the flag that asks.
func TestStepsAreBoundedUnlessAskedFor(t *testing.T) {
	const wanted = 1e9 // of 4096 walkers are some hours
	for _, ask := range []string{"", "--eta-samples"} {
		p := plan{process: &compare.SGD{}, ask: ask, options: compare.Options{Walkers: 4096, Every: 10}}
		p.enough(wanted)
		bounded := p.steps < wanted
		if warned := len(p.warnings) == 1 && strings.HasSuffix(p.warnings[0], "see "+ask); bounded != (ask != "") || warned != bounded {
			t.Errorf("%q: %d steps, %q", ask, p.steps, p.warnings)
		}
	}
}
