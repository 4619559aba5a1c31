package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
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

// So many walkers as StudyWalkers says are enough, and one fewer are not.
func TestStudyWalkersAreWhatFitsWant(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, fewer := range []int{0, 1} {
		var points []StudyPoint
		for _, rate := range []float64{0.2, 0.1} {
			points = append(points, synthetic(rng, rate, 1, 0.02, []float64{0.5, -0.2, 1, 0.3, -1}, StudyWalkers(2)-fewer))
		}
		if _, err := FitWeakOrder(points); (err == nil) != (fewer == 0) {
			t.Errorf("%d fewer: %v", fewer, err)
		}
	}
}

// Over many repetitions of noise the true order lies within two errors as often as it
// should, P is uniform, and norms are right on average.
func TestWeakOrderOfSyntheticStudies(t *testing.T) {
	skipLong(t)
	const repetitions, sd, walkers = 400, 0.02, 256
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
		// With errors from 32 groups 95 % ± 1.1 % lie within two; four deviations are allowed.
		if share := float64(within) / repetitions; math.Abs(share-0.95) > 0.045 {
			t.Errorf("q = %g: %.3f lie within two errors", q, share)
		}
		if share := float64(low) / repetitions; math.Abs(share-0.1) > 0.06 { // four of √(0.09/400)
			t.Errorf("q = %g: %.3f have P < 0.1", q, share)
		}
		s0, s1 := math.Sqrt(1+a[2]*math.Pow(0.2, q)), math.Sqrt(4+a[4]*math.Pow(0.2, q))
		var square float64
		for f, unit := range []float64{s0, s1, s0 * s0, s0 * s1, s1 * s1} {
			square += math.Pow(a[f]/unit*math.Pow(0.05, q), 2)
		}
		m, se = estimate(norms)
		if q == 1 { // at q = 2 it is not resolved, where norms that are cut off at 0 are biased
			checkWithin(t, "norm", m, se, math.Sqrt(square))
		}
	}
}

// Of two differences Δ of one mean the order is ln(Δ₁/Δ₂)/ln(η₁/η₂), with an error by the
// relative errors of both.
func TestWeakOrderOfTwoMeans(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var points []StudyPoint
	var log, square float64
	for k, mean := range []float64{1.2, 0.5} {
		x := make([]float64, 4096)
		for w := range x {
			x[w] = mean + rng.NormFloat64()
		}
		m, se := estimate(x)
		log += math.Log(m) * float64(1-2*k)
		square += se / m * se / m
		points = append(points, StudyPoint{0.2 / float64(1+k), &Moments{
			Walkers: len(x), Mean: []float64{m}, Cov: []float64{1}, WalkerMeans: [][]float64{x},
		}, []float64{0}, nil})
	}
	w, err := FitWeakOrder(points)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "order", w.Order, log/math.Ln2, 2e-6) // golden section to 1e-6
	// Of 32 groups a variance is known to √(2/31), an error to 13 %.
	near(t, "error", w.OrderErr*math.Ln2/math.Sqrt(square), 1, 0.4)
	if !math.IsNaN(w.P) || w.Fitted != 2 {
		t.Errorf("P = %g of %d rates", w.P, w.Fitted)
	}
}

