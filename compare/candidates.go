package compare

import (
	"errors"
	"math"
	"slices"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// A Candidate is a density that may be the stationary one of a process.
type Candidate struct {
	Key     string // of letters and dashes
	Name    string
	Formula string
	Density *grid.Field
	// Error is the estimated numerical error of the density, relative L1, of formulas by
	// [FormulaError]; NaN where it is not known.
	Error float64
	// Err says why there is no density.
	Err error
}

// Candidates returns, beside a solution of the problem of a file, the densities that are
// proposed for the same process: the same drift and noise read in other conventions, the
// drift of the other order in the learning rate, and the closed forms of this package. Those
// that have no meaning for the problem are left out, and other conventions where they are the
// same: where D is constant, or drift is given by a potential.
func Candidates(f *fp.File, s *fp.Stationary, opt fp.StationaryOptions) []Candidate {
	c := candidates{f: f, s: s, opt: opt, grid: s.Density.Grid}
	e, known, err := s.EstimateError(opt)
	if err != nil || !known {
		e.Density = math.NaN()
	}
	convention := calculusName(f.Problem.Calculus)
	same := f.Problem.Equation.Potential || isConstant(s.Coefficients.Diffusion)
	if same {
		convention = "in every convention"
	}
	c.add(Candidate{"fokker-planck", "Fokker–Planck, " + convention, "∇·J = 0", s.Density, e.Density, nil})
	if !same {
		c.conventions()
	}
	c.otherOrders()
	if f.Problem.Equation.Potential && f.SGD() == nil {
		c.form("potential", "potential", "exp(−φ)", func() (*grid.Field, error) {
			phi := s.Coefficients.Potential
			return fromLog(c.grid, "the potential is not finite", func(i int) float64 { return -phi[i] })
		})
	}
	if c.grid.Dim() == 1 && !c.grid.Axis(0).IsPeriodic() {
		c.line()
		if !same {
			c.isothermal()
		}
	}
	if f.SGD() != nil {
		c.closedForms()
	}
	return c.list
}

// isConstant says whether a tensor is the same in all cells: then so are all conventions.
func isConstant(tensor [][]float64) bool {
	for _, component := range tensor {
		if slices.Min(component) != slices.Max(component) {
			return false
		}
	}
	return true
}

func calculusName(c fp.Calculus) string {
	return [...]string{"Itô", "Stratonovich", "Hänggi–Klimontovich"}[c]
}

type candidates struct {
	f    *fp.File
	s    *fp.Stationary
	opt  fp.StationaryOptions
	grid *grid.Grid
	list []Candidate
}

func (c *candidates) add(one Candidate) { c.list = append(c.list, one) }

// solve adds the solution of another problem.
func (c *candidates) solve(key, name, formula string, p *fp.Problem) {
	one := Candidate{Key: key, Name: name, Formula: formula, Error: math.NaN()}
	s, err := fp.SolveStationary(p, c.grid, c.opt)
	if err != nil {
		one.Err = err
	} else {
		one.Density = s.Density
		if e, ok, err := s.EstimateError(c.opt); ok && err == nil {
			one.Error = e.Density
		}
	}
	c.add(one)
}

// form adds a closed form.
func (c *candidates) form(key, name, formula string, make func() (*grid.Field, error)) {
	one := Candidate{Key: key, Name: name, Formula: formula}
	if one.Density, one.Err = make(); one.Err == nil {
		one.Error = FormulaError(one.Density)
	}
	c.add(one)
}

func (c *candidates) conventions() {
	currents := [...]string{"J = bp − ∇·(Dp)", "J = bp − ½σ∇·(σp)", "J = bp − D∇p"}
	for _, calculus := range []fp.Calculus{fp.ItoCalculus, fp.StratonovichCalculus, fp.HanggiKlimontovichCalculus} {
		if calculus == c.f.Problem.Calculus {
			continue
		}
		if p, ok := c.f.Problem.InCalculus(calculus, c.grid); ok {
			c.solve("fokker-planck-"+calculus.String(), "Fokker–Planck, "+calculusName(calculus), currents[calculus], p)
		}
	}
}

// otherOrders adds the drift of second order in the learning rate, or of first where the file
// has the second, and that with the noise corrected too.
func (c *candidates) otherOrders() {
	sgd := c.f.SGD()
	if sgd == nil || sgd.Momentum > 0 {
		return
	}
	v := c.f.SGDVariant()
	v.Order = 3 - v.Order
	if v.Order == 1 {
		c.variant("fokker-planck-order-1", "Fokker–Planck, first-order drift", "b = −∇L", v)
	} else {
		c.variant("fokker-planck-order-2", "Fokker–Planck, second-order drift", "b = −∇(L + η|∇L|²/4)", v)
	}
	v.Order, v.CorrectNoise = 2, true
	c.variant("fokker-planck-corrected", "Fokker–Planck, second-order drift and noise", "b + (η/2) D:∇∇∇L and (1 + ηH/2) D (1 + ηH/2), H = ∇²L", v)
}

// variant adds the solution for other orders in the learning rate.
func (c *candidates) variant(key, name, formula string, v fp.SGDVariant) {
	p, err := c.f.Variant(v, c.grid)
	if err != nil {
		c.add(Candidate{Key: key, Name: name, Formula: formula, Err: err})
		return
	}
	c.solve(key, name, formula, p)
}

// line adds p ∝ (1/D) exp(∫ b/D), whatever the convention: b is that of Itô.
func (c *candidates) line() {
	p := c.f.Problem
	c.form("closed-form", "closed form", "(1/D) exp(∫ b/D)", func() (*grid.Field, error) {
		return Ito1D(c.grid, onLine(p.ItoDrift([]float64{c.grid.Axis(0).Length()})), onLine(p.Diffusion()))
	})
}

// isothermal adds p ∝ exp(∫ b/D) with the drift b as it is given, whatever the convention.
func (c *candidates) isothermal() {
	p, ok := c.f.Problem.InCalculus(fp.HanggiKlimontovichCalculus, c.grid)
	if !ok {
		return
	}
	drift := func(dst, x [][]float64) { // b is v, which comes with D
		p.Equation.Eval([][]float64{dst[0], make([]float64, len(dst[0]))}, x)
	}
	c.form("closed-form-haenggi-klimontovich", "closed form, Hänggi–Klimontovich", "exp(∫ b/D)", func() (*grid.Field, error) {
		return HanggiKlimontovich1D(c.grid, onLine(drift), onLine(p.Diffusion()))
	})
}

// onLine returns a function of one component as one of a number.
func onLine(f fp.Func) func(float64) float64 {
	return func(x float64) float64 {
		var v [1]float64
		f([][]float64{v[:]}, [][]float64{{x}})
		return v[0]
	}
}

// closedForms adds those of SGD. Σ is what D = (η/2B) Σ says, so that injected noise and the
// correction for batches without replacement are part of it, and η is η/(1−μ).
func (c *candidates) closedForms() {
	l := c.f.Problem.Landscape
	v := c.f.SGDVariant()
	eta := v.Rate / (1 - c.f.SGD().Momentum)
	rate := eta / float64(v.Batch)
	noise := make([][]float64, len(c.s.Coefficients.Diffusion))
	for k, d := range c.s.Coefficients.Diffusion {
		noise[k] = make([]float64, len(d))
		for i, v := range d {
			noise[k][i] = 2 * v / rate
		}
	}
	loss := l.Values(c.grid)
	variance := MeanIsotropicNoise(noise, c.s.Density)
	c.form("gibbs", "Gibbs", "exp(−2BL/ησ²), σ² = E tr Σ/d", func() (*grid.Field, error) {
		return Gibbs(c.grid, loss, variance, rate)
	})
	if c.f.SGD().Momentum == 0 {
		c.form("gibbs-corrected", "Gibbs, corrected loss", "exp(−2BL′/ησ²), L′ = L + η|∇L|²/4", func() (*grid.Field, error) {
			return Gibbs(c.grid, CorrectedLoss(loss, l.Gradients(c.grid), eta), variance, rate)
		})
	}
	c.form("inverse-noise", "inverse-noise posterior", "exp(−BL/2ησ²(θ)), σ²(θ) = tr Σ/d", func() (*grid.Field, error) {
		return InverseNoisePosterior(c.grid, loss, noise, rate)
	})
	c.form("determinant", "determinant posterior", "(det Σ)^−½ exp(−2BL/η)", func() (*grid.Field, error) {
		return DeterminantPosterior(c.grid, loss, noise, rate)
	})
	c.form("local-gaussian", "local Gaussian", "N(θ*, S), HS + SH = (η/B)Σ(θ*)", func() (*grid.Field, error) {
		return c.localGaussian()
	})
}

// localGaussian is the one of the minimum with the most density.
func (c *candidates) localGaussian() (*grid.Field, error) {
	p := c.f.Problem
	minimum, density := []float64(nil), math.Inf(-1)
	for _, x := range p.StablePoints() {
		if i, ok := c.grid.Find(x); ok && c.s.Density.Values[i] > density {
			minimum, density = x, c.s.Density.Values[i]
		}
	}
	if minimum == nil {
		return nil, errors.New("no minimum of the loss in the box")
	}
	d := len(minimum)
	at := columns(packed(d), 1)
	x := columns(d, 1)
	for a, v := range minimum {
		x[a][0] = v
	}
	p.Diffusion()(at, x)
	h := p.Landscape.Hessian(minimum)
	var noise []float64
	for _, v := range at {
		noise = append(noise, 2*v[0])
	}
	g, _, err := LocalGaussian(c.grid, minimum, repacked(h), noise, 1)
	return g, err
}
