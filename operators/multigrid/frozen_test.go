package multigrid

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/ness-fp/ness/operators/krylov"
	"github.com/ness-fp/ness/operators/sparse"
)

// stationary solves a problem, for hierarchies to be frozen at.
func stationary(t testing.TB, p *problem, dims []int) (*sparse.Lattice, []float64) {
	t.Helper()
	m, _, err := Solve(dims, p.discretize, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p.lattice(dims), m
}

// shifted returns the map A x − s x of a lattice.
func shifted(a *sparse.Lattice, s float64) krylov.Map {
	return func(dst, x []float64) {
		for i, v := range a.Apply(x) {
			dst[i] = v - s*x[i]
		}
	}
}

// zeroSum returns masses times noise, less what makes their sum 0.
func zeroSum(m []float64, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 0))
	b := make([]float64, len(m))
	var sum float64
	for i, v := range m {
		b[i] = v * r.NormFloat64()
		sum += b[i]
	}
	for i, v := range m {
		b[i] -= v * sum
	}
	return b
}

// Linear problems with one frozen cycle as the preconditioner: with a sum of 0 and no
// shift, and implicit steps of any length, forward and backward in time.
func TestFrozenCyclesSolveLinearProblems(t *testing.T) {
	for _, k := range []struct {
		p    *problem
		dims []int
		most int // iterations to 1e-10
	}{
		{quadWell(0.15), []int{128, 128}, 12},
		{quadWell(0.15), []int{97, 61}, 12},
		{rotation(), []int{128, 128}, 12},
		{vanDerPol(0.05), []int{128, 128}, 17}, // found: 16
		{wells3(), []int{24, 24, 24}, 14},
	} {
		a, m := stationary(t, k.p, k.dims)
		for _, transposed := range []bool{false, true} {
			for _, shift := range []float64{0, 0.01, 1, 1e4} {
				l := a
				if transposed {
					l = Reversed(a, m)
				}
				f := Freeze(l, m, shift)
				b := zeroSum(m, 1)
				if shift > 0 {
					copy(b, m[1:])
				}
				x := make([]float64, len(b))
				stats, err := krylov.GMRES(shifted(l, shift), f.Apply, b, x, krylov.Options{})
				if err != nil || stats.Iterations > k.most {
					t.Errorf("%s %v, transposed %v, shift %g: %d iterations, %v", k.p.name, k.dims, transposed, shift, stats.Iterations, err)
				}
				t.Logf("%s %v, transposed %v, shift %g: %d iterations", k.p.name, k.dims, transposed, shift, stats.Iterations)
			}
		}
	}
}

// A cell without any rates has x = −b/s.
func TestFrozenCycleWithACellCutOff(t *testing.T) {
	l := rotation().lattice([]int{24, 24})
	for a := range 2 {
		l.Up[a][0], l.Down[a][0] = 0, 0
	}
	m := make([]float64, l.States())
	for i := range m {
		m[i] = 1
	}
	b := append([]float64(nil), m...)
	x := make([]float64, len(b))
	f := Freeze(l, m, 2)
	if _, err := krylov.GMRES(shifted(l, 2), f.Apply, b, x, krylov.Options{}); err != nil || math.Abs(x[0]+0.5) > 1e-8 {
		t.Errorf("x = %v, want -0.5: %v", x[0], err)
	}
}

// The chain run backward has the same masses, and its transpose, weighted, is the chain.
func TestReversedChain(t *testing.T) {
	a, m := stationary(t, rotation(), []int{24, 20})
	r := Reversed(a, m)
	out := a.Outflow()
	for i, v := range r.Apply(m) {
		if math.Abs(v) > 1e-9*out[i]*m[i] { // the tolerance of the masses
			t.Fatalf("cell %d: residual %g of a turnover of %g", i, v, out[i]*m[i])
		}
	}
	// Σ_i y_i (A m x)_i = Σ_i x_i (R m y)_i
	rnd := rand.New(rand.NewPCG(2, 0))
	n := len(m)
	x, y, mx, my := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range m {
		x[i], y[i] = rnd.NormFloat64(), rnd.NormFloat64()
		mx[i], my[i] = m[i]*x[i], m[i]*y[i]
	}
	var left, right, size float64
	ax, ry := a.Apply(mx), r.Apply(my)
	for i := range m {
		left += y[i] * ax[i]
		right += x[i] * ry[i]
		size += math.Abs(y[i]*ax[i]) + out[i]*m[i]
	}
	if math.Abs(left-right) > 1e-9*size {
		t.Errorf("%v and %v", left, right)
	}
}

// With masses that are exact one cycle applied to A e returns about e: the factor of the
// cycle, and a W-cycle's is not worse.
func TestFrozenCycleIsAnApproximateInverse(t *testing.T) {
	a, m := stationary(t, quadWell(0.15), []int{128, 128})
	e := zeroSum(m, 3)
	f := Freeze(a, m, 0)
	x := make([]float64, len(m))
	error := func() (sum float64) {
		f.Apply(x, a.Apply(e))
		for i, v := range x {
			sum += math.Abs(v - e[i])
		}
		return sum
	}
	var size float64
	for _, v := range e {
		size += math.Abs(v)
	}
	v := error()
	f.Visits = 2
	w := error()
	if v > 0.2*size || w > 1.1*v {
		t.Errorf("V-cycle leaves %.3g of %.3g, W-cycle %.3g", v, size, w)
	}
}

// Whatever corner all jumps go to, one of the four sweeps of a cycle follows them, which
// solves a problem with an exit: what is left is round-off of sums of some hundred terms.
func TestCyclesFollowJumpsToEveryCorner(t *testing.T) {
	for _, dims := range [][]int{{16, 20}, {33, 12}} {
		for corner := range 4 {
			a := noise(dims, false, 6)
			for k := range dims {
				back := a.Down[k]
				if corner>>k&1 == 1 {
					back = a.Up[k]
				}
				clear(back)
			}
			n := a.States()
			m, b, x, r := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
			fillOnes(m)
			fillOnes(b)
			Freeze(a, m, 0.1).Apply(x, b)
			shifted(a, 0.1)(r, x)
			for i, v := range r {
				if math.Abs(v-1) > 1e-11 {
					t.Fatalf("%v, corner %d: cell %d has %v, want 1", dims, corner, i, v)
				}
			}
		}
	}
}

// On two cores or one, in rows of an even and an odd number of cells, with every kernel.
func TestFrozenCyclesHaveTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	onTwoCores(t)
	for _, dims := range [][]int{{128, 128}, {140, 140}, {270, 67}, {263, 129}, {413, 205}, {200, 12, 16}, {134, 31, 9}, {265, 9, 13}} {
		for _, ring := range []bool{false, true} {
			a := noise(dims, ring, 7)
			m, x := make([]float64, a.States()), make([]float64, a.States())
			for i := range m {
				m[i] = (1 + math.Sin(float64(i))/2) / float64(len(m))
			}
			b := zeroSum(m, 8)
			apply := func(workers, visits int, shift float64) []float64 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers))
				f := Freeze(a, m, shift)
				f.Visits = visits
				f.Apply(x, b)
				return slices.Clone(x)
			}
			withKernels(t, func(t *testing.T) {
				for visits, shift := range map[int]float64{1: 0, 2: 0.3} {
					first := apply(1, visits, shift)
					for _, workers := range []int{2, 3, 4} {
						if !slices.Equal(apply(workers, visits, shift), first) {
							t.Errorf("%v, ring %v, %d visits: other bits on %d workers", dims, ring, visits, workers)
						}
					}
				}
			})
		}
	}
}
