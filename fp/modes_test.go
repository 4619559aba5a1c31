package fp_test

import (
	"math"
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
		{line, one, 600, fp.OrderMonotone, 1e-2},
		{line, one, 320, 8, 1e-8},
		{rotation, turning, 176, 8, 1e-8},
		{oblique, plain, 160, 8, 1e-8},
		{oblique, plain, 100, fp.OrderMonotone, 5e-2},
	} {
		g := k.c.Grid(k.n)
		axes := make([]grid.Axis, g.Dim())
		for a := range axes { // 13 standard deviations: Hermite polynomials of degree 10 feel a wall at 8
			half := 13.0 / 8 * g.Axis(a).Max()
			axes[a] = lineGrid(t, -half, half, k.n, grid.Reflecting, grid.Reflecting).Axis(0)
		}
		m, err := fp.SolveModes(k.c.Problem, grid.New(axes...), fp.ModesOptions{Count: 10, Order: k.order})
		if err != nil {
			t.Errorf("%s: %v", k.c.Name, err)
			continue
		}
		checkSpectrum(t, k.c.Name, m, linearSpectrum(t, k.a, 10), k.tol)
	}
}

// On a ring without drift modes decay at D k², two of each, and on the product of two rings four.
func TestHeatOnARing(t *testing.T) {
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

func TestGapOfWells(t *testing.T) {
	for _, d := range []float64{0.02, 0.01, 0.005} {
		line := lineGrid(t, -2, 2, 800, grid.Reflecting, grid.Reflecting)
		m, err := fp.SolveModes(well1D(d), line, fp.ModesOptions{Count: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("D = %g: kramers %.8g", d, 2*math.Sqrt2/(2*math.Pi)*math.Exp(-0.25/d)*(1-1.5*d))
		for _, x := range m.Modes {
			t.Logf("%.12g residuals %.2g %.2g, round-off %.2g", x.Value, x.Residual, x.LeftResidual, x.RoundOff)
		}
	}
}
