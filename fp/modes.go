package fp

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"strconv"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/krylov"
)

// This file has the slowest modes of relaxation: p(t) = p + Σ c_j v_j e^{λ_j t}, with the right
// eigenvectors v of the operator, densities that hold no mass in all, and the left ones u,
// functions with c_j = ∫u_j p(0).

// ModesOptions tunes [SolveModes]. The zero value is a good choice.
type ModesOptions struct {
	// Count is the number of eigenvalues, the stationary one not counted; 0 means 6. One more
	// comes where a pair of conjugates would be cut in two, and as many as there are where a
	// multiple eigenvalue would be.
	Count int
	// Order is the order of accuracy; the zero value chooses what suits the grid.
	Order Order
	// Tol is the accuracy of eigenvectors; 0 means 1e-7, at which eigenvalues are good to some
	// 1e-12 where eigenvectors are well apart. Elimination is more accurate at no cost.
	Tol float64
	// MaxMemory is what elimination may take, in bytes; 0 means any amount.
	MaxMemory int64
	// Workers is the number of goroutines of elimination; 0 means all cores.
	Workers int
}

// Modes are the slowest modes of a problem on a grid.
type Modes struct {
	Problem *Problem
	Grid    *grid.Grid
	Scheme  Scheme
	Order   Order // of the accurate operator, or [OrderMonotone]
	// Density is the stationary density; nil where walls absorb.
	Density *grid.Field
	// Modes are in order of falling −1/Re λ, equal ones of rising Im λ. All eigenvalues with |λ| < Radius are among them;
	// a mode that turns faster than it dies may be missing beyond. Of the accurate operator on large
	// grids this is so for what half the grid, or a quarter, shows of the spectrum.
	Modes  []Mode
	Radius float64
	// Count is the number of eigenvalues: pairs of conjugates are one Mode.
	Count int
	// Products is the number of linear problems that were solved.
	Products int
	Warnings []string

	half []complex128 // eigenvalues on half the grid, where modes come from there
}

// A Mode is an eigenvalue λ with Im λ ≥ 0 and its eigenvectors, A v = λ v and Aᵀu = λ u; where
// Im λ > 0 the conjugates are another.
//
// ∫u v = 1, ∫u v̄ = 0 where Im λ > 0, ∫|u|²p = 1, and the largest |v| is real and positive. Where
// walls absorb, ∫|v| = 1.
type Mode struct {
	Value complex128 // λ, 1/T
	Time  float64    // −1/Re λ, T: in this time the mode falls to 1/e
	Right Vector     // v, a density: cell averages
	Left  Vector     // u, values at the centres of cells
	// Residual is ‖A v − λ v‖₁ over |λ|‖v‖₁ and LeftResidual ‖Aᵀu − λ u‖ over |λ|‖u‖ in
	// Σ m_i|u_i|, with m about the stationary masses: about the relative error of λ, if eigenvectors
	// are as little oblique as those of a process in equilibrium.
	Residual, LeftResidual float64
	// RoundOff is what residuals of exact eigenvectors may be, 2⁻⁵³Σ|A_ii v_i| over |λ|‖v‖₁. Of
	// very slow modes it may be large, and says nothing against λ.
	RoundOff float64
}

// A Vector is a real or a complex field; Im is nil where it is real.
type Vector struct{ Re, Im *grid.Field }

// At returns the number of cell i.
func (v *Vector) At(i int) complex128 {
	if v.Im == nil {
		return complex(v.Re.Values[i], 0)
	}
	return complex(v.Re.Values[i], v.Im.Values[i])
}

// IsReal says whether the eigenvalue is.
func (m *Mode) IsReal() bool { return imag(m.Value) == 0 }

