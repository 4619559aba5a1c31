package exact

import (
	"math"

	"github.com/ness-fp/ness/fp"
)

// This file has the nonlinear cases in two and three dimensions.

// isotropic returns D = strength·I in d dimensions.
func isotropic(d int, strength float64) fp.Func {
	return fp.Pointwise(func(dst, _ []float64) {
		clear(dst)
		for a, k := 0, 0; a < d; a++ {
			dst[k] = strength
			k += d - a
		}
	})
}

// well returns Σ_a (x_a² − 1)²/4 + 0.2 Σ_{a<b} x_a x_b.
func well(x []float64) float64 {
	var sum float64
	for a, v := range x {
		sum += (v*v - 1) * (v*v - 1) / 4
		for _, w := range x[:a] {
			sum += 0.2 * v * w
		}
	}
	return sum
}

// wells returns the case of the potential well/D with D = strength·I.
func wells(name string, dim int, strength float64) *Case {
	potential := func(x []float64) float64 { return well(x) / strength }
	box := make([]fp.Interval, dim)
	peak := make([]float64, dim)
	for a := range box {
		box[a] = fp.Interval{Min: -2.5, Max: 2.5}
		peak[a] = 1
	}
	peak[dim-1] = -1
	return &Case{
		Name: name, Box: box,
		Problem: &fp.Problem{
			Title: name, Variables: []string{"x", "y", "z"}[:dim],
			Equation: fp.Gibbs(dim,
				fp.Pointwise(func(dst, x []float64) { dst[0] = potential(x) }),
				isotropic(dim, strength), nil),
		},
		logDensity: normalized(box, peak, func(x []float64) float64 { return -potential(x) }),
	}
}

// driven returns the case of the same density given by the drift −∇(well) alone.
func driven(c *Case, strength float64) *Case {
	p := *c.Problem
	p.Title += ", by its drift"
	p.Equation = fp.HanggiKlimontovich(c.Dim(), fp.Pointwise(func(dst, x []float64) {
		for a, v := range x {
			dst[a] = -v * (v*v - 1)
			for b, w := range x {
				if a != b {
					dst[a] -= 0.2 * w
				}
			}
		}
	}), isotropic(c.Dim(), strength))
	return &Case{Name: p.Title, Problem: &p, Box: c.Box, logDensity: c.logDensity}
}

// QuadWellDrift returns [QuadWell] given by its drift.
func QuadWellDrift(strength float64) *Case { return driven(QuadWell(strength), strength) }

// OctoWellDrift returns [OctoWell] given by its drift.
func OctoWellDrift(strength float64) *Case { return driven(OctoWell(strength), strength) }

// QuadWell returns b = −∇L with L = (x²−1)²/4 + (y²−1)²/4 + 0.2xy on [−2.5, 2.5]²
// and D = strength·I, given by its potential: p ∝ exp(−L/D). Four wells; at
// strength 0.02 the system stays in one for some 1e5 units of time.
func QuadWell(strength float64) *Case { return wells("quad well", 2, strength) }

// DoubleWell returns the same in one dimension, L = (x²−1)²/4, with two wells.
func DoubleWell(strength float64) *Case { return wells("double well", 1, strength) }

// OctoWell returns the same in three dimensions, with eight wells.
func OctoWell(strength float64) *Case { return wells("octo well", 3, strength) }

// LimitCycle returns b = a(1 − r²)(x, y) + ω(−y, x), D = εI with a = 1, ω = 2,
// ε = 0.1 on [−2.5, 2.5]²: p ∝ exp(−(a/ε)(r⁴/4 − r²/2)), J = ω(−y, x) p.
//
// The current crosses the walls where p is below 1e-25 of its maximum.
func LimitCycle() *Case {
	const name, a, omega, eps = "limit cycle", 1.0, 2.0, 0.1
	box := []fp.Interval{{Min: -2.5, Max: 2.5}, {Min: -2.5, Max: 2.5}}
	return &Case{
		Name: name, Box: box,
		Problem: &fp.Problem{
			Title: name, Variables: []string{"x", "y"},
			Equation: fp.HanggiKlimontovich(2, fp.Pointwise(func(dst, x []float64) {
				pull := a * (1 - x[0]*x[0] - x[1]*x[1])
				dst[0] = pull*x[0] - omega*x[1]
				dst[1] = pull*x[1] + omega*x[0]
			}), isotropic(2, eps)),
		},
		logDensity: normalized(box, []float64{1, 0}, func(x []float64) float64 {
			r2 := x[0]*x[0] + x[1]*x[1]
			return -a / eps * (r2*r2/4 - r2/2)
		}),
		velocity: func(dst, x []float64) { dst[0], dst[1] = -omega*x[1], omega*x[0] },
	}
}

