package krylov

import (
	"errors"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// exactly returns the map of a matrix, and random starts.
func exactly(a *mat.Dense, opt ArnoldiOptions) (InexactMap, ArnoldiOptions) {
	r := rand.New(rand.NewPCG(9, 0))
	opt.Start = func(dst []float64, _ int) {
		for i := range dst {
			dst[i] = r.NormFloat64()
		}
	}
	return func(dst, x []float64, _ float64) error { product(a)(dst, x); return nil }, opt
}

// largest returns all eigenvalues in order of falling modulus, by gonum.
func largest(t *testing.T, a *mat.Dense) []complex128 {
	var eig mat.Eigen
	if !eig.Factorize(a, mat.EigenNone) {
		t.Fatal("gonum")
	}
	v := eig.Values(nil)
	slices.SortFunc(v, func(x, y complex128) int {
		if d := cmplx.Abs(y) - cmplx.Abs(x); math.Abs(d) > 1e-9 {
			return int(math.Copysign(1, d))
		}
		return int(math.Copysign(1, imag(y)-imag(x)))
	})
	return v
}

// residualOf returns ‖A v − λ v‖ of eigenvalue j.
func residualOf(a *mat.Dense, e *Eigensystem, j int) float64 {
	n, _ := a.Dims()
	re, im := e.Vectors[j], make([]float64, n)
	l := e.Values[j]
	switch {
	case imag(l) > 0:
		im = e.Vectors[j+1]
	case imag(l) < 0:
		re, im = e.Vectors[j-1], slices.Clone(e.Vectors[j])
		floats.Scale(-1, im)
	}
	ar, ai := make([]float64, n), make([]float64, n)
	product(a)(ar, re)
	product(a)(ai, im)
	for i := range n {
		ar[i] -= real(l)*re[i] - imag(l)*im[i]
		ai[i] -= real(l)*im[i] + imag(l)*re[i]
	}
	return math.Hypot(floats.Norm(ar, 2), floats.Norm(ai, 2))
}

// Eigenvalues of random matrices are gonum's, pairs and all, with restarts and without.
func TestLargestEigenvaluesAreGonums(t *testing.T) {
	for seed := range uint64(6) {
		const n = 70
		a, _, _ := system(t, n, seed)
		for i := range n {
			a.Set(i, i, a.At(i, i)-3+float64(i%7)) // so that some stand out
		}
		want := largest(t, a)
		for _, opt := range []ArnoldiOptions{{Count: 6}, {Count: 6, Basis: 16}, {Count: 1}, {Count: 40, Basis: 70}} {
			opt.MaxProducts = 4000
			apply, opt := exactly(a, opt)
			e, err := Arnoldi(apply, n, opt)
			if err != nil {
				t.Errorf("seed %d, %+v: %v", seed, opt, err)
				continue
			}
			if len(e.Values) < opt.Count || len(e.Values) > opt.Count+1 || len(e.Vectors) != len(e.Values) {
				t.Fatalf("%d values, %d vectors, want %d", len(e.Values), len(e.Vectors), opt.Count)
			}
			for j, v := range e.Values {
				// Tol is 1e-10 of the eigenvalue, whose condition is some ten.
				if r := residualOf(a, e, j); cmplx.Abs(v-want[j]) > 1e-8 || r > 1e-8 {
					t.Errorf("seed %d, count %d: value %d is %v, want %v; residual %g", seed, opt.Count, j, v, want[j], r)
				}
			}
			t.Logf("seed %d, count %d, basis %d: %d products", seed, opt.Count, opt.Basis, e.Products)
		}
	}
}

// Multiple eigenvalues come as often as they are, and are not cut in two: here 5, 4, 4, 4, 3, 3 of
// a symmetric matrix.
func TestMultipleEigenvaluesComeAllOfThem(t *testing.T) {
	const n = 120
	q := mat.NewDense(n, n, nil)
	r := rand.New(rand.NewPCG(5, 0))
	for i := range n {
		for j := range n {
			q.Set(i, j, r.NormFloat64())
		}
	}
	var qr mat.QR
	qr.Factorize(q)
	qr.QTo(q)
	values := []float64{5, 4, 4, 4, 3, 3}
	scaled := mat.DenseCopyOf(q)
	for j := range n {
		v := 2 / (1 + 0.1*float64(j))
		if j < len(values) {
			v = values[j]
		}
		for i := range n {
			scaled.Set(i, j, v*q.At(i, j))
		}
	}
	var a mat.Dense
	a.Mul(scaled, q.T())
	for count, want := range map[int]int{1: 1, 2: 4, 3: 4, 4: 4, 5: 6, 6: 6} {
		apply, opt := exactly(&a, ArnoldiOptions{Count: count})
		e, err := Arnoldi(apply, n, opt)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Values) != want {
			t.Errorf("count %d: %v, want %d of them", count, e.Values, want)
			continue
		}
		for j, v := range e.Values {
			if cmplx.Abs(v-complex(values[j], 0)) > 1e-10 || residualOf(&a, e, j) > 1e-8 {
				t.Errorf("count %d: value %d is %v, want %v", count, j, v, values[j])
			}
		}
	}
}