// Differences η at the learning rates 1, 1/2, 1/4 with the error s, and ε more at the largest: a line through
// their logarithms, of weights 16 : 4 : 1, has the slope q = 1 + 8ε/(11 ln 2) with the variance (28/11)(s/ln 2)², the two
// smallest have q = 1 with 20 (s/ln 2)². Their difference is ε/(s√33) of its standard errors: that of the
// largest is left out where these are more than three.
func TestLargestRateIsLeftOutBeyondThreeErrors(t *testing.T) {
	const s = 1e-4 // so that logarithms are straight: ε is 2e-3 of η
	for _, errors := range []float64{-3.03, -2.97, 0, 2.97, 3.03} {
		excess := errors * math.Sqrt(33) * s
		var f orderFit
		for k, rate := range []float64{1, 0.5, 0.25} {
			d := &difference{rate: rate, delta: []float64{rate}, cov: mat.NewSymDense(1, []float64{s * s}), weight: *mat.NewSymDense(1, []float64{1 / (s * s)})}
			if k == 0 {
				d.delta[0] += excess
			}
			for g := range studyGroups { // e on either side is an error of e√31
				e := s / math.Sqrt(studyGroups-1) * float64(1-2*(g%2))
				d.without = append(d.without, []float64{d.delta[0] + e})
			}
			f = append(f, d)
		}
		w := WeakOrder{Rates: []float64{1, 0.5, 0.25}, Resolved: []bool{true, true, true}}
		w.fit(f)
		order, variance, fitted := 1+8*excess/(11*math.Ln2), 28.0/11, 3
		if math.Abs(errors) > 3 {
			order, variance, fitted = 1, 20, 2
		}
		// Terms ε² beside ε, and golden section to 1e-6; an error is as far off in parts as the weights are, by 2ε.
		if math.Abs(w.Order-order) > 2e-6+2*excess*excess || math.Abs(w.OrderErr*math.Ln2/(s*math.Sqrt(variance))-1) > 0.01 || w.Fitted != fitted {
			t.Errorf("%g errors: order %.7f ± %.3g of %d rates, want %.7f ± %.3g of %d", errors, w.Order, w.OrderErr, w.Fitted, order, s*math.Sqrt(variance)/math.Ln2, fitted)
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
	negative, line, part, unknown := one, one, one, one
	negative.Rate = -0.1
	line.Mean, line.Rate = []float64{1}, 0.2
	part.Cov, part.Rate = nil, 0.2
	unknown.Mean, unknown.Rate = []float64{1, math.NaN()}, 0.2
	for name, points := range map[string][]StudyPoint{
		"one": {one}, "same rate": {one, one}, "few walkers": {one, few}, "no noise": {one, still},
		"negative rate": {one, negative}, "dimension": {one, line}, "no covariance": {one, part}, "not a number": {one, unknown},
	} {
		if _, err := FitWeakOrder(points); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What is just enough: ten walkers for each of five functionals, 32 for one.
func TestSmallestStudies(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for walkers, means := range map[int]bool{50: false, 32: true} {
		points := []StudyPoint{synthetic(rng, 0.1, 1, 0.02, make([]float64, 5), walkers), synthetic(rng, 0.2, 1, 0.02, make([]float64, 5), walkers)}
		for k := range points {
			if means { // of one coordinate
				m := *points[k].Moments
				m.Mean, m.Cov, m.WalkerMeans = m.Mean[:1], m.Cov[:1], m.WalkerMeans[:1]
				points[k].Moments, points[k].Mean, points[k].Cov = &m, points[k].Mean[:1], nil
			}
		}
		if _, err := FitWeakOrder(points); err != nil {
			t.Errorf("%d walkers: %v", walkers, err)
		}
		for k := range points {
			m := *points[k].Moments
			m.Walkers--
			points[k].Moments = &m
		}
		if _, err := FitWeakOrder(points); err == nil {
			t.Errorf("%d walkers: no error", walkers-1)
		}
	}
}

// Differences are resolved where noise alone exceeds their χ² with a chance below 1e-3: of one
// normal mean, beyond 3.29 standard errors.
func TestResolvedDifferences(t *testing.T) {
	const walkers = 400
	x := make([]float64, walkers) // of mean 0 and variance 1 between them
	for w := range x {
		x[w] = math.Sqrt((walkers-1.0)/walkers) * float64(2*(w%2)-1)
	}
	for z, want := range map[float64]bool{3.2: false, 3.4: true} {
		var points []StudyPoint
		for k, rate := range []float64{0.1, 0.2} {
			m := &Moments{Walkers: walkers, Mean: []float64{0}, Cov: []float64{1}, WalkerMeans: [][]float64{x}}
			points = append(points, StudyPoint{Rate: rate, Moments: m, Mean: []float64{z * math.Pow(-1, float64(k)) / math.Sqrt(walkers)}})
		}
		w, err := FitWeakOrder(points)
		if err != nil {
			t.Fatal(err)
		}
		if w.Resolved[0] != want || w.Resolved[1] != want {
			t.Errorf("%g errors: resolved %v, want %v", z, w.Resolved, want)
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

// checkOrder wants a study to find the order, with a bias of the next power of η, that
// differences without noise have with the same weights.
func checkOrder(t *testing.T, what string, points []StudyPoint, exact [][]float64, want, bias float64) {
	t.Helper()
	w, err := FitWeakOrder(points)
	if err != nil {
		t.Fatal(err)
	}
	var ideal orderFit
	unit := points[0].Moments.units()
	for k, p := range points {
		d, err := newDifference(p, unit, points[0].Rate)
		if err != nil {
			t.Fatal(err)
		}
		for f, v := range p.reference() {
			d.delta[f] = (exact[k][f] - v) / unit[f]
		}
		ideal = append(ideal, d)
	}
	q, _ := ideal[len(ideal)-max(2, w.Fitted):].best()
	t.Logf("%s: order %.4f ± %.4f of %d rates, P = %.3g; without noise %.4f; errors %.3g ± %.2g, resolved %v",
		what, w.Order, w.OrderErr, w.Fitted, w.P, q, w.Errors, w.ErrorsErr, w.Resolved)
	checkWithin(t, what, w.Order, w.OrderErr, q)
	near(t, what, w.Order, want, bias+5*w.OrderErr)
}

// Actual studies of the stationary state find the orders of TestStationaryOrdersOfAQuadratic.
func TestEnsemblesHaveTheirStationaryOrders(t *testing.T) {
	skipLong(t)
	s := aQuadratic
	var first, corrected, second []StudyPoint
	var exact [][]float64
	for k, eta := range halvings(0.4, 2) {
		f := quadratic(s.h, []float64{s.c[0] * s.rate / eta, s.c[1] * s.rate / eta, s.c[2] * s.rate / eta}, 0)
		every := int(math.Ceil(0.5 / eta))
		m := run(t, &SGD{Formula: f, Schedule: fp.ConstantRate(eta), Batch: 1}, Initial{Points: [][]float64{{0, 0}}, Cov: s.exact(eta)},
			Options{Walkers: 4096, Seed: uint64(k + 1), Every: every}, 400*every).Moments()
		zero := []float64{0, 0}
		first = append(first, StudyPoint{eta, m, zero, s.first(eta)})
		corrected = append(corrected, StudyPoint{eta, m, zero, s.corrected(eta)})
		second = append(second, StudyPoint{eta, m, zero, s.second(eta)})
		exact = append(exact, append([]float64{0, 0}, s.exact(eta)...))
	}
	checkOrder(t, "drift of first order", first, exact, 1, 0.1)
	checkOrder(t, "drift of second order", corrected, exact, 1, 0.02)
	checkOrder(t, "drift and noise of second order", second, exact, 2, 0.03)
}

// Actual studies at a fixed time and for a fixed batch find 1 and 2. With H diagonal,
// h_a the curvatures and C the noise, of walkers from m
//
//	mean_a = m_a (1 − ηh_a)^k or m_a e^{−h_aT},
//	cov_ab = η²C_ab (1 − x^k)/(1 − x), x = (1 − ηh_a)(1 − ηh_b), or ηC_ab (1 − e^{−(h_a+h_b)T})/(h_a + h_b).
func TestEnsemblesHaveTheirTransientOrders(t *testing.T) {
	skipLong(t)
	const T = 1.
	start, h, c := []float64{2, -1}, []float64{1.3, 0.6}, []float64{1, -0.4, 0.8}
	law := func(mean, cov func(a, b int, c float64) float64) (m, v []float64) {
		for a := range h {
			m = append(m, start[a]*mean(a, a, 1))
			for b := a; b < len(h); b++ {
				v = append(v, cov(a, b, c[a+b]))
			}
		}
		return m, v
	}
	var exact [][]float64
	var orders, means [2][]StudyPoint
	for k, eta := range halvings(0.25, 2) {
		steps := int(math.Round(T / eta))
		m := run(t, &SGD{Formula: quadratic([]float64{h[0], 0, h[1]}, c, 0), Schedule: fp.ConstantRate(eta), Batch: 1},
			Initial{Points: [][]float64{start}}, Options{Walkers: 1 << 17, Seed: uint64(k + 1), BurnIn: steps - 1, Every: 1}, steps).Moments()
		mean, cov := law(
			func(a, _ int, _ float64) float64 { return math.Pow(1-eta*h[a], T/eta) },
			func(a, b int, c float64) float64 {
				x := (1 - eta*h[a]) * (1 - eta*h[b])
				return eta * eta * c * (1 - math.Pow(x, T/eta)) / (1 - x)
			})
		exact = append(exact, append(mean, cov...))
		for order := range orders {
			rate := func(a int) float64 { return h[a] + float64(order)*eta/2*h[a]*h[a] }
			mean, cov := law(
				func(a, _ int, _ float64) float64 { return math.Exp(-rate(a) * T) },
				func(a, b int, c float64) float64 {
					r := rate(a) + rate(b)
					return eta * c * (1 - math.Exp(-r*T)) / r
				})
			orders[order] = append(orders[order], StudyPoint{eta, m, mean, cov})
			means[order] = append(means[order], StudyPoint{eta, m, mean, nil})
		}
	}
	checkOrder(t, "drift of first order, means", means[0], exact, 1, 0.15)
	checkOrder(t, "drift of second order, means", means[1], exact, 2, 0.1)
	checkOrder(t, "drift of second order", orders[1], exact, 2, 0.1)
}

// The square of the norm is right on average, and norms vary by their error.
func TestNormsHaveNoNoiseInThem(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	const s = 0.1
	d := &difference{cov: mat.NewSymDense(2, []float64{2 * s * s, s * s, s * s, s * s})}
	var squares, norms, errs []float64
	for range 10000 {
		common, own := s*rng.NormFloat64(), s*rng.NormFloat64()
		d.delta = []float64{1 + common + own, 0.5 + common}
		norm, se := d.norm()
		squares, norms, errs = append(squares, norm*norm), append(norms, norm), append(errs, se)
	}
	m, se := estimate(squares)
	checkWithin(t, "square", m, se, 1.25) // seven deviations from the cut at 0
	_, spread := estimate(norms)
	near(t, "mean error over deviation", mean(errs)/(spread*100), 1, 0.05) // of √: relative order (s/|Δ|)²
}
