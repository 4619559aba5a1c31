package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
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

// A stable point is missed where nobody was counted and more than 300 counts were to be expected, of all
// counts, also those outside the box; of points outside nothing is known. The first is told.
func TestMissedPoints(t *testing.T) {
	axis, err := grid.Uniform(0, 1, 10, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	p := grid.NewField(grid.New(axis))
	for i := range p.Values {
		p.Values[i] = 0.9
	}
	p.Values[3], p.Values[6] = 1, 1.25 // masses 0.1 and 0.125
	points := [][]float64{{1.5}, {0.95}, {0.35}, {0.65}}
	for _, c := range []struct {
		seen    []int // cells where somebody was
		total   uint64
		outside uint64
		want    string
	}{
		{[]int{9, 3, 6}, 1e6, 0, ""},
		{[]int{3, 6}, 1e6, 0, "(0.95)"},
		{[]int{9}, 2390, 0, ""},
		{[]int{9}, 2410, 0, "(0.65)"},
		{[]int{9}, 2390, 20, "(0.65)"},
		{[]int{9}, 2990, 0, "(0.65)"},
		{[]int{9}, 3010, 0, "(0.35)"},
		{[]int{9, 3}, 3010, 0, "(0.65)"},
		{[]int{9, 6}, 3010, 0, "(0.35)"},
	} {
		h := &compare.Histogram{Grid: p.Grid, Counts: make([]uint64, 10), Outside: c.outside}
		for _, k := range c.seen {
			h.Counts[k] = 1
		}
		h.Counts[1] = c.total - uint64(len(c.seen))
		if have := missedPoint(points, p, h); have != c.want {
			t.Errorf("%d counts and %d outside, some of them in %v: %q, want %q", c.total, c.outside, c.seen, have, c.want)
		}
	}
}

// Cells are coarse where one has more than a fifth of all counts, also of those outside.
func TestCoarseCells(t *testing.T) {
	for _, c := range []struct {
		counts  []uint64
		outside uint64
		want    bool
	}{
		{[]uint64{2, 2, 2, 2, 2}, 0, false},
		{[]uint64{2, 2, 2, 1, 2}, 0, true},
		{[]uint64{2, 2, 2, 1, 2}, 1, false},
		{[]uint64{1, 1, 1, 4, 1}, 12, false},
		{[]uint64{1, 1, 1, 4, 1}, 11, true},
	} {
		if have := coarse(&compare.Histogram{Counts: c.counts, Outside: c.outside}); have != c.want {
			t.Errorf("%v and %d outside: %v", c.counts, c.outside, have)
		}
	}
}

// compared runs a comparison without a pilot run.
func compared(t *testing.T, text string, within float64, e ensembleFlags) (*comparison, *compareSummary) {
	t.Helper()
	fl := compareFlags{within: within}
	fl.ensembleFlags = e
	f, g, c := ranComparison(t, text, &fl)
	return c, c.summarize(f, g, nil)
}

// ranComparison solves a problem and lets walkers run.
func ranComparison(t *testing.T, text string, fl *compareFlags) (*fp.File, *grid.Grid, *comparison) {
	t.Helper()
	f := fileOf(t, text)
	g, err := f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		t.Fatal(err)
	}
	d, err := solveDensities(&input{file: f, grid: g})
	if err != nil {
		t.Fatal(err)
	}
	c, err := fl.run(context.Background(), f, d, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return f, g, c
}

// warned says whether a warning has a text in it.
func warned(s *compareSummary, text string) bool {
	return slices.ContainsFunc(s.Warnings, func(w string) bool { return strings.Contains(w, text) })
}

// Walkers that stay in one of two wells decide nothing, though they are half of the density away; where they
// pass the barrier they are near it.
func TestMissedWellsDecideNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	e := ensembleFlags{process: "auto", walkers: 256, steps: 20000, burnIn: 2000, every: 50, seed: 1, outside: 1}
	for _, c := range []struct {
		diffusion string
		missed    bool
		verdict   fp.Verdict
	}{{"0.02", true, fp.CannotTell}, {"0.3", false, fp.Holds}} {
		found, sum := compared(t, "version: 1\nvariables: [x]\nequation: {drift: [\"x - x^3\"], diffusion: "+c.diffusion+"}\ndomain: {x: {min: -2.5, max: 2.5, cells: 64}}\ninitial: {points: [[-1]]}\n", 0.15, e)
		if !found.mixed(found.walk.Moments()) {
			t.Fatalf("D = %s: not mixed", c.diffusion)
		}
		tv := found.rows[0].distances.TV.Value
		if far := math.Abs(tv-0.5) < 0.05; far != c.missed { // half of the density, and what sampling adds
			t.Errorf("D = %s: TV %.3f", c.diffusion, tv)
		}
		if told := warned(sum, "no walker came to the stable point (1), where the density is large"); told != c.missed || found.rows[0].verdict != c.verdict {
			t.Errorf("D = %s: %v, warnings %q", c.diffusion, found.rows[0].verdict, sum.Warnings)
		}
		// Walkers whose pilot run did not mix have not either, whatever they look like.
		found.walk.relaxation = &compare.Relaxation{Steps: 1 << 19}
		if found.mixed(found.walk.Moments()) {
			t.Errorf("D = %s: mixed where a pilot run was not", c.diffusion)
		}
	}
}

