package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// synthetic is an ensemble in two dimensions whose means and covariances err by a_f η^q
// from reference values, with walkers' noise of deviation sd, correlated over functionals.
func synthetic(rng *rand.Rand, rate, q, sd float64, a []float64, walkers int) StudyPoint {
	m := &Moments{Walkers: walkers, WalkerMeans: columns(2, walkers), WalkerCovs: columns(3, walkers)}
	x := append(append([][]float64(nil), m.WalkerMeans...), m.WalkerCovs...)
	p := StudyPoint{rate, m, []float64{0.3, -1}, []float64{1, 0.5, 4}}
	reference := append(append([]float64(nil), p.Mean...), p.Cov...)
	for w := range walkers {
		common := rng.NormFloat64()
		for f := range x {
			x[f][w] = reference[f] + a[f]*math.Pow(rate, q) + sd*(rng.NormFloat64()+common)
		}
	}
	for f := range 2 {
		m.Mean = append(m.Mean, mean(x[f]))
	}
	for f := 2; f < 5; f++ {
		m.Cov = append(m.Cov, mean(x[f]))
	}
	return p
}

// Over many repetitions of noise the true order lies within two errors as often as it
// should, P is uniform, and norms are right on average.
func TestWeakOrderOfSyntheticStudies(t *testing.T) {
	const repetitions, sd, walkers = 200, 0.02, 256
	a := []float64{0.5, -0.2, 1, 0.3, -1}
	for _, q := range []float64{1, 2} {
		rng := rand.New(rand.NewPCG(1, uint64(q)))
		var within, low int
		var orders, squares, norms []float64
		for range repetitions {
			var points []StudyPoint
			for _, rate := range []float64{0.05, 0.2, 0.1} {
				points = append(points, synthetic(rng, rate, q, sd, a, walkers))
			}
			w, err := FitWeakOrder(points)
			if err != nil {
				t.Fatal(err)
			}
			z := (w.Order - q) / w.OrderErr
			if math.Abs(z) <= 2 {
				within++
			}
			if w.P < 0.1 {
				low++
			}
			orders, squares, norms = append(orders, w.Order), append(squares, z*z), append(norms, w.Errors[2])
		}
		m, se := estimate(orders)
		z2, z2Err := estimate(squares)
		t.Logf("q = %g: mean %.5f ± %.5f, deviation %.4f, z² %.3f ± %.3f, %d of %d within two errors, %d with P < 0.1",
			q, m, se, se*math.Sqrt(repetitions), z2, z2Err, within, repetitions, low)
		checkWithin(t, "order", m, se, q)
		// With errors from 32 groups 95 % ± 1.5 % lie within two; four deviations are allowed.
		if share := float64(within) / repetitions; math.Abs(share-0.95) > 0.06 {
			t.Errorf("q = %g: %.3f lie within two errors", q, share)
		}
		if share := float64(low) / repetitions; math.Abs(share-0.1) > 0.085 { // four of √(0.09/200)
			t.Errorf("q = %g: %.3f have P < 0.1", q, share)
		}
		scale := []float64{1, 2, 1, 2, 4}
		var square float64
		for f := range a {
			square += math.Pow(a[f]/scale[f]*math.Pow(0.05, q), 2)
		}
		m, se = estimate(norms)
		if q == 1 { // at q = 2 it is not resolved, where norms that are cut off at 0 are biased
			checkWithin(t, "norm", m, se, math.Sqrt(square))
		}
	}
}

// Without a difference there is no order.
func TestWeakOrderOfNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var found int
	for range 200 {
		var points []StudyPoint
		for _, rate := range []float64{0.2, 0.1, 0.05} {
			points = append(points, synthetic(rng, rate, 1, 0.02, make([]float64, 5), 256))
		}
		w, err := FitWeakOrder(points)
		if err != nil {
			t.Fatal(err)
		}
		if !math.IsNaN(w.Order) || !math.IsNaN(w.OrderErr) || !math.IsNaN(w.P) {
			found++
		}
		for k, e := range w.Errors {
			if e > 5*w.ErrorsErr[k] {
				t.Errorf("an error %g ± %g of nothing", e, w.ErrorsErr[k])
			}
		}
	}
	if found > 0 { // chance: 200 · 3 · (1e-3)² = 6e-4
		t.Errorf("%d of 200 studies of nothing found an order", found)
	}
}