// Underdamped returns dx = y dt, dy = (−U′ − γy) dt + √(2γT) dW with U = (x²−1)²/4, γ = 1
// and T = 1/2: p ∝ exp(−(y²/2 + U)/T), J = (y, −U′) p. D has rank one everywhere.
//
// The current crosses the walls of the box, beyond which there is 1e-18 of the mass, where
// p is below 1e-12 of its maximum.
func Underdamped() *Case {
	const name, gamma, temperature = "underdamped double well", 1.0, 0.5
	slope := func(x float64) float64 { return x * (x*x - 1) }
	box := []fp.Interval{{Min: -3.5, Max: 3.5}, {Min: -6.5, Max: 6.5}}
	return &Case{
		Name: name, Box: box,
		Problem: &fp.Problem{
			Title: name, Variables: []string{"x", "v"},
			Equation: fp.HanggiKlimontovich(2, fp.Pointwise(func(dst, x []float64) {
				dst[0], dst[1] = x[1], -slope(x[0])-gamma*x[1]
			}), fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0, 0, gamma*temperature })),
		},
		logDensity: normalized(box, []float64{1, 0}, func(x []float64) float64 {
			u := x[0]*x[0] - 1
			return -(x[1]*x[1]/2 + u*u/4) / temperature
		}),
		velocity: func(dst, x []float64) { dst[0], dst[1] = x[1], -slope(x[0]) },
	}
}

// FullTensor returns a multiplicative, full diffusion tensor with a circulating
// current, on [−3, 3]², in the sense of Itô:
//
//	φ = (x²−1)²/4 + y²/2 + 0.3xy
//	D = 0.2 [[1 + 0.5x², 0.3 sin(x+y)], [0.3 sin(x+y), 1 + 0.5cos²y]]
//	ψ = 0.3 W e^{−φ},  W = (1 − (x/3)²)²(1 − (y/3)²)²
//	b = −D∇φ + ∇·D + e^φ(∂_yψ, −∂_xψ)
//
// so that p = e^{−φ}/Z and J = (∂_yψ, −∂_xψ)/Z, which vanishes on the walls.
func FullTensor() *Case {
	c := fullTensor("full tensor")
	drift := fp.Pointwise(func(dst, x []float64) {
		var slope, d, div, w [3]float64
		tensorSlope(slope[:2], x)
		tensorDiffusion(d[:], x)
		tensorDivergence(div[:2], x)
		c.velocity(w[:2], x)
		dst[0] = -d[0]*slope[0] - d[1]*slope[1] + div[0] + w[0]
		dst[1] = -d[1]*slope[0] - d[2]*slope[1] + div[1] + w[1]
	})
	c.Problem.Equation = fp.Ito(2, drift, fp.Pointwise(tensorDiffusion), fp.Pointwise(tensorDivergence))
	return c
}

// FullTensorGibbs returns the same problem given by its potential φ and the rest
// of the drift, w = e^φ(∂_yψ, −∂_xψ).
func FullTensorGibbs() *Case {
	c := fullTensor("full tensor with its potential")
	c.Problem.Equation = fp.Gibbs(2,
		fp.Pointwise(func(dst, x []float64) { dst[0] = tensorPotential(x) }),
		fp.Pointwise(tensorDiffusion), fp.Pointwise(c.velocity))
	return c
}

// fullTensor returns the case without its equation.
func fullTensor(name string) *Case {
	box := []fp.Interval{{Min: -3, Max: 3}, {Min: -3, Max: 3}}
	return &Case{
		Name: name, Box: box,
		Problem:    &fp.Problem{Title: name, Variables: []string{"x", "y"}},
		logDensity: normalized(box, []float64{1, 0}, func(x []float64) float64 { return -tensorPotential(x) }),
		velocity:   tensorVelocity,
	}
}

func tensorPotential(x []float64) float64 {
	a := x[0]*x[0] - 1
	return a*a/4 + x[1]*x[1]/2 + 0.3*x[0]*x[1]
}

