package main

import (
	"bytes"
	"math"
	"testing"

	"github.com/ness-fp/ness/compare"
)

// The figure of a study draws as a limit what the table says is below one, whatever its error.
func TestFiguresOfStudiesFollowTheTable(t *testing.T) {
	picture := func(resolved bool) []byte {
		s := etaStudy{series: []studySeries{{name: "one", fit: compare.WeakOrder{
			Order: math.NaN(), Rates: []float64{0.2, 0.1}, Errors: []float64{0.8, 0.4}, ErrorsErr: []float64{0.1, 0.1}, Resolved: []bool{true, resolved},
		}}}}
		var b bytes.Buffer
		if err := s.draw(&b, "title"); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if bytes.Equal(picture(false), picture(true)) {
		t.Error("the figure does not tell a limit from an error")
	}
}

// Studies of neighbouring seeds share no ensemble with one another, nor with the comparisons they are part of.
func TestStudiesOfNeighbouringSeedsShareNoEnsemble(t *testing.T) {
	const seeds, halvings = 32, 20
	seen := map[uint64]bool{}
	for seed := range uint64(seeds) {
		seen[seed] = true
		for k := range halvings + 1 {
			seen[studySeed(seed, k)] = true
		}
	}
	if have, want := len(seen), seeds*(1+halvings+1); have != want {
		t.Errorf("%d ensembles have %d seeds", want, have)
	}
}
