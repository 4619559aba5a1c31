package verify

import (
	"context"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
	"github.com/ness-fp/ness/grid"
)

// This file studies walkers: SGD itself, with errors of sampling. Seeds are fixed, so that
// what passes once passes always.

const (
	deviationLimit  = 5
	deviationReason = "standard errors: a true number is beyond with probability below 6e-7"
	powerReason     = "six standard errors of the covariance, √2 of it over the root of as many independent samples"
)

// The quadratic of A12, with curvatures 1.1 and 0.4 about, and the covariance of one sample's
// noise.
var (
	hessian     = mat.NewSymDense(2, []float64{1, 0.3, 0.3, 0.5})
	sampleNoise = mat.NewSymDense(2, []float64{1, -0.4, -0.4, 0.8})
)

const quadraticBatch = 4

// discreteCovariance returns S with S = (I − ηH)S(I − ηH) + η²C/B.
func discreteCovariance(eta float64) *mat.SymDense {
	const d = 2
	step := mat.NewDense(d, d, nil)
	step.Scale(-eta, hessian)
	for i := range d {
		step.Set(i, i, 1+step.At(i, i))
	}
	// (I − M⊗M) vec S = η²/B vec C.
	var square mat.Dense
	square.Kronecker(step, step)
	square.Scale(-1, &square)
	rhs := mat.NewVecDense(d*d, nil)
	for i := range d * d {
		square.Set(i, i, 1+square.At(i, i))
		rhs.SetVec(i, eta*eta/quadraticBatch*sampleNoise.At(i/d, i%d))
	}
	var v mat.VecDense
	if err := v.SolveVec(&square, rhs); err != nil {
		panic("verify: discreteCovariance: " + err.Error())
	}
	return mat.NewSymDense(d, []float64{v.AtVec(0), v.AtVec(1), v.AtVec(1), v.AtVec(3)})
}

// quadraticWalkers returns studies of SGD at small and at large learning rates.
func quadraticWalkers() (list []Study) {
	for _, c := range []struct {
		name string
		eta  float64
	}{{"SGD, η = 0.1", 0.1}, {"SGD, η = 1.5", 1.5}} {
		s := Study{
			Name: c.name, Of: "covariance, relative", Unit: "walkers", Sizes: []int{500, 2000, 8000}, Quick: 2,
			Measure: func(ctx context.Context, n int) (Measurement, error) {
				return walkQuadratic(ctx, quadratic(), n, c.eta, discreteCovariance(c.eta))
			},
		}
		// Every walker is good for some 600 η independent samples of the flat direction, of
		// relaxation time 1/(0.4 η) steps, at most 100.
		samples := min(600*0.4*c.eta, 100) * float64(s.Sizes[len(s.Sizes)-1])
		s.sampled(6 * math.Sqrt(2/samples))
		list = append(list, s)
	}
	return list
}

// sampled adds limits on deviations, and on the error itself, which falls with the root of the
// size.
func (s *Study) sampled(at float64) {
	s.Limits = append(s.Limits,
		Limit{Quantity: Error, At: at, Order: 0.5, Reason: powerReason},
		Limit{Quantity: Deviation, At: deviationLimit, Reason: deviationReason})
}

// quadratic returns the quadratic of A12 about 0.
func quadratic() *fp.LossFormula {
	return &fp.LossFormula{
		Dim: 2,
		Grad: fp.Pointwise(func(dst, x []float64) {
			for i := range dst {
				dst[i] = hessian.At(i, 0)*x[0] + hessian.At(i, 1)*x[1]
			}
		}),
		NoiseCov: fp.Pointwise(func(dst, _ []float64) {
			dst[0], dst[1], dst[2] = sampleNoise.At(0, 0), sampleNoise.At(0, 1), sampleNoise.At(1, 1)
		}),
	}
}

// walkQuadratic runs SGD on a quadratic and holds its moments against a covariance about 0.
func walkQuadratic(ctx context.Context, f *fp.LossFormula, walkers int, eta float64, want *mat.SymDense) (Measurement, error) {
	e, err := walk(ctx, &compare.SGD{Formula: f, Schedule: fp.ConstantRate(eta), Batch: quadraticBatch}, []float64{0, 0},
		compare.Options{Walkers: walkers, Seed: 1, BurnIn: 400, Every: 8}, 1000)
	if err != nil {
		return nothing(), err
	}
	return comparedMoments(e.Moments(), []float64{0, 0}, want), nil
}

// walk runs an ensemble from one point.
func walk(ctx context.Context, p compare.Process, from []float64, opt compare.Options, steps int) (*compare.Ensemble, error) {
	e, err := compare.New(p, compare.Initial{Points: [][]float64{from}}, opt)
	if err != nil {
		return nil, err
	}
	return e, e.Run(ctx, steps)
}

