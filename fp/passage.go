package fp

import (
	"fmt"
	"slices"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/markov"
)

// This file finds how long walkers take to a set of cells, and how they get from one set to
// another, from the generator of the problem: Aᵀτ = −1 outside the target, τ = 0 on it. By
// elimination nothing is subtracted, so that times of any length have small relative errors.
//
// Metzner, Schütte, Vanden-Eijnden, Multiscale Model. Simul. 7 (2009) 1192 (transition paths).

// PassageOptions tunes [SolvePassage] and [SolveTransition]. The zero value is a good choice.
type PassageOptions struct {
	// MaxMemory is what the elimination may take, in bytes; 0 means any amount.
	MaxMemory int64
	// Workers is the number of its goroutines; 0 means all cores. The result does not depend
	// on it.
	Workers int
}

// A Passage is how long walkers take to a set of cells.
type Passage struct {
	*Discretization
	// Time is τ at the centres of the cells, the mean time until a walker from there first
	// meets the set, or an absorbing wall; 0 in cells of the set.
	Time *grid.Field
}

// MeanFrom returns the mean of τ over starting points of the given density, which need not be
// normalised: Σ τ p V / Σ p V.
func (s *Passage) MeanFrom(p *grid.Field) float64 {
	var sum, mass float64
	for i, v := range s.Time.Grid.Volumes() {
		sum += s.Time.Values[i] * p.Values[i] * v
		mass += p.Values[i] * v
	}
	return sum / mass
}

// CellsWhere returns the set of cells whose centres satisfy a condition.
func CellsWhere(g *grid.Grid, in func(x []float64) bool) []bool {
	set := make([]bool, g.Cells())
	x := make([]float64, g.Dim())
	for i := range set {
		g.Center(x, i)
		set[i] = in(x)
	}
	return set
}

// A SetError says why no time or rate belongs to a set of cells.
type SetError struct{ What string }

func (e *SetError) Error() string { return e.What }

// An UnreachableError says that from some cells the target is never met, so that the mean time
// to it is infinite.
type UnreachableError struct {
	Variables []string
	Cells     int       // there are of this kind
	At        []float64 // the centre of one
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("the target cannot be reached from %d cells, among them that at %s: the mean time there is infinite; give some diffusion everywhere, or a larger target", e.Cells, pointText(e.Variables, e.At))
}

// SolvePassage returns the mean first-passage times to the target, a set of cells together
// with the absorbing walls. The set ends on the faces of its cells: an edge of the generator
// that crosses into it is cut there, and the part outside has the rate to a point where the
// walk ends, as an absorbing wall does. Errors are of second order in the widths of cells.
//
// Errors: [CoefficientError], [SetError], [UnreachableError], [MemoryError].
func SolvePassage(p *Problem, g *grid.Grid, target []bool, opt PassageOptions) (*Passage, error) {
	checkSet("SolvePassage", g, target)
	if !slices.Contains(target, true) && !g.HasWall(grid.Absorbing) {
		return nil, &SetError{"the target has no cells, and no wall absorbs"}
	}
	d, err := Discretize(p, g)
	if err != nil {
		return nil, err
	}
	c := newCut(d.Generator, nil, target)
	z, err := c.factorize(p, opt)
	if err != nil {
		return nil, err
	}
	tau := grid.NewField(g)
	for i, in := range target {
		if !in {
			tau.Values[i] = -1
		}
	}
	z.SolveTransposed(tau.Values, tau.Values)
	return &Passage{d, tau}, nil
}

// A Transition is how walkers of the stationary state get from one set of cells, A, to another,
// B.
type Transition struct {
	*Discretization
	// Forward is the committor q⁺ at the centres of cells: the probability to meet B before A;
	// Backward is q⁻, that to have been in A after B. In A q⁺ = 0 and q⁻ = 1, in B the reverse.
	Forward, Backward *grid.Field
	// Density is the stationary one that q⁻ and the rates belong to, by cells.
	Density *grid.Field
	// Flux is the number of transitions from A to B per unit of time, which is also that from
	// B to A, through any surface between them; Imbalance is the difference between those that
	// leave A and those that come to B, relative to it.
	Flux, Imbalance float64
	// Rate is the number per time spent with A behind, Flux/Σ m q⁻, and Back that of the way
	// back, Flux/Σ m (1 − q⁻). Where both sets are metastable they are the rates between them.
	Rate, Back float64
}

// SolveTransition returns committors and rates between two sets of cells; for where these end
// see [SolvePassage].
//
// Errors: those of [SolvePassage], and [AbsorbingError], [SeveralStatesError].
func SolveTransition(p *Problem, g *grid.Grid, from, to []bool, opt PassageOptions) (*Transition, error) {
	checkSet("SolveTransition", g, from)
	checkSet("SolveTransition", g, to)
	if err := checkNoExit(p, g); err != nil {
		return nil, err
	}
	for i := range from {
		if from[i] && to[i] {
			x := make([]float64, g.Dim())
			g.Center(x, i)
			return nil, &SetError{"the sets overlap, in the cell at " + pointText(p.Variables, x) + " for one"}
		}
	}
	if !slices.Contains(from, true) {
		return nil, &SetError{"the set that walkers come from has no cells"}
	}
	if !slices.Contains(to, true) {
		return nil, &SetError{"the set that walkers go to has no cells"}
	}
	d, err := Discretize(p, g)
	if err != nil {
		return nil, err
	}
	c := newCut(d.Generator, from, to)
	if c.touch {
		return nil, &SetError{fmt.Sprintf("the sets touch: want at least %d cells between them", d.Generator.Reach)}
	}
	z, err := c.factorize(p, opt)
	if err != nil {
		return nil, err
	}
	m, _, err := markov.Direct(d.Generator.Matrix(), markov.DirectOptions{Dims: g.Shape(), Workers: opt.Workers})
	if err != nil {
		return nil, severalStates(p, g, err)
	}
	t := c.transition(d, z, m)
	if !(t.Flux > 0) {
		return nil, &SetError{"no way leads from one set to the other, or none that double precision can tell from none"}
	}
	return t, nil
}

func checkNoExit(p *Problem, g *grid.Grid) error {
	for a := range g.Dim() {
		if ax := g.Axis(a); ax.Lower() == grid.Absorbing || ax.Upper() == grid.Absorbing {
			return &AbsorbingError{p.Variables[a]}
		}
	}
	return nil
}

func checkSet(name string, g *grid.Grid, set []bool) {
	if len(set) != g.Cells() {
		panic("fp: " + name + ": want one bool per cell")
	}
}
