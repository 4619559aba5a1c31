package compare

import (
	"context"
	"flag"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/combin"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

var long = flag.Bool("long", false, "run studies of some minutes too")

// skipLong leaves out tests that are long arithmetic, and start no goroutines that shorter
// ones do not, where the race detector makes them ten times as long.
func skipLong(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("long arithmetic")
	}
}

// Statistical tests compare with an exact number and allow five standard errors: with some
// hundred numbers in this package and normal errors a false alarm has a chance below 1e-4,
// and since seeds are fixed it does not come and go.
func checkWithin(t *testing.T, what string, got, se, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 5*se) {
		t.Errorf("%s: %g ± %g, want %g (%.1f errors)", what, got, se, want, (got-want)/se)
	}
}

// checkMoments compares a mean and a covariance.
func checkMoments(t *testing.T, what string, m *Moments, mean []float64, cov *mat.SymDense) {
	t.Helper()
	k := 0
	for a := range mean {
		checkWithin(t, fmt.Sprintf("%s: mean %d", what, a), m.Mean[a], m.MeanErr[a], mean[a])
		for b := a; b < len(mean); b++ {
			checkWithin(t, fmt.Sprintf("%s: covariance %d %d", what, a, b), m.Cov[k], m.CovErr[k], cov.At(a, b))
			k++
		}
	}
}

// fixedPoint returns S = next(S) by iteration, which converges where SGD does.
func fixedPoint(d int, next func(s *mat.Dense) *mat.Dense) *mat.SymDense {
	s := mat.NewDense(d, d, nil)
	for {
		last := s
		s = next(s)
		if mat.EqualApprox(s, last, 1e-14) {
			break
		}
	}
	sym := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			sym.SetSym(i, j, s.At(i, j))
		}
	}
	return sym
}

// sandwich returns M S Mᵀ.
func sandwich(m, s mat.Matrix) *mat.Dense {
	var x, y mat.Dense
	x.Mul(m, s)
	y.Mul(&x, m.T())
	return &y
}

// quadratic is L = θᵀHθ/2 with noise of covariance C + κθθᵀ.
func quadratic(h, c []float64, kappa float64) *fp.LossFormula {
	return &fp.LossFormula{
		Dim: 2,
		Grad: fp.Pointwise(func(dst, x []float64) {
			dst[0], dst[1] = h[0]*x[0]+h[1]*x[1], h[1]*x[0]+h[2]*x[1]
		}),
		NoiseCov: fp.Pointwise(func(dst, x []float64) {
			dst[0], dst[1], dst[2] = c[0]+kappa*x[0]*x[0], c[1]+kappa*x[0]*x[1], c[2]+kappa*x[1]*x[1]
		}),
	}
}

