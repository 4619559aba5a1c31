package compare

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp"
)

// A poly is a polynomial in up to three variables: exponents → coefficient.
type poly map[[3]int]float64

func (p poly) add(q poly, scale float64) poly {
	sum := poly{}
	for e, c := range p {
		sum[e] += c
	}
	for e, c := range q {
		sum[e] += scale * c
	}
	return sum
}

func (p poly) times(q poly) poly {
	out := poly{}
	for e, c := range p {
		for f, d := range q {
			out[[3]int{e[0] + f[0], e[1] + f[1], e[2] + f[2]}] += c * d
		}
	}
	return out
}

func (p poly) diff(a int) poly {
	out := poly{}
	for e, c := range p {
		if e[a] > 0 {
			k := float64(e[a])
			e[a]--
			out[e] += k * c
		}
	}
	return out
}

func (p poly) at(x []float64) float64 {
	var sum float64
	for e, c := range p {
		for a, v := range x {
			c *= math.Pow(v, float64(e[a]))
		}
		sum += c
	}
	return sum
}

// polynomialSDE has polynomial coefficients in d dimensions, a full tensor whose noise
// does not commute, and the point (0.3, −0.2, 0.4), where D is positive.
type polynomialSDE struct {
	d     int
	drift []poly
	noise []poly // packed
}

func newPolynomialSDE(d int) *polynomialSDE {
	one, x := [3]int{}, func(a, k int) [3]int { var e [3]int; e[a%3] = k; return e }
	s := &polynomialSDE{d: d}
	for a := range d {
		next := (a + 1) % d
		s.drift = append(s.drift, poly{x(a, 1): -1, x(a, 3): -0.5, one: 0.2}.add(poly{x(next, 1): 0.6, x(next, 2): 0.3}, 1))
		for b := a; b < d; b++ {
			if a == b {
				s.noise = append(s.noise, poly{one: 0.5 + 0.1*float64(a), x(a, 2): 0.4}.add(poly{x(next, 1): 0.2}, 1))
			} else {
				s.noise = append(s.noise, poly{one: 0.1}.add(poly{x(a, 1): 0.15}, 1).add(poly{x(b, 2): -0.1}, 1))
			}
		}
	}
	return s
}

// generator returns Lf = b_i ∂_i f + D_ij ∂_i∂_j f.
func (s *polynomialSDE) generator(f poly) poly {
	out := poly{}
	k := 0
	for i := range s.d {
		out = out.add(s.drift[i].times(f.diff(i)), 1)
		for j := i; j < s.d; j++ {
			scale := 2.0
			if i == j {
				scale = 1
			}
			out = out.add(s.noise[k].times(f.diff(i).diff(j)), scale)
			k++
		}
	}
	return out
}

func components(list []poly) fp.Func {
	return fp.Pointwise(func(dst, x []float64) {
		for c, p := range list {
			dst[c] = p.at(x)
		}
	})
}

// afterOneStep returns E f after one step of a scheme with three-point increments, a sum
// over all their outcomes and all signs.
func (s *polynomialSDE) afterOneStep(scheme Scheme, h float64, start []float64, f []poly) []float64 {
	outcomes := 1
	for range s.d {
		outcomes *= 3
	}
	pairs := s.d * (s.d - 1) / 2
	lanes := outcomes << pairs
	r := (&SDE{Dim: s.d, Drift: components(s.drift), Diffusion: components(s.noise), Step: h, Scheme: scheme}).runner().(*sdeRunner)
	r.factorizer = newFactorizer(s.d, lanes)
	b := &block{theta: columns(s.d, lanes), sources: newSources(lanes)}
	r.resume(b)
	r.deviates = normals{perStep: s.d, walkers: lanes, apart: lanes, z: make([]float64, lanes*buffered*s.d)}
	r.signs = make([]uint64, lanes*buffered)
	weight := make([]float64, lanes)
	for w := range lanes {
		weight[w] = 1 / float64(int(1)<<pairs)
		r.signs[w*buffered] = uint64(w / outcomes)
		code := w
		for a := range s.d {
			b.theta[a][w] = start[a]
			r.deviates.z[a*lanes+w] = math.Sqrt(3) * float64(code%3-1)
			weight[w] *= [3]float64{1.0 / 6, 2.0 / 3, 1.0 / 6}[code%3]
			code /= 3
		}
	}
	r.advance(b, 0, 1)
	mean := make([]float64, len(f))
	x := make([]float64, s.d)
	for w := range lanes {
		for a := range x {
			x[a] = b.theta[a][w]
		}
		for k := range f {
			mean[k] += weight[w] * f[k].at(x)
		}
	}
	return mean
}

