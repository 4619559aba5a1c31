package fp

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
)

// This file has the rates between two wells where noise is weak, by the formula of Eyring and
// Kramers: for v = −D∇φ with one number D, from a minimum m over the passes s,
//
//	k = D/2π Σ_s |μ_s| √(det ∇²φ(m)/|det ∇²φ(s)|) e^{φ(m) − φ(s)},
//
// with μ_s the negative eigenvalue of ∇²φ(s).
//
// Hänggi, Talkner, Borkovec, Rev. Mod. Phys. 62 (1990) 251, section IV; Bovier, Eckhoff, Gayrard,
// Klein, J. Eur. Math. Soc. 6 (2004) 399 (proof, and error).

// leastBarrier is the φ(s) − φ(m) from which the formula is given: its relative error is about
// the inverse.
const leastBarrier = 3

// A Kramers is what the formula of Eyring and Kramers says of two wells.
type Kramers struct {
	From, To []float64   // the minima
	Passes   [][]float64 // the saddle points between
	// Barrier is the lowest pass above the minimum that walkers come from, BarrierBack above the
	// other, in units of the noise, φ.
	Barrier, BarrierBack float64
	Rate, Back           float64 // 1/T
}

// A KramersError says why the formula does not apply.
type KramersError struct{ What string }

func (e *KramersError) Error() string { return e.What }

func noKramers(format string, args ...any) error {
	return &KramersError{fmt.Sprintf(format, args...)}
}

// Kramers returns the rates of the formula, which is about the limit of weak noise, and knows
// nothing of where exactly the sets end. Wells and passes are those of the stationary density,
// from which Newton's method finds those of the drift.
//
// The error is a [KramersError]: D varies or has a direction, detailed balance fails or may,
// there are other than two wells, one in each set, or a barrier is lower than 3.
func (t *Transition) Kramers() (*Kramers, error) {
	if !isMultipleOfIdentity(t.Coefficients.Diffusion, t.Density.Grid.Dim()) {
		return nil, noKramers("D varies or has a direction")
	}
	if b := ForceBalance(t.Problem, t.Density.Grid); b.Verdict != Holds {
		return nil, noKramers("detailed balance is not known to hold")
	}
	wells := findWells(t.Density)
	if n := len(wells.peaks); n != 2 {
		return nil, noKramers("want two wells, however shallow, have %d", n)
	}
	a, b := wells.peaks[0], wells.peaks[1]
	if t.cut.in[1][a] && t.cut.in[0][b] {
		a, b = b, a
	}
	if !t.cut.in[0][a] || !t.cut.in[1][b] {
		return nil, noKramers("want a well in each of the sets")
	}
	k := &Kramers{}
	var ends [2]*criticalPoint
	for side, cell := range []int{a, b} {
		c, ok := t.Problem.criticalPoint(t.Density.Grid, cell)
		if !ok || c.down != 0 {
			return nil, noKramers("no minimum of second order is found in the cell of a largest density")
		}
		ends[side] = c
	}
	k.From, k.To = ends[0].x, ends[1].x
	k.Barrier, k.BarrierBack = math.Inf(1), math.Inf(1)
	for _, cell := range wells.passes() {
		s, ok := t.Problem.criticalPoint(t.Density.Grid, cell)
		if !ok || s.down != 1 {
			return nil, noKramers("no saddle point of second order is found at a pass")
		}
		if containsNear(k.Passes, s.x, t.Density.Grid) {
			continue
		}
		k.Passes = append(k.Passes, s.x)
		for side, c := range ends {
			barrier := t.Problem.climb(t.Density.Grid, c.x, s.x)
			lowest, rate := &k.Barrier, &k.Rate
			if side == 1 {
				lowest, rate = &k.BarrierBack, &k.Back
			}
			*lowest = min(*lowest, barrier)
			*rate += s.diffusion / (2 * math.Pi) * s.unstable * math.Sqrt(c.determinant/s.determinant) * math.Exp(-barrier)
		}
	}
	if least := min(k.Barrier, k.BarrierBack); !(least >= leastBarrier) {
		return nil, noKramers("the barrier is %.2g, in units of the noise; want %d or more", least, leastBarrier)
	}
	return k, nil
}