// On a quadratic with noise of covariance Σ = C + κθθᵀ the second moments of SGD obey, for
// every η and with momentum, for the state (θ, v),
//
//	S = M S Mᵀ + η² N (C/B + κS_θθ/B + s I) Nᵀ,   M = [I − ηH, μI; −ηH, μI],   N = [I; I].
func TestStationaryCovarianceOnAQuadratic(t *testing.T) {
	skipLong(t)
	h, c := []float64{1, 0.3, 0.5}, []float64{1, -0.4, 0.8}
	hm := mat.NewDense(2, 2, []float64{h[0], h[1], h[1], h[2]})
	cm := mat.NewDense(2, 2, []float64{c[0], c[1], c[1], c[2]})
	for _, p := range []struct{ eta, mu, kappa, injected float64 }{
		{0.1, 0, 0, 0},
		{1.5, 0, 0, 0}, // η λ_max = 1.65, far from any SDE
		{0.5, 0, 0.7, 0},
		{0.5, 0, 0, 0.3},
		{0.3, 0.8, 0, 0},
		{2.5, 0.5, 0, 0}, // beyond 2/λ_max, stable by momentum
		{0.5, 0.6, 0.7, 0.3},
	} {
		const batch = 4
		m := mat.NewDense(4, 4, nil)
		for i := range 2 {
			for j := range 2 {
				x := -p.eta * hm.At(i, j)
				m.Set(2+i, j, x)
				if i == j {
					x++
					m.Set(i, 2+j, p.mu)
					m.Set(2+i, 2+j, p.mu)
				}
				m.Set(i, j, x)
			}
		}
		s := fixedPoint(4, func(s *mat.Dense) *mat.Dense {
			next := sandwich(m, s)
			for i := range 4 {
				for j := range 4 {
					v := (cm.At(i%2, j%2) + p.kappa*s.At(i%2, j%2)) / batch
					if i%2 == j%2 {
						v += p.injected
					}
					next.Set(i, j, next.At(i, j)+p.eta*p.eta*v)
				}
			}
			return next
		})
		want := mat.NewSymDense(2, []float64{s.At(0, 0), s.At(0, 1), s.At(0, 1), s.At(1, 1)})
		e := run(t, &SGD{Formula: quadratic(h, c, p.kappa), Schedule: fp.ConstantRate(p.eta), Batch: batch, Momentum: p.mu, InjectedNoise: p.injected},
			Initial{Points: [][]float64{{0, 0}}}, Options{Walkers: 1000, Seed: 1, BurnIn: 400, Every: 8}, 1200)
		checkMoments(t, fmt.Sprintf("%+v", p), e.Moments(), []float64{0, 0}, want)
	}
}

// With one dimension, curvature λ and noise σ² the momentum case has a closed form,
// Var θ = ησ²(1+μ) / (λB(1−μ)(2(1+μ) − ηλ)).
func TestMomentumInOneDimension(t *testing.T) {
	skipLong(t)
	const eta, mu, lambda, sigma2 = 0.7, 0.6, 1.3, 0.5
	f := &fp.LossFormula{
		Dim:      1,
		Grad:     func(dst, x [][]float64) { scaleTo(dst[0], x[0], lambda) },
		NoiseCov: func(dst, x [][]float64) { fill(dst[0], sigma2) },
	}
	e := run(t, &SGD{Formula: f, Schedule: fp.ConstantRate(eta), Batch: 1, Momentum: mu}, Initial{Points: [][]float64{{0}}},
		Options{Walkers: 4000, BurnIn: 100, Every: 8}, 500)
	m := e.Moments()
	checkWithin(t, "variance", m.Cov[0], m.CovErr[0], eta*sigma2*(1+mu)/(lambda*(1-mu)*(2*(1+mu)-eta*lambda)))
}

func scaleTo(dst, x []float64, s float64) {
	for i, v := range x {
		dst[i] = s * v
	}
}

func fill(dst []float64, v float64) {
	for i := range dst {
		dst[i] = v
	}
}

// regressionLaw returns θ* and the exact stationary covariance of SGD for linear
// regression with two features on finite data, for any stable η:
//
//	S = S − η(HS + SH) + η²[α⟨A_iSA_i⟩ + βHSH] + η²α⟨r_i²x_ix_iᵀ⟩,   A_i = x_ix_iᵀ,
//
// r_i the residuals at θ*, with α = 1/B, β = (B−1)/B with replacement and
// α = (n−B)/(B(n−1)), β = (B−1)n/(B(n−1)) without.
func regressionLaw(l *loss.Loss, eta float64, batch int, s fp.Sampling) ([]float64, *mat.SymDense) {
	n := l.Samples()
	alpha, beta := 1/float64(batch), float64(batch-1)/float64(batch)
	if s == fp.WithoutReplacement {
		alpha, beta = float64(n-batch)/float64(batch*(n-1)), float64((batch-1)*n)/float64(batch*(n-1))
	}
	x := mat.NewDense(n, 2, l.Data().X)
	var h, xy, theta mat.Dense
	h.Mul(x.T(), x)
	h.Scale(1/float64(n), &h)
	xy.Mul(x.T(), mat.NewDense(n, 1, l.Data().Y))
	xy.Scale(1/float64(n), &xy)
	if err := theta.Solve(&h, &xy); err != nil {
		panic(err)
	}
	noise := mat.NewDense(2, 2, nil)
	outer := make([]*mat.Dense, n)
	for i := range n {
		xi := mat.NewVecDense(2, l.Data().X[2*i:2*i+2])
		outer[i] = mat.NewDense(2, 2, nil)
		outer[i].Outer(1, xi, xi)
		r := mat.Dot(xi, theta.ColView(0)) - l.Data().Y[i]
		var w mat.Dense
		w.Scale(r*r/float64(n), outer[i])
		noise.Add(noise, &w)
	}
	cov := fixedPoint(2, func(s *mat.Dense) *mat.Dense {
		var next, hs, sh mat.Dense
		hs.Mul(&h, s)
		sh.Mul(s, &h)
		next.Add(&hs, &sh)
		next.Scale(-eta, &next)
		next.Add(s, &next)
		for _, a := range outer {
			p := sandwich(a, s)
			p.Scale(eta*eta*alpha/float64(n), p)
			next.Add(&next, p)
		}
		p := sandwich(&h, s)
		p.Scale(eta*eta*beta, p)
		next.Add(&next, p)
		p.Scale(eta*eta*alpha, noise)
		next.Add(&next, p)
		return &next
	})
	return []float64{theta.At(0, 0), theta.At(1, 0)}, cov
}

