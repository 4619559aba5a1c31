package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// closeTo says whether two sums of n terms agree that were taken in different orders,
// the terms being off by a few units themselves: scale is the sum of their sizes.
func closeTo(got, want, scale float64, n int) bool {
	return math.Abs(got-want) <= float64(n+10)*0x1p-52*scale
}

// results returns all that an evaluator found, in one slice.
func results(e *Evaluator) []float64 {
	return slices.Concat([]float64{e.Value}, e.Grad, e.Hess, e.NoiseCov, e.NoiseCovDiv)
}

// alike is the sizes of all results where gradients and Hessians are of those given.
func alike(d int, value, grad, hess float64) []float64 {
	e := newEvaluator(nil, d)
	e.Value = value
	for a := range d {
		e.Grad[a], e.NoiseCovDiv[a] = grad, 2*float64(d)*hess*grad
	}
	for k := range e.Hess {
		e.Hess[k], e.NoiseCov[k] = hess, grad*grad
	}
	return results(e)
}

// byDefinition is what [Evaluator.Eval] finds, from the samples one by one. Σ is half
// the mean of (g_i − g_j)(g_i − g_j)ᵀ over all pairs, which needs no mean gradient. size
// is what results would be if every sample counted by its size: the scale of round-off.
func byDefinition(l *Loss, theta []float64) (want, size []float64) {
	d, n := l.Dim(), l.Samples()
	sum := newEvaluator(l, d)
	inv := 1 / float64(n)
	grads := slab(n, d)
	h := make([]float64, len(sum.Hess))
	var gradSize, hessSize float64
	for i, g := range grads {
		l.SampleGrad(g, i, theta)
		l.SampleHess(h, i, theta)
		sum.Value += inv * l.SampleValue(i, theta)
		for a := range d {
			sum.Grad[a] += inv * g[a]
			gradSize = max(gradSize, math.Abs(g[a]))
			for b := range d {
				sum.NoiseCovDiv[a] += inv * (h[packed(d, a, b)]*g[b] + g[a]*h[packed(d, b, b)])
			}
		}
		for k := range h {
			sum.Hess[k] += inv * h[k]
			hessSize = max(hessSize, math.Abs(h[k]))
		}
	}
	for a := range d {
		for b := range d {
			sum.NoiseCovDiv[a] -= sum.Hess[packed(d, a, b)]*sum.Grad[b] + sum.Grad[a]*sum.Hess[packed(d, b, b)]
		}
	}
	for _, gi := range grads {
		for _, gj := range grads {
			for a := range d {
				for b := a; b < d; b++ {
					sum.NoiseCov[packed(d, a, b)] += 0.5 * inv * inv * (gi[a] - gj[a]) * (gi[b] - gj[b])
				}
			}
		}
	}
	return results(sum), alike(d, sum.Value, gradSize, hessSize)
}

func TestEvalIsTheMeanOfTheSamples(t *testing.T) {
	for name, l := range losses(t) {
		e := l.Evaluator()
		for _, theta := range [][]float64{{0.7, -0.2, 0.5, 1.1}, {-3, 5, 2, -4}, {0, 0, 0, 0}} {
			theta = theta[:l.Dim()]
			e.Eval(theta)
			want, size := byDefinition(l, theta)
			for k, got := range results(e) {
				if !closeTo(got, want[k], size[k], l.Samples()) {
					t.Errorf("%s at %v: result %d is %v, want %v", name, theta, k, got, want[k])
				}
			}
		}
	}
}