// comparedMoments holds moments against mean and covariance.
func comparedMoments(m *compare.Moments, mean []float64, cov *mat.SymDense) Measurement {
	out := nothing()
	out[Error], out[Deviation] = 0, 0
	k := 0
	for a := range mean {
		out[Deviation] = max(out[Deviation], math.Abs(m.Mean[a]-mean[a])/m.MeanErr[a])
		for b := a; b < len(mean); b++ {
			off := math.Abs(m.Cov[k] - cov.At(a, b))
			out[Deviation] = max(out[Deviation], off/m.CovErr[k])
			out[Error] = max(out[Error], off/math.Sqrt(cov.At(a, a)*cov.At(b, b)))
			k++
		}
	}
	return out
}

// quadraticFile is A12 as a problem file; η/B is fixed.
const quadraticFile = `version: 1
variables: [x, y]
sgd:
  loss: "x^2/2 + 0.3*x*y + 0.25*y^2"
  noise_covariance: [["1", "-0.4"], ["-0.4", "0.8"]]
  learning_rate: 0.1
  batch_size: 4
domain:
  x: {min: -1.6, max: 1.6}
  y: {min: -2.4, max: 2.4}
`

// quadraticEquation returns studies of the equation's covariance against that of the
// recursion, as η falls.
func quadraticEquation() (list []Study) {
	for _, c := range []struct {
		name     string
		correct  bool
		q        float64
		measured float64
	}{{"equation, first order", false, 1, 4.2e-3}, {"equation, drift and noise of second order", true, 2, 2.4e-5}} {
		s := Study{
			Name: c.name, Of: "covariance, relative", Unit: "1/η", Sizes: []int{10, 20, 40, 80}, Quick: 2,
			Order: c.q, Slack: 0.1, Reason: "the next order in η still shows",
			Measure: func(_ context.Context, n int) (Measurement, error) { return solveQuadratic(n, c.correct) },
		}
		s.limit(Error, c.measured, c.q)
		list = append(list, s)
	}
	return list
}

// solveQuadratic holds the covariance of the equation at η = 1/n against the recursion's.
func solveQuadratic(n int, correct bool) (Measurement, error) {
	out := nothing()
	f, err := fp.ReadProblem(strings.NewReader(quadraticFile), fp.ReadOptions{Name: "quadratic.yaml", Cells: []int{128}})
	if err != nil {
		return out, err
	}
	g, err := f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		return out, err
	}
	eta := 1 / float64(n)
	v := fp.SGDVariant{Rate: eta, Batch: quadraticBatch, Order: 1}
	if correct {
		v.Order, v.CorrectNoise = 2, true
	}
	// The box is that of η = 0.1: lengths go with √η, and so do those of the process on a
	// quadratic.
	g = scaled(g, math.Sqrt(eta/0.1))
	p, err := f.Variant(v, g)
	if err != nil {
		return out, err
	}
	s, err := fp.SolveStationary(p, g, fp.StationaryOptions{})
	if err != nil {
		return out, err
	}
	_, cov := compare.DensityMoments(s.Density)
	want := discreteCovariance(eta)
	out[Error] = 0
	k := 0
	for a := range 2 {
		for b := a; b < 2; b++ {
			out[Error] = max(out[Error], math.Abs(cov[k]-want.At(a, b))/math.Sqrt(want.At(a, a)*want.At(b, b)))
			k++
		}
	}
	return out, nil
}

// signed returns regression on n samples of one feature ±√λ: g_i = λθ − x_i y_i has the
// curvature λ and noise that does not depend on θ. sigma is its variance.
func signed(n int, lambda float64) (l *loss.Loss, minimum, sigma float64, err error) {
	root := math.Sqrt(lambda)
	data := &loss.Data{Features: []string{"x"}}
	var mean float64
	for i := range n {
		x := root * float64(i%2*2-1)
		data.X, data.Y = append(data.X, x), append(data.Y, math.Sin(float64(i*i))*float64(i%2*2-1)/root)
		mean += x * data.Y[i] / float64(n)
	}
	for i := range n {
		d := data.X[i]*data.Y[i] - mean
		sigma += d * d / float64(n)
	}
	l, err = loss.New(loss.LinearRegression, data)
	return l, mean / lambda, sigma, err
}

const epochSamples, epochBatch = 24, 4

