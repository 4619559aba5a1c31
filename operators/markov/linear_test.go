package markov

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// Linear problems of random chains on small boxes meet gonum's LU, with a shift of any
// size; without one the solution has a residual of round-off and sums to 0.
func TestLinearProblemsAgreeWithLU(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims, n := drawDims(t, 120)
		a := drawStencil(t, dims, n)
		out := make([]float64, n)
		for i := range n {
			for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
				if j := int(a.Col[k]); j != i {
					out[j] += a.Val[k]
				}
			}
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed of b"), 0))
		shift := 0.0
		if rapid.Bool().Draw(t, "shifted") {
			shift = math.Pow(10, rapid.Float64Range(-3, 6).Draw(t, "log10 of the shift"))
		}
		b := make([]float64, n)
		for i := range b {
			b[i] = r.NormFloat64()
		}
		if shift == 0 {
			floats.AddConst(-floats.SumCompensated(b)/float64(n), b)
		}
		z, err := Factorize(a, shift, DirectOptions{Dims: dims})
		if err != nil {
			if shift == 0 {
				return // several closed classes
			}
			t.Fatal(err)
		}
		x := make([]float64, n)
		z.Solve(x, b)
		raw := slices.Clone(x) // before the stationary masses are taken out, which may be much larger than what is left
		(&Factorization{f: z.f, unit: z.unit}).Solve(raw, b)
		res, size := make([]float64, n), 0.0
		a.MulVec(res, raw)
		for i := range res {
			res[i] -= a.At(i, i)*raw[i] + (out[i]+shift)*raw[i] + b[i]
			size = max(size, (out[i]+shift)*math.Abs(raw[i]), math.Abs(b[i]))
		}
		for i, v := range res {
			if math.Abs(v) > 1e-10*size { // n² ≲ 1e4 roundings, some of which meet rates a thousand times as large
				t.Fatalf("residual of state %d is %g of %g", i, v, size)
			}
		}
		if shift == 0 {
			if s := floats.Sum(x); math.Abs(s) > 1e-13*(floats.Norm(x, 1)+floats.Norm(raw, 1)) {
				t.Fatalf("x sums to %g", s)
			}
			return
		}
		dense := mat.NewDense(n, n, nil)
		for i := range n {
			for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
				dense.Set(i, int(a.Col[k]), a.Val[k])
			}
			dense.Set(i, i, -out[i]-shift)
		}
		var lu mat.LU
		lu.Factorize(dense)
		want := make([]float64, n)
		if err := lu.SolveVecTo(mat.NewVecDense(n, want), false, mat.NewVecDense(n, b)); err != nil {
			return // too ill-conditioned for LU
		}
		for i, v := range want {
			if math.Abs(x[i]-v) > 1e-13*lu.Cond()*floats.Norm(want, math.Inf(1)) {
				t.Fatalf("x[%d] = %v, by LU %v", i, x[i], v)
			}
		}
	})
}

// On a box that fills many fronts, with any number of workers, and for b = x.
func TestLinearProblemsOnABox(t *testing.T) {
	w := quadWell(2, 96, 0.15)
	n := w.a.Rows
	r := rand.New(rand.NewPCG(1, 0))
	b := make([]float64, n)
	for i := range b {
		b[i] = r.NormFloat64()
	}
	var first []float64
	for _, workers := range []int{1, 2, 3} {
		z, err := Factorize(w.a, 0.3, DirectOptions{Dims: w.dims, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		x := slices.Clone(b)
		z.Solve(x, x)
		if first == nil {
			first = x
		}
		if !slices.Equal(x, first) {
			t.Errorf("other bits on %d workers", workers)
		}
	}
	res := make([]float64, n)
	w.a.MulVec(res, first)
	for i, v := range res {
		size := (math.Abs(w.a.At(i, i))+0.3)*math.Abs(first[i]) + math.Abs(b[i])
		if d := math.Abs(v - 0.3*first[i] - b[i]); d > 1e-11*size+1e-11 {
			t.Fatalf("residual of state %d is %g of %g", i, d, size)
		}
	}
}
