package markov

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/ness-fp/ness/operators/sparse"
)

// Every cell above 1e-250 has its exact Gibbs weight, also between wells that
// exchange mass at rates of 1e-6. Round-off of the rates themselves, some 1e-15 each,
// adds up along a path of 256 cells to below 1e-11.
func TestEveryCellIsRightToRoundOff(t *testing.T) {
	const n = 256
	for _, temperature := range []float64{0.15, 0.02} {
		a, phi := quadWell(n, temperature)
		m, _, err := Direct(a, DirectOptions{Dims: []int{n, n}})
		if err != nil {
			t.Fatal(err)
		}
		if worst := worstRelative(m, phi, 1e-250); worst > 1e-11 {
			t.Errorf("D = %g: relative error %.2g in some cell, want 1e-11", temperature, worst)
		}
	}
}

// LU with one state pinned loses the weights of metastable wells; elimination without
// subtraction does not.
func TestLUIsWrongWhereEliminationIsRight(t *testing.T) {
	const n, temperature = 32, 0.01
	a, phi := quadWell(n, temperature)
	m, _, err := Direct(a, DirectOptions{Dims: []int{n, n}})
	if err != nil {
		t.Fatal(err)
	}
	ours := worstRelative(m, phi, 1e-12)
	if lu := worstRelative(pinnedLU(a, phi), phi, 1e-12); ours > 1e-12 || lu < 1e3*ours {
		t.Errorf("relative errors: elimination %.2g, LU %.2g; want 1e-12 and at least a thousand times as much", ours, lu)
	}
}

// pinnedLU solves A m = 0 with the state of the deepest well fixed.
func pinnedLU(a *sparse.CSR, phi []float64) []float64 {
	n := a.Rows
	pin := 0
	d := mat.NewDense(n, n, nil)
	for i := range n {
		if phi[i] < phi[pin] {
			pin = i
		}
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			d.Set(i, int(a.Col[k]), a.Val[k])
			d.Set(int(a.Col[k]), int(a.Col[k]), d.At(int(a.Col[k]), int(a.Col[k]))-a.Val[k])
		}
	}
	rhs := mat.NewVecDense(n, nil)
	for j := range n {
		d.Set(pin, j, 0)
	}
	d.Set(pin, pin, 1)
	rhs.SetVec(pin, 1)
	var x mat.VecDense
	_ = x.SolveVec(d, rhs) // an ill-conditioned matrix is the point
	m := x.RawVector().Data
	var sum float64
	for _, v := range m {
		sum += v
	}
	for i := range m {
		m[i] /= sum
	}
	return m
}

// A randomChain is a box of states with edges of random offsets and rates over many
// decades; the last state can be reached from all.
func randomChain(t *rapid.T) (*sparse.CSR, []int) {
	dims := rapid.SliceOfN(rapid.IntRange(1, 7), 1, 3).Draw(t, "dims")
	n := 1
	for _, d := range dims {
		n *= d
	}
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	b := sparse.NewBuilder(n, n)
	rate := func() float64 { return math.Exp(20 * (r.Float64() - 0.5)) }
	for i := range n {
		if i+1 < n {
			b.Add(i+1, i, rate()) // one way …
		}
		b.Add(r.IntN(n), i, rate())
	}
	b.Add(0, n-1, rate()) // … and round, so that there is one class
	a := b.CSR()
	return a, dims
}

// The result agrees with unblocked elimination in 200-bit floats, entry by entry:
// each of at most 343 states adds a few roundings.
func TestRandomChainsAgreeWithBigFloats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, dims := randomChain(t)
		before := append([]float64(nil), a.Val...)
		m, _, err := Direct(a, DirectOptions{Dims: dims})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range bigStationary(a) {
			if math.Abs(m[i]-want) > 1e-12*want {
				t.Fatalf("dims %v: entry %d is %v, want %v", dims, i, m[i], want)
			}
		}
		for k, v := range before {
			if a.Val[k] != v {
				t.Fatal("the matrix was changed")
			}
		}
	})
}

