package fp

import (
	"crypto/sha256"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
)

// An Evolution is a density that changes in time, ∂p/∂t = −∇·J. [Evolution.Run] takes it to
// its end, [Evolution.Step] one step further; between steps it can be looked at and saved.
//
// Steps are those of TR-BDF2, L-stable and of second order, as long as [EvolutionOptions.Tol]
// lets them be. Higher than first order cannot be positive at any step (Bolley, Crouzeix,
// RAIRO Anal. Numér. 12 (1978) 237). Of a generator, whose densities are positive, a step that
// makes more mass negative than a tenth of Tol is halved, and what is negative all the same is
// set to 0 and counted in [EvolutionState.Repaired]. The accurate operator's densities may have
// negative parts themselves where they are not resolved; they stay, and
// [EvolutionState.Negative] tells.
//
// Mass stays what it is: right-hand sides and increments of implicit steps sum to 0, and
// what is left of round-off is taken out by a factor after every step. Beside absorbing walls,
// where it falls, what is set to 0 adds to it.
type Evolution struct {
	course Course
	grid   *grid.Grid
	opt    EvolutionOptions
	first  *grid.Field // the density at time 0
	mass   float64     // that they sum to
	known  []float64   // stationary masses, nil where not known

	state   EvolutionState
	u       []float64 // masses
	rates   []float64 // A u
	trial   *timeStep
	problem *Problem // that dynamics are of
	*dynamics
	inverse *inverse // of the last step
	steady  bool     // the coefficients did not change in it
	mark    *[sha256.Size]byte
}

// EvolutionOptions tunes [NewEvolution]. The zero value evolves until nothing changes.
type EvolutionOptions struct {
	// Order is the operator, as in [StationaryOptions.Order].
	Order Order
	// End is the time to stop at; 0 means when the density is stationary.
	End float64
	// StationaryTol is the distance from the stationary density, in the L1 norm and as
	// [EvolutionState.Distance] estimates it, at which to stop before End. 0 means 1e-10
	// where there is no End, and never where there is.
	StationaryTol float64
	// Times, ascending, are hit exactly; Output is called at each.
	Times []float64
	// Output gets the cell averages at one of Times. An error ends the run.
	Output func(t float64, p *grid.Field) error
	// Tol is the error of one step in the L1 norm, relative to the initial mass; 0 means 1e-4.
	Tol float64
	// InitialStep is the first step; 0 means what third derivatives in time allow.
	InitialStep float64
	// MaxStep bounds steps; 0 means no bound.
	MaxStep float64
	// MaxSteps is the number of steps after which to give up; 0 means 100000.
	MaxSteps int
	// Stationary is the stationary density of a problem that does not change, on the same grid.
	// It gives the operator in place of Order, [EvolutionState.Entropy] is relative to it, and a
	// density that has come within 1e-12 of it goes to each of Times and to the End in one step;
	// nil if not known.
	Stationary *Stationary
	// Progress, if set, is called after every step. An error ends the run.
	Progress func(s EvolutionState) error
}

// An EvolutionState is how far an evolution is, in numbers.
type EvolutionState struct {
	Time  float64
	Steps int
	Step  float64 // τ of the last step
	Error float64 // of the last step, as [EvolutionOptions.Tol] bounds it
	// Rate is ‖∂p/∂t‖₁ now.
	Rate float64
	// Distance is about ‖p − p∞‖₁ before the last step that was no shorter than the one before
	// it: the change ‖Δp‖₁ over 1 − ρ, with ρ the ratio of ‖Δp‖₁/τ to that of the step before,
	// as for what decays exponentially. +Inf where ρ > ½, since nothing can be told from steps
	// that are short, or the coefficients change. What is so slow that it does not show in
	// ‖Δp‖₁ does not show in it.
	Distance float64
	// Entropy is that relative to the stationary density of the same mass, ∫p ln(p/p∞); NaN where
	// that is not known. With a generator it never grows.
	Entropy float64
	// Mass is ∫p.
	Mass float64
	// Negative is the mass of the cells whose averages are below 0 now, ≤ 0.
	Negative float64
	// Repaired is the mass below 0 that was set to 0, in all steps.
	Repaired   float64
	Rejected   int // steps that were tried and not taken
	Iterations int // of GMRES

	next float64 // step to try
	pace float64 // ‖Δp‖₁/τ of the last step
}