func TestRegressionHasItsExactLaw(t *testing.T) {
	skipLong(t)
	const eta = 0.3
	walkers, steps := 2048, 1600
	if *long {
		walkers, steps = 4096, 24600
	}
	l := someLoss(t, loss.LinearRegression, 2, 40)
	for _, s := range []fp.Sampling{fp.WithReplacement, fp.WithoutReplacement} {
		for _, batch := range []int{1, 7, 8} { // 8 with replacement goes by words where there are no lanes
			theta, cov := regressionLaw(l, eta, batch, s)
			e := run(t, &SGD{Loss: l, Schedule: fp.ConstantRate(eta), Batch: batch, Sampling: s},
				Initial{Points: [][]float64{theta}}, Options{Walkers: walkers, Seed: 3, BurnIn: 200, Every: 8}, steps)
			checkMoments(t, fmt.Sprintf("%v B=%d", s, batch), e.Moments(), theta, cov)
		}
	}
}

// The test above can tell: with 2 % more noise than there is, or the law of the other
// sampling, it would fail.
func TestExactLawHasPower(t *testing.T) {
	skipLong(t)
	const eta, batch = 0.3, 8
	l := someLoss(t, loss.LinearRegression, 2, 40)
	theta, without := regressionLaw(l, eta, batch, fp.WithoutReplacement)
	_, with := regressionLaw(l, eta, batch, fp.WithReplacement)
	e := run(t, &SGD{Loss: l, Schedule: fp.ConstantRate(eta), Batch: batch}, Initial{Points: [][]float64{theta}},
		Options{Walkers: 2048, Seed: 3, BurnIn: 200, Every: 8}, 1600)
	m := e.Moments()
	for name, wrong := range map[string]float64{"sampling": without.At(0, 0), "noise": 1.02 * with.At(0, 0)} {
		if math.Abs(m.Cov[0]-wrong) < 5*m.CovErr[0] {
			t.Errorf("a wrong %s is not seen: %g ± %g is near %g", name, m.Cov[0], m.CovErr[0], wrong)
		}
	}
}

// signed is regression with one feature ±1: g_i = θ − x_iy_i, whose noise does not depend on θ.
func signed(t *testing.T, n int) (l *loss.Loss, mean, variance float64) {
	data := &loss.Data{Features: []string{"x"}}
	for i := range n {
		x := float64(i%2*2 - 1)
		xy := math.Sin(float64(i * i))
		data.X, data.Y = append(data.X, x), append(data.Y, x*xy)
		mean += xy / float64(n)
	}
	for i := range n {
		d := data.X[i]*data.Y[i] - mean
		variance += d * d / float64(n)
	}
	l, err := loss.New(loss.LinearRegression, data)
	if err != nil {
		t.Fatal(err)
	}
	return l, mean, variance
}