// epochs returns the studies of A13.
func epochs() []Study {
	cov := Study{
		Name: "autocovariance of noise", Of: "lags 0 to M, over that of lag 0", Unit: "walkers", Sizes: []int{500, 2000, 8000}, Quick: 2,
		Measure: measureEpochNoise,
	}
	// 30 epochs of 6 batches each.
	cov.sampled(6 * math.Sqrt(2/(100*8000.0)))
	variance := Study{
		Name: "variance, 1/λ flat", Of: "variance over all positions, relative", Unit: "1/λ", Sizes: []int{1, 4, 16}, Quick: 2,
		Measure: measureEpochVariance,
	}
	variance.Limits = []Limit{
		{Quantity: Error, At: 6 * math.Sqrt(2/(4000*2.0)), Reason: powerReason},
		{Quantity: Deviation, At: deviationLimit, Reason: deviationReason},
	}
	return []Study{cov, variance}
}

// measureEpochNoise holds the autocovariance of noise against −C(M−h)/(M(M−1)); of E epochs that
// are tallied whole, pairs of lag h are E(M−h) in an epoch, of EM − h in all.
func measureEpochNoise(ctx context.Context, walkers int) (Measurement, error) {
	out := nothing()
	l, _, sigma, err := signed(epochSamples, 1)
	if err != nil {
		return out, err
	}
	const m, count = epochSamples / epochBatch, 30
	e, err := walk(ctx, &compare.SGD{Loss: l, Schedule: fp.ConstantRate(0.2), Batch: epochBatch, Sampling: fp.Epochs}, []float64{1},
		compare.Options{Walkers: walkers, Seed: 1, BurnIn: 2 * m, NoiseLags: m}, (2+count)*m)
	if err != nil {
		return out, err
	}
	c := epochNoise(sigma)
	got := e.NoiseCovariance()
	out[Error], out[Deviation] = 0, 0
	for h := range got.Cov {
		want := c
		if h > 0 {
			want = -c / (m - 1) * float64(count*(m-h)) / float64(count*m-h)
		}
		off := math.Abs(got.Cov[h][0] - want)
		out[Error], out[Deviation] = max(out[Error], off/c), max(out[Deviation], off/got.Err[h][0])
	}
	return out, nil
}

// epochNoise returns the variance of one batch without replacement.
func epochNoise(sigma float64) float64 {
	return sigma / epochBatch * float64(epochSamples-epochBatch) / float64(epochSamples-1)
}

// measureEpochVariance holds the variance at curvature 1/n against the exact one.
func measureEpochVariance(ctx context.Context, n int) (Measurement, error) {
	const m, eta = epochSamples / epochBatch, 0.2
	l, minimum, sigma, err := signed(epochSamples, 1/float64(n))
	if err != nil {
		return nothing(), err
	}
	relax := int(float64(n) / eta)
	e, err := walk(ctx, &compare.SGD{Loss: l, Schedule: fp.ConstantRate(eta), Batch: epochBatch, Sampling: fp.Epochs}, []float64{minimum},
		compare.Options{Walkers: 4000, Seed: 1, BurnIn: 20 * relax / m * m, Every: 1}, (20*relax/m+10*relax)*m)
	if err != nil {
		return nothing(), err
	}
	want := epochVariance(1-eta/float64(n), eta, m, epochNoise(sigma))
	return comparedMoments(e.Moments(), []float64{minimum}, mat.NewSymDense(1, []float64{want})), nil
}

// epochVariance returns the mean variance over the m positions of an epoch of θ ← aθ + ηξ, with
// E ξ_k ξ_l = C on the diagonal and −C/(m−1) off it within an epoch. What an epoch starts from
// is independent of its noise.
func epochVariance(a, eta float64, m int, c float64) float64 {
	noise := make([]float64, m+1) // variance that k steps of an epoch add
	for k := range noise {
		for i := range k {
			for j := range k {
				cov := -c / float64(m-1)
				if i == j {
					cov = c
				}
				noise[k] += eta * eta * math.Pow(a, float64(i+j)) * cov
			}
		}
	}
	start := noise[m] / (1 - math.Pow(a, float64(2*m)))
	var sum float64
	for k := range m {
		sum += math.Pow(a, float64(2*k))*start + noise[k]
	}
	return sum / float64(m)
}

// scaled returns the grid with all lengths times a factor.
func scaled(g *grid.Grid, factor float64) *grid.Grid {
	axes := make([]grid.Axis, g.Dim())
	for a := range axes {
		ax := g.Axis(a)
		var err error
		if axes[a], err = grid.Uniform(factor*ax.Min(), factor*ax.Max(), ax.Cells(), ax.Lower(), ax.Upper()); err != nil {
			panic("verify: scaled: " + err.Error())
		}
	}
	return grid.New(axes...)
}