// isMultipleOfIdentity says whether a packed tensor is the same multiple of the identity in all
// cells, to round-off.
func isMultipleOfIdentity(packed [][]float64, d int) bool {
	first := packed[0][0]
	for a := range d {
		for b := a; b < d; b++ {
			want := 0.0
			if a == b {
				want = first
			}
			for _, v := range packed[operators.Packed(d, a, b)] {
				if !(math.Abs(v-want) <= 1e-12*first) {
					return false
				}
			}
		}
	}
	return first > 0
}

// A criticalPoint is where the drift vanishes, with ∇²φ = −∇v/D there.
type criticalPoint struct {
	x           []float64
	down        int     // eigenvalues < 0
	unstable    float64 // the size of the least eigenvalue
	determinant float64 // its absolute value
	diffusion   float64
}

// criticalPoint finds one by Newton's method from the centre of a cell, no more than two cells
// away; false where it finds none, or an eigenvalue of ∇²φ that is next to none.
func (p *Problem) criticalPoint(g *grid.Grid, cell int) (*criticalPoint, bool) {
	d := g.Dim()
	start, x, idx := make([]float64, d), make([]float64, d), make([]int, d)
	g.Center(start, cell)
	copy(x, start)
	g.Indices(idx, cell)
	var dx mat.VecDense
	for range 30 {
		v, _ := p.coefficientsAt(x)
		if dx.SolveVec(jacobian(p, x), mat.NewVecDense(d, v)) != nil {
			return nil, false
		}
		for a := range x {
			if x[a] -= dx.AtVec(a); !(math.Abs(x[a]-start[a]) <= 2*g.Axis(a).Width(idx[a])) {
				return nil, false
			}
		}
	}
	for a := range x {
		if math.Abs(x[a]) < 1e-12*g.Axis(a).Length() { // round-off of a zero
			x[a] = 0
		}
	}
	_, diffusion := p.coefficientsAt(x)
	c := &criticalPoint{x: x, determinant: 1, diffusion: diffusion[0]}
	h, j := mat.NewSymDense(d, nil), jacobian(p, x)
	for a := range d {
		for b := a; b < d; b++ {
			h.SetSym(a, b, -0.5*(j.At(a, b)+j.At(b, a))/diffusion[0])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(h, false) {
		return nil, false
	}
	values := eigen.Values(nil)
	c.unstable = math.Abs(values[0])
	largest := max(math.Abs(values[0]), math.Abs(values[d-1]))
	for _, v := range values {
		if math.Abs(v) < 1e-6*largest {
			return nil, false
		}
		if v < 0 {
			c.down++
		}
		c.determinant *= math.Abs(v)
	}
	return c, true
}

// climb returns φ(to) − φ(from) = −∫D⁻¹v on the straight line, the short way round on periodic axes.
func (p *Problem) climb(g *grid.Grid, from, to []float64) (height float64) {
	step := shortWay(g, from, to)
	slope := func(s float64) (sum float64) {
		x := make([]float64, len(from))
		for a := range x {
			x[a] = from[a] + s*step[a]
		}
		v, diffusion := p.coefficientsAt(x)
		for a := range x {
			sum -= v[a] * step[a] / diffusion[0]
		}
		return sum
	}
	const panels = 16
	for k := range panels {
		height += quad.Fixed(slope, float64(k)/panels, float64(k+1)/panels, 16, nil, 0)
	}
	return height
}

// containsNear says whether one of the points is within a tenth of a cell of x.
func containsNear(points [][]float64, x []float64, g *grid.Grid) bool {
	for _, y := range points {
		var apart float64
		for a, step := range shortWay(g, x, y) {
			ax := g.Axis(a)
			apart = max(apart, math.Abs(step)*float64(ax.Cells())/ax.Length())
		}
		if apart < 0.1 {
			return true
		}
	}
	return false
}

// shortWay returns the way between two points, the short one round periodic axes.
func shortWay(g *grid.Grid, from, to []float64) []float64 {
	step := append([]float64(nil), to...)
	unwind(g, from, step)
	floats.Sub(step, from)
	return step
}
