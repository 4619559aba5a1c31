package audit

import (
	"math"

	"gonum.org/v1/gonum/optimize"
)

// This file integrates over the low-loss sets of a loss in a box: boxes are cut in halves, along the
// axis where the loss changes most, until what is integrated hardly changes within one. So the
// cost does not depend on how thin the sets are, where they lie along axes.

// A surface is a loss L ≥ least in a box.
type surface struct {
	value  func(x []float64) float64
	lo, hi []float64
	least  float64
	points int     // values that may still be asked for
	each   int     // what a value counts
	lowest float64 // the least L − least that was seen, at most 0
	deeper bool    // whether that is a minimum that matters
}

// descend looks for a lower value than least from a point on, by Nelder and Mead's simplices, which
// follow curved valleys.
func (s *surface) descend(from []float64) {
	inside := func(x []float64) float64 {
		for a, v := range x {
			if v < s.lo[a] || v > s.hi[a] {
				return math.Inf(1)
			}
		}
		return s.value(x)
	}
	r, err := optimize.Minimize(optimize.Problem{Func: inside}, from, &optimize.Settings{
		FuncEvaluations: 5000, Converger: &optimize.FunctionConverge{Iterations: 200},
	}, &optimize.NelderMead{})
	if err == nil {
		s.least = min(s.least, r.F)
	}
}

// gaussNodes and gaussWeights are of the rule of five points on [−1, 1], of degree 9: e^−v with v
// linear and changing by c is integrated to c¹⁰/2.5·10¹² of itself.
var (
	gaussNodes   = [nodes]float64{-0.9061798459386640, -0.5384693101056831, 0, 0.5384693101056831, 0.9061798459386640}
	gaussWeights = [nodes]float64{0.2369268850561891 / 2, 0.4786286704993665 / 2, 0.5688888888888889 / 2, 0.4786286704993665 / 2, 0.2369268850561891 / 2}
)

const nodes = 5

// A piece is a box with the loss at the product of five points along each axis.
type piece struct {
	lo, hi []float64
	v      []float64 // L − least
}

// base is the number of boxes along an axis to begin with, by dimension.
var base = [...]int{1: 32, 2: 12, 3: 6}

// pieces calls do with boxes that fill the surface. Where it returns true the box is cut. It returns
// false when there are no values left.
func (s *surface) pieces(do func(p *piece) (cut bool)) bool {
	d := len(s.lo)
	count := int(math.Pow(float64(base[d]), float64(d)))
	var stack []*piece
	for k := range count {
		p := &piece{lo: make([]float64, d), hi: make([]float64, d)}
		for a := range d {
			i := k % base[d]
			k /= base[d]
			width := (s.hi[a] - s.lo[a]) / float64(base[d])
			p.lo[a], p.hi[a] = s.lo[a]+float64(i)*width, s.lo[a]+float64(i+1)*width
		}
		stack = append(stack, p)
		for len(stack) > 0 {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if !s.sample(p) {
				return false
			}
			if do(p) {
				a, b := p.halves(p.steepest())
				stack = append(stack, a, b)
			}
		}
	}
	return true
}

// sample fills in the values, and returns false when there are none left.
func (s *surface) sample(p *piece) bool {
	d := len(p.lo)
	n := 1
	for range d {
		n *= nodes
	}
	if s.points -= n * s.each; s.points < 0 {
		return false
	}
	p.v = make([]float64, n)
	x := make([]float64, d)
	for k := range p.v {
		rest := k
		for a := range d {
			x[a] = (p.lo[a]+p.hi[a])/2 + gaussNodes[rest%nodes]*(p.hi[a]-p.lo[a])/2
			rest /= nodes
		}
		p.v[k] = s.value(x) - s.least
		s.lowest = min(s.lowest, p.v[k])
	}
	return true
}

// steepest returns the axis along which the loss changes most.
func (p *piece) steepest() int {
	axis, most, stride := 0, -1.0, 1
	for a := range p.lo {
		var change float64
		for k, v := range p.v {
			if k/stride%nodes < nodes-1 {
				change = max(change, math.Abs(p.v[k+stride]-v))
			}
		}
		if change > most {
			axis, most = a, change
		}
		stride *= nodes
	}
	return axis
}

