package krylov

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// system draws a matrix with a dominant part on the diagonal, a right-hand side, and
// gonum's solution.
func system(t *testing.T, n int, seed uint64) (a *mat.Dense, b, want []float64) {
	r := rand.New(rand.NewPCG(seed, 0))
	a = mat.NewDense(n, n, nil)
	b, want = make([]float64, n), make([]float64, n)
	for i := range n {
		b[i] = r.NormFloat64()
		for j := range n {
			a.Set(i, j, r.NormFloat64()/math.Sqrt(float64(n)))
		}
		a.Set(i, i, a.At(i, i)+3+r.Float64())
	}
	if err := mat.NewVecDense(n, want).SolveVec(a, mat.NewVecDense(n, b)); err != nil {
		t.Fatal(err)
	}
	return a, b, want
}

func product(a *mat.Dense) Map {
	return func(dst, x []float64) {
		mat.NewVecDense(len(dst), dst).MulVec(a, mat.NewVecDense(len(x), x))
	}
}

func jacobi(a *mat.Dense) Map {
	return func(dst, x []float64) {
		for i, v := range x {
			dst[i] = v / a.At(i, i)
		}
	}
}

// All forms meet gonum's LU, at any scale of the right-hand side.
func TestAgreesWithLU(t *testing.T) {
	const n = 80
	a, b, want := system(t, n, 1)
	weight := make([]float64, n)
	for i := range weight {
		weight[i] = 1 / (1 + float64(i))
	}
	for name, opt := range map[string]Options{
		"plain": {}, "restarted": {Restart: 7}, "flexible": {Flexible: true}, "flexible, restarted": {Flexible: true, Restart: 5}, "weighted": {Weight: weight},
	} {
		for _, size := range []float64{1, 1e-200, 1e150} {
			for _, precondition := range []Map{nil, jacobi(a)} {
				opt.Tol = 1e-12
				rhs, x := make([]float64, n), make([]float64, n)
				for i := range rhs {
					rhs[i] = size * b[i]
				}
				stats, err := GMRES(product(a), precondition, rhs, x, opt)
				if err != nil {
					t.Errorf("%s, size %g: %v", name, size, err)
					continue
				}
				for i, v := range x {
					// Condition numbers of some ten, weights of up to n.
					if math.Abs(v/size-want[i]) > 1e-9 {
						t.Errorf("%s, size %g: x[%d] = %v, want %v; %+v", name, size, i, v/size, want[i], stats)
						break
					}
				}
			}
		}
	}
}

// What is least is the weighted residual: after one step x = c b with the c that makes
// |W(b − c A b)| least, and the norm reported is the weighted one.
func TestWeightedResidualsAreLeast(t *testing.T) {
	const n = 30
	a, b, _ := system(t, n, 6)
	weight, ab, x := make([]float64, n), make([]float64, n), make([]float64, n)
	product(a)(ab, b)
	var above, below, size float64
	for i := range weight {
		weight[i] = math.Pow(10, float64(i%5))
		w := weight[i] * weight[i]
		above += w * ab[i] * b[i]
		below += w * ab[i] * ab[i]
		size += w * b[i] * b[i]
	}
	c := above / below
	stats, err := GMRES(product(a), nil, b, x, Options{Weight: weight, MaxIterations: 1})
	if err == nil {
		t.Fatal("one step is enough")
	}
	for i, v := range x {
		if math.Abs(v-c*b[i]) > 1e-13*math.Abs(b[i]) { // sums of thirty products
			t.Fatalf("x[%d] = %v, want %v", i, v, c*b[i])
		}
	}
	if want := math.Sqrt(1 - above*above/below/size); math.Abs(stats.Residual-want) > 1e-12 {
		t.Errorf("residual %v, want %v", stats.Residual, want)
	}
}

func TestWeightsHaveToBePositive(t *testing.T) {
	for _, weight := range [][]float64{{1}, {1, 0}, {1, -1}, {1, math.NaN()}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("weights %v are taken", weight)
				}
			}()
			_, _ = GMRES(func(dst, x []float64) { copy(dst, x) }, nil, []float64{1, 1}, make([]float64, 2), Options{Weight: weight})
		}()
	}
}

// Without restarts n steps suffice, and the identity takes one.
func TestEndsInTheSpan(t *testing.T) {
	b := []float64{3, 4, 0, 1}
	x := make([]float64, 4)
	stats, err := GMRES(func(dst, x []float64) { copy(dst, x) }, nil, b, x, Options{})
	if err != nil || stats.Iterations != 1 || !slices.Equal(x, b) {
		t.Errorf("%v, %+v, %v", x, stats, err)
	}
}

// Short solutions are made of directions that are kept, longer ones by one more application.
func TestApplicationsOfThePreconditioner(t *testing.T) {
	for _, most := range []int{1, fewDirections, fewDirections + 1, 20} {
		for _, flexible := range []bool{false, true} {
			b, x, weight := ripple(3000)
			applied := 0
			count := func(dst, v []float64) { applied++; halfWay(dst, v) }
			stats, _ := GMRES(advection, count, b, x, Options{Weight: weight, MaxIterations: most, Restart: most, Flexible: flexible, Tol: 1e-15})
			want := most
			if most > fewDirections && !flexible {
				want++
			}
			if stats.Iterations != most || applied != want {
				t.Errorf("flexible %v: %d applications in %d iterations, want %d in %d", flexible, applied, stats.Iterations, want, most)
			}
		}
	}
}

// A preconditioner that changes all the time is fine for the flexible form.
func TestFlexibleTakesAnyPreconditioner(t *testing.T) {
	const n = 60
	a, b, want := system(t, n, 2)
	r := rand.New(rand.NewPCG(3, 0))
	x := make([]float64, n)
	_, err := GMRES(product(a), func(dst, x []float64) {
		for i, v := range x {
			dst[i] = v * (0.5 + r.Float64())
		}
	}, b, x, Options{Flexible: true, Tol: 1e-12})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range x {
		if math.Abs(v-want[i]) > 1e-10 {
			t.Fatalf("x[%d] = %v, want %v", i, v, want[i])
		}
	}
}

func TestTooFewIterationsAreAnError(t *testing.T) {
	a, b, _ := system(t, 50, 4)
	x := make([]float64, 50)
	stats, err := GMRES(product(a), nil, b, x, Options{MaxIterations: 3})
	var e *ConvergenceError
	if !errors.As(err, &e) || stats.Iterations != 3 || !(stats.Residual > e.Tol) {
		t.Errorf("%+v, %v", stats, err)
	}
	// A singular system whose right-hand side is out of range cannot be solved.
	if _, err := GMRES(func(dst, x []float64) { dst[0], dst[1] = x[0], 0 }, nil, []float64{1, 1}, make([]float64, 2), Options{}); !errors.As(err, &e) {
		t.Errorf("out of range: %v", err)
	}
	x = []float64{1, 2}
	if _, err := GMRES(func(dst, x []float64) { copy(dst, x) }, nil, []float64{0, 0}, x, Options{}); err != nil || x[0] != 0 {
		t.Errorf("zero right-hand side: %v, %v", x, err)
	}
}
