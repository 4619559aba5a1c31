package markov

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/sparse"
)

func solve(t *testing.T, a *sparse.CSR, opt DirectOptions) []float64 {
	t.Helper()
	m, _, err := Direct(a, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Every cell above 1e-250 has its exact Gibbs weight, also between wells that
// exchange mass at rates of 1e-6.
func TestEveryCellIsRightToRoundOff(t *testing.T) {
	for _, diffusion := range []float64{0.15, 0.02} {
		w := quadWell(2, 256, diffusion)
		m := solve(t, w.a, DirectOptions{Dims: w.dims})
		// φ ≤ 760 is rounded by up to 2⁻⁴⁴ = 6e-14, and a weight is a product of ratios of
		// rates, each with some ten roundings, along a path of up to 512 cells: 6e-13.
		// 1e-11 leaves a factor 16 for the additions of the elimination.
		if worst := worstRelative(m, gibbs(w.phi), 1e-250); !(worst < 1e-11) {
			t.Errorf("D = %g: relative error %.2g in some cell, want 1e-11", diffusion, worst)
		}
	}
}

// LU loses the weights of metastable wells to cancellation in its pivots, by about
// 2⁻⁵³ over the probability that a well is left; elimination without subtraction does
// not. On problem B LU weighs the wells wrong by 6e-3, and with them every cell.
func TestLUIsWrongWhereEliminationIsRight(t *testing.T) {
	const n = 256
	w := quadWell(2, n, 0.02)
	exact := gibbs(w.phi)
	// 1e-11 as in TestEveryCellIsRightToRoundOff.
	if worst := worstRelative(solve(t, w.a, DirectOptions{Dims: w.dims}), exact, 1e-250); !(worst < 1e-11) {
		t.Errorf("elimination: relative error %.2g in some cell, want 1e-11", worst)
	}
	lu := quadrants(pinnedLU(w.a, n, exact), n)
	if worst := worstRelative(lu, quadrants(exact, n), 0); !(worst > 1e-6) {
		t.Errorf("LU: relative error %.2g in the weights of wells, want more than 1e-6", worst)
	}
}

// quadrants returns the masses of the four quadrants of a box of n×n cells.
func quadrants(m []float64, n int) []float64 {
	sum := make([]float64, 4)
	for i, v := range m {
		sum[2*(i/n)/n+2*(2*(i%n)/n)] += v
	}
	return sum
}

// pinnedLU solves A m = 0 with the state of largest mass held at 1, by Gaussian
// elimination row by row within the band; a diagonally dominant matrix needs no pivots.
func pinnedLU(a *sparse.CSR, band int, exact []float64) []float64 {
	n, width := a.Rows, band+1
	pin := floats.MaxIdx(exact)
	u := make([]float64, n*width) // entry (i, j) of the upper factor at i·width + j − i
	x := make([]float64, n)
	row := make([]float64, band+width) // entry j of the row at hand at j − i + band
	for i := range n {
		clear(row)
		if i == pin {
			row[band], x[i] = 1, 1
		} else {
			for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
				row[int(a.Col[k])-i+band] = a.Val[k]
			}
		}
		for p := max(0, i-band); p < i; p++ {
			at := p - i + band
			if f := row[at] / u[p*width]; f != 0 {
				floats.AddScaled(row[at:at+width], -f, u[p*width:][:width])
				x[i] -= f * x[p]
			}
		}
		copy(u[i*width:], row[band:])
	}
	for i := n - 1; i >= 0; i-- {
		later := x[i+1 : min(n, i+width)]
		x[i] = (x[i] - floats.Dot(u[i*width+1:][:len(later)], later)) / u[i*width]
	}
	floats.Scale(1/floats.Sum(x), x)
	return x
}

// A m = 0 row by row: what flows into a cell flows out, up to a few roundings of the
// flows and the error of the masses, together below 1e-12 as above.
func TestFlowsBalanceInEveryCell(t *testing.T) {
	w := quadWell(3, 12, 0.15)
	m := solve(t, w.a, DirectOptions{Dims: w.dims})
	r := make([]float64, len(m))
	w.a.MulVec(r, m)
	for i, v := range r {
		if out := -w.a.At(i, i) * m[i]; math.Abs(v) > 1e-12*out {
			t.Fatalf("cell %d: net flow %g of %g", i, v, out)
		}
	}
}

// A potential that falls by 2000 leaves the middle of the box with e⁻¹⁰⁰⁰, below all
// floats, and the masses are still right; so they are where the middle is a barrier of
// e⁻⁶⁰⁰ between two wells, which all mass has to cross.
func TestMassesSpreadOverMoreThanTheRangeOfFloats(t *testing.T) {
	const n = 4001
	slope, barrier := make([]float64, n), make([]float64, n)
	for i := range n {
		x := float64(i) / (n - 1)
		slope[i] = 2000 * x
		barrier[i] = 600*math.Sin(math.Pi*x)*math.Sin(math.Pi*x) + x
	}
	for name, phi := range map[string][]float64{"slope": slope, "barrier": barrier} {
		a := star([]int{n}, phi, 1)
		m := solve(t, a, DirectOptions{})
		// 4000 ratios of rates with ten roundings each, 4e-12, and φ/2⁵³ = 2e-13.
		if worst := worstRelative(m, gibbs(phi), 1e-300); !(worst < 5e-12) {
			t.Errorf("%s: relative error %.2g", name, worst)
		}
	}
}

// The work on a chain is linear in its length, also on a ring.
func TestChainsAndRingsTakeLinearWork(t *testing.T) {
	for _, ring := range []bool{false, true} {
		var perState [2]float64
		for k, n := range []int{1000, 100000} {
			b := sparse.NewBuilder(n, n)
			for i := range n {
				if next := (i + 1) % n; ring || next > 0 {
					b.Add(next, i, 2)
					b.Add(i, next, 1)
				}
			}
			m, stats, err := Direct(b.CSR(), DirectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			perState[k] = stats.Flops / float64(n)
			// On the ring all states are alike; the chain piles up at its end, in halves.
			want := math.Ldexp(1, -n/2-1)
			if ring {
				want = 1 / float64(n)
			}
			at := n - 1 - n/2
			// One in a hundred thousand: n·2⁻⁵³ = 1e-11 for the sum over the ring.
			if math.Abs(m[at]-want) > 1e-11*want {
				t.Errorf("ring %v, n = %d: mass %g, want %g", ring, n, m[at], want)
			}
		}
		if perState[1] > 1.5*perState[0] {
			t.Errorf("ring %v: %.3g operations per state at 1000 states, %.3g at 100000", ring, perState[0], perState[1])
		}
	}
}

func TestAnyNumberOfWorkersGivesTheSameBits(t *testing.T) {
	for _, w := range []well{quadWell(2, 64, 0.15), quadWell(3, 14, 0.15)} {
		one := solve(t, w.a, DirectOptions{Dims: w.dims, Workers: 1})
		for _, workers := range []int{2, 3, 5} {
			many := solve(t, w.a, DirectOptions{Dims: w.dims, Workers: workers})
			if !slices.Equal(one, many) {
				t.Fatalf("dims %v: %d workers give other bits than one", w.dims, workers)
			}
		}
	}
}

func TestTransientStatesGetNothing(t *testing.T) {
	b := sparse.NewBuilder(4, 4)
	b.Add(1, 0, 2) // 0 is left for good
	b.Add(2, 1, 1)
	b.Add(1, 2, 3)
	b.Add(2, 3, 1) // and so is 3
	m := solve(t, b.CSR(), DirectOptions{Dims: []int{2, 2}})
	// Three roundings each: 2⁻⁵² at most, as masses are below 1.
	if m[0] != 0 || math.Abs(m[1]-0.75) > 0x1p-52 || math.Abs(m[2]-0.25) > 0x1p-52 || m[3] != 0 {
		t.Errorf("%v, want [0 3/4 1/4 0]", m)
	}
}

// Parts that exchange mass at rates below 1e-308 of the others cannot be weighed.
func TestUnderflowNamesAState(t *testing.T) {
	b := sparse.NewBuilder(4, 4)
	for _, i := range []int{0, 2} {
		b.Add(i, i+1, 1)
		b.Add(i+1, i, 1)
	}
	b.Add(1, 2, 1e-310)
	b.Add(2, 1, 1e-310)
	_, _, err := Direct(b.CSR(), DirectOptions{})
	var e *UnderflowError
	if !errors.As(err, &e) || e.State < 0 || e.State > 3 {
		t.Fatalf("%v, want an UnderflowError that names one of four states", err)
	}
}

func TestRatesAreChecked(t *testing.T) {
	for _, rate := range []float64{-1, math.NaN(), math.Inf(1)} {
		b := sparse.NewBuilder(3, 3)
		b.Add(0, 1, 1)
		b.Add(1, 0, 1)
		b.Add(1, 2, rate)
		b.Add(2, 2, math.NaN()) // the diagonal is nobody's business
		_, _, err := Direct(b.CSR(), DirectOptions{})
		var e *RateError
		if !errors.As(err, &e) || e.From != 2 || e.To != 1 {
			t.Errorf("rate %g: %v, want a RateError for 2 → 1", rate, err)
		}
	}
}

func TestOneStateHasAllTheMass(t *testing.T) {
	a := sparse.NewBuilder(1, 1).CSR()
	for _, dims := range [][]int{nil, {1}, {1, 1, 1}} {
		if m := solve(t, a, DirectOptions{Dims: dims}); m[0] != 1 {
			t.Errorf("dims %v: mass %v", dims, m[0])
		}
	}
}

// The unit of time does not matter, down to the bit where it is a power of two: rates
// from 1e-290 to 1e290 are brought to the same scale.
func TestUnitOfTimeDoesNotMatter(t *testing.T) {
	w := quadWell(2, 20, 0.15)
	want := solve(t, w.a, DirectOptions{Dims: w.dims})
	for _, exponent := range []int{-960, 960} {
		b := *w.a
		b.Val = slices.Clone(w.a.Val)
		for k := range b.Val {
			b.Val[k] = math.Ldexp(b.Val[k], exponent)
		}
		if got := solve(t, &b, DirectOptions{Dims: w.dims}); !slices.Equal(got, want) {
			t.Errorf("rates times 2^%d: other bits", exponent)
		}
	}
}

func TestWrongDimsPanic(t *testing.T) {
	defer func() {
		if got, want := fmt.Sprint(recover()), "markov: Direct: want a square matrix and dims that hold its states"; got != want {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	w := quadWell(2, 4, 0.15)
	_, _, _ = Direct(w.a, DirectOptions{Dims: []int{4, 5}})
}
