package compare

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

var models = []struct {
	model loss.Model
	d     int
}{
	{loss.LinearRegression, 1},
	{loss.LinearRegression, 2},
	{loss.LinearRegression, 3},
	{loss.LinearRegression, 5},
	{loss.LogisticRegression, 1},
	{loss.LogisticRegression, 2},
	{loss.LogisticRegression, 3},
	{loss.LogisticRegression, 4},
	{loss.TanhNeuron, 2},
	{loss.TanhNeuron, 3},
	{loss.TanhNeuron, 4},
	{loss.DeepLinear, 2},
}

// Each kernel and the reference subtract the same bits, for any size of batch: the order
// of operations is the same. The reference is the mean of what package loss gives for
// samples one by one, within round-off: 50·2⁻⁵³ of the sum of |x|(1 + |θ||x|)², below 100 a sample.
func TestKernelsSumGradientsOfSamples(t *testing.T) {
	const n, walkers = 50, 8 + 7 // as many at once as there are lanes, and those left
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range models {
		l := someLoss(t, c.model, c.d, n)
		for _, size := range []int{1, 3, 8} {
			b := &batches{indices: make([]uint32, walkers*buffered*size), size: size, n: n}
			random.NewUniform(n).Fill(b.indices, random.New(1, 2))
			theta, fast, slow := columns(c.d, walkers), columns(c.d, walkers), columns(c.d, walkers)
			for a := range theta {
				for w := range walkers {
					theta[a][w] = rng.NormFloat64()
					fast[a][w] = rng.NormFloat64()
				}
				copy(slow[a], fast[a])
			}
			start := columns(c.d, walkers)
			for a := range start {
				copy(start[a], fast[a])
			}
			newDescent(l, fp.WithoutReplacement, size).descend(fast, theta, b, 5, []float64{0.1})
			newGeneric(l).step(slow, theta, b, 5, 0.1)
			at, grad, sum := make([]float64, c.d), make([]float64, c.d), make([]float64, c.d)
			for w := range walkers {
				for a := range at {
					at[a] = theta[a][w]
				}
				clear(sum)
				for _, i := range b.indices[(w*buffered+5)*size:][:size] {
					l.SampleGrad(grad, int(i), at)
					for a, g := range grad {
						sum[a] += g
					}
				}
				for a := range at {
					if fast[a][w] != slow[a][w] {
						t.Errorf("%v d=%d B=%d: kernel %g, reference %g", c.model, c.d, size, fast[a][w], slow[a][w])
					}
					if want := start[a][w] - 0.1*sum[a]; math.Abs(slow[a][w]-want) > 50*0x1p-53*100*float64(size) {
						t.Errorf("%v d=%d B=%d: reference %g, want %g", c.model, c.d, size, slow[a][w], want)
					}
				}
			}
		}
	}
}

// Steps taken at once are those taken one by one, of walkers in lanes and of those left, with a rate for each.
func TestStepsAtOnceAreStepsOneByOne(t *testing.T) {
	const n, walkers, size = 50, 8 + 7, 3
	for _, c := range models {
		m := newDescent(someLoss(t, c.model, c.d, n), fp.WithoutReplacement, size)
		b := &batches{indices: make([]uint32, walkers*buffered*size), size: size, n: n}
		random.NewUniform(n).Fill(b.indices, random.New(1, 2))
		together, alone := columns(c.d, walkers), columns(c.d, walkers)
		for a := range alone {
			for w := range walkers {
				alone[a][w] = float64(a+w) / 10
			}
			copy(together[a], alone[a])
		}
		const from = 5
		rates := make([]float64, buffered-from)
		for k := range rates {
			rates[k] = 0.1 / float64(1+k)
			m.descend(alone, alone, b, from+k, rates[k:k+1])
		}
		m.descend(together, together, b, from, rates)
		for a := range alone {
			if !slices.Equal(together[a], alone[a]) {
				t.Errorf("%v d=%d: coordinate %d is %g, one by one %g", c.model, c.d, a, together[a], alone[a])
			}
		}
	}
}

