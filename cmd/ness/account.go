package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/hodge"
)

// An account is what the current of a stationary density amounts to.
type account struct {
	current          *fp.Current
	drift, diffusion [][]float64 // v p and −D∇p, where the current has its vectors
	irreversibility  *fp.Irreversibility
	balance          fp.DetailedBalance

	field string         // the one that is split
	split *hodge.Parts   // its parts, but for those on faces and the stream function
	parts [3][][]float64 // gradient, solenoidal and harmonic part at the centres of cells

	stream    *grid.CornerField // ψ of J; nil unless d = 2
	vorticity *grid.CornerField // ∂_x J_y − ∂_y J_x; nil unless d = 2
	through   []float64         // flow of J round each periodic axis, in 1/T; NaN of others
}

// defaultSplit is the field that is split unless told otherwise: it is there whatever D is.
const defaultSplit = "effective-drift"

// splitFields are the fields that --split knows.
var splitFields = []string{"current", "drift", defaultSplit, "force", "reversible", "irreversible"}

// splitUnits are their units in the plane, with θ for any variable and T for time.
var splitUnits = map[string]string{
	"current": "1/(θT)", "drift": "θ/T", defaultSplit: "θ/T", "force": "1/θ", "reversible": "θ/T", "irreversible": "θ/T",
}

// checkSplit refuses a name that is not one of them.
func checkSplit(name string) error {
	if !slices.Contains(splitFields, name) {
		return fmt.Errorf("--split: want one of %s, have %q", strings.Join(splitFields, ", "), name)
	}
	return nil
}

// newAccount returns the account of a solution with its current and error estimate, nil where it
// has none.
func newAccount(s *fp.Stationary, c *fp.Current, e *fp.ErrorEstimate, field string) (*account, error) {
	a := &account{current: c, field: field, balance: judgeBalance(s, c, e)}
	if err := a.splitField(s); err != nil { // first of all, for the space it takes while at it
		return nil, err
	}
	if s.Density.Grid.Dim() == 2 {
		a.stream, _ = hodge.Stream(c.Faces)
		a.vorticity = hodge.Vorticity(c.Faces)
	}
	var err error
	if a.drift, a.diffusion, err = s.CurrentParts(c); err != nil {
		return nil, err
	}
	if e == nil {
		e = &fp.ErrorEstimate{Density: math.NaN(), Current: math.NaN(), EntropyProduction: math.NaN()}
	}
	if a.irreversibility, err = s.Irreversibility(c, *e); err != nil {
		return nil, err
	}
	for axis := range s.Density.Grid.Dim() {
		a.through = append(a.through, flowRound(c.Faces, axis))
	}
	return a, nil
}

// splitField splits the field, and keeps the potentials, and of the parts what they are at the
// centres.
func (a *account) splitField(s *fp.Stationary) error {
	f, err := fieldToSplit(s, a.current, a.field)
	if err != nil {
		return err
	}
	a.split = hodge.Split(f)
	for k, part := range []**grid.FaceField{&a.split.Gradient, &a.split.Solenoidal, &a.split.Harmonic} {
		a.parts[k] = (*part).AtCenters()
		*part = nil
	}
	a.split.Stream = nil
	return nil
}

// fieldToSplit returns the face field of that name.
func fieldToSplit(s *fp.Stationary, c *fp.Current, name string) (*grid.FaceField, error) {
	g := s.Density.Grid
	switch name {
	case "current":
		return c.Faces, nil
	case "drift":
		return s.Problem.DriftField(g)
	case "force":
		return s.Problem.ForceField(g)
	case "reversible", "irreversible":
		reversible, irreversible, err := s.DriftParts(c)
		if err != nil {
			return nil, err
		}
		if name == "reversible" {
			return reversible.Faces, nil
		}
		return irreversible.Faces, nil
	}
	return s.Problem.EffectiveDriftField(g)
}

// flowRound returns the flow through the seam of a periodic axis, NaN of others.
func flowRound(f *grid.FaceField, axis int) (sum float64) {
	g := f.Grid
	if !g.Axis(axis).IsPeriodic() {
		return math.NaN()
	}
	for i := range g.Cells() {
		if i/g.Stride(axis)%g.Axis(axis).Cells() == 0 {
			sum += f.Flow[axis][g.LowerFace(axis, i)]
		}
	}
	return sum
}

// circulating returns the range of the stream function, with about what it may be off: extrema
// between corners are those of parabolas, and e is the relative error of the current. It is NaN
// where there is no stream function.
func (a *account) circulating(e float64) fp.Measured {
	if a.stream == nil {
		return fp.Measured{Value: math.NaN(), Error: math.NaN()}
	}
	lo, hi := a.stream.Range()
	low, high := peak(a.stream, -1), peak(a.stream, 1)
	return fp.Measured{Value: high + low, Error: (high - hi) + (low + lo) + e*(hi-lo)}
}

// peak returns the largest of ψ times sign, and what parabolas through it and its neighbours
// along both axes add.
func peak(psi *grid.CornerField, sign float64) float64 {
	at, v := 0, psi.Values
	for i, x := range v {
		if sign*x > sign*v[at] {
			at = i
		}
	}
	top := sign * v[at]
	n := psi.Grid.Axis(0).Cells() + 1
	for _, axis := range []struct{ place, count, stride int }{{at % n, n, 1}, {at / n, len(v) / n, n}} {
		if axis.place == 0 || axis.place == axis.count-1 {
			continue // on a wall, where ψ is 0, or at the seam of a ring
		}
		below, above := sign*v[at-axis.stride], sign*v[at+axis.stride]
		if bend := 2*sign*v[at] - below - above; bend > 0 {
			top += (above - below) * (above - below) / (8 * bend)
		}
	}
	return top
}

// judgeBalance asks in three ways whether there is detailed balance.
func judgeBalance(s *fp.Stationary, c *fp.Current, e *fp.ErrorEstimate) fp.DetailedBalance {
	return fp.JudgeBalance(s.ForceBalance(), cycleBalance(s.Problem, s.Density.Grid), s.CurrentBalance(c, e))
}

// cycleBalance is [fp.CycleBalance], an error in which leaves the question open.
func cycleBalance(p *fp.Problem, g *grid.Grid) fp.BalanceTest {
	t, err := fp.CycleBalance(p, g)
	if err != nil {
		t = fp.BalanceTest{Statistic: math.NaN(), Error: math.NaN(), Reason: err.Error()}
	}
	return t
}
