package compare

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

func pilot(t *testing.T, p Process, initial Initial, opt PilotOptions) Relaxation {
	t.Helper()
	r, err := Pilot(context.Background(), p, initial, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pilotError is the relative standard error of τ from the regression of an autoregression on
// itself at a lag of one to two τ, q = e⁻¹ … e⁻²: Bartlett's variance of q,
// (τ/WN)(1 − q² − 2q² ln(1/q)), over (q ln q)², at q = e⁻², where it is larger, and N = 50τ.
func pilotError(walkers int) float64 {
	const l = 2
	q := math.Exp(-l)
	return math.Sqrt((1-q*q-2*l*q*q)/float64(50*walkers)) / (l * q)
}

// checkPilot compares the mean τ of three seeds with a number, within a lower and an upper
// relative tolerance beyond five standard errors.
func checkPilot(t *testing.T, what string, p Process, initial Initial, opt PilotOptions, want, below, above float64) {
	t.Helper()
	const seeds = 3
	var mean float64
	for seed := range seeds {
		opt.Seed = uint64(seed)
		r := pilot(t, p, initial, opt)
		if !r.Mixed || 100*r.Steps > float64(r.Length) {
			t.Errorf("%s: seed %d: %+v", what, seed, r)
		}
		mean += r.Steps / seeds
	}
	se := pilotError(orElse(opt.Walkers, 256)) / math.Sqrt(seeds)
	if off := mean/want - 1; !(off > -below-5*se && off < above+5*se) {
		t.Errorf("%s: τ = %g, want %g (%+.3f, standard error %.3f)", what, mean, want, off, se)
	}
}

// On a quadratic the modes of SGD fade as (1 − ηλ)ᵏ, those of Euler–Maruyama on
// dx = −Ax dt + √2D dW as |1 − hλ|ᵏ, and those of the heavy ball as the eigenvalues of
// z² − (1 + μ − ηλ)z + μ = 0. Modes that are equally slow raise the largest eigenvalue by
// some one standard error of τ, at most.
func TestPilotOnLinearDrift(t *testing.T) {
	skipLong(t)
	origin := Initial{Points: [][]float64{{0, 0}}}
	const eta = 0.2
	for _, c := range []struct {
		name    string
		h       []float64
		slowest float64
	}{
		{"isotropic", []float64{1, 0, 1}, 1},
		{"anisotropic", []float64{1, 0, 0.1}, 0.1},
		{"turned by 45°", []float64{0.55, 0.45, 0.55}, 0.1},
	} {
		s := &SGD{Formula: quadratic(c.h, []float64{1, -0.4, 0.8}, 0), Schedule: fp.ConstantRate(eta), Batch: 4}
		checkPilot(t, c.name, s, origin, PilotOptions{}, -1/math.Log(1-eta*c.slowest), 0, pilotError(256))
	}
	const mu, lambda = 0.9, 0.5 // z is complex, of modulus √μ
	heavy := &SGD{Formula: quadratic([]float64{lambda, 0, lambda}, []float64{1, -0.4, 0.8}, 0), Schedule: fp.ConstantRate(eta), Batch: 4, Momentum: mu}
	checkPilot(t, "momentum", heavy, origin, PilotOptions{}, -2/math.Log(mu), 0, pilotError(256))

	const h = 0.02 // A2: λ = 1.25 ± i√(9 − 1/16)
	rotating := &SDE{
		Dim: 2, Step: h, ConstantDiffusion: []float64{0.2, 0, 0.2},
		Drift: fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = -x[0]-3*x[1], 3*x[0]-1.5*x[1] }),
	}
	modulus := math.Hypot(1-h*1.25, h*math.Sqrt(9-1.0/16))
	checkPilot(t, "rotating", rotating, origin, PilotOptions{}, -1/math.Log(modulus), 0, pilotError(256))
}