// Taking indices from words inside the kernel changes no bit of any step.
func TestWordKernelFollowsIndexKernel(t *testing.T) {
	const n, walkers, size = 1000, 32, 8
	l := someLoss(t, loss.LinearRegression, 2, n)
	words := &batches{words: make([]uint64, walkers*buffered*size/4), size: size, n: n}
	u := random.NewUniform(n)
	u.Words(words.words, random.New(1, 2))
	indices := &batches{size: size, n: n}
	for _, x := range words.words {
		for range 4 {
			var i uint64
			i, x = bits.Mul64(x, n)
			indices.indices = append(indices.indices, uint32(i))
		}
	}
	x, y := columns(2, walkers), columns(2, walkers)
	for k := range buffered {
		words2{rows2(l)}.descend(x, x, words, k, []float64{0.01})
		newDescent(l, fp.WithoutReplacement, size).descend(y, y, indices, k, []float64{0.01})
	}
	for a := range x {
		for w := range walkers {
			if x[a][w] != y[a][w] {
				t.Fatalf("walker %d: %g and %g", w, x[a][w], y[a][w])
			}
		}
	}
}

// A full batch is gradient descent: the mean of all gradients, for every model, with 100
// steps of round-off, below 1e-12.
func TestFullBatchDescendsTheLoss(t *testing.T) {
	for _, c := range models {
		l := someLoss(t, c.model, c.d, 30)
		start := make([]float64, c.d)
		for a := range start {
			start[a] = 0.3 + 0.1*float64(a)
		}
		e := run(t, &SGD{Loss: l, Schedule: fp.InverseSqrtRate(0.1), Sampling: fp.FullBatch}, Initial{Points: [][]float64{start}}, Options{Walkers: 3}, 100)
		at, grad, sum := append([]float64(nil), start...), make([]float64, c.d), make([]float64, c.d)
		for k := range 100 {
			clear(sum)
			for i := range 30 {
				l.SampleGrad(grad, i, at)
				for a, g := range grad {
					sum[a] += g / 30
				}
			}
			for a := range at {
				at[a] -= 0.1 / math.Sqrt(float64(k+1)) * sum[a]
			}
		}
		for a, want := range at {
			if got := e.Theta()[a][2]; math.Abs(got-want) > 1e-12 {
				t.Errorf("%v d=%d: %g, want %g", c.model, c.d, got, want)
			}
		}
	}
}

// The heavy ball has v ← μv − η∇L and θ ← θ + v: with full batches it is known step by step, to round-off of 60 steps.
func TestHeavyBallRemembersItsVelocity(t *testing.T) {
	const eta, mu, steps = 0.1, 0.7, 60
	for _, c := range models {
		l := someLoss(t, c.model, c.d, 30)
		start := make([]float64, c.d)
		for a := range start {
			start[a] = 0.3 + 0.1*float64(a)
		}
		e := run(t, &SGD{Loss: l, Schedule: fp.ConstantRate(eta), Sampling: fp.FullBatch, Momentum: mu}, Initial{Points: [][]float64{start}}, Options{Walkers: 3}, steps)
		evaluator, at, v := l.Evaluator(), append([]float64(nil), start...), make([]float64, c.d)
		for range steps {
			evaluator.Eval(at)
			for a, g := range evaluator.Grad {
				v[a] = mu*v[a] - eta*g
			}
			for a := range at {
				at[a] += v[a]
			}
		}
		for a, want := range at {
			if got := e.Theta()[a][1]; math.Abs(got-want) > 1e-12 {
				t.Errorf("%v d=%d: %g, want %g", c.model, c.d, got, want)
			}
		}
	}
}