// Batches of one epoch are anti-correlated: with C = (n−B)/(n−1) Σ/B and M = ⌊n/B⌋,
// averaged over E epochs, Cov(ξ_k, ξ_{k+h}) = −Σ/(n−1) · E(M−h)/(EM−h) for h < M, and 0
// beyond; where B divides n, Σ/(n−1) = C/(M−1). Other samplings have none.
func TestNoiseAutocovariance(t *testing.T) {
	skipLong(t)
	const batch, epochs = 4, 30
	for _, n := range []int{24, 27} { // 3 samples left over
		l, _, sigma := signed(t, n)
		m := n / batch
		for _, s := range []fp.Sampling{fp.Epochs, fp.WithReplacement, fp.WithoutReplacement} {
			c := sigma / batch
			if s != fp.WithReplacement {
				c *= float64(n-batch) / float64(n-1)
			}
			e := run(t, &SGD{Loss: l, Schedule: fp.ConstantRate(0.2), Batch: batch, Sampling: s}, Initial{Points: [][]float64{{1}}},
				Options{Walkers: 2000, Seed: 1, BurnIn: 2 * m, NoiseLags: m + 1}, (2+epochs)*m)
			got := e.NoiseCovariance()
			for h := range got.Cov {
				want := 0.0
				switch {
				case h == 0:
					want = c
				case s == fp.Epochs && h < m:
					want = -sigma / float64(n-1) * float64(epochs*(m-h)) / float64(epochs*m-h)
				}
				checkWithin(t, fmt.Sprintf("n=%d %v lag %d", n, s, h), got.Cov[h][0], got.Err[h][0], want)
			}
		}
	}
}

// At ends of epochs Var θ = η² Σ_kl a^{M−1−k} a^{M−1−l} Cov(ξ_k, ξ_l) / (1 − a^{2M}), a = 1 − η:
// less than what independent batches leave.
func TestVarianceAtEndsOfEpochs(t *testing.T) {
	skipLong(t)
	const n, batch, eta = 24, 4, 0.1
	const m, a = n / batch, 1 - eta
	l, mean, sigma := signed(t, n)
	c := sigma / batch * float64(n-batch) / float64(n-1)
	var sum float64
	for k := range m {
		for h := range m {
			cov := -c / (m - 1)
			if k == h {
				cov = c
			}
			sum += math.Pow(a, float64(2*m-2-k-h)) * cov
		}
	}
	want := eta * eta * sum / (1 - math.Pow(a, 2*m))
	e := run(t, &SGD{Loss: l, Schedule: fp.ConstantRate(eta), Batch: batch, Sampling: fp.Epochs}, Initial{Points: [][]float64{{mean}}},
		Options{Walkers: 2000, Seed: 1, BurnIn: 20 * m, Every: m}, 150*m)
	got := e.Moments()
	checkWithin(t, "mean", got.Mean[0], got.MeanErr[0], mean)
	checkWithin(t, "variance", got.Cov[0], got.CovErr[0], want)
	if independent := eta * eta * c / (1 - a*a); independent < 2*want {
		t.Errorf("epochs leave %g, not much less than %g", want, independent)
	}
}

// Of batches of one sample, in epochs of five, the law at ends of epochs is that over all their 120 orders. Where the loss
// is flat, so that an epoch moves little, their noise cancels: there they leave 0.0015 of the variance that
// independent batches do, and 0.05 where it is steep.
func TestEpochsReduceVarianceWhereTheLossIsFlat(t *testing.T) {
	skipLong(t)
	const eta, n = 0.3, 5
	data := &loss.Data{Features: []string{"steep", "flat"}}
	for i := range n {
		x := []float64{math.Sin(float64(2*i + 1)), 0.2 * math.Cos(float64(3*i*i))}
		data.X, data.Y = append(data.X, x...), append(data.Y, x[0]-x[1]+math.Sin(float64(5*i)))
	}
	l, err := loss.New(loss.LinearRegression, data)
	if err != nil {
		t.Fatal(err)
	}
	mean, cov := epochsLaw(l, eta)
	_, independent := regressionLaw(l, eta, 1, fp.WithReplacement)
	e := run(t, &SGD{Loss: l, Schedule: fp.ConstantRate(eta), Batch: 1, Sampling: fp.Epochs}, Initial{Points: [][]float64{mean}},
		Options{Walkers: 4000, Seed: 1, BurnIn: 1000 * n, Every: 40 * n}, 3000*n)
	checkMoments(t, "ends of epochs", e.Moments(), mean, cov)
	steep, flat := cov.At(0, 0)/independent.At(0, 0), cov.At(1, 1)/independent.At(1, 1)
	if !(flat < 0.002 && steep > 0.04) {
		t.Errorf("of the variance of independent batches epochs leave %g where the loss is steep, %g where it is flat", steep, flat)
	}
}