// E f(X_h) = f + hLf + h²L²f/2 + O(h³), for all monomials f to degree 4: one step of
// Euler–Maruyama departs from this by O(h²), one of Platen's by O(h³), from which weak
// orders 1 and 2 follow. There is no sampling: noises of few outcomes are summed over.
func TestSchemesHaveTheirWeakOrder(t *testing.T) {
	for d := 1; d <= 3; d++ {
		s := newPolynomialSDE(d)
		start := []float64{0.3, -0.2, 0.4}[:d]
		var f []poly
		for i := range 5 {
			for j := range 5 {
				for k := range 5 {
					if n := i + j + k; n >= 1 && n <= 4 && (d > 1 || j == 0) && (d > 2 || k == 0) {
						f = append(f, poly{{i, j, k}: 1})
					}
				}
			}
		}
		for scheme, want := range map[Scheme]float64{EulerMaruyama: 2, Platen: 3} {
			var worst [2]float64
			for level, h := range []float64{0x1p-9, 0x1p-10} {
				got := s.afterOneStep(scheme, h, start, f)
				for k := range f {
					l := s.generator(f[k])
					exact := f[k].at(start) + h*l.at(start) + h*h/2*s.generator(l).at(start)
					worst[level] = max(worst[level], math.Abs(got[k]-exact))
				}
			}
			// The next term of the error still moves the order by some √h = 0.03.
			if order := math.Log2(worst[0] / worst[1]); math.Abs(order-want) > 0.1 {
				t.Errorf("d = %d, %v: one step has an error of order %.2f, want %g (%.3g, %.3g)", d, scheme, order, want, worst[0], worst[1])
			}
		}
	}
}

// On the Ornstein–Uhlenbeck process x′ = x − hAx + noise of covariance 2Dh is exact for
// Euler–Maruyama, x′ = (I − hA + h²A²/2)x + … for Platen's scheme, whose noise is added
// once at the full step and half of it in Ῡ: (I − hA/2) S with SSᵀ = 2Dh.
func TestOrnsteinUhlenbeckIsExactInLaw(t *testing.T) {
	skipLong(t)
	const h = 0.2
	a := mat.NewDense(2, 2, []float64{1, 0.8, -0.5, 0.7})
	diffusion := []float64{0.3, 0.1, 0.2}
	d := mat.NewDense(2, 2, []float64{0.3, 0.1, 0.1, 0.2})
	drift := fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = -x[0]-0.8*x[1], 0.5*x[0]-0.7*x[1] })
	eye := mat.NewDiagDense(2, []float64{1, 1})
	for _, scheme := range []Scheme{EulerMaruyama, Platen} {
		for _, increments := range []Increments{Gaussian, ThreePoint} {
			for _, constant := range []bool{true, false} {
				var m, half, square mat.Dense
				m.Scale(-h, a)
				m.Add(&m, eye)
				half.CloneFrom(eye)
				if scheme == Platen {
					square.Mul(a, a)
					square.Scale(h*h/2, &square)
					m.Add(&m, &square)
					var q mat.Dense
					q.Scale(-h/2, a)
					half.Add(&half, &q)
				}
				noise := sandwich(&half, d)
				want := fixedPoint(2, func(s *mat.Dense) *mat.Dense {
					next := sandwich(&m, s)
					var q mat.Dense
					q.Scale(2*h, noise)
					next.Add(next, &q)
					return next
				})
				s := &SDE{Dim: 2, Drift: drift, Step: h, Scheme: scheme, Increments: increments}
				if constant {
					s.ConstantDiffusion = diffusion
				} else {
					s.Diffusion = fp.Pointwise(func(dst, _ []float64) { copy(dst, diffusion) })
				}
				e := run(t, s, Initial{Points: [][]float64{{0, 0}}}, Options{Walkers: 1000, Seed: 1, BurnIn: 60, Every: 10}, 260)
				checkMoments(t, fmt.Sprint(scheme, increments, constant), e.Moments(), []float64{0, 0}, want)
			}
		}
	}
}