func TestStudiesAreChecked(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	one := synthetic(rng, 0.1, 1, 0.02, make([]float64, 5), 256)
	few := synthetic(rng, 0.2, 1, 0.02, make([]float64, 5), 49)
	still := synthetic(rng, 0.2, 1, 0, make([]float64, 5), 256)
	negative, line, flat := one, one, one
	negative.Rate = -0.1
	line.Mean, line.Rate = []float64{1}, 0.2
	flat.Cov, flat.Rate = []float64{1, 0, 0}, 0.2
	for name, points := range map[string][]StudyPoint{
		"one": {one}, "same rate": {one, one}, "few walkers": {one, few}, "no noise": {one, still},
		"negative rate": {one, negative}, "dimension": {one, line}, "no variance": {one, flat},
	} {
		if _, err := FitWeakOrder(points); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// limitOrders are those between successive rates, each half of the one before, of
// differences without noise.
func limitOrders(t *testing.T, rates []float64, delta func(rate float64) []float64) (orders []float64) {
	t.Helper()
	var fit orderFit
	for _, rate := range rates {
		d := &difference{rate: rate, delta: delta(rate)}
		n := len(d.delta)
		d.weight = *mat.NewSymDense(n, nil)
		for f := range n {
			d.weight.SetSym(f, f, 1)
		}
		if fit = append(fit, d); len(fit) == 2 {
			q, ok := fit.best()
			if !ok {
				t.Errorf("no order at %g", rate)
			}
			orders = append(orders, q)
			fit = orderFit{d}
		}
	}
	return orders
}

func halvings(rate float64, count int) []float64 {
	rates := []float64{rate}
	for range count {
		rate /= 2
		rates = append(rates, rate)
	}
	return rates
}

func checkLimit(t *testing.T, what string, orders []float64, want, tol float64) {
	t.Helper()
	t.Logf("%s: orders %.4f", what, orders)
	near(t, what, orders[len(orders)-1], want, tol)
}

// quadraticStudy is SGD on a quadratic with constant noise, η/B fixed: the exact covariance
// S = (I − ηH)S(I − ηH) + η rate C, that of the equation with drift −∇L, with −∇(L + η/4|∇L|²),
// and with the latter and the noise C + (η/2)(HC + CH).
type quadraticStudy struct {
	h, c []float64
	rate float64 // η/B
}

func (s quadraticStudy) exact(eta float64) []float64 {
	m := mat.NewDense(2, 2, []float64{1 - eta*s.h[0], -eta * s.h[1], -eta * s.h[1], 1 - eta*s.h[2]})
	return repacked(fixedPoint(2, func(x *mat.Dense) *mat.Dense {
		next, noise := sandwich(m, x), mat.DenseCopyOf(unpacked(2, s.c))
		noise.Scale(eta*s.rate, noise)
		next.Add(next, noise)
		return next
	}))
}

func (s quadraticStudy) first(float64) []float64 { return s.solve(s.h, s.c) }

func (s quadraticStudy) corrected(eta float64) []float64 { return s.solve(s.steeper(eta), s.c) }

func (s quadraticStudy) second(eta float64) []float64 {
	var hc mat.Dense
	hc.Mul(unpacked(2, s.h), unpacked(2, s.c))
	c := append([]float64(nil), s.c...)
	c[0] += eta * hc.At(0, 0)
	c[1] += eta / 2 * (hc.At(0, 1) + hc.At(1, 0))
	c[2] += eta * hc.At(1, 1)
	return s.solve(s.steeper(eta), c)
}

// steeper is H + (η/2)H².
func (s quadraticStudy) steeper(eta float64) []float64 {
	h := s.h
	return []float64{
		h[0] + eta/2*(h[0]*h[0]+h[1]*h[1]), h[1] + eta/2*h[1]*(h[0]+h[2]), h[2] + eta/2*(h[1]*h[1]+h[2]*h[2]),
	}
}

func (s quadraticStudy) solve(h, c []float64) []float64 {
	x, err := lyapunov(2, h, c, s.rate)
	if err != nil {
		panic(err)
	}
	return repacked(x)
}

func less(x, y []float64) []float64 {
	d := make([]float64, len(x))
	for i := range d {
		d[i] = x[i] - y[i]
	}
	return d
}

var aQuadratic = quadraticStudy{[]float64{1, 0.3, 0.5}, []float64{1, -0.4, 0.8}, 0.1}

// With η/B fixed the stationary covariance is of order 1 with either drift: the one that is
// right to second order in time moves it the wrong way, as (1 + ηh/2)⁻¹ where
// (1 − ηh/2)⁻¹ is exact. With the noise corrected too the order is 2.
func TestStationaryOrdersOfAQuadratic(t *testing.T) {
	s := aQuadratic
	rates := halvings(0.2, 6)
	for _, c := range []struct {
		name      string
		reference func(float64) []float64
		order     float64
	}{{"drift of first order", s.first, 1}, {"drift of second order", s.corrected, 1}, {"drift and noise of second order", s.second, 2}} {
		orders := limitOrders(t, rates, func(eta float64) []float64 { return less(s.exact(eta), c.reference(eta)) })
		checkLimit(t, c.name, orders, c.order, 0.01) // next powers: η = 0.003 to 0.006
	}
	one := quadraticStudy{[]float64{1.3, 0, 1.3}, []float64{1, 0, 0.8}, 0.1}
	const eta = 1e-3
	first, second := less(one.exact(eta), one.first(eta)), less(one.exact(eta), one.corrected(eta))
	near(t, "error with the drift of second order over that with the first", second[0]/first[0], 2, 2*eta)
}

// At a fixed time T = kη and for a fixed batch, from a point that is not the minimum, the orders
// are 1 and 2: of the means (1 − ηh)^k and e^{−hT}, and of variances
// η²σ² (1 − (1−ηh)^{2k})/(1 − (1−ηh)²) and ησ² (1 − e^{−2hT})/2h, with h + ηh²/2 for h.
func TestTransientOrdersOfAQuadratic(t *testing.T) {
	const h, sigma2, T = 1.3, 0.7, 1.
	exact := func(eta float64) []float64 {
		a := math.Pow(1-eta*h, math.Round(T/eta))
		return []float64{a, eta * eta * sigma2 * (1 - a*a) / (1 - (1-eta*h)*(1-eta*h))}
	}
	equation := func(eta, h float64) []float64 {
		a := math.Exp(-h * T)
		return []float64{a, eta * sigma2 * (1 - a*a) / (2 * h)}
	}
	rates := halvings(0.25, 6)
	checkLimit(t, "drift of first order", limitOrders(t, rates, func(eta float64) []float64 {
		return less(exact(eta), equation(eta, h))
	}), 1, 0.01)
	checkLimit(t, "drift of second order", limitOrders(t, rates, func(eta float64) []float64 {
		return less(exact(eta), equation(eta, h+eta/2*h*h))
	}), 2, 0.01)
}
