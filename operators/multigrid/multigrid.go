package multigrid

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/sparse"
)

// Options tunes [Solve]. The zero value is a good choice.
type Options struct {
	// Tol is what the largest |A m|_i / |A_ii m_i| of any cell with more than 1e-250 of
	// all mass, and the largest relative correction of the coarsest level and of the basins,
	// have to fall below; 0 means 3e-12.
	Tol float64
	// MaxCycles bounds the cycles on the finest grid; 0 means 60.
	MaxCycles int
	// Context ends the cycles early; nil means never.
	Context context.Context
}

// DefaultTol is the [Options.Tol] that 0 stands for.
const DefaultTol = 3e-12

// Stats tells how a solution was reached.
type Stats struct {
	Cycles     int     // on the finest grid
	Residual   float64 // ‖A m‖₁ / ‖diag(A) m‖₁
	Entry      float64 // largest |A m|_i / |A_ii m_i| of any cell above 1e-250
	Correction float64 // largest |ln q| that the coarsest level, or in the end the basins, asked for last
	Factor     float64 // by which a cycle lowers Entry, in the geometric mean
	WorkUnits  float64 // of all cycles, on all grids, in visits of every cell of the finest
	Levels     int     // of the finest grid's hierarchy
}

// A ConvergenceError says that cycles did not reach the tolerance.
type ConvergenceError struct {
	Stats Stats
	Tol   float64
}

func (e *ConvergenceError) Error() string {
	return fmt.Sprintf("multigrid: not converged after %d cycles: entrywise residual %.3g and coarse correction %.3g, want %.3g", e.Stats.Cycles, e.Stats.Entry, e.Stats.Correction, e.Tol)
}

// Solve returns the stationary masses, of sum 1, of the lattice that discretize returns
// for a box of dims cells; for two or three dimensions and a chain that is irreducible.
// discretize is also asked for boxes of half as many cells, again and again: their
// solutions are interpolated to the next grid as a first guess. Where cycles do not reach
// the tolerance, the masses come with a [ConvergenceError].
func Solve(dims []int, discretize func(dims []int) (*sparse.Lattice, error), opt Options) (m []float64, stats Stats, err error) {
	if len(dims) < 2 || len(dims) > 3 {
		panic("multigrid: Solve: want two or three dimensions")
	}
	if opt.Tol == 0 {
		opt.Tol = DefaultTol
	}
	if opt.MaxCycles == 0 {
		opt.MaxCycles = 60
	}
	s, err := guess(dims, discretize, opt)
	if err != nil {
		return nil, stats, err
	}
	stats, err = s.iterate(opt)
	stats.WorkUnits = s.spent / float64(s.levels[0].cells())
	normalize(s.levels[0].x)
	return s.levels[0].x, stats, err
}

// A RateError says that a rate is negative, infinite or not a number.
type RateError struct {
	Cell int
	Rate float64
}

func (e *RateError) Error() string {
	return fmt.Sprintf("multigrid: a rate out of or into cell %d: want a finite number ≥ 0, have %g", e.Cell, e.Rate)
}

// rateError returns an error for the first cell with a bad rate, or one so large that six of
// them need not have a finite sum.
func rateError(a *sparse.Lattice) error {
	for i := range a.States() {
		for k := range a.Up {
			for _, v := range []float64{a.Up[k][i], a.Down[k][i]} {
				if !(v >= 0 && v < math.MaxFloat64/6) {
					return &RateError{i, v}
				}
			}
		}
	}
	return nil
}

// guess returns the solver on dims with a first guess, by a few cycles on each coarser grid.
func guess(dims []int, discretize func(dims []int) (*sparse.Lattice, error), opt Options) (*solver, error) {
	var coarser *solution
	var spent float64
	var spare []*level
	boxes := nested(dims)
	for k := len(boxes) - 1; ; k-- {
		if opt.Context != nil && opt.Context.Err() != nil {
			return nil, opt.Context.Err()
		}
		s, err := discretized(boxes[k], discretize, spare)
		switch {
		case err != nil && k == 0:
			return nil, err
		case err != nil: // no guess from this grid, then
			coarser = nil
			continue
		}
		s.spent = spent
		s.start(coarser)
		if k == 0 {
			return s, nil
		}
		s.settle()
		coarser = newSolution(s.levels[0], coarser)
		spent, spare = s.spent, s.levels
	}
}

// discretized returns the solver on dims, without a guess.
func discretized(dims []int, discretize func(dims []int) (*sparse.Lattice, error), spare []*level) (*solver, error) {
	a, err := discretize(dims)
	if err != nil {
		return nil, err
	}
	s := newSolver(a, spare...)
	if s.levels[0].bad {
		return nil, rateError(a)
	}
	return s, nil
}

// leastGuess is the number of cells along an axis below which no first guess is made.
const leastGuess = 6

// nested returns dims and boxes of half as many cells, down to some small one.
func nested(dims []int) [][]int {
	boxes := [][]int{dims}
	for {
		half := make([]int, len(dims))
		for a, n := range boxes[len(boxes)-1] {
			half[a] = (n + 1) / 2
		}
		for _, n := range half {
			if n < leastGuess {
				return boxes
			}
		}
		boxes = append(boxes, half)
	}
}

// start sets the first guess, from the solution on a coarser grid if there is one.
func (s *solver) start(coarser *solution) {
	l := s.levels[0]
	if coarser != nil {
		coarser.guess(l)
		return
	}
	for i := range l.x {
		l.x[i] = 1
	}
	for range firstCycles {
		s.improve()
	}
}

