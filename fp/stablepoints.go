package fp

import (
	"math"
	"math/cmplx"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// This file finds the stable points of a drift, and has its values and derivatives at a point.

// StablePoints returns minima of the landscape, or zeros of the drift where there is none,
// that attract: those found from fixed starts up to 100 from 0, none where there is no such
// point.
func (p *Problem) StablePoints() (points [][]float64) {
	for _, start := range starts(p.Dim()) {
		x, ok := descend(p, start)
		if ok && p.Landscape != nil && attracts(p, x, freeSlack) && !attracts(p, x, -freeSlack) {
			if y, still := followDrift(p, x); still && attracts(p, y, -1e-3) {
				x = y
			}
		}
		slack := freeSlack
		if distance(start) > nearStart {
			slack = -1e-3 // far along a valley is no place for a box
		}
		if !ok || !attracts(p, x, slack) || contains(points, x) {
			continue
		}
		points = append(points, x)
	}
	return points
}

// freeSlack is the eigenvalue of the drift's Jacobian, over the largest, that counts as 0.
const freeSlack = 1e-2

// nearStart is the distance from 0 within which stable points may have a free direction.
const nearStart = 6.0

// farthestStart is the distance from 0 within which stable points are looked for.
const farthestStart = 100.0

// starts returns the origin, points at several distances along each axis, and normal points.
func starts(dim int) [][]float64 {
	s := [][]float64{make([]float64, dim)}
	for a := range dim {
		for _, v := range []float64{-farthestStart, -30, -10, -3, -1, 1, 3, 10, 30, farthestStart} {
			x := make([]float64, dim)
			x[a] = v
			s = append(s, x)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 16 {
		x := make([]float64, dim)
		for a := range x {
			x[a] = 1.5 * r.NormFloat64()
		}
		s = append(s, x)
	}
	return s
}

func descend(p *Problem, start []float64) ([]float64, bool) {
	settings := &optimize.Settings{MajorIterations: 500, GradientThreshold: 1e-9}
	var prob optimize.Problem
	var method optimize.Method
	if p.Landscape != nil {
		prob = optimize.Problem{Func: p.Landscape.Value, Grad: p.Landscape.Grad}
		method = &optimize.BFGS{}
	} else {
		prob = optimize.Problem{Func: func(x []float64) float64 {
			v, _ := p.coefficientsAt(x)
			var sum float64
			for _, c := range v {
				sum += c * c
			}
			return sum
		}}
		method = &optimize.NelderMead{}
	}
	res, err := optimize.Minimize(prob, start, settings, method)
	if res == nil || err != nil && p.Landscape == nil {
		return nil, false // a line search that stops at round-off of a minimum is fine
	}
	for _, v := range res.X {
		if !(math.Abs(v) < 1e6) {
			return nil, false
		}
	}
	if p.Landscape == nil && !(math.Sqrt(res.F) < 1e-6) {
		return nil, false
	}
	return res.X, true
}

// followDrift follows the effective drift from a point to where it stops: along a valley of the
// landscape, whose points are all minima, noise that varies is all there is to it. Linearly
// implicit Euler steps grow as the drift fades, towards Newton's.
//
// Kelley and Keyes, SIAM J. Numer. Anal. 35 (1998) 508: pseudo-transient continuation.
func followDrift(p *Problem, x []float64) ([]float64, bool) {
	v, _ := p.coefficientsAt(x)
	j := jacobian(p, x)
	size := distance(v)
	step := 1 / mat.Norm(j, 2)
	for range 200 {
		if size < 1e-10*mat.Norm(j, 2)*(1+distance(x)) {
			return x, true
		}
		m := mat.NewDense(len(x), len(x), nil)
		m.Scale(-1, j)
		for a := range x {
			m.Set(a, a, m.At(a, a)+1/step)
		}
		var dx mat.VecDense
		if dx.SolveVec(m, mat.NewVecDense(len(v), v)) != nil {
			return nil, false
		}
		y := append([]float64(nil), x...)
		floats.Add(y, dx.RawVector().Data)
		w, _ := p.coefficientsAt(y)
		if !(distance(w) < 1.5*size) {
			step /= 4
			continue
		}
		x, v = y, w
		step *= max(1, min(size/distance(w), 10)) * 1.5
		size = distance(v)
		j = jacobian(p, x)
	}
	return nil, false
}

// attracts says whether no eigenvalue of the drift's Jacobian has a real part above
// slack times the largest eigenvalue.
func attracts(p *Problem, x []float64, slack float64) bool {
	var eig mat.Eigen
	j := jacobian(p, x)
	if n := mat.Norm(j, 1); math.IsNaN(n) || math.IsInf(n, 0) { // of which the factorization may find no end
		return false
	}
	if !eig.Factorize(j, mat.EigenNone) {
		return false
	}
	largest, top := 0.0, math.Inf(-1)
	for _, v := range eig.Values(nil) {
		largest = max(largest, cmplx.Abs(v))
		top = max(top, real(v))
	}
	return largest > 0 && top <= slack*largest
}

func distance(x []float64) (d float64) {
	for _, v := range x {
		d = math.Hypot(d, v)
	}
	return d
}

func contains(points [][]float64, x []float64) bool {
	for _, y := range points {
		var dist, size float64
		for a := range x {
			dist += (x[a] - y[a]) * (x[a] - y[a])
			size += x[a] * x[a]
		}
		if dist < 1e-6*(1+size) {
			return true
		}
	}
	return false
}

// coefficientsAt returns the effective drift and the packed D at one point.
func (p *Problem) coefficientsAt(x []float64) (v, diffusion []float64) {
	e := p.Equation
	if e.Potential {
		e = withoutPotential(e, stepAt(x))
	}
	at := make([][]float64, len(x))
	for a := range x {
		at[a] = x[a : a+1]
	}
	out := block(e.components(), 1)
	e.Eval(out, at)
	v = make([]float64, len(x))
	for a := range v {
		v[a] = out[a][0]
	}
	for _, c := range out[len(x):] {
		diffusion = append(diffusion, c[0])
	}
	return v, diffusion
}

// stepAt is a step for differences at a point with nothing else to measure it by:
// fourth-order differences over it are good to about 1e-11.
func stepAt(x []float64) []float64 {
	h := make([]float64, len(x))
	for a := range h {
		h[a] = 1e-3 * (1 + math.Abs(x[a]))
	}
	return h
}

// jacobian returns ∂v_i/∂x_j by central differences.
func jacobian(p *Problem, x []float64) *mat.Dense {
	d := len(x)
	j := mat.NewDense(d, d, nil)
	h := stepAt(x)
	for b := range d {
		y := append([]float64(nil), x...)
		y[b] = x[b] + h[b]
		up, _ := p.coefficientsAt(y)
		y[b] = x[b] - h[b]
		down, _ := p.coefficientsAt(y)
		for a := range d {
			j.Set(a, b, (up[a]-down[a])/(2*h[b]))
		}
	}
	return j
}
