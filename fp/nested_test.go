package fp

import (
	"errors"
	"math"
	"math/cmplx"
	"slices"
	"testing"

	"github.com/ness-fp/ness/grid"
)

// planar returns the problem with the drift and diffusion (packed) of ∇·(D∇p − bp).
func planar(drift, diffusion func(dst, x []float64)) *Problem {
	return &Problem{Variables: []string{"x", "y"}, Equation: HanggiKlimontovich(2, Pointwise(drift), Pointwise(diffusion))}
}

// constant returns a function with that value.
func constant(v ...float64) func(dst, _ []float64) {
	return func(dst, _ []float64) { copy(dst, v) }
}

func square(t *testing.T, half float64, n int, wall grid.Wall) *grid.Grid {
	t.Helper()
	x, err := grid.Uniform(-half, half, n, wall, wall)
	if err != nil {
		t.Fatal(err)
	}
	return grid.New(x, x)
}

// halves returns the operators of order 8 on a grid and on half as many cells.
func halves(t *testing.T, p *Problem, g *grid.Grid) (fine, coarse *spectral) {
	t.Helper()
	half, ok := g.Coarsen()
	if !ok {
		t.Fatal("odd")
	}
	fine, err := newSpectral(p, g, ModesOptions{Order: 8})
	if err != nil {
		t.Fatal(err)
	}
	coarse, err = newSpectral(p, half, ModesOptions{Order: 8, Tol: coarseTol})
	if err != nil {
		t.Fatal(err)
	}
	return fine, coarse
}

// fromHalf returns the spectrum that follows from the coarser grid's.
func fromHalf(fine, coarse *spectral, count int) (*spectrum, error) {
	s, err := coarse.roughly(count + guards)
	if err != nil {
		return nil, err
	}
	return fine.follow(coarse, s, count)
}

var (
	turning = planar(func(dst, x []float64) { dst[0], dst[1] = -x[0]-2*x[1], 2*x[0]-1.5*x[1] }, constant(0.2, 0, 0.2))
	alike   = planar(func(dst, x []float64) { dst[0], dst[1] = -x[0], -x[1] }, constant(0.2, 0, 0.2))
	wells   = planar(func(dst, x []float64) {
		dst[0], dst[1] = x[0]-x[0]*x[0]*x[0]-0.2*x[1], x[1]-x[1]*x[1]*x[1]-0.2*x[0]
	}, constant(0.25, 0, 0.25))
	sheared = planar(func(dst, x []float64) { dst[0], dst[1] = 0.4*math.Sin(x[1])-0.3*x[0], 0.2-0.3*x[1] },
		func(dst, x []float64) { dst[0], dst[1], dst[2] = 0.5, 0.1*math.Sin(x[0]+x[1]), 0.3+0.1*math.Cos(x[1]) })
	ringing = planar(func(dst, x []float64) { dst[0], dst[1] = 0.5+0.4*math.Sin(x[0])*math.Cos(x[1]), 0.3*math.Cos(x[0]) }, constant(0.3, 0.1, 0.4))
)

