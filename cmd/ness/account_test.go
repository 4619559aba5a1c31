package main

import (
	"math"
	"testing"

	"github.com/ness-fp/ness/grid"
)

// A parabola has its peak wherever corners are.
func TestPeakOfAParabola(t *testing.T) {
	x, err := grid.Uniform(-1, 2, 11, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	y, err := grid.Uniform(0, 1, 7, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	for _, sign := range []float64{1, -1} {
		psi := grid.NewCornerField(grid.New(x, y))
		for i := range psi.Values {
			u, v := x.Edges()[i%12]-0.43, y.Edges()[i/12]-0.61
			psi.Values[i] = sign * (3 - u*u - 2*v*v)
		}
		if got := peak(psi, sign); math.Abs(got-3) > 1e-14 { // some ten roundings of numbers up to 3
			t.Errorf("%v: %v, want 3", sign, got)
		}
	}
	// At a wall there is nothing to fit.
	psi := grid.NewCornerField(grid.New(x, y))
	psi.Values[0] = 1
	if got := peak(psi, 1); got != 1 {
		t.Errorf("%v, want 1", got)
	}
}
