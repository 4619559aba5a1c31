package fp_test

import (
	"errors"
	"math"
	"math/big"
	"math/cmplx"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// linearSpectrum returns the eigenvalues −Σ n_i a_i nearest to 0 of b = −A x, a_i those of A; of
// pairs the ones with Im > 0.
func linearSpectrum(t *testing.T, a *mat.Dense, count int) []complex128 {
	t.Helper()
	var eig mat.Eigen
	if !eig.Factorize(a, mat.EigenNone) {
		t.Fatal("gonum")
	}
	all := []complex128{0}
	for _, v := range eig.Values(nil) {
		var more []complex128
		for _, l := range all {
			for n := range 12 {
				more = append(more, l-complex(float64(n), 0)*v)
			}
		}
		all = more
	}
	slices.SortFunc(all, func(x, y complex128) int {
		if d := cmplx.Abs(x) - cmplx.Abs(y); math.Abs(d) > 1e-9 {
			return int(math.Copysign(1, d))
		}
		return int(math.Copysign(1, imag(y)-imag(x)))
	})
	return all[1 : count+1]
}

// checkSpectrum compares all eigenvalues with those wanted, in order of modulus.
func checkSpectrum(t *testing.T, name string, m *fp.Modes, want []complex128, tol float64) {
	t.Helper()
	var got []complex128
	for _, mode := range m.Modes {
		got = append(got, mode.Value)
		if !mode.IsReal() {
			got = append(got, cmplx.Conj(mode.Value))
		}
	}
	slices.SortFunc(got, func(x, y complex128) int {
		if d := cmplx.Abs(x) - cmplx.Abs(y); math.Abs(d) > 1e-6 {
			return int(math.Copysign(1, d))
		}
		return int(math.Copysign(1, imag(y)-imag(x)))
	})
	if len(got) < len(want) {
		t.Fatalf("%s: %d eigenvalues, want %d: %v", name, len(got), len(want), got)
	}
	var worst float64
	for j, l := range want {
		e := cmplx.Abs(got[j]-l) / cmplx.Abs(l)
		worst = max(worst, e)
		if !(e < tol) {
			t.Errorf("%s: eigenvalue %d is %.12g, want %.12g: %.2g off", name, j+1, got[j], l, e)
		}
	}
	var residual, left float64
	for _, mode := range m.Modes {
		residual, left = max(residual, mode.Residual), max(left, mode.LeftResidual)
	}
	t.Logf("%s: %d eigenvalues, worst %.2g off, residuals %.2g and %.2g, %d problems", name, len(got), worst, residual, left, m.Products)
}

// Eigenvalues of b = −A x are −Σ n_i a_i: the first ten to 1e-8 at order 8, complex ones too, and
// at second order of generators. The boxes are 11 standard deviations to either side: Hermite
// polynomials of degree 10 feel a wall at 8.
func TestSpectraOfLinearDrifts(t *testing.T) {
	one := mat.NewDense(1, 1, []float64{1.5})
	line := exact.OrnsteinUhlenbeck("line", one, mat.NewSymDense(1, []float64{0.3}))
	turning := mat.NewDense(2, 2, []float64{1, 3, -3, 1.5})
	rotation := exact.OrnsteinUhlenbeck("rotation", turning, mat.NewSymDense(2, []float64{0.2, 0.05, 0.05, 0.1}))
	plain := mat.NewDense(2, 2, []float64{1, 0.3, 0, 2.2})
	oblique := exact.OrnsteinUhlenbeck("oblique", plain, mat.NewSymDense(2, []float64{0.2, 0, 0, 0.2}))
	for _, k := range []struct {
		c     *exact.Case
		a     *mat.Dense
		n     int
		order fp.Order
		tol   float64
	}{
		{line, one, 320, 8, 1e-8},
		{line, one, 600, fp.OrderMonotone, 2e-3}, // λ₁₀ h² D/12 and more
		{rotation, turning, 144, 8, 1e-8},
		{oblique, plain, 100, fp.OrderMonotone, 5e-2}, // D of the scheme is 10 % more far out
	} {
		if testing.Short() && k.c == rotation {
			continue
		}
		g := k.c.Grid(k.n)
		axes := make([]grid.Axis, g.Dim())
		for a := range axes {
			half := 11.0 / 8 * g.Axis(a).Max()
			axes[a] = lineGrid(t, -half, half, k.n, grid.Reflecting, grid.Reflecting).Axis(0)
		}
		m, err := fp.SolveModes(k.c.Problem, grid.New(axes...), fp.ModesOptions{Count: 10, Order: k.order})
		if err != nil {
			t.Errorf("%s: %v", k.c.Name, err)
			continue
		}
		checkSpectrum(t, k.c.Name, m, linearSpectrum(t, k.a, 10), k.tol)
		checkPairs(t, m)
	}
}

// Left eigenvectors of b = −a x are Hermite polynomials, He_n(x/σ)/√n! up to the sign, and right
// ones those times the density: of a generator and of the accurate operator.
func TestModesOfALineAreHermitePolynomials(t *testing.T) {
	line := exact.OrnsteinUhlenbeck("line", mat.NewDense(1, 1, []float64{1.5}), mat.NewSymDense(1, []float64{0.3}))
	const sigma, n = 0.4472135954999579, 440 // √(0.3/1.5)
	g := lineGrid(t, -11*sigma, 11*sigma, n, grid.Reflecting, grid.Reflecting)
	for order, tol := range map[fp.Order]float64{8: 1e-5, fp.OrderMonotone: 2e-3} { // vectors are good to 1e-7 of the largest v, some 50 times where p is least; h²
		m, err := fp.SolveModes(line.Problem, g, fp.ModesOptions{Count: 4, Order: order})
		if err != nil {
			t.Fatal(err)
		}
		for k, mode := range m.Modes {
			sign := 0.0
			for i := range n {
				x := g.Axis(0).Center(i) / sigma
				he := [...]float64{x, (x*x - 1) / math.Sqrt2, (x*x*x - 3*x) / math.Sqrt(6), (x*x*x*x - 6*x*x + 3) / math.Sqrt(24)}[k]
				if math.Abs(x) > 3 {
					continue
				}
				u, v := mode.Left.Re.Values[i], mode.Right.Re.Values[i]
				if sign == 0 {
					sign = math.Copysign(1, u*he)
				}
				if p := m.Density.Values[i]; math.Abs(sign*u-he) > tol || math.Abs(sign*v/p-he) > tol+1e-2 { // of v and p averages: h²/8σ² of he″
					t.Fatalf("order %v, mode %d, x = %.3fσ: u = %.8g, v/p = %.8g, want ±%.8g", order, k+1, x, u, v/p, he)
				}
			}
		}
	}
}

// checkPairs checks that left and right vectors are dual, normalised and without mass.
func checkPairs(t *testing.T, m *fp.Modes) {
	t.Helper()
	volume := m.Grid.Volumes()
	sum := func(f func(i int) complex128) (s complex128) {
		for i, v := range volume {
			s += complex(v, 0) * f(i)
		}
		return s
	}
	for j := range m.Modes {
		v := m.Modes[j].Right
		if mass := sum(v.At); cmplx.Abs(mass) > 1e-9 { // tolerances of 1e-7, of vectors of size 1, in sums that mostly cancel
			t.Errorf("mode %d: mass %.2g", j, mass)
		}
		for k := range m.Modes {
			if m.Order != fp.OrderMonotone {
				break // densities are averages and functions point values
			}
			u := m.Modes[k].Left
			want := complex(0, 0)
			if j == k {
				want = 1
			}
			if got := sum(func(i int) complex128 { return u.At(i) * v.At(i) }); cmplx.Abs(got-want) > 1e-6 {
				t.Errorf("⟨u_%d, v_%d⟩ = %.8g", k, j, got)
			}
		}
		u := m.Modes[j].Left
		if size := sum(func(i int) complex128 {
			return complex(real(u.At(i)*cmplx.Conj(u.At(i)))*m.Density.Values[i], 0)
		}); math.Abs(real(size)-1) > 3e-2 { // averages times point values: of second order
			t.Errorf("mode %d: ⟨|u|²⟩ = %v", j, size)
		}
	}
}

// On a ring without drift modes decay at D k², two of each, and on the product of two rings four.
func TestHeatOnARing(t *testing.T) {
	skipLong(t)
	const d = 0.7
	ring := lineGrid(t, 0, 2*math.Pi, 96, grid.Periodic, grid.Periodic)
	for dim, want := range map[int][]complex128{
		1: {-d, -d, -4 * d, -4 * d, -9 * d, -9 * d},
		2: {-d, -d, -d, -d, -2 * d, -2 * d, -2 * d, -2 * d, -4 * d, -4 * d, -4 * d, -4 * d},
	} {
		axes := []grid.Axis{ring.Axis(0), ring.Axis(0)}[:dim]
		packed := dim * (dim + 1) / 2
		free := &fp.Problem{Variables: []string{"x", "y"}[:dim], Equation: fp.HanggiKlimontovich(dim,
			fp.Pointwise(func(dst, _ []float64) { clear(dst) }), fp.Pointwise(func(dst, _ []float64) { dst[0], dst[packed-1] = d, d }))}
		for order, tol := range map[fp.Order]float64{8: 1e-8, fp.OrderMonotone: 1e-2} {
			m, err := fp.SolveModes(free, grid.New(axes...), fp.ModesOptions{Count: len(want) - 1, Order: order})
			if err != nil {
				t.Errorf("%d dimensions, order %v: %v", dim, order, err)
				continue
			}
			checkSpectrum(t, "ring, order "+order.String(), m, want, tol)
			if m.Count != len(want) {
				t.Errorf("%d dimensions, order %v: %d eigenvalues, want %d", dim, order, m.Count, len(want))
			}
		}
	}
}

// sturm returns the rate of the slowest mode of a chain on a line, with the rates up from state i
// to i+1 and down from there back, by bisection in 300 bits: the number of eigenvalues of −A below
// x is that of negative pivots of −A − x.
func sturm(up, down []float64) float64 {
	const bits = 300
	num := func(x float64) *big.Float { return new(big.Float).SetPrec(bits).SetFloat64(x) }
	n := len(up) + 1
	out := make([]*big.Float, n) // exactly the sum of the rates, which a diagonal is to 53 bits
	for i := range n {
		out[i] = num(0)
		if i < n-1 {
			out[i].Add(out[i], num(up[i]))
		}
		if i > 0 {
			out[i].Add(out[i], num(down[i-1]))
		}
	}
	below := func(x *big.Float) (count int) {
		pivot := num(0)
		for i := range n {
			next := new(big.Float).SetPrec(bits).Sub(out[i], x)
			if i > 0 {
				r := new(big.Float).SetPrec(bits).Mul(num(up[i-1]), num(down[i-1]))
				next.Sub(next, r.Quo(r, pivot))
			}
			if next.Sign() < 0 {
				count++
			}
			pivot = next
		}
		return count
	}
	lo, hi := -70.0, 1.0 // decimal logarithms
	for range 52 {
		mid := 0.5 * (lo + hi)
		if below(num(math.Pow(10, mid))) > 1 {
			hi = mid
		} else {
			lo = mid
		}
	}
	return math.Pow(10, lo)
}

// The gap of two wells is right to round-off of the chain however small it is, where LU would
// return noise, and fast modes beside it keep their digits: on a line, and on a plane, where the
// star generator is the sum of chains along x and y.
func TestTinyGapsAreRight(t *testing.T) {
	for _, d := range []float64{0.02, 0.01, 0.005} {
		line := lineGrid(t, -2, 2, 300, grid.Reflecting, grid.Reflecting)
		plane := grid.New(lineGrid(t, -1.8, 1.8, 90, grid.Reflecting, grid.Reflecting).Axis(0), lineGrid(t, -0.8, 0.8, 20, grid.Reflecting, grid.Reflecting).Axis(0))
		for _, g := range []*grid.Grid{line, plane} {
			p := well1D(d)
			if g == plane {
				p = well2D(d)
			}
			m, err := fp.SolveModes(p, g, fp.ModesOptions{Count: 3, Order: fp.OrderMonotone})
			if err != nil {
				t.Fatal(err)
			}
			disc, err := fp.Discretize(p, g)
			if err != nil {
				t.Fatal(err)
			}
			a, n := disc.Generator.Matrix(), g.Axis(0).Cells()
			up, down := make([]float64, n-1), make([]float64, n-1)
			for i := range up {
				up[i], down[i] = a.At(i+1, i), a.At(i, i+1)
			}
			want := sturm(up, down)
			// Rates of the plane's rows differ by round-off of some 30 of L/D.
			if e := -real(m.Modes[0].Value)/want - 1; math.Abs(e) > 1e-10 {
				t.Errorf("D = %g: gap %.12g, by bisection %.12g: %.2g off", d, -real(m.Modes[0].Value), want, e)
			}
			for k, mode := range m.Modes[1:] {
				if mode.Residual > 1e-5 || mode.LeftResidual > 1e-5 { // masses between wells are 1e-22
					t.Errorf("D = %g: mode %d, %.8g: residuals %.2g and %.2g", d, k+2, mode.Value, mode.Residual, mode.LeftResidual)
				}
			}
			t.Logf("D = %g, %d dimensions: gap %.10g, of Kramers' %.6f", d, g.Dim(), want, want*math.Pi/math.Sqrt2/math.Exp(-0.25/d))
		}
	}
}

// Round a limit cycle with a symmetric law modes turn with it: Im λ is a multiple of ω = 2.
func TestModesTurnWithTheFlow(t *testing.T) {
	skipLong(t)
	c := exact.LimitCycle()
	m, err := fp.SolveModes(c.Problem, c.Grid(96), fp.ModesOptions{Count: 4})
	if err != nil {
		t.Fatal(err)
	}
	turning := 0
	for _, mode := range m.Modes {
		if !mode.IsReal() {
			turning++
		}
		if turns := imag(mode.Value) / 2; math.Abs(turns-math.Round(turns)) > 1e-6 { // of order 8 with 10 cells to a deviation
			t.Errorf("λ = %.10g", mode.Value)
		}
	}
	if turning == 0 {
		t.Error("nothing turns")
	}
}

// All modes of a small chain, and no more.
func TestAllModesThereAre(t *testing.T) {
	m, err := fp.SolveModes(well1D(0.2), lineGrid(t, -2, 2, 8, grid.Reflecting, grid.Reflecting), fp.ModesOptions{Count: 100})
	if err != nil || m.Count != 7 || len(m.Modes) != 7 {
		t.Errorf("%+v, %v", m, err)
	}
}

// Generators and the accurate operator, which have nothing in common, agree on the gap of wells
// at D = 0.02, 1.6e-6: extrapolated from two grids of the nodal generator, on a line and on a plane.
func TestOperatorsAgreeOnAGap(t *testing.T) {
	const d = 0.02
	gap := func(p *fp.Problem, g *grid.Grid, order fp.Order) float64 {
		t.Helper()
		m, err := fp.SolveModes(p, g, fp.ModesOptions{Count: 1, Order: order})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v cells, order %v: %.10g, residuals %.2g, %.2g, round-off %.2g", g.Shape(), order, m.Modes[0].Value, m.Modes[0].Residual, m.Modes[0].LeftResidual, m.Modes[0].RoundOff)
		return real(m.Modes[0].Value)
	}
	coarse := gap(well1D(d), lineGrid(t, -2, 2, 1000, grid.Reflecting, grid.Reflecting), fp.OrderMonotone)
	fine := gap(well1D(d), lineGrid(t, -2, 2, 2000, grid.Reflecting, grid.Reflecting), fp.OrderMonotone)
	want := fine + (fine-coarse)/3
	line := lineGrid(t, -2, 2, 280, grid.Reflecting, grid.Reflecting)
	plane := grid.New(line.Axis(0), lineGrid(t, -1.2, 1.2, 64, grid.Reflecting, grid.Reflecting).Axis(0))
	for _, g := range []*grid.Grid{line, plane} {
		p := well1D(d)
		if g == plane {
			p = well2D(d)
		}
		if got := gap(p, g, 8); math.Abs(got/want-1) > 1e-6 {
			t.Errorf("%v cells: gap %.10g, want %.10g: %.2g off", g.Shape(), got, want, got/want-1)
		}
	}
}

// Four wells are four sets, one to a quadrant, of the masses that the density has there; one well
// is one.
func TestWellsAreMetastable(t *testing.T) {
	c := exact.QuadWell(0.05)
	g := c.Grid(64)
	m, err := fp.SolveModes(c.Problem, g, fp.ModesOptions{Count: 6, Order: fp.OrderMonotone})
	if err != nil {
		t.Fatal(err)
	}
	s := m.Metastable(0)
	if s.Sets != 4 {
		t.Fatalf("%d sets, gap %g: %+v", s.Sets, s.Gap, m.Modes)
	}
	quadrant := map[[2]bool]int{}
	x := make([]float64, 2)
	want := make([]float64, 4)
	for i, label := range s.Label {
		g.Center(x, i)
		if math.Hypot(math.Abs(x[0])-1, math.Abs(x[1])-1) < 0.35 {
			q := [2]bool{x[0] > 0, x[1] > 0}
			if seen, ok := quadrant[q]; ok && seen != label {
				t.Fatalf("cell at %v is in set %d, others of its well in %d", x, label, seen)
			}
			quadrant[q] = label
			if chi := s.Membership[label].Values[i]; math.Abs(chi-1) > 0.1 { // shallow wells are left at a rate of 0.05, and approached from afar at 1
				t.Errorf("cell at %v belongs to its set by %g", x, chi)
			}
		}
	}
	for i, v := range g.Volumes() {
		g.Center(x, i)
		want[quadrant[[2]bool{x[0] > 0, x[1] > 0}]] += v * m.Density.Values[i]
	}
	for k, p := range want {
		if math.Abs(s.Mass[k]-p) > 0.01 { // what is on the passes
			t.Errorf("set %d has mass %g, its quadrant %g", k, s.Mass[k], p)
		}
	}
	checkRates(t, m, s)
	if two := m.Metastable(2); two.Mass[0] < 0.4 || two.Mass[1] < 0.4 { // a deep well with the shallow ones about it
		t.Errorf("two sets have the masses %v", two.Mass)
	}
	single := exact.Rotation2D(1)
	if m, err = fp.SolveModes(single.Problem, single.Grid(48), fp.ModesOptions{Order: fp.OrderMonotone}); err != nil {
		t.Fatal(err)
	}
	if s := m.Metastable(0); s.Sets != 1 || math.Abs(s.Mass[0]-1) > 1e-12 {
		t.Errorf("one well: %d sets, gap %g, masses %v", s.Sets, s.Gap, s.Mass)
	}
}

// checkRates checks that rates between sets sum to none, have the eigenvalues of the modes, and
// leave the masses of memberships as they are.
func checkRates(t *testing.T, m *fp.Modes, s *fp.Metastable) {
	t.Helper()
	share := make([]float64, s.Sets)
	for c, chi := range s.Membership {
		for i, v := range m.Grid.Volumes() {
			share[c] += v * m.Density.Values[i] * chi.Values[i]
		}
	}
	r := mat.NewDense(s.Sets, s.Sets, slices.Concat(s.Rates...))
	for c, row := range s.Rates {
		var sum, change float64
		for k, rate := range row {
			sum += rate
			change += share[k] * s.Rates[k][c]
		}
		// Round-off of products of two matrices, and the modes' masses, which are 0 to 1e-9.
		if math.Abs(sum) > 1e-12*math.Abs(row[c]) || math.Abs(change) > 1e-8*math.Abs(row[c]) {
			t.Errorf("rates from set %d are %v, of sum %g; its share changes by %g", c, row, sum, change)
		}
	}
	var eig mat.Eigen
	if !eig.Factorize(r, mat.EigenNone) {
		t.Fatal("gonum")
	}
	for k, mode := range m.Modes[:s.Sets-1] {
		if !slices.ContainsFunc(eig.Values(nil), func(l complex128) bool { return cmplx.Abs(l-mode.Value) < 1e-9*cmplx.Abs(mode.Value) }) {
			t.Errorf("mode %d, %v, is not among %v", k+1, mode.Value, eig.Values(nil))
		}
	}
}

// Rates between the sets of a double well are Kramers', with the mass of a set for its
// minimum's, and those between cores that [fp.SolveTransition] finds.
func TestRatesBetweenMetastableSets(t *testing.T) {
	const d = 0.04
	g := lineGrid(t, -2, 2, 300, grid.Reflecting, grid.Reflecting)
	m, err := fp.SolveModes(well1D(d), g, fp.ModesOptions{Count: 3})
	if err != nil {
		t.Fatal(err)
	}
	s := m.Metastable(0)
	if s.Sets != 2 {
		t.Fatalf("%d sets", s.Sets)
	}
	checkRates(t, m, s)
	cores, err := fp.SolveTransition(well1D(d), g, func(x []float64) bool { return x[0] < -0.9 }, func(x []float64) bool { return x[0] > 0.9 }, fp.PassageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []float64{-s.Rates[0][0], s.Rates[0][1], s.Rates[1][0]} {
		if math.Abs(r/cores.Rate-1) > 0.02 { // the mass between the cores and the pass, of little e^{−U/D}, is on no side
			t.Errorf("rate %g, between cores %g", r, cores.Rate)
		}
	}
}

// With absorbing walls the slowest mode is how the whole dies: −D π² in (0, 1), sin πx.
func TestDecayBetweenAbsorbingWalls(t *testing.T) {
	const d = 0.5
	free := &fp.Problem{Variables: []string{"x"}, Equation: fp.HanggiKlimontovich(1,
		fp.Pointwise(func(dst, _ []float64) { dst[0] = 0 }), fp.Pointwise(func(dst, _ []float64) { dst[0] = d }))}
	m, err := fp.SolveModes(free, lineGrid(t, 0, 1, 400, grid.Absorbing, grid.Absorbing), fp.ModesOptions{Count: 3})
	if err != nil {
		t.Fatal(err)
	}
	for k, mode := range m.Modes {
		want := -d * math.Pi * math.Pi * float64((k+1)*(k+1))
		if e := real(mode.Value)/want - 1; math.Abs(e) > 1e-4 { // (π k h)²/12 and the like
			t.Errorf("mode %d: %v, want %v: %.2g off", k+1, mode.Value, want, e)
		}
	}
}

func TestModesThatCannotBeAreErrors(t *testing.T) {
	p := well1D(0.1)
	var memory *fp.MemoryError
	if _, err := fp.SolveModes(p, lineGrid(t, -2, 2, 100, grid.Reflecting, grid.Reflecting), fp.ModesOptions{MaxMemory: 1}); !errors.As(err, &memory) {
		t.Errorf("no memory: %v", err)
	}
	var solver *fp.SolverError
	if _, err := fp.SolveModes(p, lineGrid(t, -2, 2, 100, grid.Reflecting, grid.Absorbing), fp.ModesOptions{Order: 8}); !errors.As(err, &solver) {
		t.Errorf("absorbing: %v", err)
	}
	var order *fp.OrderError
	if _, err := fp.SolveModes(p, lineGrid(t, -2, 2, 10, grid.Reflecting, grid.Reflecting), fp.ModesOptions{Order: 8}); !errors.As(err, &order) {
		t.Errorf("ten cells: %v", err)
	}
}