// epochsLaw returns mean and covariance at ends of epochs, of batches of one, with two features: an order takes θ to Aθ + c,
// so that E θ = E A E θ + E c and E θθᵀ = E (Aθ + c)(Aθ + c)ᵀ.
func epochsLaw(l *loss.Loss, eta float64) ([]float64, *mat.SymDense) {
	n := l.Samples()
	orders := combin.Permutations(n, n)
	steps, shifts := make([]*mat.Dense, len(orders)), make([]*mat.Dense, len(orders))
	step, shift := mat.NewDense(2, 2, nil), mat.NewDense(2, 1, nil) // means
	for k, order := range orders {
		a, c := mat.NewDense(2, 2, []float64{1, 0, 0, 1}), mat.NewDense(2, 1, nil)
		for _, i := range order {
			x := mat.NewDense(2, 1, l.Data().X[2*i:2*i+2])
			var one, h, y mat.Dense
			h.Mul(x, x.T())
			h.Scale(eta, &h)
			one.Sub(mat.NewDiagDense(2, []float64{1, 1}), &h)
			a.Mul(&one, a)
			c.Mul(&one, c)
			y.Scale(eta*l.Data().Y[i], x)
			c.Add(c, &y)
		}
		steps[k], shifts[k] = a, c
		step.Add(step, a)
		shift.Add(shift, c)
	}
	step.Scale(1/float64(len(orders)), step)
	shift.Scale(1/float64(len(orders)), shift)
	var rest, mean mat.Dense
	rest.Sub(mat.NewDiagDense(2, []float64{1, 1}), step)
	if err := mean.Solve(&rest, shift); err != nil {
		panic(err)
	}
	cov := fixedPoint(2, func(s *mat.Dense) *mat.Dense { // of θ − E θ
		next := mat.NewDense(2, 2, nil)
		for k, a := range steps {
			var off, square mat.Dense
			off.Mul(a, &mean)
			off.Add(&off, shifts[k])
			off.Sub(&off, &mean)
			square.Mul(&off, off.T())
			next.Add(next, sandwich(a, s))
			next.Add(next, &square)
		}
		next.Scale(1/float64(len(orders)), next)
		return next
	})
	return []float64{mean.At(0, 0), mean.At(1, 0)}, cov
}

