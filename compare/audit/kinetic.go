package audit

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file solves the kinetic equation of momentum in one variable. In the time t = k√η, with the velocity
// V = v/√η and the friction γ = (1−μ)/√η, the heavy ball v ← μv − ηg, θ ← θ + v is to first order
//
//	dθ = V dt,   dV = (−γV − L′(θ)) dt + √(2γD(θ)) dW,
//
// D being the diffusion of the equation that is audited, here a temperature. Noise does not depend on V, so
// that all conventions are one; its limit is that of Itô. Where D is constant exp(−(L + V²/2)/D) is
// stationary, and the density that is audited its θ-marginal; where it is not, that is the limit of large γ, the
// overdamped one of Smoluchowski and Kramers, left by orders of λ/γ² = ηλ/(1−μ)² and of D″/γ².
//
// Risken, The Fokker–Planck Equation, chapter 10. Sancho, San Miguel, Dürr, J. Stat. Phys. 28 (1982) 291.

const (
	// widest is how far the axis of V reaches, in deviations √D of the hottest θ with more than shown of
	// the largest density: beyond there is 3e-12 of a normal law. What climbs to where the density is shown
	// comes from V² = −2D ln(shown), six deviations.
	widest = 7
	// fewestVelocities is the number of cells of V, a seventh of a deviation wide where D is constant, which
	// leaves 1e-6 of the density; where D is not the coldest typical θ has cells of coldWidth deviations, as
	// far as mostVelocities allow.
	fewestVelocities, mostVelocities, coldWidth = 96, 384, 0.3
	// Axes of θ are halved as long as the halves of a cell differ from their mean by at most roughest, of density and
	// D on average, as those of a normal law do that is ten cells wide; and to at most mostPositions.
	roughest, mostPositions = 0.02, 1024
	// mostAtWalls is the probability that may be at walls of θ, where velocities stay until noise turns them.
	mostAtWalls = 1e-3
)

// A kinetic is what the kinetic equation makes of the density of θ.
type kinetic struct {
	effect Effect
	ratio  Curve
	err    error // why there is neither; key and name of the effect are set
}

// hasVelocities says whether there is a kinetic equation that grids bear.
func (s *subject) hasVelocities() bool {
	return s.sgd != nil && s.sgd.Momentum > 0 && s.grid.Dim() == 1
}

// withVelocities solves the kinetic equation, or asks walkers of it; nil without momentum.
func (s *subject) withVelocities() *kinetic {
	if s.sgd == nil || s.sgd.Momentum == 0 {
		return nil
	}
	k := &kinetic{effect: Effect{Key: "kinetic", Name: "velocities left out"}}
	if !s.hasVelocities() {
		k.fromWalkers(s)
		return k
	}
	s.work.begin("kinetic equation", kineticWork)
	p := s.halved()
	q, e, err := s.kineticMarginal(p.Grid.Axis(0))
	if err != nil {
		k.err = fmt.Errorf("of the kinetic equation, %w", err)
		return k
	}
	const how = "the θ-marginal of the kinetic equation for the solution, which is its overdamped limit"
	k.effect = apart(k.effect.Key, k.effect.Name, how, p, q, s.densityError()+e)
	k.ratio = ratioCurve(s.problem.Variables[0], p, q)
	return k
}

// ratioCurve is ln(q/p) where there is enough of both.
func ratioCurve(variable string, p, q *grid.Field) Curve {
	c := Curve{
		Key: "log_ratio_kinetic", Name: "ln(θ-marginal of the kinetic equation/solution)",
		XLabel: variable, YLabel: "ln of the ratio", Measured: "kinetic equation", Expected: "solution",
	}
	inverse := logRatios(q, p)
	for i, y := range logRatios(p, q) {
		if !math.IsNaN(y + inverse[i]) {
			c.X, c.Y, c.Reference = append(c.X, p.Grid.Axis(0).Center(i)), append(c.Y, y), append(c.Reference, 0)
		}
	}
	return c
}

// moves says whether velocities certainly move the density by more than a total variation distance.
func (k *kinetic) moves(within float64) bool {
	least, _ := k.effect.Range()
	return k.err == nil && least > within
}

// halved returns the density on as few cells of θ as will do.
func (s *subject) halved() *grid.Field {
	p := s.solution.Density
	heat := &grid.Field{Grid: p.Grid, Values: s.solution.Coefficients.Diffusion[0]}
	for {
		g, ok := p.Grid.Coarsen()
		if !ok || p.Grid.Cells() <= mostPositions && max(roughness(p, p), roughness(heat, p)) > roughest {
			return p
		}
		p, heat = grid.Restrict(p, g), grid.Restrict(heat, g)
	}
}

