package multigrid

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ness-fp/ness/operators/markov"
	"github.com/ness-fp/ness/operators/sparse"
)

// matrix returns the lattice by rows.
func matrix(l *sparse.Lattice) *sparse.CSR {
	n := l.States()
	b := sparse.NewBuilder(n, n)
	out := l.Outflow()
	for i := range n {
		b.Add(i, i, -out[i])
		s := 1
		for a, k := range l.Dims {
			j := i + s
			if i/s%k == k-1 {
				j = i - (k-1)*s
			}
			if l.Up[a][i] != 0 || l.Down[a][i] != 0 {
				b.Add(j, i, l.Up[a][i])
				b.Add(i, j, l.Down[a][i])
			}
			s *= k
		}
	}
	return b.CSR()
}

// eliminate solves by elimination, which is right to round-off in every entry.
func eliminate(t testing.TB, l *sparse.Lattice) []float64 {
	t.Helper()
	m, _, err := markov.Direct(matrix(l), markov.DirectOptions{Dims: l.Dims})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// worst returns the largest relative difference of entries above least.
func worst(got, want []float64, least float64) (w float64) {
	for i, v := range want {
		if v > least {
			w = max(w, math.Abs(got[i]/v-1))
		}
	}
	return w
}

// Multigrid and elimination agree in every cell above 1e-250, wells and tails, on
// grids of any size. Entrywise residuals of 1e-14 leave errors larger by the number of
// cells across, some hundred, and by the time to cross the barriers of the metastable case,
// which the correction of the coarsest level stands for.
func TestAgreesWithElimination(t *testing.T) {
	for _, k := range []struct {
		p    *problem
		dims []int
		most int // cycles
	}{
		{quadWell(0.15), []int{128, 128}, 20},
		{quadWell(0.15), []int{97, 61}, 25},
		{quadWell(0.15), []int{256, 24}, 40},
		{quadWell(0.02), []int{128, 128}, 40},
		{rotation(), []int{128, 128}, 30},
		{rotation(), []int{75, 140}, 40},
		{vanDerPol(0.05), []int{128, 128}, 40},
		{vanDerPol(0.01), []int{128, 128}, 60},
		{wells3(), []int{24, 24, 24}, 30},
		{wells3(), []int{17, 24, 13}, 60},
		{wells3(), []int{48, 12, 7}, 60},
	} {
		t.Run(fmt.Sprintf("%s/D=%g/%v", k.p.name, k.p.d, k.dims), func(t *testing.T) {
			want := eliminate(t, k.p.lattice(k.dims))
			got, stats, err := Solve(k.dims, k.p.discretize, Options{Tol: 1e-14})
			if err != nil {
				t.Fatal(err)
			}
			if stats.Cycles > k.most {
				t.Errorf("%d cycles, want at most %d", stats.Cycles, k.most)
			}
			if w := worst(got, want, 1e-250); w > 1e-11 {
				t.Errorf("differs by %.2g; %+v", w, stats)
			}
		})
	}
}

// The defaults give the weights of metastable wells to 1e-9: the four of D = 0.02, the
// exact masses of which are those of the discrete Gibbs density.
func TestDefaultsGiveTheWeightsOfWells(t *testing.T) {
	p := quadWell(0.02)
	dims := []int{256, 256}
	got, stats, err := Solve(dims, p.discretize, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := eliminate(t, p.lattice(dims))
	var w, v [4]float64
	for i, m := range got {
		k := i%256/128 + 2*(i/256/128)
		w[k] += m
		v[k] += want[i]
	}
	for k := range w {
		if math.Abs(w[k]/v[k]-1) > 1e-9 {
			t.Errorf("well %d has %v, want %v; %+v", k, w[k], v[k], stats)
		}
	}
}

// discretize is what [Solve] asks for.
func (p *problem) discretize(dims []int) (*sparse.Lattice, error) { return p.lattice(dims), nil }

// Periodic axes of even and odd numbers of cells: a tilted washboard in the plane, and
// in three dimensions with walls along one axis.
func TestPeriodicAxes(t *testing.T) {
	for _, dims := range [][]int{{64, 48}, {63, 47}, {20, 15, 24}, {15, 20, 13}} {
		make := func(dims []int) (*sparse.Lattice, error) { return washboard(dims), nil }
		want := eliminate(t, washboard(dims))
		got, stats, err := Solve(dims, make, Options{})
		if err != nil {
			t.Fatalf("%v: %v", dims, err)
		}
		if w := worst(got, want, 0); w > 1e-8 { // some hundred cells times the tolerance of 1e-11
			t.Errorf("%v: differs by %.2g; %+v", dims, w, stats)
		}
	}
}

// washboard has periodic axes, all but the third, and a force that goes round.
func washboard(dims []int) *sparse.Lattice {
	ring := []bool{true, true, false}[:len(dims)]
	l := sparse.NewLattice(dims, ring)
	for i := range l.States() {
		s := 1
		for a, n := range dims {
			k := i / s % n
			if ring[a] || k < n-1 {
				x := 2 * math.Pi * float64(k+1) / float64(n)
				other := 2 * math.Pi * float64(i/(len(l.Up[a])/n)) / float64(n)
				z := (1.5 + 3*math.Cos(x) + math.Sin(other)) * 2 * math.Pi / float64(n)
				l.Up[a][i] = float64(n*n) * bernoulli(-z)
				l.Down[a][i] = float64(n*n) * bernoulli(z)
			}
			s *= n
		}
	}
	return l
}

// Wells, few or many, with low or high barriers between them, do not cost more cycles:
// conductances of groups tell barriers from slopes, and W-cycles take over where V-cycles
// leave much to coarse levels.
func TestCyclesAreFewInManyWells(t *testing.T) {
	for _, k := range []struct {
		p    *problem
		n    int
		most int
	}{
		{quadWell(0.02), 512, 9},
		{eggCrate(8, 4), 256, 12},
		{eggCrate(16, 4), 256, 14},
		{eggCrate(16, 8), 256, 14},
		{eggCrate(5, 10), 256, 15},
	} {
		dims := []int{k.n, k.n}
		_, stats, err := Solve(dims, k.p.discretize, Options{})
		if err != nil || stats.Cycles > k.most {
			t.Errorf("%s: %d cycles, want at most %d: %v", k.p.name, stats.Cycles, k.most, err)
		}
	}
}

// Strongly different rates along the axes, by the spacing and by the diffusion: only
// semi-coarsening keeps cycles few.
func TestStrongAnisotropyAlongAxes(t *testing.T) {
	for _, ratio := range []float64{1e-4, 1e4} {
		p := quadWell(0.15)
		dims := []int{96, 96}
		make := func(dims []int) (*sparse.Lattice, error) {
			l := p.lattice(dims)
			for i := range l.Up[1] {
				l.Up[1][i] *= ratio
				l.Down[1][i] *= ratio
			}
			return l, nil
		}
		l, _ := make(dims)
		want := eliminate(t, l)
		got, stats, err := Solve(dims, make, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if w := worst(got, want, 1e-250); w > 1e-7 { // 1e-11 times the 1e4 of the slow axis
			t.Errorf("ratio %g: differs by %.2g; %+v", ratio, w, stats)
		}
		if stats.Cycles > 25 {
			t.Errorf("ratio %g: %d cycles", ratio, stats.Cycles)
		}
	}
}

// Where grids resolve the density one cycle on each coarser one is a guess: a third of a cycle of
// nine units of work on the finest, and a little for the smallest grids. Two and more were eight.
func TestGuessesAreCheap(t *testing.T) {
	p := quadWell(0.15)
	s, err := guess([]int{256, 256}, p.discretize, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if units := s.spent / float64(s.levels[0].cells()); units > 4 {
		t.Errorf("%.1f units of work before the first cycle on the finest grid", units)
	}
}

// Axes with less than 0.3 of the strongest coupling wait until others, coarsened, have come down
// to theirs; an axis of one cell does not count.
func TestWeakAxesWait(t *testing.T) {
	for _, k := range []struct {
		n        [3]int
		coupling [3]float64
		want     [3]bool
		next     [3]float64
	}{
		{[3]int{8, 8, 8}, [3]float64{1, 1, 1}, [3]bool{true, true, true}, [3]float64{0.25, 0.25, 0.25}},
		{[3]int{8, 8, 8}, [3]float64{1, 0.31, 0.29}, [3]bool{true, true, false}, [3]float64{0.25, 0.0775, 0.29}},
		{[3]int{8, 8, 1}, [3]float64{0.29, 1, 9}, [3]bool{false, true, false}, [3]float64{0.29, 0.25, 9}},
		{[3]int{1, 8, 1}, [3]float64{1, 0.1, 0}, [3]bool{false, true, false}, [3]float64{1, 0.025, 0}},
	} {
		next := k.coupling
		if got := coarsens(k.n, &next); got != k.want || next != k.next {
			t.Errorf("%v, %v: %v and %v, want %v and %v", k.n, k.coupling, got, next, k.want, k.next)
		}
	}
}

// Entries count from 1e-250 of all mass on.
func TestEntriesOfHardlyAnyMassDoNotCount(t *testing.T) {
	withKernels(t, func(t *testing.T) {
		for _, k := range []struct{ mass, want float64 }{{1e-247, 1}, {1e-252, 0}} {
			l := finest(sparse.NewLattice([]int{24, 24}, []bool{false, false}))
			for i := range l.x {
				l.x[i] = 1.0 / 576
			}
			// A pair of cells by themselves, one of which is full, by the measure of the other.
			l.up[0][100], l.dn[0][100] = 1, 0
			l.x[100], l.x[101] = k.mass, 1e-280
			if r := l.residual(); r.entry != k.want {
				t.Errorf("mass %g: entrywise residual %v, want %v", k.mass, r.entry, k.want)
			}
		}
	})
}

// Masses that cycles have let grow out of range are not stationary, whatever sums of them say.
func TestMassesOutOfRangeAreNotStationary(t *testing.T) {
	withKernels(t, func(t *testing.T) {
		l := finest(sparse.NewLattice([]int{24, 24}, []bool{false, false}))
		for i := range l.x {
			l.x[i] = 1e306
			l.up[0][i], l.dn[0][i] = 1, 1 // in a row, and 1e308 for the 576 of them
		}
		for i := 23; i < len(l.x); i += 24 {
			l.up[0][i], l.dn[0][i] = 0, 0
		}
		if r := l.residual(); r.sum < math.Inf(1) {
			t.Errorf("a residual of %v", r)
		}
	})
}

// Rates have the net flow of the fine level, the conductance of resistances in series, and
// stay positive where that would not do.
func TestRatesBetweenGroups(t *testing.T) {
	for _, k := range []struct{ forth, back, resistance, up, dn float64 }{
		{1, 1, 0, 1, 1},         // wells: all that flows over the barrier
		{1, 1, 1, 0.5, 0.5},     // as much resistance within the groups
		{3, 1, 0.5, 2.02, 0.02}, // F/(1+F/2) = |J|/2 is not enough
		{3, 1, 1e9, 2.02, 0.02}, // the net flow, and a fiftieth of the lesser one
		{1, 3, 1e9, 0.02, 2.02},
	} {
		up, dn := rateBetween(k.forth, k.back, 2, 4, k.resistance)
		if math.Abs(up-2*k.up) > 1e-15 || math.Abs(dn-4*k.dn) > 1e-15 {
			t.Errorf("%+v: rates %v and %v", k, up, dn)
		}
	}
}

// Any rates on any small box: either the cycles converge to what dense elimination
// gives, or they say that they do not.
func TestRandomRatesAgreeWithDenseElimination(t *testing.T) {
	failed, runs := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		l := randomLattice(t)
		make := func(dims []int) (*sparse.Lattice, error) {
			if slices.Equal(dims, l.Dims) {
				return l, nil
			}
			c := sparse.NewLattice(dims, l.Periodic) // no good guess, but a legal one
			for a := range dims {
				for i := range c.Up[a] {
					if i/stride(dims, a)%dims[a] < dims[a]-1 || l.Periodic[a] {
						c.Up[a][i], c.Down[a][i] = 1, 1
					}
				}
			}
			return c, nil
		}
		got, stats, err := Solve(l.Dims, make, Options{MaxCycles: 300})
		runs++
		var diverged *ConvergenceError
		if errors.As(err, &diverged) {
			failed++
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		want := denseStationary(l)
		// The tolerance of 1e-11 is amplified by the time to mix, for rates over 1e4 on
		// up to a dozen cells across.
		if w := worst(got, want, 1e-200); w > 1e-4 {
			t.Fatalf("differs by %.2g; %+v", w, stats)
		}
	})
	if 10*failed > runs {
		t.Errorf("%d of %d did not converge", failed, runs)
	}
}

func stride(dims []int, a int) int {
	s := 1
	for _, n := range dims[:a] {
		s *= n
	}
	return s
}

func randomLattice(t *rapid.T) *sparse.Lattice {
	d := rapid.IntRange(2, 3).Draw(t, "dim")
	dims, ring := make([]int, d), make([]bool, d)
	for a := range dims {
		dims[a] = rapid.IntRange(3, 17-4*d).Draw(t, "cells")
		ring[a] = rapid.Bool().Draw(t, "periodic")
	}
	decades := rapid.Float64Range(0, 4).Draw(t, "decades")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	l := sparse.NewLattice(dims, ring)
	for a := range dims {
		for i := range l.Up[a] {
			if ring[a] || i/stride(dims, a)%dims[a] < dims[a]-1 {
				l.Up[a][i] = math.Pow(10, decades*(r.Float64()-0.5))
				l.Down[a][i] = math.Pow(10, decades*(r.Float64()-0.5))
			}
		}
	}
	return l
}

// denseStationary is GTH elimination on the full matrix, the slow and obvious way.
func denseStationary(l *sparse.Lattice) []float64 {
	a := matrix(l)
	n := a.Rows
	rate := make([][]float64, n)
	for j := range rate {
		rate[j] = make([]float64, n)
	}
	for i := range n {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			rate[a.Col[k]][i] = a.Val[k]
		}
	}
	out := make([]float64, n)
	for k := n - 1; k > 0; k-- {
		for j := range k {
			out[k] += rate[k][j]
		}
		for i := range k {
			for j := range k {
				rate[i][j] += rate[i][k] * rate[k][j] / out[k]
			}
		}
	}
	m := make([]float64, n)
	m[0] = 1
	for k := 1; k < n; k++ {
		for i := range k {
			m[k] += m[i] * rate[i][k] / out[k]
		}
	}
	normalize(m)
	return m
}

// A sweep from each corner is the Gauss–Seidel sweep in that order, whatever the kernels and
// cores, and two sweeps in one pass are one after the other, but for what the second one sees
// across the seam of a ring: each cell to the round-off of a dozen operations, all of them sums
// and products of numbers ≥ 0.
func TestSweepsAreGaussSeidel(t *testing.T) {
	onTwoCores(t)
	withKernels(t, func(t *testing.T) {
		for _, dims := range [][]int{{300, 77}, {256, 64}, {5, 8}, {2, 3}, {7, 2}, {3, 1 << 16}, {512, 330}, {128, 64, 20}, {31, 9, 7}} {
			for _, ring := range []bool{false, true} {
				l := finest(noise(dims, ring, 1))
				for i := range l.x {
					l.x[i] = 1 + math.Sin(float64(i))/2
				}
				for _, ascending := range []bool{true, false} {
					old, want := slices.Clone(l.x), slices.Clone(l.x)
					slowSweep(l, want, want, want, ascending, ascending)
					below, above := old, slices.Clone(want)
					if !ascending {
						below, above = above, below
					}
					slowSweep(l, want, below, above, !ascending, ascending)
					l.sweep(ascending, nil, nil)
					for i, v := range l.x {
						// A cell has the errors of its neighbours, in the mean, and its own.
						if math.Abs(v-want[i]) > 1e4*0x1p-53*want[i] {
							t.Fatalf("%v, ring %v, ascending %v: cell %d is %v, want %v", dims, ring, ascending, i, v, want[i])
						}
					}
				}
			}
		}
	})
}

// onTwoCores lets sweeps use two cores, if there are, on levels that are not worth it.
func onTwoCores(t *testing.T) {
	old := manyCells
	manyCells = 1 << 10
	t.Cleanup(func() { manyCells = old })
}

// noise returns a lattice with rates of random sizes around 1.
func noise(dims []int, ring bool, seed uint64) *sparse.Lattice {
	r := rand.New(rand.NewPCG(seed, 0))
	rings := make([]bool, len(dims))
	for a := range rings {
		rings[a] = ring
	}
	l := sparse.NewLattice(dims, rings)
	for a := range dims {
		for i := range l.Up[a] {
			if ring || i/stride(dims, a)%dims[a] < dims[a]-1 {
				l.Up[a][i], l.Down[a][i] = 0.5+r.Float64(), 0.5+r.Float64()
			}
		}
	}
	return l
}

// slowSweep sweeps the masses x, cell by cell: to the right and in ascending order of the
// rows of a layer, or to the left and in descending order; layers in the order given. Across
// the seam of a ring of layers the first one sees the masses below, the last one above.
func slowSweep(l *level, x, below, above []float64, right, ascending bool) {
	order := func(n int, forward bool) []int {
		list := make([]int, n)
		for k := range list {
			list[k] = k
			if !forward {
				list[k] = n - 1 - k
			}
		}
		return list
	}
	rows := right
	if l.n[2] == 1 {
		rows = ascending
	}
	for _, z := range order(l.n[2], ascending) {
		for _, y := range order(l.n[1], rows) {
			layer := [3]int{1: y, 2: z}[l.last()]
			for _, c := range order(l.n[0], right) {
				i := c + l.n[0]*(y+l.n[1]*z)
				var in float64
				for a := 0; a < 3 && l.up[a] != nil; a++ {
					from, to := x, x
					if a == l.last() && layer == 0 {
						from = below
					}
					if a == l.last() && layer == l.layers()-1 {
						to = above
					}
					in += l.up[a][l.before(i, a)]*from[l.before(i, a)] + l.dn[a][i]*to[l.next(i, a)]
				}
				x[i] = in * l.inv[i]
			}
		}
	}
}

// Thousands of plain sweeps end where cycles do.
func TestCyclesAgreeWithPlainGaussSeidel(t *testing.T) {
	p := rotation()
	dims := []int{16, 16}
	got, _, err := Solve(dims, p.discretize, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := finest(p.lattice(dims))
	for i := range l.x {
		l.x[i] = 1
	}
	for range 3000 {
		slowSweep(l, l.x, l.x, l.x, true, true)
	}
	normalize(l.x)
	if w := worst(got, l.x, 0); w > 1e-9 {
		t.Errorf("differs by %.2g", w)
	}
}

func TestAnyNumberOfWorkersGivesTheSameBits(t *testing.T) {
	onTwoCores(t)
	for _, k := range []struct {
		p    *problem
		dims []int
	}{
		{vanDerPol(0.05), []int{300, 256}},
		{vanDerPol(0.05), []int{260, 130}},
		{vanDerPol(0.05), []int{263, 129}},
		{wells3(), []int{33, 40, 24}},
		{wells3(), []int{200, 12, 16}},
	} {
		var first []float64
		for _, workers := range []int{1, 2, 3, 4} {
			old := runtime.GOMAXPROCS(workers)
			m, _, err := Solve(k.dims, k.p.discretize, Options{})
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = m
			}
			if !slices.Equal(m, first) {
				t.Errorf("%s %v: other bits on %d workers", k.p.name, k.dims, workers)
			}
		}
	}
}

// With too few cycles the masses come with an error that tells how far they are.
func TestTooFewCyclesAreAnError(t *testing.T) {
	p := vanDerPol(0.05)
	m, _, err := Solve([]int{64, 64}, p.discretize, Options{MaxCycles: 2})
	var e *ConvergenceError
	if !errors.As(err, &e) || e.Stats.Cycles != 2 || !(e.Stats.Entry > e.Tol) || len(m) != 64*64 {
		t.Errorf("%v", err)
	}
}

// Two wells within one group of the coarsest level, with a barrier of 30 between them, are
// either weighed right or not called converged.
func TestWellsThatNoGroupTellsApart(t *testing.T) {
	p := &problem{
		name: "inner wells", lo: []float64{-8, -8}, hi: []float64{8, 8}, d: 1,
		drift: func(x []float64, a int) float64 {
			if a == 1 {
				return -x[1]
			}
			u := x[0] - 1
			return -2*u + 32*u/0.0625*math.Exp(-u*u/0.125) - 0.8
		},
	}
	dims := []int{256, 64}
	want := eliminate(t, p.lattice(dims))
	got, stats, err := Solve(dims, p.discretize, Options{})
	var diverged *ConvergenceError
	if errors.As(err, &diverged) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if w := worst(got, want, 1e-200); w > 1e-8 {
		t.Errorf("differs by %.2g; %+v", w, stats)
	}
}

func TestRatesAreChecked(t *testing.T) {
	withKernels(t, func(t *testing.T) {
		for _, bad := range []float64{math.NaN(), math.Inf(1), -1, math.MaxFloat64} {
			for _, cell := range []int{0, 100, 4899 - 70} {
				l := noise([]int{70, 70}, false, 1)
				l.Up[0][cell], l.Up[1][cell] = bad, bad
				_, _, err := Solve(l.Dims, func(dims []int) (*sparse.Lattice, error) {
					if slices.Equal(dims, l.Dims) {
						return l, nil
					}
					return noise(dims, false, 2), nil
				}, Options{})
				var e *RateError
				if !errors.As(err, &e) || e.Cell != cell {
					t.Errorf("rate %v in cell %d: %v", bad, cell, err)
				}
			}
		}
	})
}

// A coarser grid on which a problem cannot be discretised costs a guess, not the solution.
func TestGuessesMayFail(t *testing.T) {
	p := quadWell(0.15)
	dims := []int{96, 96}
	got, _, err := Solve(dims, func(d []int) (*sparse.Lattice, error) {
		if d[0] == 48 {
			return nil, errors.New("no such grid")
		}
		return p.lattice(d), nil
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if w := worst(got, eliminate(t, p.lattice(dims)), 0); w > 1e-8 { // some hundred cells times the tolerance
		t.Errorf("differs by %.2g", w)
	}
}

// Groups cover an axis, in pairs but for the last, and interpolation between their
// centres is exact for straight lines, away from walls.
func TestGroupsOfAnAxis(t *testing.T) {
	for n := 2; n < 40; n++ {
		for _, periodic := range []bool{false, true} {
			p := paired(n, periodic, true)
			g := p.groups()
			if p.start[0] != 0 || p.start[g] != n {
				t.Fatalf("n=%d: groups %v", n, p.start)
			}
			center := func(k int) float64 { return 0.5 * float64(p.start[k]+p.start[k+1]-1) }
			for i := range n {
				lo, hi, w := int(p.lower[i]), int(p.upper[i]), p.weight[i]
				if lo == hi {
					continue
				}
				a, b := center(lo), center(hi)
				if b < a { // across the seam
					if float64(i) < b+1e-9 {
						a -= float64(n)
					} else {
						b += float64(n)
					}
				}
				if x := a + w*(b-a); math.Abs(x-float64(i)) > 1e-12 || w < 0 || w > 1 {
					t.Fatalf("n=%d periodic=%v: cell %d is taken for %g", n, periodic, i, x)
				}
			}
		}
	}
}

// Where the residual is not measured it would not have changed what is done next: cycles and
// masses are those of iterations that measure it every time.
func TestResidualsLeftOutChangeNothing(t *testing.T) {
	for name, p := range map[string]*problem{"quad well": quadWell(0.15), "rotation": rotation(), "van der Pol": vanDerPol(0.05)} {
		dims := []int{128, 128}
		m, stats, err := Solve(dims, p.discretize, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := guess(dims, p.discretize, Options{Tol: DefaultTol})
		if err != nil {
			t.Fatal(err)
		}
		l, cycles, before := s.levels[0], 0, math.Inf(1)
		for done := false; !done; cycles++ {
			correction, r := s.improve(), l.residual()
			if correction > r.entry && correction > badFactor*before {
				s.visits = 2
			}
			before = correction
			done = r.entry <= DefaultTol && correction <= DefaultTol && l.weighBasins() <= DefaultTol
		}
		normalize(l.x)
		if cycles != stats.Cycles || !slices.Equal(m, l.x) {
			t.Errorf("%s: %d cycles, want %d and the same masses", name, stats.Cycles, cycles)
		}
	}
}