func TestEvalDoesNotAllocate(t *testing.T) {
	for name, l := range losses(t) {
		e := l.Evaluator()
		theta := make([]float64, l.Dim())
		dst := make([]float64, l.Dim())
		if n := testing.AllocsPerRun(10, func() { e.Eval(theta); l.SampleGrad(dst, 0, theta) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// randomLoss draws a model, up to 30 samples with features of different sizes, and θ,
// in eighths and so that |θ·x| < 700: tails beyond and numbers like 1e-160, whose
// squares vanish, have tests of their own.
func randomLoss(t *rapid.T) (l *Loss, theta []float64) {
	m := Model(rapid.IntRange(0, len(modelNames)-1).Draw(t, "model"))
	k := rapid.IntRange(1, 4).Draw(t, "features")
	if m == DeepLinear {
		k = 1
	}
	d := randomData(rapid.IntRange(1, 30).Draw(t, "samples"), k, m.IsClassifier())
	size := rapid.Float64Range(0.01, 10)
	for f := range k {
		s := size.Draw(t, "size")
		for i := f; i < len(d.X); i += k {
			d.X[i] *= s
		}
	}
	l, err := New(m, d)
	if err != nil {
		t.Fatal(err)
	}
	for range l.Dim() {
		theta = append(theta, float64(rapid.IntRange(-40, 40).Draw(t, "8 theta"))/8)
	}
	return l, theta
}

// Σ is positive semi-definite. The eigenvalues of a matrix that is off by round-off are
// off by no more than its norm times that (Weyl). Σ is divided by its trace, since
// gonum fails on numbers like 1e-120.
func TestNoiseCovIsSemiDefinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, theta := randomLoss(t)
		e := l.Evaluator()
		e.Eval(theta)
		d := l.Dim()
		var trace float64
		for i := range d {
			trace += e.NoiseCov[packed(d, i, i)]
		}
		if trace == 0 { // one sample, or θ where all gradients are alike
			if slices.ContainsFunc(e.NoiseCov, func(v float64) bool { return v != 0 }) {
				t.Fatalf("Σ = %v with trace 0", e.NoiseCov)
			}
			return
		}
		sigma := mat.NewSymDense(d, nil)
		for i := range d {
			for j := i; j < d; j++ {
				sigma.SetSym(i, j, e.NoiseCov[packed(d, i, j)]/trace)
			}
		}
		var eigen mat.EigenSym
		if !eigen.Factorize(sigma, false) {
			t.Fatal("no eigenvalues")
		}
		if least := eigen.Values(nil)[0]; least < -float64(l.Samples()+10)*0x1p-52 {
			t.Errorf("least eigenvalue of Σ is %g of its trace", least)
		}
	})
}

// resampled is the loss on the samples of the given numbers.
func resampled(t *rapid.T, l *Loss, which []int) *Loss {
	from := l.Data()
	k := len(from.Features)
	d := &Data{Features: from.Features, Target: from.Target}
	for _, i := range which {
		d.X = append(d.X, from.X[i*k:(i+1)*k]...)
		d.Y = append(d.Y, from.Y[i])
	}
	other, err := New(l.Model(), d)
	if err != nil {
		t.Fatal(err)
	}
	return other
}

// sizes bounds the terms, whatever their signs, that results are summed from: with the
// largest weight a ≥ 1, features x ≥ 1 and sum u ≥ 1 of products |w x|, predictions are
// a u, gradients (|y| + a u) a x, and Hessians (|y| + a u) a² x².
func sizes(l *Loss, theta []float64) []float64 {
	a, x, u, y := 1.0, 1.0, 1.0, 1.0
	for _, v := range theta {
		a = max(a, math.Abs(v))
	}
	k := len(l.Data().Features)
	for i, target := range l.Data().Y {
		y = max(y, math.Abs(target))
		var sum float64
		for _, v := range l.Data().X[i*k : (i+1)*k] {
			x = max(x, math.Abs(v))
			sum += a * math.Abs(v)
		}
		u = max(u, sum)
	}
	r := y + a*u
	return alike(l.Dim(), r*r, r*a*x, r*a*a*x*x)
}

// Means do not depend on the order of the samples, nor on each being there twice.
func TestEvalOfTheSameSamplesInAnotherOrderAndTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, theta := randomLoss(t)
		order := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "order"))).Perm(l.Samples())
		e, other := l.Evaluator(), resampled(t, l, append(order, order...)).Evaluator()
		e.Eval(theta)
		other.Eval(theta)
		size := sizes(l, theta)
		got := results(other)
		for k, want := range results(e) {
			if !closeTo(got[k], want, size[k], 2*l.Samples()) {
				t.Errorf("result %d is %v, was %v", k, got[k], want)
			}
		}
	})
}

// With features s times as large θ/s predicts the same: of the weights w the gradient
// is s times as large, Σ s² and ∇·Σ s³ times. For s = 8 that holds bit for bit.
func TestEvalOfScaledFeatures(t *testing.T) {
	for _, m := range []Model{LinearRegression, LogisticRegression} {
		for _, k := range []int{1, 2, 3} {
			d := randomData(37, k, m.IsClassifier())
			theta := []float64{0.7, -0.2, 0.5}[:k]
			e := mustNew(t, m, d).Evaluator()
			e.Eval(theta)
			larger, smaller := slices.Clone(d.X), slices.Clone(theta)
			scaled(larger, 8, d.X)
			scaled(smaller, 1.0/8, theta)
			other := mustNew(t, m, &Data{Features: d.Features, X: larger, Y: d.Y}).Evaluator()
			other.Eval(smaller)
			if e.Value != other.Value {
				t.Errorf("%v: value %v, was %v", m, other.Value, e.Value)
			}
			for name, c := range map[string]struct {
				got, was []float64
				factor   float64
			}{
				"gradient": {other.Grad, e.Grad, 8}, "Hessian": {other.Hess, e.Hess, 64},
				"Σ": {other.NoiseCov, e.NoiseCov, 64}, "∇·Σ": {other.NoiseCovDiv, e.NoiseCovDiv, 512},
			} {
				for i := range c.got {
					if c.got[i] != c.factor*c.was[i] {
						t.Errorf("%v/k=%d: %s[%d] is %v, want %v times %v", m, k, name, i, c.got[i], c.factor, c.was[i])
					}
				}
			}
		}
	}
}