// Modes from half the grid are those of a search on the grid itself: with pairs of conjugates, eigenvalues
// that come up to five times, several wells, walls where the density is not small and D is full, around
// periodic axes and on graded ones. Their vectors are dual, and they solve the eigenproblem.
func TestModesFromHalfTheGridAreThoseOfASearch(t *testing.T) {
	if testing.Short() {
		t.Skip("searches take seconds")
	}
	even := square(t, 2.4, 80, grid.Reflecting).Axis(1)
	x, err := grid.Sinh(-2.4, 2.4, 80, grid.Reflecting, grid.Reflecting, 0.2, 2)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		p     *Problem
		g     *grid.Grid
		count int
	}{
		"turning":  {turning, square(t, 2.4, 80, grid.Reflecting), 5},
		"multiple": {alike, square(t, 2.8, 80, grid.Reflecting), 8},
		"wells":    {wells, square(t, 1.9, 64, grid.Reflecting), 5},
		"walls":    {sheared, square(t, 2.5, 56, grid.Reflecting), 5},
		"periodic": {ringing, square(t, math.Pi, 48, grid.Periodic), 5},
		"graded":   {turning, grid.New(x, even), 3},
	} {
		fine, coarse := halves(t, k.p, k.g)
		got, err := fromHalf(fine, coarse, k.count)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := fine.spectrum(k.count)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(got.values) != len(want.values) {
			t.Errorf("%s: %d eigenvalues, want %d: %v and %v", name, len(got.values), len(want.values), got.values, want.values)
			continue
		}
		// Errors of eigenvalues are products of those of vectors, 1e-7 of each; a search leaves vectors of
		// those within 1e-6 of each other mixed.
		tol := 1e-10
		if name == "multiple" {
			tol = 1e-6
		}
		if e := max(apart(got.values, want.values), apart(want.values, got.values)); !(e < tol) {
			t.Errorf("%s: eigenvalues %.2g off: %v and %v", name, e, got.values, want.values)
		}
		dual := gram(got.left, got.right)
		for i := range got.values {
			for j := range got.values {
				want := 0.0
				if i == j {
					want = 1
				}
				if e := math.Abs(dual.At(i, j) - want); e > 1e-10 { // solved for, so round-off times condition
					t.Errorf("%s: Σ u_%d v_%d is %g off", name, i, j, e)
				}
			}
		}
		m := fine.modes(got)
		var right, left float64
		for _, mode := range m.Modes {
			right, left = max(right, mode.Residual), max(left, mode.LeftResidual)
		}
		if right > 2*rateTol || left > 2*rateTol { // sums of both parts of pairs count a little more or less there
			t.Errorf("%s: residuals %.2g and %.2g", name, right, left)
		}
		if !(m.Radius > 0.9*outermost(got.values) && m.Radius <= outermost(got.values)) {
			t.Errorf("%s: radius %g, outermost %g", name, m.Radius, outermost(got.values))
		}
		t.Logf("%s: %d eigenvalues, %.2g off, residuals %.2g and %.2g, %d problems and %d", name, len(got.values), apart(got.values, want.values), right, left, got.products, want.products)
	}
}

