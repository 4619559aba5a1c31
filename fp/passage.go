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

// A Set says of every point whether it belongs to a set. It must be safe for concurrent use.
// A nil Set is empty.
type Set func(x []float64) bool

// CellsWhere returns the cells whose centres are in the set.
func CellsWhere(g *grid.Grid, set Set) []bool {
	in := make([]bool, g.Cells())
	if set != nil {
		eachCenter(g, func(i int, x []float64) { in[i] = set(x) })
	}
	return in
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

// SolvePassage returns the mean first-passage times to the target together with the absorbing
// walls; the target may be nil where there are some. A cell belongs to a set if its centre does.
// An edge of the generator that leads into it is cut where it crosses the set's surface, and the
// part outside has the rate to a point where the walk ends, as an absorbing wall does. Errors
// are of second order in the widths of cells; parts of a set that are thinner are not seen.
//
// Errors: [CoefficientError], [SetError], [UnreachableError], [MemoryError].
func SolvePassage(p *Problem, g *grid.Grid, target Set, opt PassageOptions) (*Passage, error) {
	if !slices.Contains(CellsWhere(g, target), true) && !g.HasWall(grid.Absorbing) {
		return nil, &SetError{"the target has no cells, and no wall absorbs"}
	}
	d, err := Discretize(p, g)
	if err != nil {
		return nil, err
	}
	c := newCut(d.Generator, [2]Set{nil, target})
	z, err := c.factorize(p, opt)
	if err != nil {
		return nil, err
	}
	tau := grid.NewField(g)
	for i, in := range c.in[1] {
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

	cut         *cut
	mass, ahead []float64 // stationary masses, and those of them that were in A last
}

// SolveTransition returns committors and rates between two sets of cells; for where these end
// see [SolvePassage].
//
// Errors: those of [SolvePassage], and [AbsorbingError], [SeveralStatesError].
func SolveTransition(p *Problem, g *grid.Grid, from, to Set, opt PassageOptions) (*Transition, error) {
	if err := checkNoExit(p, g); err != nil {
		return nil, err
	}
	if err := checkSets(p, g, from, to); err != nil {
		return nil, err
	}
	d, err := Discretize(p, g)
	if err != nil {
		return nil, err
	}
	c := newCut(d.Generator, [2]Set{from, to})
	if c.touch {
		gap := "a cell"
		if d.Generator.Reach > 1 {
			gap = fmt.Sprintf("%d cells", d.Generator.Reach)
		}
		return nil, &SetError{fmt.Sprintf("the sets touch: want at least %s between them", gap)}
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

// checkSets refuses sets that have no cells, or the same.
func checkSets(p *Problem, g *grid.Grid, from, to Set) error {
	a, b := CellsWhere(g, from), CellsWhere(g, to)
	for i := range a {
		if a[i] && b[i] {
			x := make([]float64, g.Dim())
			g.Center(x, i)
			return &SetError{"the sets overlap, in the cell at " + pointText(p.Variables, x) + " for one"}
		}
	}
	switch {
	case !slices.Contains(a, true):
		return &SetError{"the set that walkers come from has no cells"}
	case !slices.Contains(b, true):
		return &SetError{"the set that walkers go to has no cells"}
	}
	return nil
}