// (a, w) and (−a, −w) are the same neuron.
func TestTanhNeuronIsOdd(t *testing.T) {
	e, other := losses(t)["tanh-neuron/k=3"].Evaluator(), losses(t)["tanh-neuron/k=3"].Evaluator()
	e.Eval([]float64{0.7, -0.2, 0.5, 1.1})
	other.Eval([]float64{-0.7, 0.2, -0.5, -1.1})
	if e.Value != other.Value || !slices.Equal(e.Hess, other.Hess) || !slices.Equal(e.NoiseCov, other.NoiseCov) {
		t.Errorf("%v, mirrored %v", results(e), results(other))
	}
	for i, g := range e.Grad {
		if other.Grad[i] != -g || other.NoiseCovDiv[i] != -e.NoiseCovDiv[i] {
			t.Errorf("component %d: gradient %v and %v, ∇·Σ %v and %v", i, g, other.Grad[i], e.NoiseCovDiv[i], other.NoiseCovDiv[i])
		}
	}
}

// Far out the loss of a wrong sample grows as |u|, that of a right one vanishes as
// e^−|u|, to full relative accuracy: n times the means of two.
func TestLogisticFarOut(t *testing.T) {
	l := mustNew(t, LogisticRegression, &Data{Features: []string{"x"}, X: []float64{1, -1}, Y: []float64{1, 0}})
	e := l.Evaluator()
	for _, u := range []float64{30, 100, 600} {
		q := math.Exp(-u)
		e.Eval([]float64{u})
		for k, want := range []float64{q, -q, q, 0, 0} { // value, gradient, Hessian; alike samples have no noise
			if got := results(e)[k]; math.Abs(got-want) > 2*q*q+0x1p-50*q { // the next order; a few units of round-off
				t.Errorf("at %g: result %d is %g, want %g", u, k, got, want)
			}
		}
		e.Eval([]float64{-u})
		for k, want := range []float64{u, -1, q} {
			if got := results(e)[k]; math.Abs(got-want) > 2*q+0x1p-50*math.Abs(want) {
				t.Errorf("at %g: result %d is %g, want %g", -u, k, got, want)
			}
		}
	}
	for _, u := range []float64{-1e300, -1e4, 1e4, 1e300} {
		e.Eval([]float64{u})
		if want := max(-u, 0); math.Abs(e.Value-want) > 1e-303 { // minusExp ends at 1e-304
			t.Errorf("at %g: value %g, want %g", u, e.Value, want)
		}
		for k, v := range results(e) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("at %g: result %d is %g", u, k, v)
			}
		}
	}
}

func TestWrongLengthsPanic(t *testing.T) {
	l := losses(t)["linear-regression/k=2"]
	two, three := make([]float64, 2), make([]float64, 3)
	for name, f := range map[string]func(){
		"Eval":        func() { l.Evaluator().Eval(three) },
		"SampleValue": func() { l.SampleValue(0, three) },
		"SampleGrad":  func() { l.SampleGrad(three, 0, two) },
		"SampleHess":  func() { l.SampleHess(two, 0, two) },
	} {
		func() {
			defer func() {
				if got, want := fmt.Sprint(recover()), "loss: "+name+": length mismatch"; got != want {
					t.Errorf("panic %q, want %q", got, want)
				}
			}()
			f()
		}()
	}
}

func BenchmarkEval(b *testing.B) {
	for _, m := range []Model{LinearRegression, LogisticRegression, TanhNeuron, DeepLinear} {
		for _, n := range []int{500, 5000} {
			k := 2
			if m == TanhNeuron || m == DeepLinear {
				k = 1
			}
			l := mustNew(b, m, randomData(n, k, m.IsClassifier()))
			b.Run(fmt.Sprintf("model=%v/d=%d/n=%d", m, l.Dim(), n), func(b *testing.B) {
				b.ReportAllocs()
				e := l.Evaluator()
				for b.Loop() {
					e.Eval([]float64{0.3, -0.2})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/sample")
			})
		}
	}
}
