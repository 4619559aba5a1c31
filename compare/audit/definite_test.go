package audit

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// With L = x²/2 and Σ = 1 + cx² the density is Student's, p ∝ (1 + cx²)^−(ν+1)/2 with
// ν = 1 + 2/(cη), whose moments are E x² = 1/(c(ν−2)) and E x⁴ = 3/(c²(ν−2)(ν−4)).
func TestVariationOfNoiseIsThatOfStudentsMoments(t *testing.T) {
	skipShort(t)
	const c, eta = 2.0, 0.05
	nu := 1 + 2/(c*eta)
	second, fourth := 1/(c*(nu-2)), 3/(c*c*(nu-2)*(nu-4))
	want := c * math.Sqrt(fourth-second*second) / (1 + c*second)
	r := audited(t, fmt.Sprintf("variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1 + %g*x^2, learning_rate: %g, batch_size: 1}\ndomain: {x: {min: -4, max: 4, cells: 1024}}", c, eta), quick)
	f := find(t, r, "constant-noise")
	// Cells of width h as points add h²/12 to E x², 1e-5 of it, and twice as much to the root of E x⁴.
	if got := f.Statistics[0].Value; math.Abs(got-want) > 1e-3*want {
		t.Errorf("variation %.6g, want %.6g", got, want)
	}
	checkVerdicts(t, r, map[string]fp.Verdict{"constant-noise": fp.Violated, "definite-noise": fp.Holds})
}

// Noise along (1, 1) alone has rank 1; a little injected noise makes it 2, with the ratio of
// eigenvalues s/(2 + s).
func TestRankOfNoise(t *testing.T) {
	for _, c := range []struct {
		injected float64
		verdict  fp.Verdict
		rank     float64
	}{
		{1e-2, fp.Holds, 2},
		{2.01e-6, fp.Holds, 2}, // the ratio is half of that: limits are 1e-6 and 1e-10
		{1.99e-6, fp.CannotTell, 2},
		{2.01e-10, fp.CannotTell, 2},
		{1.99e-10, fp.Violated, 1},
		{1e-12, fp.Violated, 1},
	} {
		f := tensorSubject(t, [][]float64{{1 + c.injected}, {1}, {1 + c.injected}}).definiteness()[0]
		ratio, rank := f.Statistics[0].Value, f.Statistics[3].Value
		// Eigenvalues are right to some round-offs of the largest.
		if want := c.injected / (2 + c.injected); math.Abs(ratio-want) > 1e-15 || math.Abs(rank-c.rank) > 1e-12 || f.Verdict != c.verdict {
			t.Errorf("injected %g: ratio %g, rank %g, %v; want %g, %g, %v", c.injected, ratio, rank, f.Verdict, want, c.rank, c.verdict)
		}
	}
}

// Components off the diagonal count twice: of Σ with ones on the diagonal and ±c beside it in turn
// the variation is √(2c²)/√2.
func TestVariationCountsBothTriangles(t *testing.T) {
	const c = 0.3
	s := tensorSubject(t, [][]float64{{1}, {c}, {1}})
	for i := range s.noise[1] {
		if i%2 == 1 {
			s.noise[1][i] = -c
		}
	}
	s.mass[0] = 0 // of nine cells eight, half of them of either sign
	for i := range s.mass[1:] {
		s.mass[1+i] = 1.0 / 8
	}
	if got := s.constancy()[0].Statistics[0].Value; math.Abs(got-c) > 1e-14 {
		t.Errorf("variation %g, want %g", got, c)
	}
	// The limit is 0.05, and the relative error that of the density; without one it holds where it does in every cell.
	for _, c := range []struct {
		off, err float64
		want     fp.Verdict
	}{
		{0.049, 0, fp.Holds},
		{0.051, 0, fp.Violated},
		{0.048, 0.03, fp.Holds},
		{0.049, 0.03, fp.CannotTell},
		{0.051, 0.03, fp.CannotTell},
		{0.053, 0.03, fp.Violated},
		{0.049, math.NaN(), fp.Holds},
		{0.053, math.NaN(), fp.CannotTell},
	} {
		s.estimate.Density = c.err
		for i := range s.noise[1] {
			s.noise[1][i] = math.Copysign(c.off, s.noise[1][i])
		}
		if f := s.constancy()[0]; f.Verdict != c.want || math.Abs(f.Statistics[0].Value-c.off) > 1e-14 {
			t.Errorf("%+v: variation %g: %v: %s", c, f.Statistics[0].Value, f.Verdict, f.Sentence)
		}
	}
}

// On a line the one eigenvalue is compared with the largest anywhere, and cells that hold the last 1e-3 of
// the probability do not count.
func TestNoiseOnALineIsComparedWithItsLargest(t *testing.T) {
	ax, err := grid.Uniform(0, 4, 4, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(ax)
	for _, c := range []struct {
		rare    float64 // mass of the cell with little noise
		least   float64
		verdict fp.Verdict
	}{
		{0.0011, 0, fp.Violated},
		{0.0009, 0, fp.Holds},
		{0.1, 1e-12, fp.Violated},
		{0.1, 1e-3, fp.Holds},
	} {
		p := &grid.Field{Grid: g, Values: []float64{0.5 - c.rare, 0.3, c.rare, 0.2}}
		s := &subject{grid: g, noise: [][]float64{{1, 2, 2 * c.least, 1}}, mass: p.Values, solution: &fp.Stationary{Density: p}}
		if f := s.definiteness()[0]; f.Verdict != c.verdict {
			t.Errorf("%+v: %v, ratio %g", c, f.Verdict, f.Statistics[0].Value)
		} else if m := f.Maps[0].Values; m[0] != 0.5 || m[1] != 1 || c.rare > 1e-3 && m[2] != f.Statistics[0].Value {
			t.Errorf("%+v: map %v, ratio %g", c, m, f.Statistics[0].Value) // the verdict is that of the map
		}
	}
}

// With injected noise it is the sum that can be inverted, and that is said.
func TestInjectedNoiseIsNamed(t *testing.T) {
	skipShort(t)
	for _, c := range []struct{ more, symbol string }{{"", "Σ "}, {", injected_noise: 0.1", "Σ with injected noise "}} {
		r := audited(t, "variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1 + x^2, learning_rate: 0.1, batch_size: 1"+c.more+"}\ndomain: auto", quick)
		for _, key := range []string{"definite-noise", "constant-noise"} {
			f := find(t, r, key)
			said := strings.Contains(f.Claim, "with injected noise")
			if !strings.HasPrefix(f.Sentence, c.symbol) || !strings.HasPrefix(f.Name, c.symbol) || said != (c.more != "") || strings.HasPrefix(f.Sentence, "Σ with") != said {
				t.Errorf("%s: %s; %s; %s", c.more, f.Name, f.Claim, f.Sentence)
			}
		}
	}
}

// A value with its error on either side of a limit leaves it open; on the limit it holds.
func TestVerdictsWantMoreThanErrors(t *testing.T) {
	for _, c := range []struct {
		value, err, limit float64
		want              fp.Verdict
	}{
		{0.5, 0.25, 0.75, fp.Holds},
		{0.5, 0.26, 0.75, fp.CannotTell},
		{1, 0.25, 0.75, fp.CannotTell},
		{1, 0.24, 0.75, fp.Violated},
		{1, math.NaN(), 0.75, fp.CannotTell},
		{math.NaN(), 0, 0.75, fp.CannotTell},
	} {
		if got := judge(c.value, c.err, c.limit); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