// SolveModes returns the slowest modes of the problem on the grid: of the nodal generator in
// one dimension and of another where the order is [OrderMonotone], else of the accurate
// operator in its linear form.
//
// Generators are eliminated without subtractions, so that rates between wells are right however
// small they are: eigenvalues have relative errors near round-off even where they differ by
// many decades.
//
// On large grids the accurate operator's modes come from those on half as many cells along each axis,
// which [Modes.HalfGrid] has for nothing then.
//
// Where the accurate operator was chosen and does not converge, modes are a generator's, with a
// warning. Errors: those of [SolveStationary], [krylov.SpectrumError], [krylov.ConvergenceError],
// [ModesError].
func SolveModes(p *Problem, g *grid.Grid, opt ModesOptions) (*Modes, error) {
	opt.Count = min(cmp.Or(opt.Count, 6), g.Cells()-1)
	m, err := solveModes(p, g, opt)
	if err == nil && opt.Order == OrderAuto && m.Order != OrderMonotone && m.grows() {
		err = errGrowing
	}
	if err == nil || opt.Order != OrderAuto || !gaveUp(err) {
		return m, err
	}
	opt.Order = OrderMonotone
	m, other := solveModes(p, g, opt)
	if other != nil {
		return nil, err
	}
	m.Warnings = append(m.Warnings, fmt.Sprintf("the accurate operator failed, %v: these are a generator's modes, of low accuracy; refine the grid", err))
	return m, nil
}

// solveModes is SolveModes with the operator that the options name.
func solveModes(p *Problem, g *grid.Grid, opt ModesOptions) (*Modes, error) {
	d, err := newSpectral(p, g, opt)
	if err != nil {
		return nil, err
	}
	s, err := d.slowest(opt.Count, opt)
	if err != nil {
		return nil, err
	}
	return d.modes(s), nil
}

// errGrowing says that the accurate operator is not resolved.
var errGrowing = errors.New("it has modes that do not die out")

// grows says whether a mode does not die out.
func (m *Modes) grows() bool {
	return slices.ContainsFunc(m.Modes, func(of Mode) bool { return !(real(of.Value) < 0) })
}

// gaveUp says whether an error is of an iteration, and not about the problem.
func gaveUp(err error) bool {
	var mass *ConvergenceError
	var linear *krylov.ConvergenceError
	var spectrum *krylov.SpectrumError
	var modes *ModesError
	return errors.Is(err, errGrowing) || errors.As(err, &mass) || errors.As(err, &linear) || errors.As(err, &spectrum) || errors.As(err, &modes)
}

// modes returns what users see of a spectrum.
func (d *spectral) modes(s *spectrum) *Modes {
	m := &Modes{Problem: d.problem, Grid: d.grid, Scheme: d.scheme, Order: d.order, Count: len(s.values), Radius: outermost(s.values), Products: s.products}
	if d.mass != nil {
		m.Density = d.density(d.mass)
	}
	if m.half = s.half; m.half != nil {
		m.Radius = s.radius
	}
	for j, v := range s.values {
		if imag(v) < 0 {
			continue
		}
		m.Modes = append(m.Modes, d.mode(s, j))
	}
	slices.SortStableFunc(m.Modes, func(a, b Mode) int { return compareRates(a.Value, b.Value) })
	for k := range m.Modes {
		of := &m.Modes[k]
		if !(real(of.Value) < 0) {
			m.Warnings = append(m.Warnings, fmt.Sprintf("mode %d, λ = %.6g, does not die out: the grid does not resolve it", k+1, of.Value))
		}
		worst := max(of.Residual, of.LeftResidual)
		if worst > doubtfulResidual && worst > 100*of.RoundOff {
			m.Warnings = append(m.Warnings, fmt.Sprintf("mode %d, λ = %.6g, has a residual of %.2g", k+1, of.Value, worst))
		}
	}
	return m
}

// compareRates puts slower eigenvalues first, and of one rate, to nine digits, those that turn more slowly:
// in what order equal ones come is not for round-off to say.
func compareRates(a, b complex128) int {
	return cmp.Or(cmp.Compare(nineDigits(real(b)), nineDigits(real(a))), cmp.Compare(imag(a), imag(b)))
}

