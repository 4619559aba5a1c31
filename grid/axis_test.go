package grid_test

import (
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/grid"
	"pgregory.net/rapid"
)

func uniform(t testing.TB, lo, hi float64, n int, w grid.Wall) grid.Axis {
	t.Helper()
	a, err := grid.Uniform(lo, hi, n, w, w)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func sinh(t testing.TB, lo, hi float64, n int, towards, scale float64) grid.Axis {
	t.Helper()
	a, err := grid.Sinh(lo, hi, n, grid.Reflecting, grid.Absorbing, towards, scale)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAxisErrorsSayWhatIsWanted(t *testing.T) {
	r, p := grid.Reflecting, grid.Periodic
	for _, c := range []struct {
		lo, hi       float64
		n            int
		lower, upper grid.Wall
		want         string
	}{
		{0, 1, 2, r, r, "cells: want at least 3, have 2"},
		{1, 1, 8, r, r, "want min < max, have 1 and 1"},
		{2, -1, 8, r, r, "want min < max, have 2 and -1"},
		{math.NaN(), 1, 8, r, r, "want finite min and max"},
		{0, math.Inf(1), 8, r, r, "want finite min and max"},
		{-math.MaxFloat64, math.MaxFloat64, 8, r, r, "cannot be told apart"},
		{1, 1 + 0x1p-50, 8, r, r, "cannot be told apart"},
		{0, 1, 8, p, r, "periodic at both ends or at none"},
	} {
		_, err := grid.Uniform(c.lo, c.hi, c.n, c.lower, c.upper)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Uniform(%g, %g, %d): %v, want %q", c.lo, c.hi, c.n, err, c.want)
		}
	}
}

func TestGradingErrorsSayWhatIsWanted(t *testing.T) {
	r := grid.Reflecting
	for _, c := range []struct {
		lower          grid.Wall
		towards, scale float64
		want           string
	}{
		{grid.Periodic, 0, 1, "cannot be graded"},
		{r, 3, 1, "want towards within [-2, 2], have 3"},
		{r, math.NaN(), 1, "want towards within"},
		{r, 0, 0, "want scale > 0, have 0"},
		{r, 0, math.Inf(1), "want scale > 0"},
		{r, 0, 1e-16, "narrower than can be resolved"},
	} {
		_, err := grid.Sinh(-2, 2, 64, c.lower, c.lower, c.towards, c.scale)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Sinh(towards %g, scale %g): %v, want %q", c.towards, c.scale, err, c.want)
		}
	}
}

func TestWallNamesAreReadBack(t *testing.T) {
	for _, w := range []grid.Wall{grid.Reflecting, grid.Periodic, grid.Absorbing} {
		if got, err := grid.ParseWall(w.String()); err != nil || got != w {
			t.Errorf("ParseWall(%q) = %v, %v", w.String(), got, err)
		}
	}
	if _, err := grid.ParseWall("open"); err == nil || !strings.Contains(err.Error(), `have "open"`) {
		t.Errorf("ParseWall(open): %v", err)
	}
}

func TestEdgesAscendAndWidthsFillTheAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-10, 10).Draw(t, "lo")
		length := rapid.Float64Range(0.1, 100).Draw(t, "length")
		n := rapid.IntRange(3, 200).Draw(t, "n")
		a, err := grid.Uniform(lo, lo+length, n, grid.Reflecting, grid.Reflecting)
		if rapid.Bool().Draw(t, "graded") {
			towards := lo + length*rapid.Float64Range(0, 1).Draw(t, "towards")
			a, err = grid.Sinh(lo, lo+length, n, grid.Reflecting, grid.Absorbing, min(towards, lo+length), length*rapid.Float64Range(0.01, 2).Draw(t, "scale"))
		}
		if err != nil {
			t.Fatal(err)
		}
		checkAxis(t, a, n)
		if a.Min() != lo || a.Max() != lo+length {
			t.Fatalf("ends %g, %g are not those asked for, %g, %g", a.Min(), a.Max(), lo, lo+length)
		}
	})
}

