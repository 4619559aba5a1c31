package multigrid

import (
	"math"

	"github.com/ness-fp/ness/operators/sparse"
)

// A problem is a drift and constant isotropic diffusion on a box.
type problem struct {
	name   string
	lo, hi []float64
	drift  func(x []float64, a int) float64
	d      float64
}

func (p *problem) dim() int { return len(p.lo) }

func quadWell(d float64) *problem {
	return &problem{
		name: "quad well", lo: []float64{-2.5, -2.5}, hi: []float64{2.5, 2.5}, d: d,
		drift: func(x []float64, a int) float64 { return -(x[a]*(x[a]*x[a]-1) + 0.2*x[1-a]) },
	}
}

func rotation() *problem {
	return &problem{
		name: "rotation", lo: []float64{-4, -4}, hi: []float64{4, 4}, d: 0.2,
		drift: func(x []float64, a int) float64 {
			if a == 0 {
				return -x[0] - 3*x[1]
			}
			return 3*x[0] - 1.5*x[1]
		},
	}
}

func vanDerPol(d float64) *problem {
	return &problem{
		name: "van der Pol", lo: []float64{-4, -6}, hi: []float64{4, 6}, d: d,
		drift: func(x []float64, a int) float64 {
			if a == 0 {
				return x[1]
			}
			return 2*(1-x[0]*x[0])*x[1] - x[0]
		},
	}
}

// eggCrate has wells² wells with barriers of height kT between neighbours, in a slight bowl.
func eggCrate(wells int, height float64) *problem {
	k := 2 * math.Pi * float64(wells)
	return &problem{
		name: "egg crate", lo: []float64{0, 0}, hi: []float64{1, 1}, d: 1,
		drift: func(x []float64, a int) float64 { return 0.5*height*k*math.Sin(k*x[a]) - 2*(x[a]-0.4) },
	}
}

func wells3() *problem {
	return &problem{
		name: "three double wells, rotated", lo: []float64{-2, -2, -2}, hi: []float64{2, 2, 2}, d: 0.2,
		drift: func(x []float64, a int) float64 {
			b := -x[a] * (x[a]*x[a] - 1)
			switch a {
			case 0:
				b -= x[1]
			case 1:
				b += x[0]
			}
			return b
		},
	}
}

// lattice discretises the problem by exponentially fitted rates.
func (p *problem) lattice(dims []int) *sparse.Lattice {
	d := p.dim()
	l := sparse.NewLattice(dims, make([]bool, d))
	h := make([]float64, d)
	for a := range h {
		h[a] = (p.hi[a] - p.lo[a]) / float64(dims[a])
	}
	x := make([]float64, d)
	for i := range l.States() {
		rest := i
		idx := make([]int, d)
		for a := range d {
			idx[a] = rest % dims[a]
			rest /= dims[a]
			x[a] = p.lo[a] + (float64(idx[a])+0.5)*h[a]
		}
		for a := range d {
			if idx[a] == dims[a]-1 {
				continue
			}
			at := x[a]
			x[a] += 0.5 * h[a]
			z := p.drift(x, a) * h[a] / p.d
			x[a] = at
			l.Up[a][i] = p.d / (h[a] * h[a]) * bernoulli(-z)
			l.Down[a][i] = p.d / (h[a] * h[a]) * bernoulli(z)
		}
	}
	return l
}

func bernoulli(z float64) float64 {
	switch {
	case z == 0:
		return 1
	case z > 40:
		return z * math.Exp(-z)
	}
	return z / math.Expm1(z)
}
