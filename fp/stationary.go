package fp

import (
	"errors"
	"fmt"
	"math"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/markov"
)

// A Stationary is a density that no longer changes, with the evidence.
type Stationary struct {
	*Discretization
	// Density holds the cell averages p_i, Σ p_i V_i = 1.
	Density *grid.Field
	// Mass holds the null vector of the generator, Σ m_i = 1: in one dimension the values
	// at the centres times V_i, up to a factor; otherwise, and of the accurate operator,
	// m_i = p_i V_i.
	Mass []float64
	// Residual is ‖A m‖₁ / ‖diag(A) m‖₁, recomputed from the result; of the accurate operator
	// the sum of its rates of change over the star generator's turnover.
	Residual float64
	// EntryResidual is the largest |A m|_i / (|A_ii| m_i) over cells that hold more
	// than 1e-250 of the mass: it sees the far tails, which Residual does not. NaN of the
	// accurate operator.
	EntryResidual float64
	// Order is the order of the accurate operator, or [OrderMonotone].
	Order Order
	// Why tells how the scheme was chosen, where others were tried.
	Why []string
	// Solver tells how the null vector was found.
	Solver SolverStats
	// Warnings are doubts about the result.
	Warnings []string

	points   *pointValues // of the accurate operator; nil of a generator
	lineMass float64      // ∫p of the density that Mass gives the values at centres of; see averageLine
}

// ResidualTolerance is the [Stationary.Residual] above which a density does not
// count as stationary: the direct solver's is a few units of round-off.
const ResidualTolerance = 1e-12

// StationaryOptions tunes [SolveStationary]. The zero value is a good choice.
type StationaryOptions struct {
	// Order is the order of accuracy; the zero value chooses what suits the grid.
	Order Order
	// Positive asks for the logarithmic form, which is positive and right in the tails, at
	// some three times the cost.
	Positive bool
	// Solver is the way to the null vector of a generator; the zero value chooses.
	Solver Solver
	// Tol is, of generators, the entrywise residual that multigrid cycles have to reach, or
	// the residual of GMRES in the 2-norm, relative to that of its start; 0 means 3e-12. Of
	// the linear form it is the latter; 0 means what suits the error of the grid.
	Tol float64
	// MaxMemory is what elimination, or GMRES with its basis, may take, in bytes; 0 means any
	// amount.
	MaxMemory int64
	// Workers is the number of goroutines of the elimination; 0 means all cores.
	// The result does not depend on it.
	Workers  int
	compared bool // do not compare with half the grid: this is that
	// Stage, if set, is called with the name of each stage before it begins.
	Stage func(name string)
}

func (o *StationaryOptions) stage(name string) {
	if o.Stage != nil {
		o.Stage(name)
	}
}

// An AbsorbingError says that probability leaves through a wall for good, so that no
// density but zero is stationary.
type AbsorbingError struct{ Variable string }

func (e *AbsorbingError) Error() string {
	return fmt.Sprintf("the absorbing wall of %s leaves no stationary density; want reflecting or periodic", e.Variable)
}

// A ConvergenceError comes with a result fit to look at, not to quote.
type ConvergenceError struct {
	Residual, Tol float64 // [Stationary.Residual] and what it should be
	Cause         error   // what an iteration says, nil of elimination
}

// Unwrap returns the cause.
func (e *ConvergenceError) Unwrap() error { return e.Cause }

func (e *ConvergenceError) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("not converged: %v", e.Cause)
	}
	return fmt.Sprintf("not converged: residual %.3g, want %.3g", e.Residual, e.Tol)
}

// SolveStationary returns the stationary density of the problem on the grid: by the
// accurate operator, at the order that suits the grid, or by a generator. A generator's by
// elimination without subtractions has relative errors of single cells near round-off of the
// discrete problem, tails included; by multigrid they come down to that with the tolerance.
//
// Errors: [OrderError], [SolverError], [AbsorbingError], [CoefficientError], [SeveralStatesError], [MemoryError],
// and [ConvergenceError] together with the result.
func SolveStationary(p *Problem, g *grid.Grid, opt StationaryOptions) (*Stationary, error) {
	for a := range g.Dim() {
		if ax := g.Axis(a); ax.Lower() == grid.Absorbing || ax.Upper() == grid.Absorbing {
			return nil, &AbsorbingError{p.Variables[a]}
		}
	}
	if monotone, err := opt.wantsGenerator(g); err != nil {
		return nil, err
	} else if !monotone {
		return solveAccurately(p, g, opt)
	}
	opt.stage("discretize")
	d, err := Discretize(p, g)
	if err != nil {
		return nil, err
	}
	opt.stage("solve")
	s := &Stationary{Discretization: d, Density: grid.NewField(g), Order: OrderMonotone}
	failure, err := s.solve(opt)
	if err != nil {
		return nil, err
	}
	for i, v := range g.Volumes() {
		s.Density.Values[i] = s.Mass[i] / v
	}
	s.averageLine()
	s.judge()
	if failure != nil || s.Solver.Solver == SolverDirect && !(s.Residual <= ResidualTolerance) {
		return s, &ConvergenceError{s.Residual, ResidualTolerance, failure}
	}
	return s, nil
}