// checkAxis checks what every axis promises.
func checkAxis(t rapid.TB, a grid.Axis, n int) {
	if a.Cells() != n || len(a.Edges()) != n+1 || len(a.Centers()) != n {
		t.Fatalf("%d cells, %d edges, want %d cells", a.Cells(), len(a.Edges()), n)
	}
	var sum float64
	narrowest := math.Inf(1)
	for i, e := range a.Edges()[:n] {
		next := a.Edges()[i+1]
		if !(e < next) || !(a.Width(i) > 0) || !(a.Center(i) > e && a.Center(i) < next) {
			t.Fatalf("cell %d is [%g, %g] of width %g with centre %g", i, e, next, a.Width(i), a.Center(i))
		}
		if k, ok := a.Find(e); !ok || k != i {
			t.Fatalf("Find(edge %d) = %d, %v: an inner edge belongs to the cell above", i, k, ok)
		}
		if k, ok := a.Find(a.Center(i)); !ok || k != i {
			t.Fatalf("Find(centre %d) = %d, %v", i, k, ok)
		}
		sum += a.Width(i)
		narrowest = min(narrowest, a.Width(i))
	}
	// Each width rounds at the size of the edges, the sum once per cell.
	size := a.Length() + math.Abs(a.Min()) + math.Abs(a.Max())
	if math.Abs(sum-a.Length()) > float64(2*n)*0x1p-53*size {
		t.Fatalf("widths sum to %.17g, want %.17g", sum, a.Length())
	}
	if narrowest != a.Narrowest() {
		t.Fatalf("Narrowest() = %g, want %g", a.Narrowest(), narrowest)
	}
	if k, ok := a.Find(a.Max()); !ok || k != n-1 {
		t.Fatalf("Find(Max) = %d, %v, want the last cell", k, ok)
	}
	for _, x := range []float64{math.Nextafter(a.Min(), math.Inf(-1)), math.Nextafter(a.Max(), math.Inf(1)), math.NaN()} {
		if _, ok := a.Find(x); ok {
			t.Fatalf("Find(%g) is inside [%g, %g]", x, a.Min(), a.Max())
		}
	}
}

func TestGradedCellsAreNarrowestAtTheirPoint(t *testing.T) {
	a := sinh(t, -3, 7, 101, 1.5, 0.2)
	at, _ := a.Find(1.5)
	for i := range at {
		if !(a.Width(i) > a.Width(i+1)) {
			t.Errorf("width %d = %g is not above width %d = %g", i, a.Width(i), i+1, a.Width(i+1))
		}
	}
	for i := at + 1; i < a.Cells()-1; i++ {
		if !(a.Width(i) < a.Width(i+1)) {
			t.Errorf("width %d = %g is not below width %d = %g", i, a.Width(i), i+1, a.Width(i+1))
		}
	}
}

func TestCoarsenKeepsEverySecondEdge(t *testing.T) {
	fine := sinh(t, -3, 7, 16, 1.5, 0.2)
	c, ok := fine.Coarsen()
	want := sinh(t, -3, 7, 8, 1.5, 0.2)
	if !ok || c.Lower() != grid.Reflecting || c.Upper() != grid.Absorbing {
		t.Fatalf("Coarsen: %v, walls %v, %v", ok, c.Lower(), c.Upper())
	}
	for i, e := range c.Edges() {
		if e != fine.Edges()[2*i] || e != want.Edges()[i] { // k/n is the same number for (2k)/(2n)
			t.Errorf("edge %d: %g, want %g", i, e, want.Edges()[i])
		}
	}
	for _, n := range []int{7, 4} {
		if _, ok := uniform(t, 0, 1, n, grid.Periodic).Coarsen(); ok {
			t.Errorf("%d cells were halved", n)
		}
	}
}

func TestWrapGoesRoundPeriodicAxesOnly(t *testing.T) {
	p := uniform(t, 0, 1, 5, grid.Periodic)
	for i := -11; i < 12; i++ {
		if k, ok := p.Wrap(i); !ok || k < 0 || k >= 5 || (k-i)%5 != 0 {
			t.Errorf("periodic: Wrap(%d) = %d, %v", i, k, ok)
		}
	}
	r := uniform(t, 0, 1, 5, grid.Reflecting)
	for i := -2; i < 7; i++ {
		if k, ok := r.Wrap(i); ok != (i >= 0 && i < 5) || ok && k != i {
			t.Errorf("reflecting: Wrap(%d) = %d, %v", i, k, ok)
		}
	}
}

func FuzzAxis(f *testing.F) {
	f.Add(-1.0, 1.0, 8, false, 0.0, 1.0)
	f.Add(0.0, 1e-300, 5, true, 0.0, 1e-301)
	f.Add(1e300, 1.1e300, 100, true, 1e300, 1e298)
	f.Fuzz(func(t *testing.T, lo, hi float64, n int, graded bool, towards, scale float64) {
		if n > 1000 {
			return // time
		}
		a, err := grid.Uniform(lo, hi, n, grid.Reflecting, grid.Reflecting)
		if graded {
			a, err = grid.Sinh(lo, hi, n, grid.Reflecting, grid.Reflecting, towards, scale)
		}
		if err == nil {
			checkAxis(t, a, n)
		}
	})
}

