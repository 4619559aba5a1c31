package audit

import (
	"math"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// square is a loss on [−1, 1]^d.
func square(d int, value func(x []float64) float64) *surface {
	s := &surface{value: value, points: 3e6, each: 1}
	for range d {
		s.lo, s.hi = append(s.lo, -1), append(s.hi, 1)
	}
	return s
}

// ∫e^−βx² over [−1, 1] is √(π/β) erf √β, and of x² + 2y² the product of two such; β⟨L⟩ follows. Cuts
// where βL changes by 1 leave 5e-7 each.
func TestPartitionFunctionOfBowls(t *testing.T) {
	for _, beta := range []float64{0.5, 10, 1e4, 1e8} {
		line := func(b float64) (z, slope float64) {
			z = math.Sqrt(math.Pi/b) * math.Erf(math.Sqrt(b))
			return z, 0.5 - math.Sqrt(b/math.Pi)*math.Exp(-b)/math.Erf(math.Sqrt(b))
		}
		z1, s1 := line(beta)
		z2, s2 := line(2 * beta)
		z, slope, ok := square(2, func(x []float64) float64 { return x[0]*x[0] + 2*x[1]*x[1] }).partition(beta)
		if !ok || math.Abs(z/(z1*z2)-1) > 3e-6 || math.Abs(slope-s1-s2) > 3e-6 {
			t.Errorf("β = %g: Z %.9g, want %.9g; slope %.7f, want %.7f", beta, z, z1*z2, slope, s1+s2)
		}
	}
}

// The disc x² + y² < ε has the area πε, and |xy| < ε in [−1, 1]² the area 4ε(1 − ln ε).
func TestVolumesOfLowLossSets(t *testing.T) {
	for _, epsilon := range []float64{0.3, 1e-2, 1e-4} {
		disc, ok := square(2, func(x []float64) float64 { return x[0]*x[0] + x[1]*x[1] }).sublevel(epsilon)
		if want := math.Pi * epsilon; !ok || math.Abs(disc-want) > 5e-3*want {
			t.Errorf("disc: ε = %g: %.6g, want %.6g", epsilon, disc, want)
		}
		cross, ok := square(2, func(x []float64) float64 { return math.Abs(x[0] * x[1]) }).sublevel(epsilon)
		if want := 4 * epsilon * (1 - math.Log(epsilon)); !ok || math.Abs(cross-want) > 5e-3*want {
			t.Errorf("cross: ε = %g: %.6g, want %.6g", epsilon, cross, want)
		}
	}
}

// Learning coefficients that are known: of x₁^2k₁ x₂^2k₂ … it is the least of 1/2k_i, with as many
// logarithms as are equal, less one.
func TestLearningCoefficientsThatAreKnown(t *testing.T) {
	for _, c := range []struct {
		name         string
		d            int
		value        func(x []float64) float64
		lambda       float64
		multiplicity int
		points       int
	}{
		{"x²", 1, func(x []float64) float64 { return x[0] * x[0] }, 0.5, 1, 0},
		{"x⁴", 1, func(x []float64) float64 { return math.Pow(x[0], 4) }, 0.25, 1, 0},
		{"(x² − ¼)² + x/10 from its least", 1, func(x []float64) float64 { return (x[0]*x[0]-0.25)*(x[0]*x[0]-0.25) + 0.1*(x[0]+0.5) }, 0.5, 1, 0},
		{"x² + 3y² + xy + x³", 2, func(x []float64) float64 { return x[0]*x[0] + 3*x[1]*x[1] + x[0]*x[1] + 0.3*x[0]*x[0]*x[0] }, 1, 1, 0},
		{"(ab)²", 2, func(x []float64) float64 { return x[0] * x[0] * x[1] * x[1] }, 0.5, 2, 0},
		{"(ab − 0.3)²", 2, func(x []float64) float64 { v := x[0]*x[1] - 0.3; return v * v }, 0.5, 1, 1.5e7},
		{"x²y⁴", 2, func(x []float64) float64 { return x[0] * x[0] * math.Pow(x[1], 4) }, 0.25, 1, 0},
		{"x² + y⁴", 2, func(x []float64) float64 { return x[0]*x[0] + math.Pow(x[1], 4) }, 0.75, 1, 0},
		{"x² + y² + z²", 3, func(x []float64) float64 { return x[0]*x[0] + x[1]*x[1] + x[2]*x[2] }, 1.5, 1, 4e7},
	} {
		if c.d == 3 && !*long {
			continue
		}
		s := square(c.d, c.value)
		s.least = leastOf(s)
		if c.points > 0 {
			s.points = c.points
		}
		beta, slopes := s.ladder()
		if len(slopes) < fewestSteps {
			t.Errorf("%s: only %d steps", c.name, len(slopes))
			continue
		}
		got := learningCoefficient(beta, slopes, c.d)
		t.Logf("%s: λ = %.4f ± %.1g, m = %d from %d steps in β", c.name, got.lambda, got.err, got.multiplicity, len(slopes))
		if math.Abs(got.lambda-c.lambda) > max(3*got.err, 0.003) || got.err > 0.01 || got.multiplicity != c.multiplicity {
			t.Errorf("%s: λ = %.4f ± %.1g, m = %d; want %g, %d", c.name, got.lambda, got.err, got.multiplicity, c.lambda, c.multiplicity)
		}
	}
}

// leastOf returns the least value by a fine search: minima of these are known to be 0, but for that
// of the tilted wells.
func leastOf(s *surface) float64 {
	if len(s.lo) > 1 {
		return 0
	}
	least, at := math.Inf(1), 0.0
	for step, lo, hi := 1e-4, -1.0, 1.0; step > 1e-10; step /= 1e3 {
		for x := lo; x <= hi; x += step {
			if v := s.value([]float64{x}); v < least {
				least, at = v, x
			}
		}
		lo, hi = at-2*step, at+2*step
	}
	return least
}

// In an audit a bowl is regular, and one that is flat along an axis is not.
func TestMinimaOfProblems(t *testing.T) {
	const box = "\ndomain: {x: {min: -2, max: 2, cells: 32}, y: {min: -2, max: 2, cells: 32}}"
	for _, c := range []struct {
		loss string
		want fp.Verdict
	}{{"x^2/2 + y^2", fp.Holds}, {"x^2 + y^4", fp.Violated}} {
		r := audited(t, "variables: [x, y]\nsgd: {loss: \""+c.loss+"\", noise_covariance: [[1, 0], [0, 1]], learning_rate: 0.3, batch_size: 1}"+box, Options{NoEnsemble: true, MaxPoints: 1.5e6})
		checkVerdicts(t, r, map[string]fp.Verdict{"regular-minima": c.want})
	}
}