// roughness returns E|f/f̄ − 1| over a density of an even number of cells, f̄ being the mean of a cell and the other
// half of its pair.
func roughness(f, p *grid.Field) float64 {
	var off float64
	for i, m := range masses(p) {
		if mean := (f.Values[i] + f.Values[i^1]) / 2; m > 0 && mean > 0 {
			off += m * math.Abs(f.Values[i]-mean) / mean
		}
	}
	return off
}

// kineticMarginal returns the θ-marginal and its relative L1 error. Errors: those of [fp.SolveStationary],
// and solutions that are not worth telling.
func (s *subject) kineticMarginal(theta grid.Axis) (*grid.Field, float64, error) {
	velocity, err := s.velocities()
	if err != nil {
		return nil, 0, err
	}
	if far := outermost(s.solution.Density); !theta.IsPeriodic() && far > mostAtWalls {
		return nil, 0, atWalls(far)
	}
	solution, err := fp.SolveStationary(s.kineticProblem(), grid.New(velocity, theta), s.opt.Solve)
	if err != nil {
		return nil, 0, err
	}
	p := solution.Density
	q := &grid.Field{Grid: grid.New(theta), Values: p.Marginal(1).Values}
	fast, far, negative := outermost(p.Marginal(0)), 0.0, -solution.NegativeMass()
	if !theta.IsPeriodic() {
		far = outermost(q)
	}
	e, known, err := solution.EstimateError(s.opt.Solve) // of a marginal it is no larger: |∫(p − q) dV| ≤ ∫|p − q| dV
	// Where m of it is in the wrong place is 2m of L1. What is in cells at walls stands for what walls change beyond
	// them, too: of a guess, which was right within a factor of 2 where it was tried.
	total := e.Density + 2*(fast+far+negative)
	switch {
	case err != nil:
		return nil, 0, err
	case !known || solution.Order == fp.OrderMonotone:
		return nil, 0, fmt.Errorf("no order of accuracy converges on %d cells of θ and %d of V", theta.Cells(), velocity.Cells())
	case far > mostAtWalls:
		return nil, 0, atWalls(far)
	case !(total <= s.opt.Within):
		return nil, 0, fmt.Errorf("its density is right to %.2g on this grid, want %.2g", total, s.opt.Within)
	}
	return q, total, nil
}

func atWalls(share float64) error {
	return fmt.Errorf("%.2g of the probability is at walls, which velocities run into: a wider box would tell", share)
}

// outermost returns the probability in the first and the last cell of a line.
func outermost(p *grid.Field) float64 {
	last := len(p.Values) - 1
	return p.Values[0]*p.Grid.Volume(0) + p.Values[last]*p.Grid.Volume(last)
}

// velocities returns the axis of V.
func (s *subject) velocities() (grid.Axis, error) {
	heat := s.solution.Coefficients.Diffusion[0]
	top, _ := s.solution.Density.Max()
	var hottest float64
	for i, p := range s.solution.Density.Values {
		if p > shown*top {
			hottest = max(hottest, heat[i])
		}
	}
	coldest := hottest
	for _, i := range s.typicalCells() {
		coldest = min(coldest, heat[i])
	}
	limit := widest * math.Sqrt(hottest)
	cells := min(math.Ceil(2*limit/(coldWidth*math.Sqrt(coldest))/32)*32, mostVelocities) // whole halves for multigrid
	return grid.Uniform(-limit, limit, max(int(cells), fewestVelocities), grid.Reflecting, grid.Reflecting)
}

// kineticProblem is the kinetic equation of V and θ, in this order: a row of cells then has one θ, of which
// L′ and D are taken once.
func (s *subject) kineticProblem() *fp.Problem {
	gamma := (1 - s.sgd.Momentum) / math.Sqrt(s.file.SGDVariant().Rate)
	heat := s.problem.Diffusion()
	drift := func(dst, x [][]float64) {
		slope := make([]float64, 1)
		for i := range dst[0] {
			v := x[0][min(i, len(x[0])-1)]
			if i < len(x[1]) {
				s.problem.Landscape.Grad(slope, x[1][i:i+1])
			}
			dst[0][i], dst[1][i] = -gamma*v-slope[0], v
		}
	}
	diffusion := func(dst, x [][]float64) {
		heat([][]float64{dst[0][:len(x[1])]}, x[1:])
		for i := len(dst[0]) - 1; i >= 0; i-- {
			dst[0][i], dst[1][i], dst[2][i] = gamma*dst[0][min(i, len(x[1])-1)], 0, 0
		}
	}
	return &fp.Problem{
		Title: "kinetic equation", Variables: []string{"V", s.problem.Variables[0]},
		Equation: fp.HanggiKlimontovich(2, drift, diffusion), // ∇·D = ∂_V(γD(θ)) = 0
	}
}
