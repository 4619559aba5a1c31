package compare

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

func identitiesOf(t testing.TB, l *loss.Loss, theta []float64, opt IdentityOptions) []Identity {
	t.Helper()
	list, err := NoiseIdentities(context.Background(), l, theta, opt)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// someLaw is one of three features that are correlated and not centred.
func someLaw() *loss.Law {
	return &loss.Law{
		Features: []string{"u", "v"}, Target: "y", Weights: []float64{1, 0.5, -0.7},
		Mean: []float64{0.3, -1}, Cov: []float64{1, 0.4, 0.5}, Noise: 0.6, Intercept: true,
	}
}

func lossOf(t testing.TB, law *loss.Law, m loss.Model, n int) *loss.Loss {
	t.Helper()
	data, err := law.Generate(n, 99)
	if err != nil {
		t.Fatal(err)
	}
	l, err := loss.New(m, data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// All identities hold, with errors small enough to say so. Of 78 one is a false alarm
// with a probability of 3e-5; the seed is fixed.
func TestNoiseIdentitiesHold(t *testing.T) {
	skipLong(t)
	law := someLaw()
	line := &loss.Law{Features: []string{"x"}, Target: "y", Weights: []float64{0.8}, Mean: []float64{0.5}, Noise: 1}
	theta := []float64{0.4, -0.3, 0.9}
	for _, c := range []struct {
		name  string
		loss  *loss.Loss
		law   *loss.Law
		batch int
	}{
		{"linear, 1 parameter", someLoss(t, loss.LinearRegression, 1, 20), nil, 4},
		{"linear, 3 parameters", someLoss(t, loss.LinearRegression, 3, 50), nil, 7},
		{"logistic", someLoss(t, loss.LogisticRegression, 2, 30), nil, 5},
		{"neuron", someLoss(t, loss.TanhNeuron, 3, 24), nil, 8},
		{"deep linear", someLoss(t, loss.DeepLinear, 2, 12), nil, 3},
		{"batch of 1", someLoss(t, loss.LinearRegression, 2, 9), nil, 1},
		{"all but one", someLoss(t, loss.LinearRegression, 2, 9), nil, 8},
		{"law", lossOf(t, law, loss.LinearRegression, 40), law, 10},
		{"law, deep linear", lossOf(t, line, loss.DeepLinear, 16), line, 4},
	} {
		list := identitiesOf(t, c.loss, theta[:c.loss.Dim()], IdentityOptions{Batch: c.batch, Batches: 200000, Law: c.law, DataSets: 20000, Seed: 1})
		want := 8
		if c.law != nil {
			want += 3
		}
		if len(list) != want {
			t.Errorf("%s: %d identities, want %d", c.name, len(list), want)
		}
		for _, i := range list {
			t.Logf("%s: %s: K = %d, P = %.3g, bound %.3g", c.name, i.Name, i.Freedom, i.P, i.Bound)
			if i.Verdict != fp.Holds {
				t.Errorf("%s: %s: %v\n%+v", c.name, i.Name, i.Verdict, i)
			}
		}
	}
}

// What is expected is the formula, in numbers worked out by hand: gradients of y = 0 at θ = 1
// are x² = 1, 4, 9, 16 with mean 7.5 and variance 129/4; two of four samples in a batch.
func TestExpectedValuesOfIdentities(t *testing.T) {
	l, err := loss.New(loss.LinearRegression, &loss.Data{Features: []string{"x"}, X: []float64{1, 2, 3, 4}, Y: make([]float64, 4)})
	if err != nil {
		t.Fatal(err)
	}
	list := identitiesOf(t, l, []float64{1}, IdentityOptions{Batch: 2, Batches: 100000})
	const v = 129.0 / 4
	for k, want := range []float64{7.5, v / 2, v, 7.5, v / 3, v, -v / 6, 0} {
		if got := list[k].Expected; len(got) != 1 || math.Abs(got[0]-want) > 1e-14*v { // some roundings
			t.Errorf("%s: expected %v, want %g", list[k].Name, got, want)
		}
		if i := list[k]; !(math.Abs(i.Measured[0]-want) <= 5*i.Err[0]+1e-20) {
			t.Errorf("%s: measured %v ± %v, want %g", i.Name, i.Measured, i.Err, want)
		}
	}
}

// The chance P is uniform over seeds, by Kolmogorov and Smirnov's test for each identity, of 200
// values each: the distance from the uniform law is below 2.6/√200 but with probability
// 2 exp(−2·2.6²) = 3e-6, and 5e-5 for all 17. Groups are as small as they get.
func TestChancesOfIdentitiesAreUniform(t *testing.T) {
	skipLong(t)
	const times = 200
	law := someLaw()
	l := lossOf(t, law, loss.LinearRegression, 12)
	flat := someLoss(t, loss.DeepLinear, 2, 12)
	chances := map[string][]float64{}
	for seed := range uint64(times) {
		for _, i := range identitiesOf(t, l, []float64{0.4, -0.3, 0.9}, IdentityOptions{Batch: 3, Batches: 64 * 120, Law: law, DataSets: 64 * 16, Seed: seed}) {
			chances[i.Name] = append(chances[i.Name], i.P)
		}
		for _, i := range identitiesOf(t, flat, []float64{0.4, -0.3}, IdentityOptions{Batch: 3, Batches: 64 * 120, Seed: seed}) {
			chances["deep linear: "+i.Name] = append(chances["deep linear: "+i.Name], i.P)
		}
	}
	tested := 0
	for name, p := range chances {
		sort.Float64s(p)
		if p[0] == 1 { // a full batch
			continue
		}
		tested++
		var distance float64
		for k, v := range p {
			distance = max(distance, math.Abs(v-(float64(k)+0.5)/times)+0.5/times)
		}
		t.Logf("%-60s distance %.4f, least %.2g", name, distance, p[0])
		if !(distance < 2.6/math.Sqrt(times)) {
			t.Errorf("%s: P is not uniform: distance %.3f", name, distance)
		}
	}
	if tested != 10+7 {
		t.Errorf("%d identities tested, want 17", tested)
	}
}

// biased draws as it should, but for the first sample of every sixth batch.
type biased struct{ sampler }

func (s biased) draw(b *batches, from sources, start int) {
	s.sampler.draw(b, from, start)
	for k := 0; k < buffered; k += 6 {
		b.indices[k*b.size] = 0
	}
}

// repeated draws every batch twice.
type repeated struct{ sampler }

func (s repeated) draw(b *batches, from sources, start int) {
	s.sampler.draw(b, from, start)
	for k := 0; k < buffered; k += 2 {
		copy(b.indices[(k+1)*b.size:][:b.size], b.indices[k*b.size:])
	}
}

// What is wrong is found: Σ by 1 %, the gradient by a hundredth of the noise of a batch, each
// some 10 standard errors, and draws that are biased or not independent.
func TestNoiseIdentitiesFindWhatIsWrong(t *testing.T) {
	skipLong(t)
	l := someLoss(t, loss.LinearRegression, 2, 40)
	theta := []float64{0.2, -0.5}
	// The variance of the square of a normal variable is 2 in units of its own: 1 % is 10 errors
	// of √(2/2e6), and a hundredth of a deviation 14 of √(1/2e6).
	opt := IdentityOptions{Batch: 8, Batches: 2000000, Seed: 3}
	check := func(name string, list []Identity, wrong ...int) {
		t.Helper()
		for k, i := range list {
			want := fp.Holds
			if slices.Contains(wrong, k) {
				want = fp.Violated
			}
			if i.Verdict != want {
				t.Errorf("%s: %s: %v, want %v: %+v", name, i.Name, i.Verdict, want, i)
			}
		}
	}
	test := newNoiseTest(context.Background(), l, theta, &opt)
	for k := range test.cov {
		test.cov[k] *= 1.01
	}
	check("Σ", test.independent(fp.WithReplacement), 1, 2)
	test = newNoiseTest(context.Background(), l, theta, &opt)
	for i := range test.xi {
		test.xi[i] += 0.01 * math.Sqrt(test.cov[i%2*2]/8)
	}
	check("g", test.independent(fp.WithReplacement), 0)
	opt.Batches = 200000
	distort := func(s func(sampler) sampler) *noiseTest {
		test := newNoiseTest(context.Background(), l, theta, &opt)
		honest := test.newSampler
		test.newSampler = func(how fp.Sampling, n, batch int) sampler { return s(honest(how, n, batch)) }
		return test
	}
	test = distort(func(s sampler) sampler { return biased{s} })
	if i := test.independent(fp.WithReplacement)[0]; i.Verdict != fp.Violated {
		t.Errorf("a biased draw is not found: %+v", i)
	}
	if i := test.fullBatch(); i.Verdict != fp.Violated || i.P != 0 || i.Z != mostZ {
		t.Errorf("a full batch that lacks a sample is not found: %+v", i)
	}
	test = distort(func(s sampler) sampler { return repeated{s} })
	check("repeated", test.independent(fp.WithReplacement), 2) // ḡ has twice its variance
	if i := test.epochs(); i.Verdict != fp.Violated {
		t.Errorf("repeated batches are not found: %+v", i)
	}
	// Of a correlation of −1/5 five errors of 1/√7680 are 28 %, of a variance they were 6 %.
	opt.Batches = 7680
	if i := newNoiseTest(context.Background(), l, theta, &opt).epochs(); i.Verdict != fp.CannotTell {
		t.Errorf("a correlation that is not resolved: %+v", i)
	}
	opt.Batches = 200000
	// With replacement there is no correlation, where there should be one.
	test = newNoiseTest(context.Background(), l, theta, &opt)
	test.newSampler = func(how fp.Sampling, n, batch int) sampler {
		return newSampler(fp.WithReplacement, n, batch, false)
	}
	if i := test.epochs(); i.Verdict != fp.Violated {
		t.Errorf("independent batches pass for epochs: %+v", i)
	}
}

// Of a population that is off the gradient is found out by a tenth of its deviation between
// data sets, their covariance by a tenth, and Σ by a twentieth.
func TestNoiseIdentitiesFindAnotherLaw(t *testing.T) {
	skipLong(t)
	law := someLaw()
	l := lossOf(t, law, loss.LinearRegression, 40)
	theta := []float64{0.4, -0.3, 0.9}
	for _, c := range []struct {
		name   string
		change func(p *loss.Population)
		wrong  int
	}{
		// Errors are some of √(2/20000) = 1 % for covariances of g, less for the mean of Σ.
		{"g", func(p *loss.Population) { p.Grad[1] += 0.1 * math.Sqrt(p.NoiseCov[3]/40) }, 0},
		{"Σ of g", func(p *loss.Population) { p.NoiseCov[3] *= 1.1 }, 1},
		{"mean of Σ", func(p *loss.Population) { p.NoiseCov[5] *= 1.05 }, 2},
	} {
		s, err := newDataSets(context.Background(), l, theta, &IdentityOptions{Law: law, DataSets: 20000, Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		c.change(s.population)
		if i := s.identities()[c.wrong]; i.Verdict != fp.Violated {
			t.Errorf("%s: not found: %+v", c.name, i)
		}
	}
}

// Nothing that does not vary is divided by: a constant component of the gradient, two equal
// ones, one sample, all samples without replacement, two samples whose products are always
// the same, a perfect fit.
func TestNoiseIdentitiesWhereNothingVaries(t *testing.T) {
	data := func(k int, x, y []float64) *loss.Data { return &loss.Data{Features: make([]string, k), X: x, Y: y} }
	noiseless := &loss.Law{Features: []string{"x"}, Target: "y", Weights: []float64{0.7}, Mean: []float64{3}}
	exact, err := noiseless.Generate(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		data    *loss.Data
		theta   []float64
		law     *loss.Law
		batch   int
		freedom []int
	}{
		// g_i = r_i x_i with r_i = −1/x_i1: (−1, −x_i2/x_i1).
		{"constant component", data(2, []float64{1, 2, 3, 1, 0.7, 5, 2, 2}, []float64{1, 3, 0.7, 2}), []float64{0, 0}, nil, 2, nil},
		{"equal components", data(2, []float64{1, 1, 2, 2, 4, 4, 7, 7, 8, 8}, []float64{1, 2, 3, 4, 5}), []float64{0.3, 0.3}, nil, 2, []int{1, 1, 1, 1, 1, 1, 1, 0}},
		{"one sample", data(1, []float64{3}, []float64{2}), []float64{0.3}, nil, 1, []int{0, 0, 0, 0, 0, 0, 0}},
		{"all samples", data(1, []float64{3, 1, 0.1}, []float64{2, 3, 4}), []float64{0.3}, nil, 3, []int{1, 1, 1, 0, 0, 0, 0}},
		{"two samples", data(1, []float64{1, 3}, []float64{0.5, 0.3}), []float64{0.7}, nil, 1, []int{1, 0, 1, 1, 0, 1, 1, 0}},
		{"no gradient", data(2, make([]float64, 10), make([]float64, 5)), []float64{1, 2}, nil, 2, []int{0, 0, 0, 0, 0, 0, 0, 0}},
		{"perfect fit", exact, []float64{0.7}, noiseless, 2, nil},
		{"far from the fit", exact, []float64{1e8}, noiseless, 2, nil},
	} {
		l, err := loss.New(loss.LinearRegression, c.data)
		if err != nil {
			t.Fatal(err)
		}
		list := identitiesOf(t, l, c.theta, IdentityOptions{Batch: c.batch, Batches: 100000, Law: c.law, DataSets: 50000})
		if _, err := json.Marshal(list); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for k, i := range list {
			if i.Verdict != fp.Holds || math.IsNaN(i.Z+i.P+i.Bound) || c.freedom != nil && i.Freedom != c.freedom[k] {
				t.Errorf("%s: %+v", c.name, i)
			}
		}
	}
}

// Constant components that are off are found, where there is no error to divide by.
func TestExactIdentitiesThatAreViolated(t *testing.T) {
	rows := [][]float64{{1, 2}, {1, 2.5}, {1, 1.5}}
	for _, c := range []struct {
		first float64
		want  fp.Verdict
	}{{1, fp.Holds}, {1 + 1e-13, fp.Holds}, {1 + 1e-11, fp.Violated}, {math.NaN(), fp.Violated}} {
		i := testMean(rows, []float64{c.first, 2}, []float64{1, 50}, []float64{1e-12, 1e-12})
		if i.Verdict != c.want {
			t.Errorf("%v: %+v", c.first, i)
		}
	}
	// (1, −1)/√2 does not vary, and is off by 1e-3 standard errors.
	rows = [][]float64{{1, 1}, {2, 2}, {3, 3}}
	se := 1 / math.Sqrt(3)
	if i := testMean(rows, []float64{2, 2 + 1e-3*se}, []float64{50, 50}, []float64{1e-12, 1e-12}); i.Verdict != fp.Violated || i.Freedom != 1 {
		t.Errorf("%+v", i)
	}
	if i := testMean(rows, []float64{2, 2}, []float64{50, 50}, []float64{1e-12, 1e-12}); i.Verdict != fp.Holds || i.Freedom != 1 {
		t.Errorf("%+v", i)
	}
	if i := testMean(rows, []float64{2, 2}, []float64{1, 50}, []float64{1e-12, 1e-12}); i.Verdict != fp.CannotTell {
		t.Errorf("errors of more than a tenth: %+v", i)
	}
}

// Of one component T² is Student's t squared: t = 2/1, three groups, two-sided.
func TestChanceOfOneComponentIsStudents(t *testing.T) {
	i := testMean([][]float64{{1}, {2}, {3}}, []float64{2 - 2/math.Sqrt(3)}, []float64{1}, []float64{0})
	// P(|t| > x) = 1 − x/√(2 + x²) with 2 degrees of freedom.
	if want := 1 - 2/math.Sqrt(6); math.Abs(i.P-want) > 1e-14 {
		t.Errorf("P = %v, want %v", i.P, want)
	}
	if got := math.Erfc(i.Z/math.Sqrt2) / 2; math.Abs(got-i.P) > 1e-14 {
		t.Errorf("Z = %v has the chance %v, want %v", i.Z, got, i.P)
	}
}

func TestFalseAlarmIsFiveSigma(t *testing.T) {
	if want := math.Erfc(5/math.Sqrt2) / 2; math.Abs(FalseAlarm/want-1) > 1e-14 {
		t.Errorf("FalseAlarm = %v, want %v", FalseAlarm, want)
	}
}

func TestNoiseIdentitiesHaveTheSameBitsForAnyNumberOfWorkers(t *testing.T) {
	law := someLaw()
	l := lossOf(t, law, loss.LinearRegression, 20)
	var first []Identity
	for _, workers := range []int{1, 2, 7} {
		list := identitiesOf(t, l, []float64{0.4, -0.3, 0.9}, IdentityOptions{Batch: 6, Batches: 10000, Law: law, DataSets: 1024, Seed: 8, Workers: workers})
		if first == nil {
			first = list
		}
		if !reflect.DeepEqual(list, first) {
			t.Errorf("%d workers: %+v, want %+v", workers, list, first)
		}
	}
	if other := identitiesOf(t, l, []float64{0.4, -0.3, 0.9}, IdentityOptions{Batch: 6, Batches: 10000, Seed: 9}); other[0].Measured[0] == first[0].Measured[0] {
		t.Error("another seed draws the same")
	}
}

func TestNoiseIdentityErrors(t *testing.T) {
	law := someLaw()
	l := lossOf(t, law, loss.LinearRegression, 20)
	neuron := someLoss(t, loss.TanhNeuron, 3, 20)
	for _, c := range []struct {
		want  string
		loss  *loss.Loss
		theta []float64
		opt   IdentityOptions
	}{
		{"theta: want 3 numbers, have 2", l, []float64{1, 2}, IdentityOptions{Batch: 1}},
		{"theta: want finite numbers, have NaN", l, []float64{1, 2, math.NaN()}, IdentityOptions{Batch: 1}},
		{"theta: want finite numbers, have +Inf", l, []float64{1, 2, math.Inf(1)}, IdentityOptions{Batch: 1}},
		{"overflows", l, []float64{1, 2, 1e200}, IdentityOptions{Batch: 1}},
		{"batch: want 1 to the 20 samples there are, have 21", l, []float64{1, 2, 3}, IdentityOptions{Batch: 21}},
		{"batch: want 1 to the 20 samples there are, have 0", l, []float64{1, 2, 3}, IdentityOptions{}},
		{"batches: want at least 2, have 1", l, []float64{1, 2, 3}, IdentityOptions{Batch: 1, Batches: 1}},
		{"batches: want at most 2500000000000, which draw 1e+13 samples in each way, have 2500000000001", l, []float64{1, 2, 3}, IdentityOptions{Batch: 4, Batches: 2500000000001}},
		{"data sets: want at most 5000000000, which have 1e+11 samples, have 5000000001", l, []float64{1, 2, 3}, IdentityOptions{Batch: 1, DataSets: 5000000001, Law: law}},
		{"data sets: want at least 2, have -1", l, []float64{1, 2, 3}, IdentityOptions{Batch: 1, DataSets: -1}},
		{"workers: want at least 1, have -1", l, []float64{1, 2, 3}, IdentityOptions{Batch: 1, Workers: -1}},
		{"law: the population of tanh-neuron has no closed form", neuron, []float64{1, 2, 3}, IdentityOptions{Batch: 1, Law: law}},
		{"law: want the features of the data", someLoss(t, loss.LinearRegression, 3, 20), []float64{1, 2, 3}, IdentityOptions{Batch: 1, Law: law}},
		{"law: noise", l, []float64{1, 2, 3}, IdentityOptions{Batch: 1, Law: &loss.Law{Features: []string{"x"}, Weights: []float64{1}, Noise: -1}}},
	} {
		if _, err := NoiseIdentities(context.Background(), c.loss, c.theta, c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// Draws end with their context, at once however many there are to be.
func TestCancelledNoiseIdentities(t *testing.T) {
	law := someLaw()
	l := lossOf(t, law, loss.LinearRegression, 20)
	for what, opt := range map[string]IdentityOptions{
		"batches":   {Batch: 2, Batches: 1e12, DataSets: 2, Law: law},
		"data sets": {Batch: 2, Batches: 2, DataSets: 1e9, Law: law},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		began := time.Now()
		if list, err := NoiseIdentities(ctx, l, []float64{1, 2, 3}, opt); err != context.DeadlineExceeded || list != nil {
			t.Errorf("%s: error %v with %d identities", what, err, len(list))
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: ended after %v", what, took)
		}
	}
}

// The estimator of Σ is that of its formula, written out for 10 vectors.
func TestEstimatorIsItsFormula(t *testing.T) {
	z := make([]float64, 2*estimatorBatches)
	random.Normals(z, random.New(1, 2))
	sum := make([]float64, 3)
	e := newEstimator(sum)
	for k := 0; k < len(z); k += 2 {
		e.add(z[k : k+2])
	}
	k := 0
	for a := range 2 {
		for b := a; b < 2; b++ {
			var want float64 // half the mean over pairs, times m
			for i := range estimatorBatches {
				for j := range estimatorBatches {
					want += (z[2*i+a] - z[2*j+a]) * (z[2*i+b] - z[2*j+b]) / (2 * estimatorBatches)
				}
			}
			near(t, "sum of squares", sum[k], want, 1e-13)
			k++
		}
	}
}

func BenchmarkNoiseIdentities(b *testing.B) {
	law := someLaw()
	l := lossOf(b, law, loss.LinearRegression, 442)
	for b.Loop() {
		identitiesOf(b, l, []float64{0.4, -0.3, 0.9}, IdentityOptions{Batch: 32, Law: law})
	}
}
