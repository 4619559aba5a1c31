package operators

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"pgregory.net/rapid"

	"github.com/ness-fp/ness/grid"
)

// A slope is the line with constant v and D and a current: p = e^{(v/D)x} + J/v.
type slope struct{ v, d, j float64 }

func (s slope) density(x float64) float64 { return math.Exp(s.v/s.d*x) + s.j/s.v }

// average returns the mean of the density over [a, b].
func (s slope) average(a, b float64) float64 {
	z := s.v / s.d
	return math.Exp(z*a)*math.Expm1(z*(b-a))/(z*(b-a)) + s.j/s.v
}

// on returns coefficients, values at the centres and flows, with the part share of v
// as w and the rest as the slope of a potential.
func (s slope) on(ax grid.Axis, share float64) (c *LineCoefficients, density, flow []float64) {
	c = &LineCoefficients{Grid: grid.New(ax)}
	x := LineNodes(c.Grid)
	c.Drift, c.Diffusion = fill(len(x), share*s.v), fill(len(x), s.d)
	a := -(1 - share) * s.v / s.d // φ′
	if share != 1 {
		for _, at := range x {
			c.Potential = append(c.Potential, a*at)
		}
	}
	for _, at := range ax.Centers() {
		if share != 1 {
			c.AtCenters = append(c.AtCenters, a*at)
		}
		density = append(density, s.density(at))
	}
	return c, density, fill(len(density)+1, s.j)
}

func sloped(t testing.TB, n int, graded bool) grid.Axis {
	t.Helper()
	ax, err := grid.Uniform(-1, 1.5, n, grid.Reflecting, grid.Reflecting)
	if graded {
		ax, err = grid.Sinh(-1, 1.5, n, grid.Reflecting, grid.Reflecting, 0.3, 0.4)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ax
}

// On a slope the averages over cells come out of the values at their centres, on equal
// and on graded cells, by drift or by potential.
func TestLineAveragesOfASlope(t *testing.T) {
	s := slope{v: 1.5, d: 0.5, j: 0.7}
	for _, graded := range []bool{false, true} {
		for _, share := range []float64{1, 0, 0.4} {
			ax := sloped(t, 6, graded)
			c, density, flow := s.on(ax, share)
			for i, got := range LineAverages(c, density, flow) {
				want := s.average(ax.Edges()[i], ax.Edges()[i+1])
				// Exponents of up to 5 and two sums of 8 terms round 30 times; the quadrature
				// errs by 1e-16 where the work is below 2, as it is in these halves.
				if math.Abs(got/want-1) > 30*0x1p-53 {
					t.Errorf("graded %v, share %g: average %d is %.17g, want %.17g", graded, share, i, got, want)
				}
			}
		}
	}
}

// The entropy production from centre to centre meets ∫J²/(D p) by brute force.
func TestLineEntropyProductionOfASlope(t *testing.T) {
	s := slope{v: 1.5, d: 0.5, j: 0.7}
	for _, share := range []float64{1, 0, 0.4} {
		ax := sloped(t, 6, true)
		c, density, flow := s.on(ax, share)
		want := quad.Fixed(func(x float64) float64 { return s.j * s.j / (s.d * s.density(x)) },
			ax.Center(0), ax.Center(5), 60, quad.Legendre{}, 1)
		// Five sums of terms that round a few times each, and 60 terms of the reference.
		if got := LineEntropyProduction(c, density, flow); math.Abs(got/want-1) > 100*0x1p-53 {
			t.Errorf("share %g: entropy production %.17g, want %.17g", share, got, want)
		}
	}
}

// Whatever the coefficients, averages of densities ≥ 0 are, and the entropy production is ≥ 0.
func TestLineAveragesAreNotNegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := randomLine(t, rapid.Bool().Draw(t, "potential"), grid.Reflecting, grid.Periodic, grid.Absorbing)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed of the density"), 8))
		gen := Nodal(c)
		density, m := make([]float64, c.Grid.Cells()), c.Grid.Volumes()
		for i := range m {
			if r.IntN(8) > 0 {
				density[i] = math.Exp(5 * r.NormFloat64())
			}
			m[i] *= density[i]
		}
		flow := gen.FaceFlow(m).Flow[0]
		if rapid.Bool().Draw(t, "flow of something else") {
			for k := range flow {
				flow[k] *= 1000 * r.NormFloat64()
			}
		}
		for i, p := range LineAverages(c, density, flow) {
			if !(p >= 0) || math.IsInf(p, 1) {
				t.Fatalf("average %d is %g", i, p)
			}
		}
		if e := LineEntropyProduction(c, density, flow); !(e >= 0) {
			t.Fatalf("entropy production %g", e)
		}
	})
}

// Where D = 0 at a node, or there is more work between two centres than quadrature copes
// with, the halves there have the value at the centre; the others do not.
func TestLineAveragesFallBackOnCentres(t *testing.T) {
	s := slope{v: 1.5, d: 0.5}
	ax := sloped(t, 6, false)
	for name, spoil := range map[string]func(c *LineCoefficients, node int){
		"no diffusion":  func(c *LineCoefficients, node int) { c.Diffusion[node] = 0 },
		"too much work": func(c *LineCoefficients, node int) { c.Drift[node] = 1e300 },
	} {
		c, density, flow := s.on(ax, 1)
		spoil(c, 3*LineOrder+2) // in the upper half of cell 2 and the lower half of cell 3
		e := ax.Edges()
		for i, got := range LineAverages(c, density, flow) {
			want := s.average(e[i], e[i+1])
			switch i {
			case 2:
				want = 0.5 * (s.average(e[i], ax.Center(i)) + density[i])
			case 3:
				want = 0.5 * (density[i] + s.average(ax.Center(i), e[i+1]))
			}
			if math.Abs(got/want-1) > 30*0x1p-53 { // as above
				t.Errorf("%s: average %d is %.17g, want %.17g", name, i, got, want)
			}
		}
	}
}

// A current through an interval without diffusion cannot be reversed.
func TestLineEntropyProductionIsInfiniteWithoutDiffusion(t *testing.T) {
	c, density, flow := slope{v: 1.5, d: 0.5, j: 0.7}.on(sloped(t, 6, false), 1)
	clear(c.Diffusion[3*LineOrder : 4*LineOrder])
	if e := LineEntropyProduction(c, density, flow); !math.IsInf(e, 1) {
		t.Errorf("entropy production %g, want +Inf", e)
	}
	flow[3] = 0
	if e := LineEntropyProduction(c, density, flow); math.IsInf(e, 1) {
		t.Error("entropy production +Inf though nothing flows there")
	}
}

func BenchmarkLineAverages(b *testing.B) {
	for _, graded := range []bool{false, true} {
		c, density, flow := slope{v: 1.5, d: 0.5, j: 0.7}.on(sloped(b, 1024, graded), 1)
		b.Run(fmt.Sprintf("n=1024/graded=%v", graded), func(b *testing.B) {
			for b.Loop() {
				LineAverages(c, density, flow)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1024, "ns/cell")
		})
	}
}
