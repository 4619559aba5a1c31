package loss

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func randomData(n, k int, classes bool) *Data {
	r := rand.New(rand.NewPCG(7, uint64(k)))
	d := &Data{Target: "y"}
	for f := range k {
		d.Features = append(d.Features, fmt.Sprint("x", f))
	}
	for range n {
		for range k {
			d.X = append(d.X, r.NormFloat64())
		}
		y := r.NormFloat64()
		if classes {
			y = float64(r.IntN(2))
		}
		d.Y = append(d.Y, y)
	}
	return d
}

// losses lists every model, with one and with several features.
func losses(t testing.TB) map[string]*Loss {
	all := map[string]*Loss{}
	for m := range Model(len(modelNames)) {
		for _, k := range []int{1, 3} {
			if m == DeepLinear && k > 1 {
				continue
			}
			l, err := New(m, randomData(40, k, m.IsClassifier()))
			if err != nil {
				t.Fatal(err)
			}
			all[fmt.Sprintf("%v/k=%d", m, k)] = l
		}
	}
	return all
}

// Gradient, Hessian and ∇·Σ against central differences of value, gradient and Σ:
// their error is h² f‴/6 + 2⁻⁵³ f/h ≈ 1e-10 at h = 1e-5, for values of order one.
func TestDerivativesAgreeWithDifferences(t *testing.T) {
	for name, l := range losses(t) {
		d := l.Dim()
		theta := make([]float64, d)
		for a := range theta {
			theta[a] = 0.4 - 0.3*float64(a)
		}
		e, up, down := l.Evaluator(), l.Evaluator(), l.Evaluator()
		e.Eval(theta)
		div := make([]float64, d)
		for j := range d {
			const h = 1e-5
			theta[j] += h
			up.Eval(theta)
			theta[j] -= 2 * h
			down.Eval(theta)
			theta[j] += h
			check := func(what string, got, a, b float64) {
				if want := (a - b) / (2 * h); math.Abs(got-want) > 2e-9 {
					t.Errorf("%s: %s by θ_%d is %v, differences give %v", name, what, j, got, want)
				}
			}
			check("value", e.Grad[j], up.Value, down.Value)
			for i := range d {
				check("gradient", e.Hess[packed(d, i, j)], up.Grad[i], down.Grad[i])
				div[i] += (up.NoiseCov[packed(d, i, j)] - down.NoiseCov[packed(d, i, j)]) / (2 * h)
			}
		}
		for i := range d {
			if math.Abs(e.NoiseCovDiv[i]-div[i]) > 2e-9 {
				t.Errorf("%s: ∇·Σ has component %v, differences give %v", name, e.NoiseCovDiv[i], div[i])
			}
		}
	}
}

func packed(d, i, j int) int {
	if i > j {
		i, j = j, i
	}
	return i*d - i*(i-1)/2 + j - i
}

// Σ by its definition, sample by sample; n·2⁻⁵³ of round-off, n = 40.
func TestNoiseCovIsThatOfTheSampleGradients(t *testing.T) {
	for name, l := range losses(t) {
		d, n := l.Dim(), l.Samples()
		theta := []float64{0.7, -0.2, 0.5, 1.1}[:d]
		e := l.Evaluator()
		e.Eval(theta)
		g := make([]float64, d)
		sum := make([]float64, d*d)
		var value float64
		for i := range n {
			l.SampleGrad(g, i, theta)
			value += l.SampleValue(i, theta) / float64(n)
			for a := range d {
				for b := range d {
					sum[a*d+b] += (g[a] - e.Grad[a]) * (g[b] - e.Grad[b]) / float64(n)
				}
			}
		}
		for a := range d {
			for b := range d {
				if got := e.NoiseCov[packed(d, a, b)]; math.Abs(got-sum[a*d+b]) > 1e-14*(1+sum[a*d+a]+sum[b*d+b]) {
					t.Errorf("%s: Σ[%d][%d] = %v, want %v", name, a, b, got, sum[a*d+b])
				}
			}
		}
		if math.Abs(e.Value-value) > 1e-14*(1+value) {
			t.Errorf("%s: value %v, mean over samples %v", name, e.Value, value)
		}
	}
}

func TestDeepLinearNoiseHasRankOne(t *testing.T) {
	l, err := New(DeepLinear, randomData(30, 1, false))
	if err != nil {
		t.Fatal(err)
	}
	e := l.Evaluator()
	e.Eval([]float64{0.8, -1.3})
	if det := e.NoiseCov[0]*e.NoiseCov[2] - e.NoiseCov[1]*e.NoiseCov[1]; math.Abs(det) > 1e-15*e.NoiseCov[0]*e.NoiseCov[2]*30 { // 30 terms of round-off
		t.Errorf("det Σ = %g, want 0", det)
	}
}

func diabetes(t *testing.T, features ...string) *Data {
	f, err := os.Open("../../testdata/data/diabetes.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := ReadCSV(f, CSVOptions{Features: features, Target: "progression"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Standardize(true); err != nil {
		t.Fatal(err)
	}
	return d
}