// tensorSlope sets dst to ∇φ.
func tensorSlope(dst, x []float64) {
	dst[0] = x[0]*(x[0]*x[0]-1) + 0.3*x[1]
	dst[1] = x[1] + 0.3*x[0]
}

func tensorDiffusion(dst, x []float64) {
	c := math.Cos(x[1])
	dst[0] = 0.2 * (1 + 0.5*x[0]*x[0])
	dst[1] = 0.2 * 0.3 * math.Sin(x[0]+x[1])
	dst[2] = 0.2 * (1 + 0.5*c*c)
}

func tensorDivergence(dst, x []float64) {
	off := 0.2 * 0.3 * math.Cos(x[0]+x[1])
	dst[0] = 0.2*x[0] + off
	dst[1] = off - 0.2*math.Cos(x[1])*math.Sin(x[1])
}

// tensorVelocity sets dst to e^φ(∂_yψ, −∂_xψ) = 0.3(∂_yW − W∂_yφ, −∂_xW + W∂_xφ).
func tensorVelocity(dst, x []float64) {
	var slope [2]float64
	tensorSlope(slope[:], x)
	a, b := 1-x[0]*x[0]/9, 1-x[1]*x[1]/9
	w := a * a * b * b
	wx, wy := -4.0/9*x[0]*a*b*b, -4.0/9*x[1]*a*a*b
	dst[0] = 0.3 * (wy - w*slope[1])
	dst[1] = 0.3 * (w*slope[0] - wx)
}

// MildTensor3D returns, on [−3.3, 3.3]³,
//
//	φ = Σ(x_a² − 1)²/4 + 0.3xy + 0.2yz,   v = −(D + Q)∇φ
//
// with a full constant D and an antisymmetric Q: p ∝ e^{−φ}, J = −Q∇φ p. The current
// crosses the walls where p is below 1e-10 of its maximum.
func MildTensor3D() *Case {
	const name = "full tensor in three dimensions"
	d := [6]float64{0.2, 0.04, 0.02, 0.16, -0.03, 0.12}
	slope := func(dst, x []float64) {
		for a, v := range x {
			dst[a] = v * (v*v - 1)
		}
		dst[0] += 0.3 * x[1]
		dst[1] += 0.3*x[0] + 0.2*x[2]
		dst[2] += 0.2 * x[1]
	}
	velocity := func(dst, x []float64) { // −Q∇φ
		var g [3]float64
		slope(g[:], x)
		dst[0], dst[1], dst[2] = -0.2*g[1], 0.2*g[0]-0.1*g[2], 0.1*g[1]
	}
	box := make([]fp.Interval, 3)
	for a := range box {
		box[a] = fp.Interval{Min: -3.3, Max: 3.3}
	}
	return &Case{
		Name: name, Box: box,
		Problem: &fp.Problem{
			Title: name, Variables: []string{"x", "y", "z"},
			Equation: fp.HanggiKlimontovich(3, fp.Pointwise(func(dst, x []float64) {
				var g [3]float64
				slope(g[:], x)
				velocity(dst, x)
				dst[0] -= d[0]*g[0] + d[1]*g[1] + d[2]*g[2]
				dst[1] -= d[1]*g[0] + d[3]*g[1] + d[4]*g[2]
				dst[2] -= d[2]*g[0] + d[4]*g[1] + d[5]*g[2]
			}), fp.Pointwise(func(dst, _ []float64) { copy(dst, d[:]) })),
		},
		logDensity: normalized(box, []float64{1, -1, 1}, func(x []float64) float64 {
			sum := 0.3*x[0]*x[1] + 0.2*x[1]*x[2]
			for _, v := range x {
				sum += (v*v - 1) * (v*v - 1) / 4
			}
			return -sum
		}),
		velocity: velocity,
	}
}

// All returns every case at its usual parameters.
func All() []*Case {
	return []*Case{
		DoubleWell1D(), TiltedPeriodic(), Ratchet(), LinearRegression(),
		Rotation2D(1), Rotation2D(0.05), QuadWell(0.15), QuadWellDrift(0.15), FullTensor(), FullTensorGibbs(), LimitCycle(), Underdamped(),
		Rotation3D(), OctoWell(0.15), MildTensor3D(),
	}
}