func nineDigits(x float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 9, 64), 64) // the text of a number is one
	return v
}

// doubtfulResidual is the residual from which there is a warning.
const doubtfulResidual = 1e-4

// mode returns mode j of a spectrum.
func (d *spectral) mode(s *spectrum, j int) Mode {
	l := s.values[j]
	v, u := s.complexRight(j), s.complexLeft(j)
	m := Mode{Value: l, Time: -1 / real(l)}
	d.normalize(u, v)
	m.Residual, m.RoundOff = d.residual(v, l)
	m.LeftResidual = d.leftResidual(u, l)
	m.Right = d.vector(v, d.density)
	m.Left = d.vector(u, func(x []float64) *grid.Field { return &grid.Field{Grid: d.grid, Values: x} })
	return m
}

// A pair is the real and the imaginary part of a vector; im is nil where it is real.
type pair struct{ re, im []float64 }

func (p *pair) at(i int) complex128 {
	if p.im == nil {
		return complex(p.re[i], 0)
	}
	return complex(p.re[i], p.im[i])
}

// scale multiplies the vector by c, which is real where it is.
func (p *pair) scale(c complex128) {
	for i := range p.re {
		v := c * p.at(i)
		p.re[i] = real(v)
		if p.im != nil {
			p.im[i] = imag(v)
		}
	}
}

// normalize scales the masses v and the function u, whose product is 1, as [Mode] says.
func (d *spectral) normalize(u, v *pair) {
	var size float64
	largest, volume := 0, d.grid.Volumes()
	for i := range v.re {
		if cmplx.Abs(v.at(i))*volume[largest] > (1+1e-9)*cmplx.Abs(v.at(largest))*volume[i] {
			largest = i
		}
		if d.mass == nil {
			size += cmplx.Abs(v.at(i))
		} else {
			size += d.mass[i] * real(u.at(i)*cmplx.Conj(u.at(i)))
		}
	}
	c := v.at(largest) / complex(cmplx.Abs(v.at(largest)), 0)
	if d.mass == nil {
		c *= complex(size, 0)
	} else {
		c /= complex(math.Sqrt(size), 0)
	}
	v.scale(1 / c)
	u.scale(c)
}

// vector returns the fields of a pair.
func (d *spectral) vector(p *pair, field func([]float64) *grid.Field) Vector {
	v := Vector{Re: field(p.re)}
	if p.im != nil {
		v.Im = field(p.im)
	}
	return v
}

// apply returns a map of both parts of the pair.
func (p *pair) apply(f func(dst, x []float64)) *pair {
	out := &pair{re: make([]float64, len(p.re))}
	f(out.re, p.re)
	if p.im != nil {
		out.im = make([]float64, len(p.im))
		f(out.im, p.im)
	}
	return out
}

// residual returns that of masses v, and what round-off makes of it.
func (d *spectral) residual(v *pair, l complex128) (residual, roundOff float64) {
	rates := v.apply(d.apply)
	var sum, size, turnover float64
	for i := range v.re {
		x := v.at(i)
		sum += cmplx.Abs(rates.at(i) - l*x)
		size += cmplx.Abs(x)
		turnover += d.outflow[i] * cmplx.Abs(x)
	}
	size *= cmplx.Abs(l)
	return sum / size, 0x1p-53 * turnover / size
}

// leftResidual returns that of functions u.
func (d *spectral) leftResidual(u *pair, l complex128) float64 {
	rates := u.apply(d.applyT)
	var sum, size float64
	for i := range u.re {
		x := u.at(i)
		sum += d.weight[i] * cmplx.Abs(rates.at(i)-l*x)
		size += d.weight[i] * cmplx.Abs(x)
	}
	return sum / (cmplx.Abs(l) * size)
}