const (
	defaultStepTol       = 1e-4
	defaultStationaryTol = 1e-10
	defaultMaxSteps      = 100000

	safety      = 0.9
	mostGrowth  = 5   // of a step to the next
	leastGrowth = 1.4 // below which the step stays, and what was prepared for it
	leastFactor = 0.2
)

// NewEvolution prepares the evolution from the initial density, cell averages of any mass,
// at time 0.
//
// Errors: [AbsorbingError] where it should end when stationary, [OrderError],
// [CoefficientError], those of [EvolutionOptions] and of the initial density.
func NewEvolution(c Course, initial *grid.Field, opt EvolutionOptions) (*Evolution, error) {
	g := initial.Grid
	e := &Evolution{course: c, grid: g, opt: opt, first: initial}
	if err := e.opt.check(); err != nil {
		return nil, err
	}
	if opt.End == 0 {
		p, err := c(0)
		if err != nil {
			return nil, err
		}
		if err := checkNoExit(p, g); err != nil {
			return nil, err
		}
	}
	if err := e.begin(); err != nil {
		return nil, err
	}
	var err error
	if e.u, err = e.toMass(initial); err != nil {
		return nil, err
	}
	if e.mass = total(e.u); !(e.mass > 0) || math.IsInf(e.mass, 1) {
		return nil, fmt.Errorf("the initial density: want a finite mass > 0, have %g", e.mass)
	}
	if e.positive && floats.Min(e.u) < 0 {
		return nil, fmt.Errorf("the initial density: want no negative values, have %g", floats.Min(initial.Values))
	}
	e.rates, e.trial = make([]float64, len(e.u)), newTimeStep(len(e.u))
	e.apply(e.rates, e.u)
	e.state.Distance = math.Inf(1)
	floats.Scale(e.mass, e.known)
	e.state.next = e.firstStep()
	e.judge()
	return e, nil
}

// check fills in defaults.
func (o *EvolutionOptions) check() error {
	for _, v := range []float64{o.End, o.StationaryTol, o.Tol, o.InitialStep, o.MaxStep, float64(o.MaxSteps)} {
		if !(v >= 0) {
			return fmt.Errorf("evolution: want times, steps and tolerances ≥ 0, have %g", v)
		}
	}
	if !slices.IsSorted(o.Times) || len(o.Times) > 0 && !(o.Times[0] >= 0 && o.Times[len(o.Times)-1] <= o.end()) {
		return fmt.Errorf("evolution: want ascending output times from 0 to the end %g, have %g", o.end(), o.Times)
	}
	setDefault(&o.Tol, defaultStepTol)
	setDefault(&o.MaxStep, math.Inf(1))
	if o.End == 0 {
		setDefault(&o.StationaryTol, defaultStationaryTol)
	}
	if o.MaxSteps == 0 {
		o.MaxSteps = defaultMaxSteps
	}
	return nil
}

func setDefault(v *float64, to float64) {
	if *v == 0 {
		*v = to
	}
}

// end returns the time to stop at, +Inf where there is none.
func (o *EvolutionOptions) end() float64 {
	if o.End == 0 {
		return math.Inf(1)
	}
	return o.End
}