// Six coordinates of 96 walkers leave room for squares only, twelve for none; the slow direction is found all
// the same: independent coordinates of rates 1 and one of 0.2.
func TestPilotOfManyCoordinates(t *testing.T) {
	const walkers = 96
	for _, d := range []int{6, 12} {
		one := make([]float64, packed(d))
		for a, k := 0, 0; a < d; a++ {
			one[k] = 1
			k += d - a
		}
		s := &SGD{Schedule: fp.ConstantRate(0.5), Batch: 1, Formula: &fp.LossFormula{
			Dim: d, NoiseCov: fp.Pointwise(func(dst, _ []float64) { copy(dst, one) }),
			Grad: fp.Pointwise(func(dst, x []float64) { copy(dst, x); dst[d-1] *= 0.2 }),
		}}
		r := pilot(t, s, Initial{Points: [][]float64{make([]float64, d)}}, PilotOptions{Walkers: walkers})
		checkWithin(t, fmt.Sprintf("d = %d: τ", d), r.Steps, pilotError(walkers)*r.Steps, -1/math.Log(1-0.1))
	}
}

// doubleWell is dx = (x − x³) dt + √2D dW.
func doubleWell(diffusion, step float64) *SDE {
	return &SDE{
		Dim: 1, Step: step, ConstantDiffusion: []float64{diffusion},
		Drift: func(dst, x [][]float64) {
			for i, v := range x[0] {
				dst[0][i] = v - v*v*v
			}
		},
	}
}

