package loss

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
)

// laws are some with points θ away from and at their weights.
func laws() map[string]*Law {
	return map[string]*Law{
		"one feature":    {Features: []string{"x"}, Target: "y", Weights: []float64{0.7}, Noise: 0.5},
		"no noise":       {Features: []string{"x"}, Target: "y", Weights: []float64{0.7}},
		"shifted":        {Features: []string{"x"}, Target: "y", Weights: []float64{-1.2}, Mean: []float64{3}, Cov: []float64{0.25}, Noise: 2},
		"two, full":      {Features: []string{"u", "v"}, Target: "y", Weights: []float64{1, -2}, Mean: []float64{0.5, -1}, Cov: []float64{2, 0.9, 1}, Noise: 0.3},
		"intercept":      {Features: []string{"u", "v"}, Target: "y", Weights: []float64{4, 1, -2}, Mean: []float64{0.5, -1}, Cov: []float64{2, -0.9, 1}, Noise: 0.3, Intercept: true},
		"only intercept": {Target: "y", Weights: []float64{2}, Noise: 1, Intercept: true},
		"singular":       {Features: []string{"u", "v", "w"}, Target: "y", Weights: []float64{1, 2, 3}, Cov: []float64{1, 2, 0, 4, 0, 0}, Noise: 1},
	}
}

// models are those with a population, with θ of the right length.
func models(l *Law) map[Model][]float64 {
	theta := []float64{0.3, -0.8, 1.9, 0.4}
	m := map[Model][]float64{LinearRegression: theta[:len(l.Weights)]}
	if len(l.Weights) == 1 {
		m[DeepLinear] = theta[1:3]
	}
	return m
}

// byQuadrature returns E ∇ℓ, E ∇²ℓ and Cov ∇ℓ over a law from the gradients of single
// samples: Gauss and Hermite's rule with 5 points per normal variable is exact for their
// products, polynomials of degree 4.
func byQuadrature(t *testing.T, l *Law, m Model, theta []float64) (value float64, grad, hess, cov []float64) {
	const points = 5
	vary := len(l.Features)
	z, w := make([]float64, points), make([]float64, points)
	quad.Hermite{}.FixedLocations(z, w, math.Inf(-1), math.Inf(1))
	var root mat.Dense // V √λ of the eigenvectors and eigenvalues of C
	if vary > 0 {
		c := mat.NewSymDense(vary, nil)
		for a := range vary {
			for b := a; b < vary; b++ {
				v := 0.0
				switch {
				case l.Cov != nil:
					v = l.Cov[packed(vary, a, b)]
				case a == b:
					v = 1
				}
				c.SetSym(a, b, v)
			}
		}
		var eigen mat.EigenSym
		if !eigen.Factorize(c, true) {
			t.Fatal("no eigenvalues")
		}
		eigen.VectorsTo(&root)
		for b, v := range eigen.Values(nil) {
			for a := range vary {
				root.Set(a, b, root.At(a, b)*math.Sqrt(max(0, v)))
			}
		}
	}
	d := len(theta)
	grad, hess, cov = make([]float64, d), make([]float64, d*(d+1)/2), make([]float64, d*(d+1)/2)
	data := &Data{Features: l.features(), X: make([]float64, len(l.Weights)), Y: make([]float64, 1)}
	g, h := make([]float64, d), make([]float64, len(hess))
	for number := range int(math.Pow(points, float64(vary+1))) {
		weight, rest := 1.0, number
		deviates := make([]float64, vary+1)
		for a := range deviates {
			deviates[a] = math.Sqrt2 * z[rest%points]
			weight *= w[rest%points] / math.Sqrt(math.Pi)
			rest /= points
		}
		if l.Intercept {
			data.X[0] = 1
		}
		for a := range vary {
			x := &data.X[a+l.first()]
			*x = 0
			if l.Mean != nil {
				*x = l.Mean[a]
			}
			for b := range vary {
				*x += root.At(a, b) * deviates[b]
			}
		}
		data.Y[0] = dot(l.Weights, data.X) + l.Noise*deviates[vary]
		sample := mustNew(t, m, data)
		value += weight * sample.SampleValue(0, theta)
		sample.SampleGrad(g, 0, theta)
		sample.SampleHess(h, 0, theta)
		k := 0
		for a := range d {
			grad[a] += weight * g[a]
			for b := a; b < d; b++ {
				hess[k] += weight * h[k]
				cov[k] += weight * g[a] * g[b]
				k++
			}
		}
	}
	k := 0
	for a := range d {
		for b := a; b < d; b++ {
			cov[k] -= grad[a] * grad[b]
			k++
		}
	}
	return value, grad, hess, cov
}