// judge fills in the residuals and the warnings.
func (s *Stationary) judge() {
	out := s.Generator.Outflow()
	var sum, scale float64
	for i, v := range s.Generator.Apply(s.Mass) {
		turnover := out[i] * s.Mass[i]
		sum += math.Abs(v)
		scale += turnover
		if s.Mass[i] > 1e-250 && turnover > 0 {
			s.EntryResidual = max(s.EntryResidual, math.Abs(v)/turnover)
		}
	}
	if sum != 0 { // else nothing moves at all
		s.Residual = sum / scale
	}
	s.doubt()
}

// NegativeMass returns the sum of the masses below 0: of the accurate operator's point
// values before they were cleaned; a generator leaves none.
func (s *Stationary) NegativeMass() (sum float64) {
	if s.points != nil {
		return s.points.negative(s.points.attempt)
	}
	for _, m := range s.Mass {
		sum += min(m, 0)
	}
	return sum
}

// Moments returns mean and covariance (packed upper triangle by rows) of the density: at
// the order of the accurate operator, or with each cell's mass at its centre, in one
// dimension of the values there.
func (s *Stationary) Moments() (mean, cov []float64) {
	switch {
	case s.points != nil:
		return s.points.moments()
	case s.line != nil:
		return (&grid.Field{Grid: s.Density.Grid, Values: s.lineCenters()}).Moments()
	}
	return s.Density.Moments()
}

// CircularMean returns the direction of E exp(2πi (x−min)/length) along a periodic axis, as a
// coordinate of the box: unlike the mean it does not depend on where the circle is cut. ok is
// false where the axis is not periodic, or the density so even around the circle that there is
// no direction.
func (s *Stationary) CircularMean(axis int) (x float64, ok bool) {
	ax := s.Density.Grid.Axis(axis)
	if !ax.IsPeriodic() {
		return 0, false
	}
	m := s.Density.Marginal(axis)
	var re, im float64
	for i, p := range m.Values {
		sin, cos := math.Sincos(2 * math.Pi * (ax.Center(i) - ax.Min()) / ax.Length())
		re += p * ax.Width(i) * cos
		im += p * ax.Width(i) * sin
	}
	if math.Hypot(re, im) < 1e-9 {
		return 0, false
	}
	turn := math.Atan2(im, re) / (2 * math.Pi)
	return ax.Min() + ax.Length()*(turn-math.Floor(turn)), true
}

// A SeveralStatesError says that the box falls into parts which probability never
// leaves, so that the stationary density depends on where one starts.
type SeveralStatesError struct {
	Variables []string
	Sizes     []int       // cells in each part
	At        [][]float64 // a point of each part
}

func (e *SeveralStatesError) Error() string {
	s := fmt.Sprintf("%d parts of the box are never left once entered, so no single density is stationary:", len(e.Sizes))
	for k, n := range e.Sizes {
		if k == 4 {
			return s + fmt.Sprintf(" and %d more", len(e.Sizes)-k)
		}
		s += fmt.Sprintf(" %d cells around %s;", n, pointText(e.Variables, e.At[k]))
	}
	return s + " give some diffusion everywhere, or a smaller box"
}

// severalStates turns the solver's error into one in the words of the problem.
func severalStates(p *Problem, g *grid.Grid, err error) error {
	var reducible *markov.ReducibleError
	var underflow *markov.UnderflowError
	switch {
	case errors.As(err, &reducible):
		e := &SeveralStatesError{Variables: p.Variables, Sizes: reducible.Sizes}
		for _, i := range reducible.States {
			x := make([]float64, g.Dim())
			g.Center(x, i)
			e.At = append(e.At, x)
		}
		return e
	case errors.As(err, &underflow):
		x := make([]float64, g.Dim())
		g.Center(x, underflow.State)
		return fmt.Errorf("the cell at %s cannot be left at any rate above 1e-308: parts of the box are cut off from each other in double precision; more noise, or a smaller box around one part", pointText(p.Variables, x))
	}
	return err
}
