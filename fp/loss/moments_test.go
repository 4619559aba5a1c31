package loss

import (
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// table reads testdata/data/NAME.csv, standardised as the model wants it.
func table(t testing.TB, name string, m Model, opt CSVOptions) *Data {
	t.Helper()
	f, err := os.Open("../../testdata/data/" + name + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := ReadCSV(f, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Standardize(!m.IsClassifier()); err != nil {
		t.Fatal(err)
	}
	return d
}

func diabetes(t testing.TB, features ...string) *Data {
	return table(t, "diabetes", LinearRegression, CSVOptions{Features: features, Target: "progression"})
}

// exactRegression is linear regression at θ in numbers of 300 bits, straight from the
// samples: what results returns, rounded at the end.
func exactRegression(d *Data, theta []float64) []float64 {
	num := func(x float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(x) }
	mul := func(a, b *big.Float) *big.Float { return new(big.Float).Mul(a, b) }
	n, k := d.Samples(), len(theta)
	inv := num(1)
	inv.Quo(inv, num(float64(n)))
	zeros := func(count int) []*big.Float {
		z := make([]*big.Float, count)
		for i := range z {
			z[i] = num(0)
		}
		return z
	}
	value, grad, hess, cov, div := num(0), zeros(k), zeros(k*k), zeros(k*k), zeros(k)
	for i := range n {
		x := d.X[i*k : (i+1)*k]
		r := num(-d.Y[i])
		for a, v := range x {
			r.Add(r, mul(num(v), num(theta[a])))
		}
		value.Add(value, mul(mul(r, r), mul(inv, num(0.5))))
		for a := range k {
			g := mul(r, num(x[a]))
			grad[a].Add(grad[a], mul(g, inv))
			for b := range k {
				xx := mul(num(x[a]), num(x[b]))
				hess[a*k+b].Add(hess[a*k+b], mul(xx, inv))
				cov[a*k+b].Add(cov[a*k+b], mul(mul(xx, mul(r, r)), inv))
				div[a].Add(div[a], mul(mul(g, mul(num(2*x[b]), num(x[b]))), inv)) // H g = g tr H = |x|² g
			}
		}
	}
	out := []float64{}
	add := func(x *big.Float) { v, _ := x.Float64(); out = append(out, v) }
	add(value)
	for _, g := range grad {
		add(g)
	}
	for a := range k {
		for b := a; b < k; b++ {
			add(hess[a*k+b])
		}
	}
	for a := range k {
		for b := a; b < k; b++ {
			add(new(big.Float).Sub(cov[a*k+b], mul(grad[a], grad[b])))
		}
	}
	for a := range k {
		for b := range k {
			div[a].Sub(div[a], mul(hess[a*k+b], grad[b]))
			div[a].Sub(div[a], mul(hess[b*k+b], grad[a]))
		}
		add(div[a])
	}
	return out
}

// largest returns the largest of the k numbers from lo on, by size.
func largest(x []float64) (m float64) {
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}

// Against exact sums over the samples all results of the condensed data, each relative
// to the largest of its kind, are right to 1e-12: that is 442 terms times ten units
// of round-off. The points are away from the minimum, where the gradient is 0.
func TestMomentsAgreeWithExactSums(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, features := range [][]string{{"bmi"}, {"bmi", "s5"}, {"age", "s1", "s2"}, {"bmi", "bp", "s3", "s6"}} {
		k := len(features)
		d := diabetes(t, features...)
		e := mustNew(t, LinearRegression, d).Evaluator()
		theta := make([]float64, k)
		for range 5 {
			for a := range theta {
				theta[a] = 5 * r.NormFloat64()
			}
			e.Eval(theta)
			want, got := exactRegression(d, theta), results(e)
			at := 0
			for what, size := range []int{1, k, k * (k + 1) / 2, k * (k + 1) / 2, k} {
				scale := largest(want[at : at+size])
				for i := at; i < at+size; i++ {
					if !(math.Abs(got[i]-want[i]) <= 1e-12*scale) {
						t.Errorf("%v at %v: result %d.%d is %v, want %v", features, theta, what, i-at, got[i], want[i])
					}
				}
				at += size
			}
		}
	}
}

// Where the fit is perfect but for noise of relative size δ, L and Σ are of order δ².
// The residuals, differences of numbers of order one, are right to 2⁻⁵³/δ, L and Σ to
// some ten times that, for every sum over the samples. Moments multiplied out would be
// off by 2⁻⁵³/δ², which is 1 for this δ.
func TestMomentsWhereTheFitIsNearlyPerfect(t *testing.T) {
	const delta = 1e-8
	r := rand.New(rand.NewPCG(2, 9))
	d := randomData(100, 2, false)
	for i := range d.Y {
		d.Y[i] = d.X[2*i] - 0.5*d.X[2*i+1] + delta*r.NormFloat64()
	}
	theta := []float64{1, -0.5}
	e := mustNew(t, LinearRegression, d).Evaluator()
	e.Eval(theta)
	want := exactRegression(d, theta)
	if got := e.Value; math.Abs(got-want[0]) > 10*0x1p-53/delta*want[0] {
		t.Errorf("L = %v, want %v", got, want[0])
	}
	for k, got := range e.NoiseCov {
		if want := want[6:9]; math.Abs(got-want[k]) > 10*0x1p-53/delta*largest(want) {
			t.Errorf("Σ[%d] = %v, want %v", k, got, want[k])
		}
	}
}

// The least-squares weights that QR finds from the samples solve the normal equations
// H θ = (1/n) Xᵀy, and the gradient vanishes there, each to n units of round-off; H of
// standardised features has ones on its diagonal.
func TestLeastSquaresOnTheDiabetesData(t *testing.T) {
	d := diabetes(t, "bmi", "s5")
	n := d.Samples()
	if n != 442 {
		t.Fatalf("%d samples, want 442", n)
	}
	x, y := mat.NewDense(n, 2, d.X), mat.NewVecDense(n, d.Y)
	var fit, xy, normal mat.VecDense
	if err := fit.SolveVec(x, y); err != nil {
		t.Fatal(err)
	}
	e := mustNew(t, LinearRegression, d).Evaluator()
	e.Eval(fit.RawVector().Data)
	xy.MulVec(x.T(), y)
	xy.ScaleVec(1/float64(n), &xy)
	if err := normal.SolveVec(mat.NewSymDense(2, []float64{e.Hess[0], e.Hess[1], 0, e.Hess[2]}), &xy); err != nil {
		t.Fatal(err)
	}
	for a, g := range e.Grad {
		if math.Abs(g) > 442*0x1p-52 {
			t.Errorf("gradient %v at the least-squares weights, want 0", e.Grad)
		}
		if got, want := normal.AtVec(a), fit.AtVec(a); math.Abs(got-want) > 442*0x1p-52 {
			t.Errorf("weight %d from the normal equations is %v, from QR %v", a, got, want)
		}
		if h := e.Hess[2*a]; math.Abs(h-1) > 442*0x1p-52 {
			t.Errorf("H[%d][%d] = %v, want 1", a, a, h)
		}
	}
}

// With one parameter Σ(w) = α w² + β w + κ with α = Var(x²), β = −2 Cov(x², xy),
// κ = Var(xy), and ∇·Σ = 2α w + β, to 442 units of the size of their terms.
func TestOneParameterNoiseIsAParabola(t *testing.T) {
	d := diabetes(t, "bmi")
	n := float64(d.Samples())
	var xx, xy float64
	for i, x := range d.X {
		xx += x * x / n
		xy += x * d.Y[i] / n
	}
	var alpha, beta, kappa float64
	for i, x := range d.X {
		u, v := x*x-xx, x*d.Y[i]-xy
		alpha += u * u / n
		beta -= 2 * u * v / n
		kappa += v * v / n
	}
	e := mustNew(t, LinearRegression, d).Evaluator()
	for _, w := range []float64{-100, -2, 0, 0.3, 0.586, 5} {
		e.Eval([]float64{w})
		size := alpha*w*w + math.Abs(beta*w) + kappa
		if want := alpha*w*w + beta*w + kappa; !closeTo(e.NoiseCov[0], want, size, 442) {
			t.Errorf("Σ(%g) = %v, want %v", w, e.NoiseCov[0], want)
		}
		size = 2*alpha*math.Abs(w) + math.Abs(beta)
		if want := 2*alpha*w + beta; !closeTo(e.NoiseCovDiv[0], want, size, 442) {
			t.Errorf("∇·Σ(%g) = %v, want %v", w, e.NoiseCovDiv[0], want)
		}
	}
}

// Every gradient of a b x points along (b, a): Σ has rank 1 and the null vector
// (a, −b). Its entries are rounded three times each.
func TestDeepLinearNoiseHasRankOne(t *testing.T) {
	e := mustNew(t, DeepLinear, diabetes(t, "bmi")).Evaluator()
	for _, theta := range [][]float64{{0.8, -1.3}, {2, 1e-6}, {-1, 0}} {
		e.Eval(theta)
		s := e.NoiseCov
		if det, size := s[0]*s[2]-s[1]*s[1], s[0]*s[2]; math.Abs(det) > 8*0x1p-53*size {
			t.Errorf("at %v: det Σ = %g, want 0", theta, det)
		}
		if !(s[0]+s[2] > 0.1) {
			t.Errorf("at %v: Σ = %v vanishes", theta, s)
		}
		a, b := theta[0], theta[1]
		for _, row := range [][2]float64{{s[0], s[1]}, {s[1], s[2]}} {
			if got, size := row[0]*a-row[1]*b, math.Abs(row[0]*a); math.Abs(got) > 8*0x1p-53*size {
				t.Errorf("at %v: Σ (a, −b) has component %g, want 0", theta, got)
			}
		}
	}
}

// Logistic regression on the breast-cancer data, with an intercept: at the minimum,
// found by Newton's method, the mean predicted chance is the fraction of benign samples,
// 357 of 569, the zero of the gradient by the intercept.
func TestLogisticMinimumOnTheBreastCancerData(t *testing.T) {
	d := table(t, "breast_cancer", LogisticRegression, CSVOptions{Features: []string{"mean_radius", "mean_texture"}, Target: "benign", Intercept: true})
	l := mustNew(t, LogisticRegression, d)
	e := l.Evaluator()
	theta := make([]float64, 3)
	for range 12 { // quadratic from here: 1, 1e-2, 1e-4, 1e-8, 1e-16
		e.Eval(theta)
		h := mat.NewSymDense(3, []float64{e.Hess[0], e.Hess[1], e.Hess[2], 0, e.Hess[3], e.Hess[4], 0, 0, e.Hess[5]})
		var by mat.VecDense
		if err := by.SolveVec(h, mat.NewVecDense(3, e.Grad)); err != nil {
			t.Fatal(err)
		}
		for a := range theta {
			theta[a] -= by.AtVec(a)
		}
	}
	e.Eval(theta)
	var chance, benign float64
	for i, y := range d.Y {
		p, _ := sigmoid(dot(theta, d.X[3*i:3*i+3]))
		chance += p
		benign += y
	}
	if benign != 357 || math.Abs(chance-357) > 569*569*0x1p-52 { // n terms ≤ 1, θ itself off by n units
		t.Errorf("at %v: %v benign of %v predicted, want 357", theta, benign, chance)
	}
}
