package main

import (
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/grid"
)

// On cells of equal mass 1/M a floor f wants N = M/(2πf²) samples, two relaxation times each.
func TestRelaxationsForFloor(t *testing.T) {
	axis, err := grid.Uniform(0, 1, 100, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	p := grid.NewField(grid.New(axis))
	for i := range p.Values {
		p.Values[i] = 1
	}
	want := 2 * 100 / (2 * math.Pi * 1e-6) / 50
	if have := relaxationsForFloor(p, 1e-3, 50); math.Abs(have/want-1) > 1e-12 { // round-off of 100 sums
		t.Errorf("have %v, want %v", have, want)
	}
}

func TestLargestScore(t *testing.T) {
	s := &scoresSummary{
		MeanZ:       []output.Float{1, output.Float(math.NaN())},
		CovarianceZ: [][]output.Float{{-3, 2}, {2, output.Float(math.NaN())}},
	}
	if z := s.largest(); z != 3 {
		t.Errorf("have %v, want 3", z)
	}
}

// Points that fill a box do so evenly: in each of four quarters a quarter of them.
func TestEvenPoints(t *testing.T) {
	var axes []grid.Axis
	for _, lo := range []float64{-3, 10} {
		a, err := grid.Uniform(lo, lo+2, 8, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		axes = append(axes, a)
	}
	g := grid.New(axes...)
	var quarter [4]int
	for _, x := range evenly(g, 1000) {
		if _, ok := g.Find(x); !ok {
			t.Fatalf("%v is outside", x)
		}
		k := 0
		if x[0] > -2 {
			k++
		}
		if x[1] > 11 {
			k += 2
		}
		quarter[k]++
	}
	for _, n := range quarter {
		if n < 240 || n > 260 { // a low-discrepancy sequence misses by some ln² n = 48 thousandths at most, 10 in practice
			t.Errorf("quarters have %v", quarter)
		}
	}
}

func TestCorrelationsAreOfTraces(t *testing.T) {
	n := &noiseSummary{
		Covariance: [][]output.Float{{4, 1, 1, 6}, {-1, 5, 7, -2}},
		Error:      [][]output.Float{{0.1, 9, 9, 0.2}, {0.3, 9, 9, 0.2}},
	}
	c := correlations(n)
	if c[1].Value != -0.3 || math.Abs(float64(c[1].Error)-0.05) > 1e-15 {
		t.Errorf("have %v, want −0.3 ± 0.05", c[1])
	}
}

// An infinite KL is told of, with the densities that have one.
func TestInfiniteKLIsTold(t *testing.T) {
	c := &comparisonSummary{Candidates: []candidateSummary{
		{Name: "one", Moments: &scoresSummary{}, ChiSquare: &chiSquareSummary{}},
		{Name: "other", Moments: &scoresSummary{}, ChiSquare: &chiSquareSummary{}, KL: distanceSummary{Value: output.Float(math.Inf(1))}},
	}}
	var b strings.Builder
	c.print(&b)
	if !strings.Contains(b.String(), "infinite where walkers were counted and a density is 0: other\n") {
		t.Error(b.String())
	}
}

// No two ensembles of a study have the same random numbers, nor has one those of the comparison.
func TestSeedsOfStudiesDiffer(t *testing.T) {
	for _, seed := range []uint64{0, 1, math.MaxUint64} {
		used := map[uint64]bool{seed: true}
		for k := range 21 {
			s := studySeed(seed, k)
			if used[s] {
				t.Errorf("seed %d: %d is used twice", seed, s)
			}
			used[s] = true
		}
	}
}