// slowestOfDoubleWell returns 1/γ of the smallest rate γ > 0 of the generator, and the squared
// correlation of x with its mode, from D p^{-1/2} ∂(p ∂(p^{-1/2} ·)) as a symmetric matrix of
// 600 cells, whose error of second order is below 1e-4.
func slowestOfDoubleWell(diffusion float64) (tau, overlap float64) {
	const n, half = 600, 2.5
	const h = 2 * half / n
	p := func(x float64) float64 { return math.Exp((x*x/2 - x*x*x*x/4) / diffusion) }
	x := func(i int) float64 { return -half + (float64(i)+0.5)*h }
	m := mat.NewSymDense(n, nil)
	for i := range n - 1 {
		rate := diffusion / (h * h) * p(x(i)+h/2)
		m.SetSym(i, i, m.At(i, i)+rate/p(x(i)))
		m.SetSym(i+1, i+1, m.At(i+1, i+1)+rate/p(x(i+1)))
		m.SetSym(i, i+1, -rate/math.Sqrt(p(x(i))*p(x(i+1))))
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(m, true) {
		panic("no eigenvalues")
	}
	var v mat.Dense
	eigen.VectorsTo(&v)
	var product, variance float64
	for i := range n {
		root := math.Sqrt(p(x(i)))
		product += root * x(i) * v.At(i, 1)
		variance += root * root * x(i) * x(i)
	}
	return 1 / eigen.Values(nil)[1], product * product / variance
}

// Over a barrier of 2D the wells of x⁴/4 − x²/2 are left at the rate that a matrix of the
// generator gives. x and x² are not its mode, but have the overlap c with it: |λ(t)| is at
// least c e^{−t/τ}, so that τ is at most −ln c, in parts, too small at a lag t ≥ τ. Steps of
// 0.04 make rates wrong by some 0.04 in parts.
func TestPilotOfADoubleWell(t *testing.T) {
	skipLong(t)
	const diffusion, step = 0.125, 0.04
	tau, overlap := slowestOfDoubleWell(diffusion)
	if overlap < 0.9 {
		t.Fatalf("overlap %g", overlap)
	}
	checkPilot(t, "double well", doubleWell(diffusion, step), Initial{Points: [][]float64{{-1}, {1}}}, PilotOptions{}, tau/step, 0.04-math.Log(overlap), 0.04)
}

// Over a barrier of 17D nobody goes: with walkers in both wells that is seen, and the bound
// is the time there was, far below Kramers' e¹⁷. With two in a hundred in the other well
// it is seen as well. With all in one well it cannot be.
func TestPilotOfADeepWell(t *testing.T) {
	skipLong(t)
	few := make([][]float64, 50)
	for i := range few {
		few[i] = []float64{-1}
	}
	few[20] = []float64{1}
	p := doubleWell(0.015, 0.02)
	for name, points := range map[string][][]float64{"both": {{-1}, {1}}, "few in one": few} {
		r := pilot(t, p, Initial{Points: points}, PilotOptions{MaxSteps: 1 << 15})
		if r.Mixed || r.Length != 1<<15 || r.Steps != 1<<14 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := pilot(t, p, Initial{Points: [][]float64{{-1}}}, PilotOptions{}); !r.Mixed {
		t.Errorf("one: %+v", r)
	}
}

// A pilot run is as long as powers of two below its bound allow, and of no longer relaxation time than its last
// half is told, here of two wells that nobody leaves in so few steps: so that a burn-in has an end.
func TestPilotsHaveBounds(t *testing.T) {
	for most, length := range map[int]int{512: 512, 1023: 512, 1024: 1024} {
		r := pilot(t, doubleWell(0.015, 0.02), Initial{Points: [][]float64{{-1}, {1}}}, PilotOptions{MaxSteps: most})
		if want := (Relaxation{Steps: float64(length) / 2, Length: length}); r != want {
			t.Errorf("at most %d steps: %+v, want %+v", most, r, want)
		}
		if have, want := r.BurnIn(), int(math.Ceil(float64(length)/2*6*math.Ln10)); have != want {
			t.Errorf("burn-in %d, want %d", have, want)
		}
	}
}

// A pilot run has the random numbers of its seed: with other ones another time is found.
func TestPilotsHaveSeeds(t *testing.T) {
	s := &SGD{Formula: quadratic([]float64{1, 0, 1}, []float64{1, 0, 1}, 0), Schedule: fp.ConstantRate(0.5), Batch: 1}
	found := map[float64]uint64{}
	for _, seed := range []uint64{0, 1, 2, math.MaxUint64} {
		r := pilot(t, s, Initial{Points: [][]float64{{0, 0}}}, PilotOptions{Seed: seed})
		if other, twice := found[r.Steps]; twice {
			t.Errorf("seeds %d and %d: both %g", seed, other, r.Steps)
		}
		found[r.Steps] = seed
	}
}

// A free walk on a circle forgets its angle at the rate D; unwound it never comes to rest.
func TestPilotOnACircle(t *testing.T) {
	skipLong(t)
	p := &SDE{Dim: 1, Step: 0.05, Drift: func(dst, _ [][]float64) { clear(dst[0]) }, ConstantDiffusion: []float64{1}}
	start := Initial{Points: [][]float64{{0}}}
	checkPilot(t, "circle", p, start, PilotOptions{Periods: []float64{2 * math.Pi}}, 1/0.05, 0, pilotError(256))
	if r := pilot(t, p, start, PilotOptions{MaxSteps: 1 << 13}); r.Mixed {
		t.Errorf("line: %+v", r)
	}
}

// What stands still is found out soon, but not what moves by a unit in the last place a step, or one walker.
func TestPilotOfWhatStandsStill(t *testing.T) {
	const most = 1 << 15
	for name, c := range map[string]struct {
		points [][]float64
		rate   float64
		length int
	}{
		"at rest":          {[][]float64{{0, 0}}, 0.1, 2 * patience},
		"lost in rounding": {[][]float64{{1, 0}}, 1e-17, 2 * patience},
		"slow":             {[][]float64{{1, 0}}, 1e-16, most},
		"slow, one of two": {[][]float64{{1 << 20, 0}, {1, 0}}, 1e-16, most},
	} {
		s := &SGD{Formula: quadratic([]float64{1, 0, 1}, []float64{0, 0, 0}, 0), Schedule: fp.ConstantRate(c.rate), Batch: 1}
		r := pilot(t, s, Initial{Points: c.points}, PilotOptions{Walkers: 16, MaxSteps: most})
		if r.Length != c.length || len(c.points) == 1 && (r.Mixed || r.Steps != 0) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestPilotDoesNotDependOnWorkers(t *testing.T) {
	skipLong(t)
	for name, p := range everyKind(t) {
		if s, ok := p.(*SGD); ok && s.Schedule == fp.InverseSqrtRate(0.2) {
			s.Schedule = fp.ConstantRate(0.2)
		}
		opt := PilotOptions{Walkers: 60, Seed: 3, MaxSteps: 2048}
		start := Initial{Points: [][]float64{{0, 0.1}, {0.2, 0.3}}}
		opt.Workers = 1
		want := pilot(t, p, start, opt)
		for _, opt.Workers = range []int{2, 5} {
			if got := pilot(t, p, start, opt); got != want {
				t.Errorf("%s: %+v with %d workers, %+v with one", name, got, opt.Workers, want)
			}
		}
	}
}

func TestPilotChecksItsArguments(t *testing.T) {
	good := SGD{Formula: quadratic([]float64{1, 0, 1}, []float64{1, 0, 1}, 0), Schedule: fp.ConstantRate(0.1), Batch: 1}
	for name, c := range map[string]struct {
		schedule fp.Schedule
		opt      PilotOptions
	}{
		"walkers":  {good.Schedule, PilotOptions{Walkers: 15}},
		"steps":    {good.Schedule, PilotOptions{MaxSteps: 511}},
		"periods":  {good.Schedule, PilotOptions{Periods: []float64{1}}},
		"negative": {good.Schedule, PilotOptions{Periods: []float64{-1, 0}}},
		"schedule": {fp.StepDecayRate{Initial: 0.1, Factor: 0.5, Every: 1000}, PilotOptions{}},
		"process":  {fp.ConstantRate(-1), PilotOptions{}},
	} {
		s := good
		s.Schedule = c.schedule
		if _, err := Pilot(context.Background(), &s, Initial{Points: [][]float64{{0, 0}}}, c.opt); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Pilot(context.Background(), &good, Initial{Points: [][]float64{{0, 0}}}, PilotOptions{Walkers: 16, MaxSteps: 512}); err != nil {
		t.Errorf("the fewest walkers and steps: %v", err)
	}
	if _, err := Pilot(context.Background(), &good, Initial{}, PilotOptions{}); err == nil {
		t.Error("no start: no error")
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Pilot(cancelled, &good, Initial{Points: [][]float64{{0, 0}}}, PilotOptions{}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	good.Schedule = fp.ConstantRate(2.5)
	var diverged *DivergedError
	if _, err := Pilot(context.Background(), &good, Initial{Points: [][]float64{{0, 0}}}, PilotOptions{MaxSteps: 1 << 13}); !asError(err, &diverged) {
		t.Errorf("diverging: %v", err)
	}
}

// e^{−t/τ} is below 1e-6 at the end of the burn-in and not much earlier.
func TestRelaxationRecommends(t *testing.T) {
	for _, tau := range []float64{0.3, 7, 200.5} {
		r := Relaxation{Steps: tau}
		if b := float64(r.BurnIn()); math.Exp(-b/tau) > 1e-6 || math.Exp(-(b-1)/tau) < 1e-6 {
			t.Errorf("τ = %g: burn-in %g", tau, b)
		}
	}
	for tau, want := range map[float64]int{0: 1, 9: 1, 25: 2, 200.5: 20, 1e4: 24} {
		if got := (Relaxation{Steps: tau}).Every(&SDE{}, math.MaxInt); got != want {
			t.Errorf("τ = %g: every %d, want %d", tau, got, want)
		}
	}
}

// An autoregression of τ = 3 with a constant of its own for every walker, a fifth of all
// variance, has the time 6 by its regression, but its means say a tenth of the run.
func TestIntegratedTimeSeesASlowPart(t *testing.T) {
	const walkers, tau, share = 256, 3, 0.2
	rho := math.Exp(-1.0 / tau)
	rng := rand.New(rand.NewPCG(8, 8))
	x := mat.NewDense(frames*walkers, 1, nil)
	for w := range walkers {
		constant := math.Sqrt(share/(1-share)) * rng.NormFloat64()
		v := rng.NormFloat64()
		for k := range frames {
			v = rho*v + math.Sqrt(1-rho*rho)*rng.NormFloat64()
			x.Set(k*walkers+w, 0, v+constant)
		}
	}
	x = standardized(x)
	want := -8 / math.Log(share+(1-share)*math.Exp(-8.0/tau)) // at lag 8
	const se = 0.05                                           // of a share with an error of √(2/256) in parts: 0.2·0.088/(λ ln(1/λ)) with λ = 0.26
	if got := exponentialTime(x, walkers); math.Abs(got/want-1) > 5*se {
		t.Errorf("exponential time %g, want %g", got, want)
	}
	fast := (1 + rho) / (1 - rho) / frames // variance of the mean of an autoregression
	want = frames / 2 * (share + (1-share)*fast) / math.Pow(1+1.0/16, 2)
	if got := integratedTime(x, walkers); math.Abs(got/want-1) > 5*math.Sqrt(2.0/walkers) {
		t.Errorf("integrated time %g, want %g", got, want)
	}
	// With x² there are two functionals, of which x is the slower. A stride of 4 steps.
	want *= 4 * math.Pow(1+1.0/16, 2) / math.Pow(1+math.Sqrt(2)/16, 2)
	w := &watch{opt: &PilotOptions{Walkers: walkers}, starts: 1, half: 4 * frames, kept: x}
	if got := w.relaxation(); math.Abs(got/want-1) > 5*math.Sqrt(2.0/walkers) {
		t.Errorf("relaxation %g, want %g", got, want)
	}
}

// Five of 256 walkers that stay aside by one deviation have 2 % of the variance, too little for
// the integrated time, but all started at the same one of 50 points. The other 49, and all 50
// without them, are alike.
func TestStartsAreRemembered(t *testing.T) {
	const walkers, starts, tau = 256, 50, 3
	rho := math.Exp(-1.0 / tau)
	rng := rand.New(rand.NewPCG(13, 13))
	for _, aside := range []float64{0, 1} {
		x := mat.NewDense(frames*walkers, 1, nil)
		for w := range walkers {
			v := rng.NormFloat64()
			for k := range frames {
				v = rho*v + math.Sqrt(1-rho*rho)*rng.NormFloat64()
				x.Set(k*walkers+w, 0, v)
				if w%starts == 20 {
					x.Set(k*walkers+w, 0, v+aside)
				}
			}
		}
		x = standardized(x)
		if got, want := remembered(x, walkers, starts), aside*frames/math.Log(1e6); got != want {
			t.Errorf("aside %g: %g, want %g", aside, got, want)
		}
		if got := integratedTime(x, walkers); got*enoughTimes > 2*frames {
			t.Errorf("integrated time %g", got)
		}
		if got := remembered(x, walkers, walkers); got != 0 {
			t.Errorf("starts of one walker each: %g", got)
		}
	}
}

// White noise in 24 columns has the time 1/2, which its slowest combination does not exceed by
// the chance that there is in 24 columns: the largest eigenvalue is lower than its limit by
// 1.2 and scatters by 1.27 times (√W + √n)(1/√W + 1/√n)^{1/3}/W = 0.053, of 1.7.
func TestIntegratedTimeIsNotLongByChance(t *testing.T) {
	const walkers, n = 256, 24
	rng := rand.New(rand.NewPCG(10, 10))
	x := mat.NewDense(frames*walkers, n, nil)
	for r := range frames * walkers {
		for c := range n {
			x.Set(r, c, rng.NormFloat64())
		}
	}
	if got, want := integratedTime(standardized(x), walkers), 0.5*(1-1.2*0.053/1.7); math.Abs(got-want) > 5*0.5*1.27*0.053/1.7 {
		t.Errorf("integrated time %g, want %g", got, want)
	}
}

// Before walkers have come to rest, x_{k+1} = Mx_k + c, K(t) has the eigenvalues of Mᵗ.
func TestRegressionNeedsNoRest(t *testing.T) {
	const walkers = 20
	rng := rand.New(rand.NewPCG(9, 9))
	x := mat.NewDense(frames*walkers, 2, nil)
	for w := range walkers {
		a, b := rng.NormFloat64()+3, rng.NormFloat64()
		for k := range frames {
			x.SetRow(k*walkers+w, []float64{a, b})
			a, b = 0.98*a-0.1*b+1, 0.1*a+0.98*b // eigenvalues of modulus √(0.98² + 0.1²)
		}
	}
	// Round-off of sums of 5120 numbers below 30, of variance above 0.01.
	if got, want := largestEigenvalue(regression(x, 4*walkers)), math.Pow(0.98*0.98+0.01, 2); math.Abs(got-want) > 1e-9 {
		t.Errorf("|λ| = %.12g, want %.12g", got, want)
	}
}

// Three functionals of two coordinates have no room for products but for squares in four, for
// all in five; each is its product, less the mean, over the deviation. What is constant is not
// there.
func TestFunctionalsTakeTheRoomThereIs(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	raw := mat.NewDense(1000, 3, nil)
	for r := range 1000 {
		raw.SetRow(r, []float64{3 + rng.NormFloat64(), 7, 2 * rng.ExpFloat64()})
	}
	x := standardized(raw)
	for most, want := range map[int][][2]int{
		3: {{0, -1}, {1, -1}},
		4: {{0, -1}, {1, -1}, {0, 0}, {1, 1}},
		5: {{0, -1}, {1, -1}, {0, 0}, {0, 1}, {1, 1}},
	} {
		f := functionals(x, most)
		if _, n := f.Dims(); n != len(want) {
			t.Fatalf("most %d: %d functionals, want %d", most, n, len(want))
		}
		for c, pair := range want {
			product := make([]float64, 1000)
			for r := range product {
				if product[r] = x.At(r, pair[0]); pair[1] >= 0 {
					product[r] *= x.At(r, pair[1])
				}
			}
			mean, se := estimate(product)
			for r, v := range product {
				if want := (v - mean) / (se * math.Sqrt(999)); math.Abs(f.At(r, c)-want) > 1e-12 { // sums of 1000
					t.Fatalf("most %d: functional %d is %g at row %d, want %g", most, c, f.At(r, c), r, want)
				}
			}
		}
	}
}

// Of columns that depend on one another whitened keeps as many as do not, uncorrelated.
func TestWhitenedColumnsAreUncorrelated(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	raw := mat.NewDense(1000, 3, nil)
	for r := range 1000 {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		raw.SetRow(r, []float64{a, a + 0.01*b, 2*a - b})
	}
	x := whitened(standardized(raw))
	var c mat.Dense
	c.Mul(x.T(), x)
	c.Scale(1e-3, &c)
	if n, _ := c.Dims(); n != 2 || !mat.EqualApprox(&c, mat.NewDiagDense(2, []float64{1, 1}), 1e-9) { // 1e-16 over a variance of 5e-5, in sums of 1000
		t.Errorf("covariance %v", mat.Formatted(&c))
	}
}

// A relaxation time of 8 steps fits 64 times into 512, which is enough, and 32 times into 256,
// which is not; the time is found to 10 %, three errors.
func TestPilotsAreLongEnough(t *testing.T) {
	const tau = 8
	s := &SGD{Formula: quadratic([]float64{1, 0, 1}, []float64{1, 0, 1}, 0), Schedule: fp.ConstantRate(1 - math.Exp(-1.0/tau)), Batch: 1}
	for steps, mixed := range map[int]bool{512: false, 1024: true} {
		r := pilot(t, s, Initial{Points: [][]float64{{0, 0}}}, PilotOptions{MaxSteps: steps})
		if r.Mixed != mixed || r.Length != steps || math.Abs(r.Steps/tau-1) > 0.1 {
			t.Errorf("%d steps: %+v", steps, r)
		}
	}
}

// Epochs are tallied at all of their steps: at most 24 apart, and with no factor in common with their length.
func TestTalliesGoThroughAllOfAnEpoch(t *testing.T) {
	l := someLoss(t, loss.LinearRegression, 1, 48)
	for _, c := range []struct{ batch, most, every, phases int }{
		{48, math.MaxInt, 24, 1}, // epochs of 1 step
		{24, math.MaxInt, 23, 2}, // of 2
		{8, math.MaxInt, 23, 6},  // of 6
		{2, math.MaxInt, 23, 24}, // of 24
		{8, 10, 7, 2},
		{8, 2, 1, 2},
		{8, 0, 1, 6},
	} {
		p := &SGD{Loss: l, Schedule: fp.ConstantRate(0.01), Batch: c.batch, Sampling: fp.Epochs}
		if got := (Relaxation{Steps: 1000}).Every(p, c.most); got != c.every {
			t.Errorf("B = %d, at most %d: every %d, want %d", c.batch, c.most, got, c.every)
		}
		if got := Phases(p, min(24, c.most)); got != c.phases {
			t.Errorf("B = %d, at most %d: factor %d, want %d", c.batch, c.most, got, c.phases)
		}
	}
}
