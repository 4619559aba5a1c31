package compare

import (
	"fmt"
	"math"
	"math/cmplx"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/combin"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// The growth of second moments is that of the whole matrix, by Kronecker products.
func TestGrowthOfSecondMoments(t *testing.T) {
	for d := 1; d <= 3; d++ {
		l := someLoss(t, loss.LinearRegression, d, 30)
		n := l.Samples()
		h, aa := mat.NewDense(d, d, nil), mat.NewDense(d*d, d*d, nil)
		for i := range n {
			x := mat.NewVecDense(d, l.Data().X[i*d:(i+1)*d])
			var a, kron mat.Dense
			a.Outer(1/math.Sqrt(float64(n)), x, x)
			kron.Kronecker(&a, &a)
			aa.Add(aa, &kron)
			a.Scale(1/math.Sqrt(float64(n)), &a)
			h.Add(h, &a)
		}
		one := mat.NewDiagDense(d, nil)
		for k := range d {
			one.SetDiag(k, 1)
		}
		var left, right, both mat.Dense
		left.Kronecker(h, one)
		right.Kronecker(one, h)
		both.Kronecker(h, h)
		for _, c := range []struct {
			s           fp.Sampling
			batch       int
			alpha, beta float64
		}{
			{fp.WithReplacement, 1, 1, 0},
			{fp.WithReplacement, 4, 1. / 4, 3. / 4},
			{fp.WithoutReplacement, 4, 26. / (4 * 29), 3 * 30. / (4 * 29)},
			{fp.WithoutReplacement, 30, 0, 1},
			{fp.FullBatch, 30, 0, 1},
		} {
			for _, eta := range []float64{0.1, 1} {
				step := mat.NewDense(d*d, d*d, nil)
				for i := range d * d {
					for j := range d * d {
						v := eta * (eta*(c.alpha*aa.At(i, j)+c.beta*both.At(i, j)) - left.At(i, j) - right.At(i, j))
						if i == j {
							v++
						}
						step.Set(i, j, v)
					}
				}
				var eigen mat.Eigen
				if !eigen.Factorize(step, mat.EigenNone) {
					t.Fatal("no eigenvalues")
				}
				var want float64
				for _, v := range eigen.Values(nil) {
					want = max(want, cmplx.Abs(v))
				}
				p := &SGD{Loss: l, Schedule: fp.ConstantRate(eta), Batch: c.batch, Sampling: c.s}
				if got := p.GrowthOfSecondMoments(); !(math.Abs(got-want) < 1e-10*want) { // some 10³ roundings
					t.Errorf("%v B=%d d=%d η=%g: %v, want %v", c.s, c.batch, d, eta, got, want)
				}
			}
		}
	}
}

// With momentum it is that of the mean, over all batches there are, of M ⊗ M for the step M of (θ, v).
func TestGrowthWithMomentum(t *testing.T) {
	const n = 4
	for d := 1; d <= 3; d++ {
		l := someLoss(t, loss.LinearRegression, d, n)
		for _, c := range []struct {
			sampling fp.Sampling
			batches  [][]int
		}{
			{fp.WithReplacement, combin.Cartesian([]int{n})},
			{fp.WithReplacement, combin.Cartesian([]int{n, n})},
			{fp.WithoutReplacement, combin.Combinations(n, 2)},
			{fp.FullBatch, combin.Combinations(n, n)},
		} {
			for _, p := range []SGD{{Schedule: fp.ConstantRate(0.1)}, {Schedule: fp.ConstantRate(0.1), Momentum: 0.3}, {Schedule: fp.ConstantRate(0.7), Momentum: 0.9}} {
				p.Loss, p.Sampling, p.Batch = l, c.sampling, len(c.batches[0])
				mean := mat.NewDense(4*d*d, 4*d*d, nil)
				for _, batch := range c.batches {
					m := momentumStep(&p, batch)
					var both mat.Dense
					both.Kronecker(m, m)
					mean.Add(mean, &both)
				}
				mean.Scale(1/float64(len(c.batches)), mean)
				if got, want := p.GrowthOfSecondMoments(), spectralRadius(mean); !(math.Abs(got-want) < 1e-10*want) { // some 10³ roundings
					t.Errorf("%v B=%d d=%d μ=%g %v: %v, want %v", c.sampling, p.Batch, d, p.Momentum, p.Schedule, got, want)
				}
			}
		}
	}
}

// momentumStep returns the matrix of (θ, v) in a step of a batch: v′ = μv − ηH_Bθ, θ′ = θ + v′.
func momentumStep(p *SGD, batch []int) *mat.Dense {
	d, x := p.Loss.Dim(), p.Loss.Data().X
	m := mat.NewDense(2*d, 2*d, nil)
	for a := range d {
		m.Set(a, a, 1)
		m.Set(a, d+a, p.Momentum)
		m.Set(d+a, d+a, p.Momentum)
		for b := range d {
			var h float64
			for _, i := range batch {
				h += x[i*d+a] * x[i*d+b] / float64(len(batch))
			}
			m.Set(a, b, m.At(a, b)-p.Schedule.Rate(0)*h)
			m.Set(d+a, b, -p.Schedule.Rate(0)*h)
		}
	}
	return m
}

// Second moments grow so: those of walkers of one feature after three steps from far away, where noise of samples at the
// minimum is nothing, within five standard errors (6·10⁻⁷ by chance).
func TestSecondMomentsGrowSo(t *testing.T) {
	l := someLoss(t, loss.LinearRegression, 1, 30)
	const walkers, far, steps = 20000, 1e6, 3
	for _, eta := range []float64{0.5, 1.5} {
		p := &SGD{Loss: l, Schedule: fp.ConstantRate(eta), Batch: 2}
		e := run(t, p, Initial{Points: [][]float64{{far}}}, Options{Walkers: walkers, Seed: 1}, steps)
		var mean, square float64
		for _, x := range e.Theta()[0] {
			v := math.Pow(x/far, 2)
			mean += v / walkers
			square += v * v / walkers
		}
		want := math.Pow(p.GrowthOfSecondMoments(), steps)
		if se := math.Sqrt((square - mean*mean) / walkers); !(math.Abs(mean-want) < 5*se+1e-4*want) { // the minimum is at some 1/far
			t.Errorf("η=%g: %g ± %g, want %g", eta, mean, se, want)
		}
	}
}

// Without curvature along a direction, for a feature is 0 or twice another, nothing grows or fades along it.
func TestGrowthWithoutCurvature(t *testing.T) {
	for _, second := range []float64{0, 2} {
		data := &loss.Data{Features: []string{"a", "b"}, Target: "y"}
		for i := range 30 {
			x := math.Sin(float64(i * i))
			data.X, data.Y = append(data.X, x, second*x), append(data.Y, math.Cos(float64(i)))
		}
		l, err := loss.New(loss.LinearRegression, data)
		if err != nil {
			t.Fatal(err)
		}
		p := &SGD{Loss: l, Schedule: fp.ConstantRate(0.1), Batch: 3}
		if g := p.GrowthOfSecondMoments(); !(math.Abs(g-1) < 1e-13) { // some 10² roundings
			t.Errorf("a second feature of %g times the first: %v", second, g)
		}
	}
}

// Of what it does not know it says nothing.
func TestGrowthIsUnknown(t *testing.T) {
	regression := someLoss(t, loss.LinearRegression, 2, 30)
	huge, err := loss.New(loss.LinearRegression, &loss.Data{Features: []string{"a", "b"}, Target: "y", X: []float64{1e100, 0, 1, -1e100}, Y: []float64{1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	for k, p := range []*SGD{
		{Loss: someLoss(t, loss.LogisticRegression, 2, 30), Schedule: fp.ConstantRate(0.1), Batch: 2},
		{Loss: regression, Schedule: fp.ConstantRate(0.1), Batch: 2, Sampling: fp.Epochs},
		{Loss: regression, Schedule: fp.InverseSqrtRate(0.1), Batch: 2},
		{Loss: huge, Schedule: fp.ConstantRate(1e-200), Batch: 2},
		{Formula: quadratic([]float64{1, 0, 1}, []float64{1, 0, 1}, 0), Schedule: fp.ConstantRate(0.1), Batch: 2},
	} {
		if g := p.GrowthOfSecondMoments(); !math.IsNaN(g) {
			t.Error(fmt.Sprint(k), g)
		}
	}
}