// An axis is a smooth map of ξ: edges are its values at whole numbers, widths the
// integrals of its slope, and axes with other numbers of cells are the same map.
func TestAxesAreCutFromASmoothMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-10, 10).Draw(t, "lo")
		hi := lo + rapid.Float64Range(0.1, 100).Draw(t, "length")
		n := 2 * rapid.IntRange(3, 100).Draw(t, "half of n")
		a, err := grid.Uniform(lo, hi, n, grid.Periodic, grid.Periodic)
		if rapid.Bool().Draw(t, "graded") {
			towards := min(lo+(hi-lo)*rapid.Float64Range(0, 1).Draw(t, "towards"), hi)
			a, err = grid.Sinh(lo, hi, n, grid.Reflecting, grid.Absorbing, towards, (hi-lo)*rapid.Float64Range(0.01, 2).Draw(t, "scale"))
		}
		if err != nil {
			t.Fatal(err)
		}
		// sinh of numbers up to ln(2/.01) + 1 is rounded off as often as that says, its result
		// and sums at the size of the ends.
		limit := 20 * 0x1p-53 * (a.Length() + math.Abs(lo) + math.Abs(hi))
		for k, e := range a.Edges() {
			if x := a.At(float64(k)); math.Abs(x-e) > limit || k > 0 && k < n && x != e {
				t.Fatalf("At(%d) = %.17g, edge %.17g", k, x, e)
			}
		}
		coarse, ok := a.Coarsen()
		if !ok || coarse.IsUniform() != a.IsUniform() {
			t.Fatalf("Coarsen: %v, uniform %v", ok, coarse.IsUniform())
		}
		other := a.Resample(n + 7)
		for i := range n {
			xi := float64(i) + rapid.Float64Range(0, 1).Draw(t, "part")
			if x := a.At(xi); !(x >= a.Edges()[i]-limit && x <= a.Edges()[i+1]+limit) {
				t.Fatalf("At(%g) = %g is not in cell %d", xi, x, i)
			}
			for _, b := range []grid.Axis{coarse, other} {
				ratio := float64(b.Cells()) / float64(n)
				if x, y := a.At(xi), b.At(xi*ratio); math.Abs(x-y) > 2*limit {
					t.Fatalf("At(%g) of %d is %.17g, of %d cells %.17g", xi, n, x, b.Cells(), y)
				}
				if s, r := a.Stretch(xi), b.Stretch(xi*ratio)*ratio; math.Abs(s-r) > 40*0x1p-53*s {
					t.Fatalf("Stretch(%g) of %d is %.17g, of %d cells %.17g", xi, n, s, b.Cells(), r)
				}
			}
			// x‴ is below x′ s² with s = (b − a)/n, the change of the map's own coordinate over a
			// cell, less than 2(ln(2/.01)+1)/n.
			const step = 0.01
			middle := float64(i) + 0.5
			d := (a.At(middle+step) - a.At(middle-step)) / (2 * step)
			s := a.Stretch(middle)
			change := 13 / float64(n)
			third := s * change * change * step * step / 6 * math.Exp(change)
			if math.Abs(d-s) > third+limit/step {
				t.Fatalf("Stretch(%g) = %.15g, differences %.15g ± %.1g", middle, s, d, third+limit/step)
			}
			// The midpoint of the edges is off the map's by x″/8, and x″ is below x′s.
			off := s * change / 8 * math.Exp(change)
			if a.IsUniform() {
				off = 0
			}
			if c := a.Center(i); math.Abs(c-a.At(middle)) > off+limit {
				t.Fatalf("centre %d is %.15g, At(i+½) %.15g", i, c, a.At(middle))
			}
			if w := a.Width(i); math.Abs(w-s) > third/(step*step)/4+2*limit {
				t.Fatalf("width %d is %.15g, slope in its middle %.15g", i, w, s)
			}
		}
		for k, e := range coarse.Edges() {
			if e != a.Edges()[2*k] {
				t.Fatalf("edge %d of half as many cells is %.17g, want %.17g", k, e, a.Edges()[2*k])
			}
			if again := a.Resample(n / 2).Edges()[k]; again != e { // k/(n/2) is the same number as 2k/n
				t.Fatalf("edge %d of half as many cells is %.17g, cut anew %.17g", k, e, again)
			}
		}
	})
}