// The least-squares weights on the diabetes data solve the normal equations, and the
// gradient vanishes there: 442 terms of round-off.
func TestLeastSquaresOnTheDiabetesData(t *testing.T) {
	d := diabetes(t, "bmi", "s5")
	if d.Samples() != 442 {
		t.Fatalf("%d samples, want 442", d.Samples())
	}
	x := mat.NewDense(442, 2, d.X)
	var theta mat.VecDense
	if err := theta.SolveVec(x, mat.NewVecDense(442, d.Y)); err != nil {
		t.Fatal(err)
	}
	l, _ := New(LinearRegression, d)
	e := l.Evaluator()
	e.Eval(theta.RawVector().Data)
	for _, g := range e.Grad {
		if math.Abs(g) > 1e-13 {
			t.Errorf("gradient %v at the least-squares weights, want 0", e.Grad)
		}
	}
	if math.Abs(e.Hess[0]-1) > 1e-13 || math.Abs(e.Hess[2]-1) > 1e-13 {
		t.Errorf("Hessian %v of standardised features, want ones on its diagonal", e.Hess)
	}
}

// With one parameter Σ(w) = Var(x²) w² − 2 Cov(x², xy) w + Var(xy) exactly.
func TestOneParameterNoiseIsAParabola(t *testing.T) {
	d := diabetes(t, "bmi")
	l, _ := New(LinearRegression, d)
	e := l.Evaluator()
	var xx, xy, m22, m13, m11 float64
	n := float64(d.Samples())
	for i, x := range d.X {
		y := d.Y[i]
		xx += x * x / n
		xy += x * y / n
		m22 += x * x * x * x / n
		m13 += x * x * x * y / n
		m11 += x * y * x * y / n
	}
	for _, w := range []float64{-2, 0.3, 5} {
		e.Eval([]float64{w})
		want := (m22-xx*xx)*w*w - 2*(m13-xx*xy)*w + m11 - xy*xy
		if math.Abs(e.NoiseCov[0]-want) > 442*0x1p-52*(m22*w*w+m11) {
			t.Errorf("Σ(%g) = %v, want %v", w, e.NoiseCov[0], want)
		}
	}
}

func TestLogisticStaysFiniteFarOut(t *testing.T) {
	l, _ := New(LogisticRegression, &Data{Features: []string{"x"}, X: []float64{1, -1}, Y: []float64{1, 0}})
	e := l.Evaluator()
	for _, w := range []float64{-1000, 1000} {
		e.Eval([]float64{w})
		if math.IsNaN(e.Value+e.Grad[0]+e.Hess[0]) || math.IsInf(e.Value, 0) {
			t.Errorf("at %g: value %g, gradient %g, Hessian %g", w, e.Value, e.Grad[0], e.Hess[0])
		}
	}
	if want := 0.0; e.Value != want { // at +1000 both samples are right beyond doubt
		t.Errorf("value %g, want %g", e.Value, want)
	}
}

func TestBadTables(t *testing.T) {
	for _, c := range []struct{ table, want string }{
		{"", "empty"},
		{"a,b\n", "no samples"},
		{"a,b\n1,2\n3\n", "line 3: ragged"},
		{"a,b\n1,2\n3,x\n", `line 3, column "b": want a finite number, have "x"`},
		{"a,b\n1,NaN\n", `line 2, column "b"`},
		{"a,c\n1,2\n", `no column "b"; there are a, c`},
		{"a,b\n1,\"2\n", "line 2"},
	} {
		_, err := ReadCSV(strings.NewReader(c.table), CSVOptions{Features: []string{"a"}, Target: "b"})
		var e *CSVError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v; want %q", c.table, err, c.want)
		}
	}
	d, err := ReadCSV(strings.NewReader("a,b\n2,1\n2,3\n"), CSVOptions{Features: []string{"a"}, Target: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Standardize(true); err == nil || !strings.Contains(err.Error(), `"a" is constant`) {
		t.Errorf("standardising a constant: %v", err)
	}
	if _, err := New(LogisticRegression, d); err == nil || !strings.Contains(err.Error(), "targets 0 or 1") {
		t.Errorf("logistic regression on a target of 3: %v", err)
	}
	if _, err := New(DeepLinear, randomData(3, 2, false)); err == nil || !strings.Contains(err.Error(), "one feature, have 2") {
		t.Errorf("deep-linear on two features: %v", err)
	}
	if _, err := ParseModel("svm"); err == nil || !strings.Contains(err.Error(), "tanh-neuron") {
		t.Errorf("unknown model: %v", err)
	}
}

func BenchmarkEval(b *testing.B) {
	for _, m := range []Model{LinearRegression, LogisticRegression, TanhNeuron} {
		k := 2
		if m == TanhNeuron {
			k = 1
		}
		l, err := New(m, randomData(500, k, m.IsClassifier()))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("model=%v/n=500", m), func(b *testing.B) {
			b.ReportAllocs()
			e := l.Evaluator()
			for b.Loop() {
				e.Eval([]float64{0.3, -0.2})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/500, "ns/sample")
		})
	}
}
