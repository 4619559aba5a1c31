package exact

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
)

// This file has the Ornstein–Uhlenbeck process b = −A x with constant D, for which
// p = N(0, S) with A S + S Aᵀ = 2D and J = −(A − D S⁻¹) x p.

// boxDeviations is the half-width of the box in standard deviations: what lies
// beyond, 1e-15 of the mass, is round-off of the rest.
const boxDeviations = 8

// OrnsteinUhlenbeck returns the process with drift −A x and diffusion D ≻ 0, d ≤ 3.
// It panics unless A is stable.
func OrnsteinUhlenbeck(name string, a *mat.Dense, diffusion *mat.SymDense) *Case {
	d := diffusion.SymmetricDim()
	s := Lyapunov(a, diffusion)
	var chol mat.Cholesky
	if !chol.Factorize(s) {
		panic("exact: OrnsteinUhlenbeck: A is not stable or D not positive definite")
	}
	var inv mat.SymDense
	if err := chol.InverseTo(&inv); err != nil {
		panic("exact: OrnsteinUhlenbeck: " + err.Error())
	}
	var rotation mat.Dense // −(A − D S⁻¹)
	rotation.Mul(diffusion, &inv)
	rotation.Sub(&rotation, a)
	logZ := 0.5 * (float64(d)*math.Log(2*math.Pi) + chol.LogDet())
	c := &Case{Name: name, Problem: linear(name, a, diffusion)}
	c.logDensity = func(x []float64) float64 {
		sum := -logZ
		for i, v := range x {
			for j, w := range x {
				sum -= 0.5 * inv.At(i, j) * v * w
			}
		}
		return sum
	}
	for k := range d {
		half := boxDeviations * math.Sqrt(s.At(k, k))
		c.Box = append(c.Box, fp.Interval{Min: -half, Max: half})
	}
	if mat.Norm(&rotation, 1) > 1e-12*mat.Norm(a, 1) {
		c.velocity = product(&rotation)
	}
	return c
}

// linear returns the problem with drift −A x. With constant D all conventions agree.
func linear(title string, a *mat.Dense, diffusion *mat.SymDense) *fp.Problem {
	d := diffusion.SymmetricDim()
	var minus mat.Dense
	minus.Scale(-1, a)
	drift := fp.Pointwise(product(&minus))
	var packed []float64
	for i := range d {
		for j := i; j < d; j++ {
			packed = append(packed, diffusion.At(i, j))
		}
	}
	tensor := fp.Pointwise(func(dst, _ []float64) { copy(dst, packed) })
	return &fp.Problem{
		Title: title, Variables: []string{"x", "y", "z"}[:d],
		Equation: fp.HanggiKlimontovich(d, drift, tensor),
	}
}

// product returns the function that sets dst = M x.
func product(m *mat.Dense) func(dst, x []float64) {
	return func(dst, x []float64) {
		for i := range dst {
			dst[i] = 0
			for j, v := range x {
				dst[i] += m.At(i, j) * v
			}
		}
	}
}

// Lyapunov returns S with A S + S Aᵀ = 2D. It panics where the equation is singular.
func Lyapunov(a *mat.Dense, diffusion *mat.SymDense) *mat.SymDense {
	d := diffusion.SymmetricDim()
	// (A⊗I + I⊗A) vec S = 2 vec D.
	m, rhs := mat.NewDense(d*d, d*d, nil), mat.NewVecDense(d*d, nil)
	for i := range d {
		for j := range d {
			rhs.SetVec(i*d+j, 2*diffusion.At(i, j))
			for k := range d {
				m.Set(i*d+j, k*d+j, m.At(i*d+j, k*d+j)+a.At(i, k))
				m.Set(i*d+j, i*d+k, m.At(i*d+j, i*d+k)+a.At(j, k))
			}
		}
	}
	var v mat.VecDense
	if err := v.SolveVec(m, rhs); err != nil {
		panic("exact: Lyapunov: " + err.Error())
	}
	s := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			s.SetSym(i, j, 0.5*(v.AtVec(i*d+j)+v.AtVec(j*d+i)))
		}
	}
	return s
}

// Rotation2D returns the process with A = [[1, 3], [−3, 3/2]] and
// D = 0.2 R diag(1, ratio) Rᵀ, R a rotation by 30°.
func Rotation2D(ratio float64) *Case {
	c, s := math.Cos(math.Pi/6), math.Sin(math.Pi/6)
	name := "rotation with isotropic noise"
	if ratio != 1 {
		name = "rotation with anisotropic noise"
	}
	off := 0.2 * c * s * (1 - ratio)
	if ratio == 1 {
		off = 0 // to the last bit, so that D is diagonal
	}
	return OrnsteinUhlenbeck(name, mat.NewDense(2, 2, []float64{1, 3, -3, 1.5}), mat.NewSymDense(2, []float64{
		0.2 * (c*c + ratio*s*s), off,
		off, 0.2 * (s*s + ratio*c*c),
	}))
}

// Rotation3D returns a process that rotates about a tilted axis in three
// dimensions, with a full diffusion tensor.
func Rotation3D() *Case {
	return OrnsteinUhlenbeck("rotation in three dimensions",
		mat.NewDense(3, 3, []float64{1, 0.8, -0.3, -0.8, 1.2, 0.5, 0.3, -0.5, 0.9}),
		mat.NewSymDense(3, []float64{0.2, 0.05, 0.02, 0.05, 0.15, -0.03, 0.02, -0.03, 0.1}))
}