// A guess settles in one cycle where the coarsest level asks for factors of less than
// e^resolved, as it does where coarser grids told all but what the smallest cells add, otherwise
// in two or more, when it asks for less than e^settled, or after mostEarly cycles.
const (
	resolved  = 1e-4
	settled   = 0.3
	mostEarly = 10
)

// settle cycles on a coarser grid, by W-cycles where one V-cycle is not enough.
func (s *solver) settle() {
	for k := range mostEarly {
		if c := s.improve(); c < resolved || c < settled && k > 0 {
			return
		}
		s.visits = 2
	}
}

// firstCycles is the number of cycles on the smallest grid, where nothing is known yet.
const firstCycles = 10

// iterate runs cycles until the tolerance is met.
func (s *solver) iterate(opt Options) (stats Stats, err error) {
	l := s.levels[0]
	stats.Levels = len(s.levels)
	var first, last residual
	measured := 0         // the cycle after which last was
	before := math.Inf(1) // correction
	for stats.Cycles < opt.MaxCycles {
		if opt.Context != nil && opt.Context.Err() != nil {
			return stats, opt.Context.Err()
		}
		stats.Correction = s.improve()
		stats.Cycles++
		slow := s.visits == 1 && !(stats.Correction <= badFactor*before)
		before = stats.Correction
		expected := last.entry * math.Pow(stats.Factor, float64(stats.Cycles-measured))
		if stats.Cycles > 1 && stats.Cycles < opt.MaxCycles && !slow && (stats.Correction > opt.Tol || expected > farOff*opt.Tol) {
			continue // whatever the residual is, there is more to do
		}
		last, measured = s.residual(), stats.Cycles
		if stats.Cycles == 1 {
			first = last
		}
		stats.Residual, stats.Entry = last.sum, last.entry
		if stats.Cycles > 1 {
			stats.Factor = math.Pow(last.entry/first.entry, 1/float64(stats.Cycles-1))
		}
		if !(last.sum < math.Inf(1)) {
			break
		}
		if slow && stats.Correction > last.entry {
			s.visits = 2
		}
		if last.entry <= opt.Tol && stats.Correction <= opt.Tol {
			stats.Correction = max(stats.Correction, l.weighBasins())
			if stats.Correction <= opt.Tol {
				return stats, nil
			}
		}
	}
	return stats, &ConvergenceError{Stats: stats, Tol: opt.Tol}
}

// farOff is the residual, expected from the cycles so far and over the tolerance, above which it
// is not measured: cycles get slower rather than faster.
const farOff = 10

// residual measures the masses of the finest level.
func (s *solver) residual() residual {
	s.spent += float64(s.levels[0].cells())
	return s.levels[0].residual()
}

// badFactor is the factor from one V-cycle to the next of corrections of the coarsest level
// above which W-cycles follow, where these corrections are what is left to do.
const badFactor = 0.2

func normalize(x []float64) {
	sum := floats.SumCompensated(x)
	for i := range x {
		x[i] /= sum
	}
}

// A solver is the hierarchy over a lattice.
type solver struct {
	levels []*level
	dense  *dense  // of the coarsest level
	spent  float64 // work so far, that on coarser grids included, in visits of cells
	visits int     // of a coarse level in each of the next finer one: 1 for V-cycles, 2 for W-cycles
}

// newSolver returns the hierarchy over a lattice. Levels that are not needed any more lend
// their memory.
func newSolver(a *sparse.Lattice, spare ...*level) *solver {
	s := &solver{levels: finest(a).hierarchy(spare...), visits: 1}
	s.dense = newDense(s.levels[len(s.levels)-1])
	return s
}

// improve runs one cycle on the finest level; see [solver.cycle].
func (s *solver) improve() (correction float64) {
	s.spent += s.work()
	return s.cycle(0)
}

// cycle improves the masses of level k by one V- or W-cycle, and returns the largest |ln q|
// of the coarsest level. There are two sweeps before and two after the correction from the
// next level, twice as many on the next coarser level and [mostPasses] times on those below,
// where they are cheap: flows that go round are solved there rather than on the finest.
func (s *solver) cycle(k int) (correction float64) {
	l := s.levels[k]
	if l.plan == nil {
		s.dense.eliminate(l.x, 0)
		s.dense.stationary(l.x)
		return l.largestCorrection()
	}
	for i := passes(k) - 1; i > 0; i-- {
		l.sweep(i%2 == 0, nil, nil)
	}
	l.sweep(true, nil, l.coarsen)
	c := l.plan.coarse
	for visit := 0; visit == 0 || visit < s.visits && c.plan != nil; visit++ {
		correction = max(correction, s.cycle(k+1))
	}
	c.ratios()
	l.sweep(false, l.correct, nil)
	for i := 1; i < passes(k); i++ {
		l.sweep(i%2 == 1, nil, nil)
	}
	return correction
}

// mostPasses is how often a level is passed, with two sweeps each time, before and again after
// the correction.
const mostPasses = 3

// passes returns how often level k is.
func passes(k int) int { return min(k+1, mostPasses) }

// work returns the visits of cells in one cycle: by sweeps, once to coarsen and half a time to
// correct, on every level as often as it is visited.
func (s *solver) work() (cells float64) {
	visits := 1
	for k, l := range s.levels[:len(s.levels)-1] {
		cells += (4*float64(passes(k)) + 1.5) * float64(visits) * float64(l.cells())
		visits *= s.visits
	}
	return cells
}