// What holds on cells of which one has a fifth of the counts is not known; what is violated stays so.
func TestCoarseCellsHideDifferences(t *testing.T) {
	e := ensembleFlags{process: "auto", walkers: 512, steps: 200, burnIn: 40, every: 2, seed: 1, outside: 1}
	for cells, want := range map[string]fp.Verdict{"48": fp.Holds, "8": fp.CannotTell} {
		c, sum := compared(t, strings.Replace(parabola, "cells: 32", "cells: "+cells, 1), 0.1, e)
		if told := warned(sum, "one cell has more than a fifth of the counts"); told != (want != fp.Holds) || c.rows[0].verdict != want {
			t.Errorf("%s cells: %v, warnings %q", cells, c.rows[0].verdict, sum.Warnings)
		}
		flat := grid.NewField(c.walk.Histogram().Grid)
		for i := range flat.Values {
			flat.Values[i] = 1.0 / 6
		}
		if v := c.row(compare.Candidate{Density: flat}).verdict; v != fp.Violated {
			t.Errorf("%s cells: a flat density: %v", cells, v)
		}
	}
}

// Walkers that come from where a formula has a negative variance are told of, in all that runs walkers.
func TestStepsWithoutACovarianceAreTold(t *testing.T) {
	e := ensembleFlags{process: "auto", walkers: 64, steps: 40, burnIn: 40, every: 1, seed: 1, outside: 1}
	for start, want := range map[string]bool{"2": true, "0": false} {
		text := "version: 1\nvariables: [x]\nsgd: {loss: x^2/2, noise_covariance: \"1 - x^2\", learning_rate: 0.1, batch_size: 8}\ndomain: {x: {min: -0.9, max: 0.9, cells: 32}}\ninitial: {points: [[" + start + "]]}\n"
		c, sum := compared(t, text, 0.1, e)
		// From 2 they go down to 1 in 7 steps of 0.9, as 2·0.9⁶ > 1 > 2·0.9⁷; none comes back over 12 deviations.
		if n := c.walk.Indefinite(); n != map[bool]int64{true: 7 * 64, false: 0}[want] || warned(sum, fmt.Sprintf("in %d steps of walkers", n)) != want {
			t.Errorf("from %s: %d steps, warnings %q", start, n, sum.Warnings)
		}
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
	nan := output.Float(math.NaN())
	if s := (&scoresSummary{MeanZ: []output.Float{nan}, CovarianceZ: [][]output.Float{{nan}}}).largestText(); s != "–" {
		t.Errorf("of none have %q, want –", s)
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

// Where walkers are outside the box that is said of |z|: here a twentieth of them is, and elsewhere none.
func TestScoresOfWalkersOutsideAreTold(t *testing.T) {
	e := ensembleFlags{process: "auto", walkers: 64, steps: 100, burnIn: 40, every: 1, seed: 1, outside: 1}
	for half, want := range map[string]bool{"2": true, "8": false} {
		text := "version: 1\nvariables: [x]\nequation: {drift: [-x], diffusion: 1}\ndomain: {x: {min: -" + half + ", max: " + half + ", cells: 64}}\n"
		if c, sum := compared(t, text, 0.1, e); warned(sum, "|z| is of the moments of all walkers") != want {
			t.Errorf("%s: %.3g outside, warnings %q", half, c.walk.Histogram().OutsideFraction(), sum.Warnings)
		}
	}
}

// Numbers are written to the first digit of their error, to three at least and to no more than there are.
func TestPlusMinus(t *testing.T) {
	for _, c := range []struct {
		value, err float64
		want       string
	}{
		{1.0487, 0.0043, "1.049±0.004"},
		{-1.0487, 0.0043, "-1.049±0.004"},
		{0.99466712, 7e-6, "0.994667±7e-06"},
		{0.0319123, 0.00014, "0.0319±0.0001"},
		{0.0319123, 0.014, "0.0319±0.01"},
		{0.01, 1, "0.01±1"},
		{0, 0.1, "0±0.1"},
		{0.5, 0, "0.5±0"},
		{1. / 3, 1e-300, "0.333333333333333±1e-300"},
		{math.NaN(), math.NaN(), "NaN±NaN"},
	} {
		if have := plusMinus(output.Float(c.value), output.Float(c.err)); have != c.want {
			t.Errorf("%g and %g: have %s, want %s", c.value, c.err, have, c.want)
		}
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

// Of an infinite KL from a numerical solution, and of no other, the grid is said to be the cause.
func TestInfiniteKLOfSolutionsBlamesTheGrid(t *testing.T) {
	for key, blamed := range map[string]bool{"fokker-planck-order-2": true, "local-gaussian": false} {
		c := &comparisonSummary{Candidates: []candidateSummary{
			{Key: "fokker-planck", Moments: &scoresSummary{}, ChiSquare: &chiSquareSummary{}},
			{Key: key, Moments: &scoresSummary{}, ChiSquare: &chiSquareSummary{}, KL: distanceSummary{Value: output.Float(math.Inf(1))}},
		}}
		var b strings.Builder
		c.print(&b)
		if strings.Contains(b.String(), "the numerical solution on this grid is not positive: give more --cells\n") != blamed {
			t.Errorf("%s: %s", key, b.String())
		}
	}
}

// No two ensembles of a study have the same random numbers, nor has one those of the comparison or of its
// pilot runs.
func TestSeedsOfStudiesDiffer(t *testing.T) {
	for _, seed := range []uint64{0, 1, math.MaxUint64} {
		used := map[uint64]bool{seed: true, ^seed: true}
		for k := range 21 {
			s := studySeed(seed, k)
			if used[s] {
				t.Errorf("seed %d: %d is used twice", seed, s)
			}
			used[s] = true
		}
	}
}