// A grid that shows another spectrum, one too coarse for the modes, and modes so slow that round-off
// shows, are refused; the search then finds what there is.
func TestModesThatDoNotFollowAreRefused(t *testing.T) {
	_, fine := halves(t, alike, square(t, 2.4, 96, grid.Reflecting))
	s, err := fine.roughly(6)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fine.follow(fine, s, 4); err != nil {
		t.Fatal(err)
	}
	outflow := fine.outflow
	fine.outflow = make([]float64, len(outflow))
	for i, v := range outflow {
		fine.outflow[i] = 1e6 * v // round-off of some 1e-14 becomes 1e-8
	}
	if _, err := fine.follow(fine, s, 4); !errors.Is(err, errUnsettled) {
		t.Errorf("round-off: %v", err)
	}
	fine.outflow = outflow
	for j := range s.values { // as if half the grid had found modes 3 % faster
		s.values[j] *= 1.03
	}
	if _, err := fine.follow(fine, s, 4); !errors.Is(err, errNotAlike) {
		t.Errorf("other eigenvalues: %v", err)
	}
	for j := range s.left {
		s.left[j] = s.left[0]
	}
	if _, err := fine.follow(fine, s, 4); err == nil {
		t.Error("functions that are all the same were taken")
	}
	still := planar(func(dst, x []float64) { dst[0], dst[1] = x[0]-x[0]*x[0]*x[0], -x[1] }, constant(0.02, 0, 0.02))
	x, err := grid.Uniform(-1.5, 1.5, 128, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	slow, coarse := halves(t, still, grid.New(x, square(t, 0.6, 48, grid.Reflecting).Axis(0)))
	if _, err := fromHalf(slow, coarse, 2); !errors.Is(err, errUnsettled) {
		t.Errorf("a gap of 1e-6: %v", err)
	}
}

// Large grids go by half of theirs, which then tells errors; small ones do not.
func TestLargeGridsAreNested(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	small, err := newSpectral(ringing, square(t, math.Pi, 2*leastNested-2, grid.Periodic), ModesOptions{Order: 4})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := small.coarser(); ok {
		t.Errorf("%d cells are nested", 2*leastNested-2)
	}
	m, err := SolveModes(ringing, square(t, math.Pi, 2*leastNested, grid.Periodic), ModesOptions{Count: 2, Order: 4})
	if err != nil {
		t.Fatal(err)
	}
	if m.half == nil {
		t.Fatalf("%d cells are not nested", 2*leastNested)
	}
	got, ok, err := m.HalfGrid(ModesOptions{})
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	half, err := SolveModes(ringing, square(t, math.Pi, leastNested, grid.Periodic), ModesOptions{Count: 3, Order: 4})
	if err != nil {
		t.Fatal(err)
	}
	for k, mode := range m.Modes {
		best := math.Inf(1)
		for _, other := range half.Modes {
			best = min(best, cmplx.Abs(other.Value-mode.Value)/cmplx.Abs(mode.Value))
		}
		if math.Abs(got[k]-best) > 1e-9 { // both solved to 1e-6 and better, squared
			t.Errorf("mode %d: half the grid is %g off, by its own modes %g", k+1, got[k], best)
		}
	}
}

// Residuals of arbitrary vectors are those of the matrix.
func TestResidualsAreThoseOfTheMatrix(t *testing.T) {
	line, err := grid.Uniform(-2, 2, 12, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	p := &Problem{Variables: []string{"x"}, Equation: HanggiKlimontovich(1,
		Pointwise(func(dst, x []float64) { dst[0] = x[0] - x[0]*x[0]*x[0] }), Pointwise(constant(0.3)))}
	d, err := newSpectral(p, grid.New(line), ModesOptions{Order: OrderMonotone})
	if err != nil {
		t.Fatal(err)
	}
	a := d.disc.Generator.Matrix()
	n := a.Rows
	l := complex(-0.7, 0.4)
	x := &pair{re: make([]float64, n), im: make([]float64, n)}
	for i := range n {
		x.re[i], x.im[i] = math.Sin(float64(i*i)), math.Cos(float64(3*i))
	}
	var right, left, size, weighed float64
	for i := range n {
		ax, atx := -l*x.at(i), -l*x.at(i)
		for j := range n {
			ax += complex(a.At(i, j), 0) * x.at(j)
			atx += complex(a.At(j, i), 0) * x.at(j)
		}
		right, size = right+cmplx.Abs(ax), size+cmplx.Abs(x.at(i))
		left, weighed = left+d.mass[i]*cmplx.Abs(atx), weighed+d.mass[i]*cmplx.Abs(x.at(i))
	}
	right, left = right/(cmplx.Abs(l)*size), left/(cmplx.Abs(l)*weighed)
	if got, _ := d.residual(x, l); math.Abs(got/right-1) > 1e-12 { // round-off of sums of 12 terms
		t.Errorf("residual %.15g, want %.15g", got, right)
	}
	if got := d.leftResidual(x, l); math.Abs(got/left-1) > 1e-12 {
		t.Errorf("left residual %.15g, want %.15g", got, left)
	}
}

// Eigenvalues of one rate come in the order of their frequencies, whatever the last digits are.
func TestOrderOfEqualRates(t *testing.T) {
	values := []complex128{complex(-2.5+1e-12, 6), complex(-2.5-1e-12, 0), complex(-1.25, 3), complex(-2.5+2e-8, 7)}
	slices.SortFunc(values, compareRates)
	for k, want := range []float64{3, 7, 0, 6} { // 2e-8 is in the ninth digit
		if imag(values[k]) != want {
			t.Errorf("place %d has Im λ = %v, want %v", k, imag(values[k]), want)
		}
	}
}