// bigStationary is the textbook algorithm.
func bigStationary(a *sparse.CSR) []float64 {
	n := a.Rows
	num := func(v float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(v) }
	r := make([][]*big.Float, n) // r[i][j]: i → j
	for i := range r {
		r[i] = make([]*big.Float, n)
		for j := range r[i] {
			r[i][j] = num(a.At(j, i))
		}
	}
	sum := make([]*big.Float, n)
	for k := n - 1; k > 0; k-- {
		sum[k] = num(0)
		for j := range k {
			sum[k].Add(sum[k], r[k][j])
		}
		for i := range k {
			f := new(big.Float).Quo(r[i][k], sum[k])
			for j := range k {
				if f.Sign() != 0 && r[k][j].Sign() != 0 {
					r[i][j].Add(r[i][j], new(big.Float).Mul(f, r[k][j]))
				}
			}
		}
	}
	m := []*big.Float{num(1)}
	total := num(1)
	for k := 1; k < n; k++ {
		v := num(0)
		for i := range k {
			v.Add(v, new(big.Float).Mul(m[i], r[i][k]))
		}
		m = append(m, v.Quo(v, sum[k]))
		total.Add(total, m[k])
	}
	out := make([]float64, n)
	for i, v := range m {
		out[i], _ = v.Quo(v, total).Float64()
	}
	return out
}

func TestAnyNumberOfWorkersGivesTheSameBits(t *testing.T) {
	a, _ := quadWell(64, 0.15)
	one, _, err := Direct(a, DirectOptions{Dims: []int{64, 64}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 5} {
		many, _, err := Direct(a, DirectOptions{Dims: []int{64, 64}, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		for i := range one {
			if one[i] != many[i] {
				t.Fatalf("%d workers: entry %d is %v, with one %v", workers, i, many[i], one[i])
			}
		}
	}
}

func TestSeveralClosedClassesAreNamed(t *testing.T) {
	b := sparse.NewBuilder(7, 7)
	b.Add(0, 1, 1) // 1 ↔ 0
	b.Add(1, 0, 1)
	b.Add(3, 2, 1) // 2 → 3 ↔ 4
	b.Add(3, 4, 1)
	b.Add(4, 3, 1)
	b.Add(1, 2, 1)
	b.Add(5, 6, 1) // 6 → 5, which is never left
	_, _, err := Direct(b.CSR(), DirectOptions{})
	var e *ReducibleError
	if !errors.As(err, &e) {
		t.Fatalf("%v, want a ReducibleError", err)
	}
	if len(e.States) != 3 || e.States[0] != 0 || e.States[1] != 3 || e.States[2] != 5 || e.Sizes[2] != 1 {
		t.Errorf("classes of sizes %v at states %v", e.Sizes, e.States)
	}
}

func TestTransientStatesGetNothing(t *testing.T) {
	b := sparse.NewBuilder(4, 4)
	b.Add(1, 0, 2) // 0 is left for good
	b.Add(2, 1, 1)
	b.Add(1, 2, 3)
	b.Add(2, 3, 1) // and so is 3
	m, _, err := Direct(b.CSR(), DirectOptions{Dims: []int{2, 2}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{0, 0.75, 0.25, 0}; m[0] != want[0] || math.Abs(m[1]-want[1]) > 1e-16 || math.Abs(m[2]-want[2]) > 1e-16 || m[3] != want[3] {
		t.Errorf("%v, want %v", m, want)
	}
}

// The estimate of work is within a tenth and that of the factor within a half of
// what an elimination does.
func TestEstimateIsNearTheTruth(t *testing.T) {
	for _, n := range []int{64, 200} {
		a, _ := quadWell(n, 0.15)
		_, s, err := Direct(a, DirectOptions{Dims: []int{n, n}})
		if err != nil {
			t.Fatal(err)
		}
		bytes, flops := EstimateDirect([]int{n, n}, 1)
		if r := flops / s.Flops; r < 0.9 || r > 1.1 {
			t.Errorf("n = %d: estimated %.3g operations, took %.3g", n, flops, s.Flops)
		}
		if r := float64(bytes) / float64(s.FactorBytes); r < 1 || r > 3 { // matrix and work space come on top
			t.Errorf("n = %d: estimated %d bytes, factor has %d", n, bytes, s.FactorBytes)
		}
	}
}