// Round-off of 625 terms that are up to 30 times their sum: 1e-12 of the largest result.
func TestPopulationAgainstQuadrature(t *testing.T) {
	for name, l := range laws() {
		for m, theta := range models(l) {
			t.Run(name+"/"+m.String(), func(t *testing.T) {
				p, err := l.Population(m)
				if err != nil {
					t.Fatal(err)
				}
				p.Eval(slices.Repeat([]float64{9}, len(theta))) // leaves nothing behind
				p.Eval(theta)
				value, grad, hess, cov := byQuadrature(t, l, m, theta)
				for _, c := range []struct {
					name      string
					got, want []float64
				}{{"L", []float64{p.Value}, []float64{value}}, {"g", p.Grad, grad}, {"Hessian", p.Hess, hess}, {"Σ", p.NoiseCov, cov}} {
					scale := max(1, largest(c.want))
					for k := range c.want {
						if !(math.Abs(c.got[k]-c.want[k]) <= 1e-12*scale) {
							t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
							break
						}
					}
				}
			})
		}
	}
}

// Of one draw of many samples L, g, ∇²L and Σ agree with the population within 5 standard
// errors, the square root of the variance between 100 parts over 100. With 100 numbers and
// Student's law of 99 degrees of freedom a false alarm has a chance below 3e-4; the seed
// is fixed.
func TestPopulationAgainstSamples(t *testing.T) {
	const parts, n = 100, 2000
	for name, l := range laws() {
		for m, theta := range models(l) {
			p, err := l.Population(m)
			if err != nil {
				t.Fatal(err)
			}
			p.Eval(theta)
			want := slices.Concat([]float64{p.Value}, p.Grad, p.Hess, p.NoiseCov)
			sum, squares := make([]float64, len(want)), make([]float64, len(want))
			for part := range uint64(parts) {
				d, err := l.Generate(n, 1000+part)
				if err != nil {
					t.Fatal(err)
				}
				e := mustNew(t, m, d).Evaluator()
				e.Eval(theta)
				for k := range e.NoiseCov {
					e.NoiseCov[k] *= float64(n) / (n - 1)
				}
				for k, v := range slices.Concat([]float64{e.Value}, e.Grad, e.Hess, e.NoiseCov) {
					sum[k] += (v - want[k]) / parts
					squares[k] += (v - want[k]) * (v - want[k]) / parts
				}
			}
			for k := range want {
				se := math.Sqrt(max(0, squares[k]-sum[k]*sum[k]) / (parts - 1))
				if !(math.Abs(sum[k]) <= 5*se+1e-12*(1+math.Abs(want[k]))) {
					t.Errorf("%s, %v: result %d is off by %g, standard error %g", name, m, k, sum[k], se)
				}
			}
		}
	}
}

// Features have the means and covariances of the law, the residual its variance, and
// neighbouring samples nothing in common, within 5 standard errors from normal theory.
func TestGenerateHasTheMomentsOfTheLaw(t *testing.T) {
	l := laws()["intercept"]
	const n = 200000
	d, err := l.Generate(n, 7)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Features, []string{"intercept", "u", "v"}) || d.Target != "y" || !d.Intercept || d.Samples() != n {
		t.Errorf("%v, %s, %v, %d samples", d.Features, d.Target, d.Intercept, d.Samples())
	}
	centred := func(i, a int) float64 {
		if a == 2 {
			return d.Y[i] - dot(l.Weights, d.X[3*i:3*i+3])
		}
		return d.X[3*i+1+a] - l.Mean[a]
	}
	cov := []float64{2, -0.9, 0, 1, 0, 0.09}
	for a := range 3 {
		for b := a; b < 3; b++ {
			var mean, product, next float64
			for i := range n {
				mean += centred(i, a) / n
				product += centred(i, a) * centred(i, b) / n
				next += centred(i, a) * centred((i+1)%n, b) / n
			}
			v, w, c := cov[packed(3, a, a)], cov[packed(3, b, b)], cov[packed(3, a, b)]
			for _, x := range []struct{ got, want, variance float64 }{{mean, 0, v}, {product, c, v*w + c*c}, {next, 0, v * w}} {
				if se := math.Sqrt(x.variance / n); !(math.Abs(x.got-x.want) <= 5*se) {
					t.Errorf("moments %d, %d: %g, want %g within 5 times %g", a, b, x.got, x.want, se)
				}
			}
		}
	}
	for i := range n {
		if d.X[3*i] != 1 {
			t.Fatalf("intercept %g in sample %d", d.X[3*i], i+1)
		}
	}
}

