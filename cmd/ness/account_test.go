package main

import (
	"math"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
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

// Every name of --split is the field of that name: reversible and irreversible part sum to the
// effective drift, which is D times the force; and the irreversible one is the current over p.
func TestFieldsToSplit(t *testing.T) {
	c := exact.FullTensor()
	g := c.Grid(32)
	s, err := fp.SolveStationary(c.Problem, g, fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	j := s.Current()
	at := map[string][]float64{}
	for _, name := range splitFields {
		f, err := fieldToSplit(s, j, name)
		if err != nil {
			t.Fatal(err)
		}
		at[name] = f.Flow[0]
	}
	force, err := fieldToSplit(s, j, "force")
	if err != nil {
		t.Fatal(err)
	}
	var drifts, currents float64
	for i, v := range at[defaultSplit] {
		if d := at["reversible"][i] + at["irreversible"][i] - v; math.Abs(d) > 1e-14*math.Abs(v)+1e-16 { // two roundings
			t.Fatalf("face %d: parts are off by %g of %g", i, d, v)
		}
		drifts = max(drifts, math.Abs(at["drift"][i]-v))
		currents += at["irreversible"][i] * at["current"][i]
	}
	if drifts == 0 {
		t.Error("b and v are the same, where ∇·D is not 0")
	}
	if currents <= 0 {
		t.Error("J/p does not go with J")
	}
	// Where x = 0 and y = 0 meet, D = 0.2 [[1, 0], [0, 2]]: there v_x = 0.2 u_x.
	face := 16 + 33*16
	if v, u := at[defaultSplit][face], force.Flow[0][face]; math.Abs(v/u-0.2) > 0.02 { // y is half a cell off
		t.Errorf("v/u = %g, want 0.2", v/u)
	}
}

// What goes round a ring is counted once, in any of its layers.
func TestFlowRound(t *testing.T) {
	ring, err := grid.Uniform(0, 1, 6, grid.Periodic, grid.Periodic)
	if err != nil {
		t.Fatal(err)
	}
	wall, err := grid.Uniform(0, 1, 4, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	for axis, g := range []*grid.Grid{grid.New(ring, wall), grid.New(wall, ring)} {
		f := grid.NewFaceField(g)
		for i := range f.Flow[axis] {
			f.Flow[axis][i] = 0.25
		}
		if got := flowRound(f, axis); got != 1 {
			t.Errorf("round axis %d: %g, want 4 faces of 0.25", axis, got)
		}
		if got := flowRound(f, 1-axis); !math.IsNaN(got) {
			t.Errorf("between walls: %g", got)
		}
	}
}