// dx = −x dt + √(2D) dW with D = 0.1(1 + x²) in one dimension: second moments obey
// dm/dt = −2m + 0.2(1 + m) exactly, m ← (1−h)²m + 0.2h(1 + m) for Euler–Maruyama.
// Platen's scheme follows the first within h², of which it took less than 0.1 with
// 3·10⁶ walkers.
func TestMultiplicativeNoiseInOneDimension(t *testing.T) {
	skipLong(t)
	const h, steps = 0.05, 24
	s := &SDE{
		Dim: 1, Step: h, Drift: func(dst, x [][]float64) { scaleTo(dst[0], x[0], -1) },
		Diffusion: func(dst, x [][]float64) {
			for i, v := range x[0] {
				dst[0][i] = 0.1 * (1 + v*v)
			}
		},
	}
	euler := 1.0
	for range steps {
		euler = (1-h)*(1-h)*euler + 0.2*h*(1+euler)
	}
	exact := 1/9.0 + 8/9.0*math.Exp(-1.8*h*steps) // m = 1/9 is stationary
	for _, c := range []struct {
		scheme   Scheme
		want     float64
		accuracy float64
	}{
		{EulerMaruyama, euler, 0},
		{Platen, exact, h * h},
	} {
		for _, increments := range []Increments{Gaussian, ThreePoint} {
			s.Scheme, s.Increments = c.scheme, increments
			e := run(t, s, Initial{Points: [][]float64{{1}}}, Options{Walkers: 40000, BurnIn: steps - 1, Every: 1}, steps)
			m := e.Moments()
			got := m.Cov[0] + m.Mean[0]*m.Mean[0]
			// d(m²) = 2m dm and Cov have correlated errors: their sum is a bound.
			se := m.CovErr[0] + 2*math.Abs(m.Mean[0])*m.MeanErr[0]
			if math.Abs(got-c.want) > 5*se+c.accuracy {
				t.Errorf("%v %v: %g ± %g, want %g", c.scheme, increments, got, se, c.want)
			}
		}
	}
}

// A constant tensor, whose products with three-point increments are taken from tables,
// moves walkers by the same bits as a function that returns it.
func TestConstantDiffusionIsThatOfAFunction(t *testing.T) {
	drift := func(dst, x [][]float64) {
		for a := range dst {
			for w, v := range x[a] {
				dst[a][w] = 0.1 - v
			}
		}
	}
	for _, d := range [][]float64{{0.1, 0, 0.2}, {0.1, 0.05, 0.2}, {0.1, -0.1, 0.1}} {
		function := func(dst, _ [][]float64) {
			for k, c := range dst {
				for w := range c {
					c[w] = d[k]
				}
			}
		}
		constant := run(t, &SDE{Dim: 2, Drift: drift, ConstantDiffusion: d, Step: 0.01, Increments: ThreePoint}, Initial{Points: [][]float64{{0, 1}}}, Options{Walkers: 10}, 61)
		varying := run(t, &SDE{Dim: 2, Drift: drift, Diffusion: function, Step: 0.01, Increments: ThreePoint}, Initial{Points: [][]float64{{0, 1}}}, Options{Walkers: 10}, 61)
		for a, x := range constant.Theta() {
			for w, v := range x {
				if other := varying.Theta()[a][w]; v != other {
					t.Fatalf("D = %v: coordinate %d of walker %d is %g and %g", d, a, w, v, other)
				}
			}
		}
	}
}

// Platen's signs come after the deviates, from the same stream, which goes on behind both.
func TestPlatenTakesSignsBehindDeviates(t *testing.T) {
	const d, walkers = 2, 3
	zero := func(dst, _ [][]float64) {
		for _, x := range dst {
			clear(x)
		}
	}
	r := (&SDE{Dim: d, Drift: zero, Diffusion: zero, Step: 0.1, Scheme: Platen}).runner().(*sdeRunner)
	b := &block{theta: columns(d, walkers), sources: newSources(walkers)}
	for w := range b.sources.now {
		b.sources.now[w] = random.New(1, uint64(w))
	}
	r.draw(b)
	for w := range walkers {
		want := random.Normals(make([]float64, buffered*d), random.New(1, uint64(w)))
		for k := range buffered {
			var sign uint64
			if sign, want = want.Next(); r.signs[w*buffered+k] != sign {
				t.Errorf("walker %d, step %d: another sign", w, k)
			}
		}
		if b.sources.now[w] != want {
			t.Errorf("walker %d: the stream is elsewhere", w)
		}
	}
}