// The samples of a singular covariance lie where it says: v = 2u, and w = 0.
func TestGenerateFromASingularCovariance(t *testing.T) {
	d, err := laws()["singular"].Generate(1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Samples() {
		x := d.X[3*i:][:3]
		if math.Abs(x[1]-2*x[0]) > 1e-15*(1+math.Abs(x[1])) || x[2] != 0 { // a product and a quotient
			t.Fatalf("sample %v", x)
		}
	}
}

func TestGenerateIsFixedByTheSeed(t *testing.T) {
	l := laws()["two, full"]
	draw := func(n int, seed uint64) *Data {
		d, err := l.Generate(n, seed)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d, same, longer, other := draw(10, 3), draw(10, 3), draw(20, 3), draw(10, 4)
	if !slices.Equal(d.X, same.X) || !slices.Equal(d.Y, same.Y) {
		t.Error("the same seed gives other data")
	}
	if !slices.Equal(d.X, longer.X[:20]) || !slices.Equal(d.Y, longer.Y[:10]) {
		t.Error("more samples do not begin with those of fewer")
	}
	if d.X[0] == other.X[0] {
		t.Error("another seed gives the same data")
	}
	// What is said of the generator: one deviate per feature, then one for ε.
	rng := rand.New(rand.NewPCG(3, 0))
	z := []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
	if r := d.Y[0] - d.X[0] + 2*d.X[1]; math.Abs(r-0.3*z[2]) > 1e-14 {
		t.Errorf("ε = %g, want %g", r, 0.3*z[2])
	}
}

// FFᵀ = C for random C of every rank, and C less a little of a direction is refused.
func TestRootOfCovariances(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for k := 1; k <= 5; k++ {
		for rank := range k + 1 {
			size := make([]float64, k) // of variables: correlations count, not units
			for a := range size {
				size[a] = math.Pow(10, 6*r.Float64()-3)
			}
			factor := mat.NewDense(k, k, nil)
			for a := range k {
				for b := range rank {
					factor.Set(a, b, size[a]*r.NormFloat64())
				}
			}
			var c mat.Dense
			c.Mul(factor, factor.T())
			f, ok := root(slices.Clone(c.RawMatrix().Data), k)
			if !ok {
				t.Errorf("k = %d, rank %d: refused", k, rank)
				continue
			}
			var back mat.Dense
			back.Mul(mat.NewDense(k, k, f), mat.NewDense(k, k, f).T())
			for a := range k {
				for b := range k {
					// What is left out is up to k 2⁻⁴⁸ of the variances.
					if tol := float64(2*k) * 0x1p-48 * math.Sqrt(c.At(a, a)*c.At(b, b)); math.Abs(back.At(a, b)-c.At(a, b)) > tol {
						t.Errorf("k = %d, rank %d: (%d, %d) is %g, want %g", k, rank, a, b, back.At(a, b), c.At(a, b))
					}
				}
			}
			if rank == k || rank == 0 {
				continue
			}
			var eigen mat.SVD
			eigen.Factorize(factor, mat.SVDFull)
			var u mat.Dense
			eigen.UTo(&u)
			bad := slices.Clone(c.RawMatrix().Data)
			var most float64
			for a := range k {
				most = max(most, c.At(a, a))
			}
			for a := range k {
				for b := range k {
					bad[a*k+b] -= 1e-9 * most * u.At(a, k-1) * u.At(b, k-1)
				}
			}
			if _, ok := root(bad, k); ok {
				t.Errorf("k = %d, rank %d: an eigenvalue of −1e-9 is accepted", k, rank)
			}
		}
	}
}

func TestLawsThatAreNone(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(l *Law)
	}{
		{"weights: want 3 numbers, have 2", func(l *Law) { l.Weights = l.Weights[:2] }},
		{"mean: want 2 numbers, have 1", func(l *Law) { l.Mean = l.Mean[:1] }},
		{"covariance: want 3 numbers, have 4", func(l *Law) { l.Cov = append(l.Cov, 1) }},
		{"weights: want finite numbers, have NaN", func(l *Law) { l.Weights[1] = math.NaN() }},
		{"noise: want finite numbers, have +Inf", func(l *Law) { l.Noise = math.Inf(1) }},
		{"noise: want a scale ≥ 0, have -0.1", func(l *Law) { l.Noise = -0.1 }},
		{"covariance: not positive semi-definite", func(l *Law) { l.Cov = []float64{1, 1.001, 1} }},
		{"covariance: not positive semi-definite", func(l *Law) { l.Cov = []float64{-1, 0, 1} }},
		{"covariance: not positive semi-definite", func(l *Law) { l.Cov = []float64{0, 1e-9, 1} }},
		{`"intercept" is the name of two columns`, func(l *Law) { l.Features[1] = "intercept" }},
		{`"y" is the name of two columns`, func(l *Law) { l.Features[1] = "y" }},
		{"features: want at least one", func(l *Law) { *l = Law{} }},
	} {
		l := laws()["intercept"]
		c.change(l)
		if _, err := l.Generate(1, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Generate: %v, want %q", err, c.want)
		}
		if _, err := l.Population(LinearRegression); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Population: %v, want %q", err, c.want)
		}
	}
	l := laws()["intercept"]
	if _, err := l.Generate(0, 1); err == nil || !strings.Contains(err.Error(), "samples: want at least 1, have 0") {
		t.Errorf("no samples: %v", err)
	}
	for m, want := range map[Model]string{TanhNeuron: "tanh-neuron has no closed form", LogisticRegression: "logistic-regression has no closed form", DeepLinear: "deep-linear wants one feature, have 3"} {
		if _, err := l.Population(m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", m, err)
		}
	}
}

func TestPopulationDoesNotAllocate(t *testing.T) {
	l := laws()["one feature"]
	for m, theta := range models(l) {
		p, err := l.Population(m)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(10, func() { p.Eval(theta) }); n != 0 {
			t.Errorf("%v: %v allocations", m, n)
		}
	}
}