// run makes an ensemble and runs it to a step.
func run(t testing.TB, p Process, initial Initial, opt Options, step int) *Ensemble {
	t.Helper()
	e, err := New(p, initial, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Run(context.Background(), step); err != nil {
		t.Fatal(err)
	}
	return e
}

// SSᵀ = C for covariances of any rank, d = 1 … 4, and for C = 0.
func TestFactorsSquareToCovariances(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for d := 1; d <= 4; d++ {
		for rank := 1; rank <= d; rank++ {
			u := columns(d, rank)
			for i := range u {
				for k := range u[i] {
					u[i][k] = rng.NormFloat64()
				}
			}
			cov := columns(packed(d), 2)
			k := 0
			for i := range d {
				for j := i; j < d; j++ {
					for r := range rank {
						cov[k][0] += u[i][r] * u[j][r]
					}
					k++ // walker 1 keeps covariance 0
				}
			}
			s := columns(packed(d), 2)
			for k := range s {
				copy(s[k], cov[k])
			}
			if n := newFactorizer(d, 2).factor(s); n != 0 {
				t.Errorf("d=%d rank=%d: %d are called no covariance", d, rank, n)
			}
			k = 0
			for i := range d {
				for j := i; j < d; j++ {
					for w := range 2 {
						var got float64
						for r := 0; r <= i; r++ {
							got += s[diagonal(d, r)+i-r][w] * s[diagonal(d, r)+j-r][w]
						}
						// Some ten roundings of numbers below 20.
						if math.Abs(got-cov[k][w]) > 10*20*0x1p-53 {
							t.Errorf("d=%d rank=%d: C[%d][%d] = %g, want %g", d, rank, i, j, got, cov[k][w])
						}
					}
					k++
				}
			}
		}
	}
}

// What is no covariance is counted once for each walker, and has the factor of what is left without the columns of
// negative pivots.
func TestIndefiniteMatricesAreCounted(t *testing.T) {
	var rounded [][]float64 // of rank two, with a last pivot that is round-off: below 0 for some
	rng := rand.New(rand.NewPCG(7, 8))
	for range 100 {
		x, y := rng.NormFloat64(), rng.NormFloat64()
		rounded = append(rounded, []float64{1, 0, 0, x * x, x * y, y * y})
	}
	for _, c := range []struct {
		what string
		cov  [][]float64 // packed; of each walker
		want int
	}{
		{"a variance", [][]float64{{-1}, {1}, {0}, {-1e-300}, {math.NaN()}}, 2},
		{"the first", [][]float64{{-1, 0, 1}}, 1},
		{"the second", [][]float64{{1, 0, -1}}, 1},
		{"both, and none", [][]float64{{-1, 0, -1}, {1, 0.5, 1}}, 1},
		{"a correlation of 2", [][]float64{{1, 2, 1}, {1, 0.9, 1}, {1, -2, 1}}, 2},
		{"a correlation beyond 1 by more than a billionth", [][]float64{{1, 1, 1 - 1e-8}, {1, 1, 1 - 1e-10}, {1e4, 1e-2, 1e-8 * (1 - 1e-8)}}, 2},
		{"that of the last two", [][]float64{{1, 0, 0, 1e4, 1e-2, 1e-8 * (1 - 1e-8)}, {1, 0, 0, 1e4, 1e-2, 1e-8}}, 1},
		{"round-off", rounded, 0},
		{"three times −0.6", [][]float64{{1, -0.6, -0.6, 1, -0.6, 1}, {1, -0.5, -0.5, 1, -0.5, 1}}, 1},
	} {
		d := 1
		for packed(d) < len(c.cov[0]) {
			d++
		}
		s := columns(packed(d), len(c.cov))
		for w, one := range c.cov {
			for k, v := range one {
				s[k][w] = v
			}
		}
		f := newFactorizer(d, len(c.cov)+1) // of blocks the last may be smaller
		for range 2 {                       // nothing is left of the first
			if have := f.factor(columnsLike(s)); have != c.want {
				t.Errorf("%s: %d, want %d", c.what, have, c.want)
			}
		}
	}
}

func columnsLike(x [][]float64) [][]float64 {
	y := columns(len(x), len(x[0]))
	for k := range x {
		copy(y[k], x[k])
	}
	return y
}
