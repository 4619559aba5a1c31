package markov

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ness-fp/ness/operators/sparse"
)

// drawDims draws a box of one to three axes, sides of 1 and 2 among them, of at most
// limit states.
func drawDims(t *rapid.T, limit int) (dims []int, states int) {
	states = 1
	for range rapid.IntRange(1, 3).Draw(t, "axes") {
		n := rapid.IntRange(1, max(1, min(20, limit/states))).Draw(t, "side")
		dims = append(dims, n)
		states *= n
	}
	return dims, states
}

// drawStencil draws a generator on a box: up to five offsets of up to three cells along
// each axis, in one direction or both, with rates over up to 20 decades (less on large
// boxes, for the sake of the slow references), walls or periodic axes; steps along axis
// 0 with the next row joined on, in one direction or both, make it irreducible.
func drawStencil(t *rapid.T, dims []int, states int) *sparse.CSR {
	periodic := make([]bool, len(dims))
	for a := range dims {
		periodic[a] = rapid.Bool().Draw(t, "periodic")
	}
	spread := rapid.Float64Range(0, min(46, 2000/float64(states))).Draw(t, "spread")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	rate := func() float64 { return math.Exp(spread * (r.Float64() - 0.5)) }
	b := sparse.NewBuilder(states, states)
	for range rapid.IntRange(0, 5).Draw(t, "offsets") {
		offset := rapid.SliceOfN(rapid.IntRange(-3, 3), len(dims), len(dims)).Draw(t, "offset")
		oneWay := rapid.Bool().Draw(t, "upwind")
		for i := range states {
			j, ok := shifted(i, offset, dims, periodic)
			if !ok || i == j {
				continue
			}
			b.Add(j, i, rate())
			if !oneWay {
				b.Add(i, j, rate())
			}
		}
	}
	oneWay := rapid.Bool().Draw(t, "one-way chain")
	for i := range states - 1 {
		b.Add(i+1, i, rate())
		if !oneWay {
			b.Add(i, i+1, rate())
		}
	}
	b.Add(0, states-1, rate())
	return b.CSR()
}

// shifted returns the state at an offset from state i, false beyond a wall.
func shifted(i int, offset, dims []int, periodic []bool) (int, bool) {
	j, stride := 0, 1
	for a, n := range dims {
		c := i/stride%n + offset[a]
		if periodic[a] {
			c = ((c % n) + n) % n
		}
		if c < 0 || c >= n {
			return 0, false
		}
		j += c * stride
		stride *= n
	}
	return j, true
}

// On any stencil the result agrees with unblocked dense elimination in another order,
// entry by entry. In either, a mass is a sum of products of at most 400 factors that
// each are sums of up to 400 numbers, so a bound is 400·400·2⁻⁵³ = 2e-11; O'Cinneide
// has one like it. What is seen is 1e-14.
func TestAnyStencilAgreesWithDenseElimination(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims, states := drawDims(t, 400)
		a := drawStencil(t, dims, states)
		before := slices.Clone(a.Val)
		m, _, err := Direct(a, DirectOptions{Dims: dims, Workers: rapid.IntRange(1, 3).Draw(t, "workers")})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(before, a.Val) {
			t.Fatal("the matrix was changed")
		}
		if worst := worstRelative(m, denseStationary(a), 1e-290); !(worst < 2e-11) {
			t.Fatalf("dims %v: relative error %.2g", dims, worst)
		}
	})
}

// denseStationary is the textbook algorithm in float64.
func denseStationary(a *sparse.CSR) []float64 {
	n := a.Rows
	r := make([][]float64, n) // r[i][j]: i → j
	for i := range r {
		r[i] = make([]float64, n)
		for j := range r[i] {
			r[i][j] = a.At(j, i)
		}
	}
	sum := make([]float64, n)
	for k := n - 1; k > 0; k-- {
		for _, v := range r[k][:k] {
			sum[k] += v
		}
		for i := range k {
			if f := r[i][k] / sum[k]; f != 0 {
				for j, v := range r[k][:k] {
					r[i][j] += f * v
				}
			}
		}
	}
	m := make([]float64, n)
	m[0] = 1
	total := 1.0
	for k := 1; k < n; k++ {
		for i := range k {
			m[k] += m[i] * r[i][k]
		}
		m[k] /= sum[k]
		total += m[k]
	}
	for i := range m {
		m[i] /= total
	}
	return m
}

// On small boxes it agrees with elimination in 200-bit floats: 40·40·2⁻⁵³ = 2e-13.
func TestSmallBoxesAgreeWithBigFloats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims, states := drawDims(t, 40)
		a := drawStencil(t, dims, states)
		m, _, err := Direct(a, DirectOptions{Dims: dims})
		if err != nil {
			t.Fatal(err)
		}
		if worst := worstRelative(m, bigStationary(a), 1e-290); !(worst < 2e-13) {
			t.Fatalf("dims %v: relative error %.2g", dims, worst)
		}
	})
}

// bigStationary is the textbook algorithm in 200 bits.
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

// Dissection orders every state once, and no rate joins the two halves of a cut: of two
// states that share a rate, the later lies in the node of the earlier or above it.
func TestCutsSeparate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims, states := drawDims(t, 2000)
		a := drawStencil(t, dims, states)
		q, err := survey(a, dims, 1)
		if err != nil {
			t.Fatal(err)
		}
		tr := dissect(q, rapid.IntRange(0, states-1).Draw(t, "last"), rapid.IntRange(1, 5).Draw(t, "workers"))
		nodeOf := make([]int, 0, states)
		first := make([]int, len(tr.nodes)) // the first node of the subtree of each
		for k, nd := range tr.nodes {
			first[k] = k
			for _, c := range nd.children {
				if c >= 0 {
					first[k] = min(first[k], first[c])
				}
			}
			for range nd.hi - nd.lo {
				nodeOf = append(nodeOf, k)
			}
		}
		if len(nodeOf) != states {
			t.Fatalf("%d of %d states ordered", len(nodeOf), states)
		}
		for i := range states {
			for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
				p, q := nodeOf[tr.rank[i]], nodeOf[tr.rank[a.Col[k]]]
				if low, high := min(p, q), max(p, q); low < first[high] {
					t.Fatalf("states %d and %d share a rate across a cut", i, a.Col[k])
				}
			}
		}
	})
}