// begin sets the operator at time 0, and what is known of the stationary density.
func (e *Evolution) begin() error {
	p, err := e.course(0)
	s := e.opt.Stationary
	if err != nil {
		return err
	} else if s == nil {
		return e.use(p)
	}
	for a := range e.grid.Dim() {
		if g := s.Density.Grid; g.Dim() != e.grid.Dim() || !slices.Equal(g.Axis(a).Edges(), e.grid.Axis(a).Edges()) {
			panic("fp: NewEvolution: stationary and initial density differ in their grids")
		}
	}
	e.problem = p
	if e.dynamics, err = dynamicsOf(s.operator()); err != nil {
		return err
	}
	e.known = append([]float64(nil), s.Mass...)
	if s.points != nil {
		copy(e.known, s.points.p)
		floats.Mul(e.known, s.points.weights(s.points.op))
	}
	return nil
}

// use sets the operator to that of the problem.
func (e *Evolution) use(p *Problem) (err error) {
	if p == e.problem {
		return nil
	}
	e.problem, e.inverse = p, nil
	e.dynamics, err = newDynamics(p, e.grid, e.opt.Order)
	return err
}

// firstStep returns the step at which the third derivative in time makes the tolerance.
func (e *Evolution) firstStep() float64 {
	if e.opt.InitialStep > 0 {
		return e.opt.InitialStep
	}
	second, third := make([]float64, len(e.u)), make([]float64, len(e.u))
	e.apply(second, e.rates)
	e.apply(third, second)
	size := floats.Norm(third, 1) / e.mass
	if size == 0 { // stationary already
		return 1 / floats.Max(e.weight)
	}
	return math.Cbrt(e.opt.Tol / size)
}

// State returns how far the evolution is.
func (e *Evolution) State() EvolutionState { return e.state }

// FromStationary returns the distance from the stationary density of the same mass, Σ|u − u∞| over
// masses u of cells or of the accurate operator's points; NaN where that density is not known.
func (e *Evolution) FromStationary() float64 {
	if e.known == nil {
		return math.NaN()
	}
	return floats.Distance(e.u, e.known, 1)
}

// Order returns the order of the accurate operator, or [OrderMonotone] for a generator.
func (e *Evolution) Order() Order { return e.order }

// Density returns the cell averages now. In one dimension a generator has values at centres,
// and averages as they follow where the density is nearly stationary from one centre to the
// next: otherwise to second order.
func (e *Evolution) Density() *grid.Field {
	if e.state.Steps == 0 {
		return &grid.Field{Grid: e.grid, Values: slices.Clone(e.first.Values)}
	}
	return e.toField(e.u)
}

// judge fills in the numbers that depend on u and its rates alone.
func (e *Evolution) judge() {
	s := &e.state
	s.Rate = floats.Norm(e.rates, 1)
	s.Mass, s.Negative = total(e.u), e.negative()
	s.Entropy = math.NaN()
	if e.known != nil {
		s.Entropy = relativeEntropy(e.u, e.known)
	}
}

// negative returns the mass of cells whose averages are below 0. The accurate operator's may be where its
// values at points are not; a generator leaves none.
func (e *Evolution) negative() (sum float64) {
	if e.positive {
		return 0
	}
	p := e.Density()
	for i, v := range p.Values {
		sum += min(v, 0) * p.Grid.Volume(i)
	}
	return sum
}

// relativeEntropy returns Σ u ln(u/m), as a sum of terms ≥ 0 in proportion to the squares of
// small differences, where both have the same sum. Negative u count as 0.
func relativeEntropy(u, m []float64) (sum float64) {
	for i, v := range u {
		switch r := (v - m[i]) / m[i]; {
		case !(m[i] > 0):
		case v <= 0:
			sum += m[i]
		case math.Abs(r) < 0.1:
			sum += m[i] * ((1+r)*math.Log1p(r) - r)
		default:
			sum += v*math.Log(v/m[i]) - v + m[i]
		}
	}
	return sum
}

// negativePart returns the sum of what is below 0 in u + z.
func negativePart(u, z []float64) (sum float64) {
	for i, v := range u {
		if z != nil {
			v += z[i]
		}
		sum += min(v, 0)
	}
	return sum
}