// Products need not be better than they are asked for.
func TestProductsOfFallingAccuracy(t *testing.T) {
	const n = 90
	a := mat.NewDense(n, n, nil)
	for i := range n {
		a.Set(i, i, 1/(1+float64(i)))
		if i > 0 {
			a.Set(i-1, i, 0.05)
		}
	}
	apply, opt := exactly(a, ArnoldiOptions{Count: 5, Tol: 1e-8})
	r := rand.New(rand.NewPCG(1, 0))
	loose := 0
	e, err := Arnoldi(func(dst, x []float64, tol float64) error {
		if tol > 1e-8 {
			loose++
		}
		_ = apply(dst, x, tol)
		size := floats.Norm(dst, 2)
		for i := range dst {
			dst[i] += tol * size * r.NormFloat64() / math.Sqrt(n)
		}
		return nil
	}, n, opt)
	if err != nil {
		t.Fatal(err)
	}
	for j, v := range e.Values {
		if cmplx.Abs(v-complex(1/(1+float64(j)), 0)) > 1e-6*cmplx.Abs(v) || residualOf(a, e, j) > 1e-7 { // some tens of Tol
			t.Errorf("value %d is %v, residual %g", j, v, residualOf(a, e, j))
		}
	}
	if loose < e.Products/4 {
		t.Errorf("%d of %d products may be worse than 1e-8", loose, e.Products)
	}
}

// All eigenvalues of a small matrix, more than there are, and errors.
func TestSpacesThatAreAllThereIs(t *testing.T) {
	a := mat.NewDense(4, 4, []float64{0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0.5})
	apply, opt := exactly(a, ArnoldiOptions{Count: 4})
	e, err := Arnoldi(apply, 4, opt)
	if err != nil || len(e.Values) != 4 || cmplx.Abs(e.Values[1]-1i) > 1e-12 || cmplx.Abs(e.Values[2]+1i) > 1e-12 {
		t.Errorf("%v, %v", e, err)
	}
	apply, opt = exactly(a, ArnoldiOptions{Count: 9})
	if e, err = Arnoldi(apply, 4, opt); err != nil || len(e.Values) != 4 {
		t.Fatalf("%v, %v", e, err)
	}
	for j := range e.Values {
		if r := residualOf(a, e, j); r > 1e-12 { // round-off
			t.Errorf("of all: value %d is %v, residual %g", j, e.Values[j], r)
		}
	}
	_, opt = exactly(a, ArnoldiOptions{Count: 2})
	failure := errors.New("no product")
	if _, err := Arnoldi(func(_, _ []float64, _ float64) error { return failure }, 4, opt); !errors.Is(err, failure) {
		t.Errorf("%v", err)
	}
	if _, err := Arnoldi(func(dst, _ []float64, _ float64) error { dst[0] = math.NaN(); return nil }, 4, opt); err == nil {
		t.Error("NaN is fine")
	}
	big, _, _ := system(t, 60, 3)
	apply, opt = exactly(big, ArnoldiOptions{Count: 3, MaxProducts: 5})
	var few *SpectrumError
	if _, err := Arnoldi(apply, 60, opt); !errors.As(err, &few) || few.Found > 2 {
		t.Errorf("%v", err)
	}
}

// A search that is not verified ends as soon as the first space has as many values as wanted, in fewer
// products, and has one of each multiple one.
func TestUnverifiedSearchesEndEarly(t *testing.T) {
	const n = 60
	a := mat.NewDense(n, n, nil)
	for i := range n {
		a.Set(i, i, math.Pow(0.7, float64(i/2))) // every one twice
	}
	apply, opt := exactly(a, ArnoldiOptions{Count: 2, Tol: 1e-4}) // before round-off brings the others
	all, err := Arnoldi(apply, n, opt)
	if err != nil {
		t.Fatal(err)
	}
	opt.Unverified = true
	once, err := Arnoldi(apply, n, opt)
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{1, 0.7} {
		if got := once.Values[j]; cmplx.Abs(got-complex(want, 0)) > 1e-4 {
			t.Errorf("unverified: value %d is %v, want %v", j, got, want)
		}
		if got := all.Values[j]; cmplx.Abs(got-1) > 1e-4 {
			t.Errorf("verified: value %d is %v, want 1", j, got)
		}
	}
	if once.Products >= all.Products {
		t.Errorf("%d products, and %d verified", once.Products, all.Products)
	}
}

// Eigenvectors of a matrix with a pair, a double eigenvalue and a single one, in order of modulus.
func TestEigenvectorsOfAMatrix(t *testing.T) {
	want := []complex128{complex(3, 4), complex(3, -4), 2, 2, -1}
	blocks := mat.NewDense(5, 5, []float64{
		3, 4, 0, 0, 0,
		-4, 3, 0, 0, 0,
		0, 0, 2, 0, 0,
		0, 0, 0, 2, 0,
		0, 0, 0, 0, -1,
	})
	r := rand.New(rand.NewPCG(5, 0))
	basis := mat.NewDense(5, 5, nil)
	for i := range 25 {
		basis.Set(i/5, i%5, r.NormFloat64())
	}
	var inverse, a mat.Dense
	if err := inverse.Inverse(basis); err != nil {
		t.Fatal(err)
	}
	a.Product(basis, blocks, &inverse)
	values, vectors := Eigenvectors(slices.Clone(a.RawMatrix().Data), 5, 1e-6)
	e := &Eigensystem{Values: values, Vectors: vectors}
	for j, l := range want {
		if cmplx.Abs(values[j]-l) > 1e-12 { // round-off times the condition of the basis, some 30
			t.Errorf("eigenvalue %d is %v, want %v", j, values[j], l)
		}
		if d := residualOf(&a, e, j); d > 1e-12 {
			t.Errorf("eigenvector %d leaves %g", j, d)
		}
	}
}
