package markov

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"

	"github.com/ness-fp/ness/operators/sparse"
)

// Solutions have residuals of round-off on random chains, with a shift, exits or neither; and
// ⟨u, b⟩ = ⟨f, x⟩ for the solutions of transposed problems, with f, and of problems, with b.
func TestTransposedProblemsAreDual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims, n := drawDims(t, 120)
		a := drawStencil(t, dims, n)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		f, b, exit := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range f {
			f[i], b[i] = r.NormFloat64(), r.NormFloat64()
		}
		var z *Factorization
		var err error
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			if z, err = Factorize(a, 0, DirectOptions{Dims: dims}); err != nil {
				return // several closed classes
			}
			floats.AddConst(-floats.Dot(z.mass, f), f)
		case 1:
			shift := 0.1 + r.Float64()
			floats.AddConst(shift, exit)
			z, err = Factorize(a, shift, DirectOptions{Dims: dims})
		default:
			for i := range exit {
				exit[i] = 1e-3 + r.Float64()
			}
			z, err = FactorizeExit(a, exit, DirectOptions{Dims: dims})
		}
		if err != nil {
			t.Fatal(err)
		}
		u, x := make([]float64, n), make([]float64, n)
		z.SolveTransposed(u, f)
		rest, size := make([]float64, n), 0.0
		for i := range n {
			rest[i] -= f[i] + exit[i]*u[i]
			size = max(size, math.Abs(f[i])+exit[i]*math.Abs(u[i]))
			for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
				if j := int(a.Col[k]); j != i {
					rest[j] += a.Val[k] * (u[i] - u[j])
					size = max(size, a.Val[k]*(math.Abs(u[i])+math.Abs(u[j])))
				}
			}
		}
		if z.mass != nil { // the residual of the last state is what Σ m f lacks of 0, over its mass
			last := z.f.tree.state[n-1]
			for i, m := range z.mass {
				rest[last] += m * f[i] / z.mass[last]
				size = max(size, m*math.Abs(f[i])/z.mass[last])
			}
		}
		for j, v := range rest {
			if math.Abs(v) > 1e-10*size { // n² ≲ 1e4 roundings, some of which meet rates a thousand times as large
				t.Fatalf("residual of state %d is %g of %g", j, v, size)
			}
		}
		if z.mass != nil { // Σ m f is 0 only to round-off, which slow chains multiply
			return
		}
		z.Solve(x, b)
		left, right := floats.Dot(u, b), floats.Dot(f, x)
		if scale := floats.Norm(u, 2)*floats.Norm(b, 2) + floats.Norm(f, 2)*floats.Norm(x, 2); !(math.Abs(left-right) <= 1e-10*scale) {
			t.Fatalf("%v and %v, of %v", left, right, scale)
		}
	})
}

// On a line of n states with rates up r and down q and an exit from the last one the mean
// time from state 0 is Σ_k Σ_{j≤k} q^{k−j}/r^{k−j+1}, here with sums of up to 1e200, right to
// round-off: nothing is subtracted.
func TestExitTimesAreRightEntryByEntry(t *testing.T) {
	const n, up, down = 200, 1.0, 10.0
	b := sparse.NewBuilder(n, n)
	for i := range n - 1 {
		b.Add(i+1, i, up)
		b.Add(i, i+1, down)
	}
	exit := make([]float64, n)
	exit[n-1] = up
	z, err := FactorizeExit(b.CSR(), exit, DirectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	u, f := make([]float64, n), make([]float64, n)
	for i := range f {
		f[i] = -1
	}
	z.SolveTransposed(u, f)
	want, step := 0.0, 0.0
	times := make([]float64, n)
	for k := range n {
		step = (1 + down*step) / up // from k to k+1
		times[k] = step
	}
	for k := n - 1; k >= 0; k-- {
		want += times[k]
		// Some three roundings a state, on ways of n states.
		if e := math.Abs(u[k]/want - 1); !(e < 1e-13) {
			t.Fatalf("state %d: %v, want %v: relative error %g", k, u[k], want, e)
		}
	}
}

func TestExitsThatCannotBeReachedAreErrors(t *testing.T) {
	b := sparse.NewBuilder(3, 3)
	b.Add(1, 0, 1)
	b.Add(0, 1, 1)
	var underflow *UnderflowError
	if _, err := FactorizeExit(b.CSR(), []float64{0, 0, 1}, DirectOptions{}); !errors.As(err, &underflow) || underflow.State > 1 {
		t.Errorf("no way out of states 0 and 1: %v", err)
	}
	var rate *RateError
	if _, err := FactorizeExit(b.CSR(), []float64{1, -1, 1}, DirectOptions{}); !errors.As(err, &rate) {
		t.Errorf("a negative rate: %v", err)
	}
}