// halves cuts a box in two.
func (p *piece) halves(axis int) (a, b *piece) {
	a = &piece{lo: p.lo, hi: append([]float64(nil), p.hi...)}
	b = &piece{lo: append([]float64(nil), p.lo...), hi: p.hi}
	mid := (p.lo[axis] + p.hi[axis]) / 2
	a.hi[axis], b.lo[axis] = mid, mid
	return a, b
}

// bounds returns the least and the largest value.
func (p *piece) bounds() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range p.v {
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi
}

// mean returns the mean of f(L − least) over the box, and the box's volume.
func (p *piece) mean(f func(v float64) float64) (mean, volume float64) {
	volume = 1
	for a := range p.lo {
		volume *= p.hi[a] - p.lo[a]
	}
	for k, v := range p.v {
		weight, rest := 1.0, k
		for range p.lo {
			weight *= gaussWeights[rest%nodes]
			rest /= nodes
		}
		mean += weight * f(v)
	}
	return mean, volume
}

const (
	// negligible is βL beyond which e^−βL, 2e-9, does not count.
	negligible = 20
	// resolved is the change of βL within a box that is not cut where e^−βL is 1. Where it is less
	// the change may be e^{βL/10} times as large, for errors grow with its tenth power, up to
	// βL = relaxed.
	resolved, relaxed = 1.5, 12
	// between is what a loss may fall between points and beyond, of its change in a box: a valley
	// x^2k halfway between two of them has less.
	between = 0.3
	// sliver is the volume of boxes, relative to all, that are not cut: of a loss that jumps.
	sliver = 1e-18
)

// partition returns Z = ∫e^{−β(L − least)} and β times the mean of L − least, −d ln Z/d ln β; false
// without enough values.
func (s *surface) partition(beta float64) (z, slope float64, ok bool) {
	var first float64
	all := 1.0
	for a := range s.lo {
		all *= s.hi[a] - s.lo[a]
	}
	ok = s.pieces(func(p *piece) bool {
		lo, hi := p.bounds()
		if beta*(lo-between*(hi-lo)) > negligible {
			return false
		}
		if beta*(hi-lo) > resolved*math.Exp(min(beta*lo, relaxed)/10) {
			if _, volume := p.mean(func(float64) float64 { return 0 }); volume > sliver*all {
				return true
			}
		}
		w, volume := p.mean(func(v float64) float64 { return math.Exp(-beta * v) })
		u, _ := p.mean(func(v float64) float64 { return beta * v * math.Exp(-beta*v) })
		z += w * volume
		first += u * volume
		return false
	})
	return z, first / z, ok
}

// smooth is the change of a loss within a box that is not cut, in units of ε.
const smooth = 0.5

// sublevel returns the volume of L − least < ε, to some parts in a thousand; false without enough
// values.
func (s *surface) sublevel(epsilon float64) (volume float64, ok bool) {
	ok = s.pieces(func(p *piece) bool {
		lo, hi := p.bounds()
		change := hi - lo
		switch {
		case lo-between*change > epsilon:
			return false
		case hi+between*change < epsilon:
			_, v := p.mean(func(float64) float64 { return 0 })
			volume += v
			return false
		case change > smooth*epsilon:
			return true
		}
		volume += p.below(epsilon)
		return false
	})
	return volume, ok
}

// below returns the volume of L − least < ε in a box. About each point, in a cell of its weight, the loss
// is taken for linear along the axis where it changes most there.
func (p *piece) below(epsilon float64) float64 {
	k := -1
	inside, volume := p.mean(func(v float64) float64 {
		k++
		change, stride := 0.0, 1
		for range p.lo {
			i := k / stride % nodes
			before, after := max(i-1, 0), min(i+1, nodes-1)
			slope := (p.v[k+(after-i)*stride] - p.v[k-(i-before)*stride]) / (gaussNodes[after] - gaussNodes[before])
			change = max(change, math.Abs(slope)*2*gaussWeights[i])
			stride *= nodes
		}
		if change == 0 {
			change = math.SmallestNonzeroFloat64
		}
		return min(1, max(0, 0.5+(epsilon-v)/change))
	})
	return inside * volume
}
