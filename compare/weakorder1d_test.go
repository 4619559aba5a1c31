package compare

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
)

// cubic is SGD in one dimension with L' = x + 0.3x² + 0.3x³ and, η/B fixed, the noise
// a = (η/B)Σ = 0.3 (1 + x²/2) that depends on where it is.
type cubic struct{}

func (cubic) drift(x float64) float64 { return -x * (1 + 0.3*x + 0.3*x*x) }
func (cubic) slope(x float64) float64 { return -1 - 0.6*x - 0.9*x*x }
func (cubic) curve(x float64) float64 { return -0.6 - 1.8*x }
func (cubic) noise(x float64) float64 { return 0.3 * (1 + x*x/2) }

// exact returns mean and variance of the recursion: its law on a lattice of points, where
// sums of normal densities of at least three spacings are integrals to the last digits.
func (c cubic) exact(t *testing.T, eta float64) []float64 {
	t.Helper()
	const n, lo, hi = 500, -4., 4.
	const h = (hi - lo) / (n - 1)
	m, right := mat.NewDense(n, n, nil), mat.NewVecDense(n, nil)
	x := make([]float64, n)
	for j := range n {
		x[j] = lo + h*float64(j)
	}
	for j := range n {
		sd := math.Sqrt(eta * c.noise(x[j]))
		for i := range n {
			z := (x[i] - x[j] - eta*c.drift(x[j])) / sd
			m.Set(i, j, h/(sd*math.Sqrt(2*math.Pi))*math.Exp(-z*z/2))
		}
		m.Set(j, j, m.At(j, j)-1)
	}
	for j := range n { // the equation of a middle point follows from the others
		m.Set(n/2, j, 1)
	}
	right.SetVec(n/2, 1)
	var p mat.VecDense
	if err := p.SolveVec(m, right); err != nil {
		t.Fatal(err)
	}
	var mean, square float64
	for j := range n {
		mean += x[j] * p.AtVec(j)
		square += x[j] * x[j] * p.AtVec(j)
	}
	return []float64{mean, square - mean*mean}
}

// density returns the stationary density of the equation with the drift of an order.
func (c cubic) density(t *testing.T, eta float64, order int) *grid.Field {
	t.Helper()
	ax, err := grid.Uniform(-4, 4, 4000, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	return must(t)(Ito1D(grid.New(ax), func(x float64) float64 {
		if order == 1 {
			return c.drift(x)
		}
		return c.drift(x) * (1 - eta/2*c.slope(x)) // −(1 + η/2 L'')L'
	}, func(x float64) float64 { return c.noise(x) / 2 }))
}

// second multiplies the density p of first order by 1 + ηu, which is right to second order.
// One step of the recursion is f + ηL₀f + η²A₂f, of time η of any equation
// f + ηL₀f + η²(L₁ + L₀²/2)f, so L₁ = A₂ − L₀²/2, with L₀ = b∂ + a∂²/2
//
//	L₁ = −A∂ − B∂² − C∂³,  A = (bb' + ab''/2)/2,  B = (ba'/2 + ab' + aa''/4)/2,  C = aa'/4,
//
// which for a' ≠ 0 is no Fokker–Planck equation. From L₀*(pu) + L₁*p = 0 follows, ℓ = (ln p)',
//
//	u' = −(2/a) [A − B' − Bℓ + C'' + 2C'ℓ + C(ℓ' + ℓ²)].
func (c cubic) second(p *grid.Field, eta float64) *grid.Field {
	ax := p.Grid.Axis(0)
	q := grid.NewField(p.Grid)
	const a2 = 0.3 // a''
	rate := func(x float64) float64 {
		b, b1, b2, a, a1 := c.drift(x), c.slope(x), c.curve(x), c.noise(x), 0.3*x
		A, B, C := (b*b1+a*b2/2)/2, (b*a1/2+a*b1+a*a2/4)/2, a*a1/4
		B1 := (1.5*a1*b1 + b*a2/2 + a*b2 + a1*a2/4) / 2
		C1, C2 := (a1*a1+a*a2)/4, 3*a1*a2/4
		l := (2*b - a1) / a
		l1 := (2*b1-a2)/a - l*a1/a
		return -2 / a * (A - B1 - B*l + C2 + 2*C1*l + C*(l1+l*l))
	}
	u := make([]float64, len(p.Values))
	var whole float64 // ∫pu, which is to be 0
	for i := range u {
		if i > 0 {
			u[i] = u[i-1] + gauss(rate, ax.Center(i-1), ax.Center(i))
		}
		whole += u[i] * p.Values[i] * p.Grid.Volume(i)
	}
	for i, v := range p.Values {
		q.Values[i] = v * (1 + eta*(u[i]-whole))
	}
	return q
}

// Where loss and noise are not simple, mean and variance of the stationary density are of
// order 1 in η with either drift, η/B fixed, and of order 2 with the full second-order term.
func TestStationaryOrdersWithMultiplicativeNoise(t *testing.T) {
	skipLong(t)
	var c cubic
	exact := map[float64][]float64{}
	rates := halvings(0.1, 3) // η = 0.0125: deviations of 0.061, spacing 0.016
	for _, eta := range rates {
		exact[eta] = c.exact(t, eta)
	}
	moments := func(p *grid.Field) []float64 {
		mean, cov := DensityMoments(p)
		return append(mean, cov...)
	}
	for _, k := range []struct {
		name      string
		reference func(eta float64) *grid.Field
		order     float64
		tol       float64 // what the next power of η leaves
	}{
		{"drift of first order", func(eta float64) *grid.Field { return c.density(t, eta, 1) }, 1, 0.05},
		{"drift of second order", func(eta float64) *grid.Field { return c.density(t, eta, 2) }, 1, 0.05},
		{"second order", func(eta float64) *grid.Field { return c.second(c.density(t, eta, 1), eta) }, 2, 0.1},
	} {
		delta := func(eta float64) []float64 { return less(exact[eta], moments(k.reference(eta))) }
		t.Logf("%s: %.3g at %g", k.name, delta(rates[0]), rates[0])
		checkLimit(t, k.name, limitOrders(t, rates, delta), k.order, k.tol)
	}
}
