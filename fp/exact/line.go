package exact

import (
	"math"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file has the cases in one dimension. Between reflecting walls the current is
// 0 and p ∝ exp(∫v/D), v = b − D′, which is (1/D)exp(∫b/D). On a circle of period ℓ,
// with ψ′ = −v/D,
//
//	p = N e^{−ψ(x)} ∫_x^{x+ℓ} e^ψ/D,   J = N (1 − e^{ψ(ℓ)−ψ(0)}).

// line returns the problem of an Itô equation in one variable x; d1 is D′.
func line(title string, drift, diffusion, d1 func(x float64) float64) *fp.Problem {
	scalar := func(f func(x float64) float64) fp.Func {
		return fp.Pointwise(func(dst, x []float64) { dst[0] = f(x[0]) })
	}
	return &fp.Problem{
		Title: title, Variables: []string{"x"},
		Equation: fp.Ito(1, scalar(drift), scalar(diffusion), scalar(d1)),
	}
}

// DoubleWell1D returns b = x − x³, D = (1 + x²/2)/10 on [−3, 3], in the sense of
// Itô: p ∝ (1 + x²/2)²⁹ e^{−10x²}.
func DoubleWell1D() *Case {
	const name = "double well with multiplicative noise"
	box := []fp.Interval{{Min: -3, Max: 3}}
	return &Case{
		Name: name, Box: box,
		Problem: line(name,
			func(x float64) float64 { return x - x*x*x },
			func(x float64) float64 { return 0.1 * (1 + x*x/2) },
			func(x float64) float64 { return 0.1 * x }),
		// ∫b/D = 10 ∫(1−2u)/(1+u) du with u = x²/2.
		logDensity: normalized(box, []float64{1}, func(x []float64) float64 {
			return 29*math.Log1p(x[0]*x[0]/2) - 10*x[0]*x[0]
		}),
	}
}

// TiltedPeriodic returns b = F − V′ with V = sin x, F = 1/2, D = 1/2 on [0, 2π]:
// a particle drifting down a washboard.
//
// Risken, section 11.3.
func TiltedPeriodic() *Case {
	const name, force, d = "tilted periodic potential", 0.5, 0.5
	problem := line(name,
		func(x float64) float64 { return force - math.Cos(x) },
		func(float64) float64 { return d },
		func(float64) float64 { return 0 })
	return circle(name, problem,
		func(x float64) float64 { return (math.Sin(x) - force*x) / d },
		func(float64) float64 { return d })
}

// Ratchet returns b = −V′ with V = sin x, D = 1/(2 + cos x) on [0, 2π], in the sense
// of Itô: a current without a mean force, because it is hotter on one side of the
// well than on the other.
//
// Here ψ = ∫V′/D + ln D with ∫V′/D = 2 sin x + x/2 + sin(2x)/4.
func Ratchet() *Case {
	const name = "thermal ratchet"
	d := func(x float64) float64 { return 1 / (2 + math.Cos(x)) }
	problem := line(name,
		func(x float64) float64 { return -math.Cos(x) },
		d,
		func(x float64) float64 { return math.Sin(x) * d(x) * d(x) })
	return circle(name, problem,
		func(x float64) float64 {
			return 2*math.Sin(x) + x/2 + math.Sin(2*x)/4 + math.Log(d(x))
		}, d)
}

// circle returns the case on [0, 2π] with the given ψ and D.
func circle(name string, problem *fp.Problem, psi, diffusion func(x float64) float64) *Case {
	const period = 2 * math.Pi
	box := []fp.Interval{{Min: 0, Max: period, Lower: grid.Periodic, Upper: grid.Periodic}}
	// 12 panels of 16 nodes integrate the entire functions e^ψ/D here to round-off.
	unit := composite(0, period, 12, 16)
	shape := func(x []float64) float64 {
		var sum float64
		for k, s := range unit.x {
			y := x[0] + s
			sum += unit.w[k] * math.Exp(psi(y)-psi(x[0])) / diffusion(y)
		}
		return sum
	}
	// The integrand is periodic and analytic: 256 equal steps are as good as Gauss.
	var z float64
	const steps = 256
	for k := range steps {
		z += shape([]float64{period * float64(k) / steps}) * period / steps
	}
	current := (1 - math.Exp(psi(period)-psi(0))) / z
	return &Case{
		Name: name, Problem: problem, Box: box,
		logDensity: func(x []float64) float64 { return math.Log(shape(x) / z) },
		velocity:   func(dst, x []float64) { dst[0] = current * z / shape(x) },
	}
}

// LinearRegression returns the equation of SGD with batch size 1 and learning rate
// η = 1/2 for the loss ½(w x_i − y_i)² over twelve samples, with the exact noise:
// b = −(a w − c) and D = (η/2)(αw² + βw + κ), in the sense of Itô. The
// noise grows with the distance, so that p has power-law tails (Pearson type IV).
func LinearRegression() *Case {
	const name, rate = "linear regression with one parameter", 0.5
	x := []float64{-1.6, -1.2, -0.9, -0.5, -0.2, 0.1, 0.3, 0.6, 0.8, 1.1, 1.4, 1.7}
	y := []float64{-1.1, -1.4, -0.2, -0.6, 0.3, -0.2, 0.5, 0.1, 1.2, 0.6, 1.9, 1.0}
	m := func(p, q int) (mean float64) { // of xᵖ y^q
		for i := range x {
			mean += math.Pow(x[i], float64(p)) * math.Pow(y[i], float64(q)) / float64(len(x))
		}
		return mean
	}
	a, c := m(2, 0), m(1, 1)
	alpha, beta, kappa := m(4, 0)-a*a, -2*(m(3, 1)-a*c), m(2, 2)-c*c
	quadratic := func(w float64) float64 { return (alpha*w+beta)*w + kappa }
	const s = rate / 2
	root := math.Sqrt(4*alpha*kappa - beta*beta)
	box := []fp.Interval{{Min: -40, Max: 40, Grading: &fp.Grading{Towards: c / a, Scale: 0.5}}}
	return &Case{
		Name: name, Box: box,
		Problem: line(name,
			func(w float64) float64 { return c - a*w },
			func(w float64) float64 { return s * quadratic(w) },
			func(w float64) float64 { return s * (2*alpha*w + beta) }),
		// (1/q) exp(∫(c − aw)/(s q)) with ∫dw/q = (2/√Δ) atan((2αw+β)/√Δ), Δ = 4ακ − β².
		logDensity: normalized(box, []float64{c / a}, func(x []float64) float64 {
			w := x[0]
			return -(1+a/(2*alpha*s))*math.Log(quadratic(w)) +
				(c+a*beta/(2*alpha))/s*2/root*math.Atan((2*alpha*w+beta)/root)
		}),
	}
}