// With every schedule the mean of SGD on a quadratic decays as Π(1 − η_kλ), and its
// variance obeys V_{k+1} = (1 − η_kλ)²V_k + η_k²σ².
func TestSchedules(t *testing.T) {
	skipLong(t)
	const lambda, sigma2, steps = 1.0, 0.3, 60
	f := &fp.LossFormula{
		Dim:      1,
		Grad:     func(dst, x [][]float64) { scaleTo(dst[0], x[0], lambda) },
		NoiseCov: func(dst, x [][]float64) { fill(dst[0], sigma2) },
	}
	for _, s := range []struct {
		schedule fp.Schedule
		rates    map[int]float64
	}{
		{fp.ConstantRate(0.1), map[int]float64{0: 0.1, 59: 0.1}},
		{fp.InverseSqrtRate(0.4), map[int]float64{0: 0.4, 3: 0.2, 15: 0.1}},
		{fp.StepDecayRate{Initial: 0.4, Factor: 0.5, Every: 20}, map[int]float64{0: 0.4, 19: 0.4, 20: 0.2, 59: 0.1}},
		{fp.CosineRate{Initial: 0.4, Final: 0.02, Steps: 40}, map[int]float64{0: 0.4, 20: 0.21, 40: 0.02, 59: 0.02}},
	} {
		for k, want := range s.rates {
			if got := s.schedule.Rate(k); math.Abs(got-want) > 1e-15 {
				t.Errorf("%+v: rate %d is %g, want %g", s.schedule, k, got, want)
			}
		}
		mean, variance := 1.0, 0.0
		for k := range steps {
			eta := s.schedule.Rate(k)
			mean *= 1 - eta*lambda
			variance = (1-eta*lambda)*(1-eta*lambda)*variance + eta*eta*sigma2
		}
		e := run(t, &SGD{Formula: f, Schedule: s.schedule, Batch: 1}, Initial{Points: [][]float64{{1}}},
			Options{Walkers: 20000, Seed: 2, BurnIn: steps - 1, Every: 1}, steps)
		m := e.Moments()
		checkWithin(t, fmt.Sprintf("%+v: mean", s.schedule), m.Mean[0], m.MeanErr[0], mean)
		checkWithin(t, fmt.Sprintf("%+v: variance", s.schedule), m.Cov[0], m.CovErr[0], variance)
	}
}

// For models that have no closed form, the ensemble and a plain loop over package loss
// with the standard library's generator agree in moments.
func TestNonlinearModelsAgreeWithAPlainLoop(t *testing.T) {
	skipLong(t)
	const eta, batch, n, walkers, steps = 0.1, 3, 20, 3000, 60
	for _, model := range []loss.Model{loss.LogisticRegression, loss.TanhNeuron, loss.DeepLinear} {
		l := someLoss(t, model, 2, n)
		for _, s := range []fp.Sampling{fp.WithReplacement, fp.WithoutReplacement, fp.Epochs} {
			e := run(t, &SGD{Loss: l, Schedule: fp.ConstantRate(eta), Batch: batch, Sampling: s}, Initial{Points: [][]float64{{0.5, 0.2}}},
				Options{Walkers: walkers, Seed: 5, BurnIn: steps - 1, Every: 1}, steps)
			fast, slow := e.Moments(), plainLoop(l, eta, batch, s, walkers, steps)
			for a := range 2 {
				checkWithin(t, fmt.Sprintf("%v %v mean %d", model, s, a), fast.Mean[a], math.Hypot(fast.MeanErr[a], slow.MeanErr[a]), slow.Mean[a])
			}
			for k := range 3 {
				checkWithin(t, fmt.Sprintf("%v %v covariance %d", model, s, k), fast.Cov[k], math.Hypot(fast.CovErr[k], slow.CovErr[k]), slow.Cov[k])
			}
		}
	}
}

// A learning rate that is not stable is noticed.
func TestDivergenceIsAnError(t *testing.T) {
	l := someLoss(t, loss.LinearRegression, 2, 40)
	e, err := New(&SGD{Loss: l, Schedule: fp.ConstantRate(5), Batch: 4}, Initial{Points: [][]float64{{0, 0}}}, Options{Walkers: 50})
	if err != nil {
		t.Fatal(err)
	}
	var diverged *DivergedError
	if err := e.Run(context.Background(), 100000); !asError(err, &diverged) || diverged.Walkers != 50 || diverged.Of != 50 {
		t.Errorf("error %v", err)
	}
	e, err = New(&SGD{Loss: l, Schedule: fp.ConstantRate(0.3), Batch: 1}, Initial{Points: [][]float64{{0, 0}}},
		Options{Walkers: 50, Grid: box(t, 4, 0.1, 2)})
	if err != nil {
		t.Fatal(err)
	}
	var outside *OutsideError
	if err := e.Run(context.Background(), 1000); !asError(err, &outside) || outside.Fraction != e.Histogram().OutsideFraction() || e.Step() != 1000 {
		t.Errorf("error %v", err)
	}
}
