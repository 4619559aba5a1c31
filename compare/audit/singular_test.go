package audit

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
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
	skipShort(t)
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
		volumes := s.volumes(beta)
		at, steps := volumeSlopes(beta, volumes)
		z, okZ := learningCoefficient(beta, slopes, c.d)
		v, okV := learningCoefficient(at, steps, c.d)
		t.Logf("%s: %.4f ± %.1g, m = %d from %d steps in β; %.4f ± %.1g, m = %d from %d volumes", c.name, z.lambda, z.err, z.multiplicity, len(slopes), v.lambda, v.err, v.multiplicity, len(volumes))
		for by, got := range map[string]coefficient{"integrals": z, "volumes": v} {
			if !okZ || !okV || math.Abs(got.lambda-c.lambda) > max(3*got.err, 0.003) || got.err > 0.01 || got.multiplicity != c.multiplicity {
				t.Errorf("%s: %s: λ = %.4f ± %.1g, m = %d; want %g, %d", c.name, by, got.lambda, got.err, got.multiplicity, c.lambda, c.multiplicity)
			}
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

// Neither verdict is given where coefficients have not settled above 0, or are not the same.
func TestVerdictsOnMinima(t *testing.T) {
	const d, limit = 2, mostSingular * 2
	at := func(lambda, err float64, m int) coefficient { return coefficient{lambda, err, m} }
	for _, c := range []struct {
		z, v coefficient
		want fp.Verdict
	}{
		{at(1, 0.001, 1), at(1, 0.001, 1), fp.Holds},
		{at(1-0.9*limit, 0.001, 1), at(1, 0.001, 1), fp.Holds},
		{at(1-limit, 0.001, 1), at(1, 0.001, 1), fp.CannotTell},
		{at(1-limit-0.004, 0.001, 1), at(1-limit, 0.001, 1), fp.Violated},
		{at(0.75, 0.001, 1), at(0.75, 0.001, 1), fp.Violated},
		{at(0.75, 0.1, 1), at(0.75, 0.1, 1), fp.CannotTell},
		{at(1, 0.001, 2), at(1, 0.001, 2), fp.Violated}, // logarithms
		{at(0.5, 0.001, 2), at(0.5, 0.001, 1), fp.CannotTell},
		{at(0.5, 0.001, 1), at(0.5, 0.001, 2), fp.CannotTell},
		{at(1, 0.001, 1), at(1.05, 0.001, 1), fp.CannotTell}, // limit + 3·√2·0.001 = 0.0442
		{at(1, 0.001, 1), at(1.044, 0.001, 1), fp.Holds},
		{at(0.75, 0.001, 1), at(0.65, 0.02, 1), fp.Violated},
		{at(-0.2, 0.01, 1), at(-0.2, 0.01, 1), fp.CannotTell},
		{at(0.02, 0.01, 1), at(0.03, 0.001, 1), fp.CannotTell},
		{at(0.03, 0.001, 1), at(0.02, 0.01, 1), fp.CannotTell},
	} {
		if got := judgeMinima(c.z, c.v, d); got != c.want {
			t.Errorf("%+v, %+v: %v, want %v", c.z, c.v, got, c.want)
		}
	}
}

// Slopes of either law give its λ, with an error that covers what scatter of 1e-3 does to it; a short
// ladder gives none.
func TestLawsAreFitted(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	var beta, power, logs []float64
	for k := range 15 {
		b := math.Pow(2, float64(k))
		beta = append(beta, b)
		power = append(power, 0.7+0.3*math.Pow(0.6, float64(k)))
		logs = append(logs, 0.7-2/(math.Log(b)+4))
	}
	for _, c := range []struct {
		slopes []float64
		m      int
	}{{power, 1}, {logs, 3}} {
		got, ok := learningCoefficient(beta, c.slopes, 3)
		// Exact but for the steps in which r and c are tried.
		if !ok || math.Abs(got.lambda-0.7) > 1e-4 || got.err > 1e-3 || got.multiplicity != c.m {
			t.Errorf("m = %d: %+v", c.m, got)
		}
	}
	if _, ok := learningCoefficient(beta[:fewestSteps-1], power[:fewestSteps-1], 3); ok {
		t.Error("a short ladder has a coefficient")
	}
	const sets = 200
	// A slow power law looks much like logarithms: those are not taken unless they are four times closer.
	for k := range sets {
		y := make([]float64, len(beta))
		for k := range y {
			y[k] = 0.7 - 0.1*math.Pow(0.9, float64(k)) + 3e-4*rng.NormFloat64()
		}
		if got, _ := learningCoefficient(beta, y, 3); got.multiplicity != 1 {
			t.Errorf("set %d: %+v", k, got)
			break
		}
	}
	var off float64
	for range sets {
		y := slices.Clone(power)
		for k := range y {
			y[k] += 1e-3 * rng.NormFloat64()
		}
		got, _ := learningCoefficient(beta, y, 1)
		off += math.Pow((got.lambda-0.7)/got.err, 2) / sets
	}
	// The mean square is 1 if errors are right; they are of few numbers, and may be too large.
	if off > 1.5 {
		t.Errorf("λ is off by %.2f errors", math.Sqrt(off))
	}
}

// A minimum that is not at a cell's centre is found, in a curved valley too; and one that lies elsewhere
// is told of as soon as it is met.
func TestDeepestMinimumIsFound(t *testing.T) {
	valley := func(x []float64) float64 {
		u := x[1] - x[0]*x[0]
		return 100*u*u + (x[0]-0.5)*(x[0]-0.5)
	}
	s := square(2, valley)
	s.least = valley([]float64{-0.9, 0.8})
	s.descend([]float64{-0.9, 0.8})
	if !(s.least < 1e-15) { // of 2.0 at the start; simplices end at the square of round-off
		t.Errorf("least %g", s.least)
	}
	wells := square(1, func(x []float64) float64 { v := x[0]*x[0] - 0.25; return v*v + 0.01*x[0] })
	wells.least = wells.value([]float64{0.5})
	wells.descend([]float64{0.5})
	if beta, _ := wells.ladder(); !wells.deeper || len(beta) > fewestSteps {
		t.Errorf("%d steps from the higher of two wells", len(beta))
	}
}

// With few values of the loss nobody can tell, and nothing is called violated.
func TestThinSetsAreNoViolation(t *testing.T) {
	skipShort(t)
	for _, points := range []int{1, 2000, 20000} {
		r := audited(t, "variables: [x, y]\nsgd: {loss: \"(x*y - 1)^2\", noise_covariance: [[1, 0], [0, 1]], learning_rate: 0.3, batch_size: 1}\ndomain: {x: {min: -2, max: 2, cells: 32}, y: {min: -2, max: 2, cells: 32}}", Options{NoEnsemble: true, MaxPoints: points})
		f := find(t, r, "regular-minima")
		if !f.Applies || f.Verdict != fp.CannotTell || !strings.Contains(f.Sentence, "too thin") {
			t.Errorf("%d points: %v: %s", points, f.Verdict, f.Sentence)
		}
	}
}

// In an audit a bowl is regular, and one that is flat along an axis is not.
func TestMinimaOfProblems(t *testing.T) {
	skipShort(t)
	const box = "\ndomain: {x: {min: -2, max: 2, cells: 32}, y: {min: -2, max: 2, cells: 32}}"
	for _, c := range []struct {
		loss string
		want fp.Verdict
	}{{"x^2/2 + y^2", fp.Holds}, {"x^2 + y^4", fp.Violated}} {
		r := audited(t, "variables: [x, y]\nsgd: {loss: \""+c.loss+"\", noise_covariance: [[1, 0], [0, 1]], learning_rate: 0.3, batch_size: 1}"+box, Options{NoEnsemble: true, MaxPoints: 1.5e6})
		checkVerdicts(t, r, map[string]fp.Verdict{"regular-minima": c.want})
	}
}

// A learning coefficient is regular within 0.02 of ½ in one dimension, and of 3/2 within 0.06 in three.
func TestLimitsOfCoefficients(t *testing.T) {
	for _, c := range []struct {
		d    int
		off  float64
		want fp.Verdict
	}{{1, 0.0199, fp.Holds}, {1, 0.0201, fp.Violated}, {3, 0.0599, fp.Holds}, {3, 0.0601, fp.Violated}} {
		at := coefficient{float64(c.d)/2 - c.off, 0, 1}
		if got := judgeMinima(at, at, c.d); got != c.want {
			t.Errorf("d = %d, off by %g: %v", c.d, c.off, got)
		}
	}
}

// The error of λ has what the scatter about the law makes, and what λ moves by where the ladder ends three
// steps earlier: here of a law that is neither, so that λ moves on.
func TestErrorsOfCoefficientsHaveBothParts(t *testing.T) {
	var beta, slopes []float64
	for k := range 2 * fewestSteps { // those before the last twelve do not count
		beta, slopes = append(beta, math.Pow(2, float64(k))), append(slopes, 0.7-0.3/float64(k+3))
	}
	got, ok := learningCoefficient(beta, slopes, 1)
	last := slopes[fewestSteps:]
	fit, before := fitPower(last[3:]), fitPower(last[:9])
	if want := math.Hypot(fit.err, fit.lambda-before.lambda); !ok || got.lambda != fit.lambda || math.Abs(got.err-want) > 1e-15 || want < 2*fit.err {
		t.Errorf("%+v, want %g ± %g", got, fit.lambda, want)
	}
}

// The standard error of an intercept is that of three parameters, two of the line and one of its shape: of
// n points about y = λ + a h with residuals of the root mean square s it is s √((1 + h̄²/Var h)/(n − 3)).
func TestErrorsOfIntercepts(t *testing.T) {
	// h = 1, 2, …, 7 with mean 4 and variance 4.
	if got, want := interceptError([]float64{1, 2, 3, 4, 5, 6, 7}, 0.1), 0.1*math.Sqrt(5.0/4); math.Abs(got-want) > 1e-15 {
		t.Errorf("%g, want %g", got, want)
	}
	at, residual := intercept([]float64{0, 1, 2}, []float64{3, -1, 7}) // 1 + 2h, off by 2, −4, 2
	if math.Abs(at-1) > 1e-14 || math.Abs(residual-math.Sqrt(8)) > 1e-14 {
		t.Errorf("%g with residuals of %g", at, residual)
	}
}

// Logarithms are taken for a law only if it fits to 1e-3: beyond, nothing does.
func TestBadFitsHaveNoLogarithms(t *testing.T) {
	for amplitude, want := range map[float64]int{2e-4: 2, 3e-3: 1} {
		var beta, slopes []float64
		for k := range fewestSteps {
			b := math.Pow(2, float64(k))
			beta = append(beta, b)
			slopes = append(slopes, 0.5-1/(math.Log(b)+1)+amplitude*float64(k%2*2-1))
		}
		if got, _ := learningCoefficient(beta, slopes, 2); got.multiplicity != want {
			t.Errorf("residuals of %g: %+v", amplitude, got)
		}
	}
}

// A ladder has 27 steps of two from 1/⟨L⟩ on, and ends where a value is lower than L₀ by 1e-3/β: here the
// loss is lower by 1e-4 in a tenth of the box.
func TestLaddersEnd(t *testing.T) {
	beta, slopes := square(1, func(x []float64) float64 { return x[0] * x[0] }).ladder()
	if len(beta) != 27 || len(slopes) != 27 || math.Abs(beta[0]-3) > 1e-9 || beta[26] != beta[0]*(1<<26) {
		t.Errorf("%d steps from %g to %g", len(beta), beta[0], beta[len(beta)-1])
	}
	s := square(1, func(x []float64) float64 { return max(x[0]*x[0]-0.01, 0) })
	s.least = 1e-4
	beta, _ = s.ladder()
	if b := beta[len(beta)-1]; !s.deeper || b*1e-4 > 1e-3 || 2*b*1e-4 <= 1e-3 {
		t.Errorf("deeper %v at β = %g", s.deeper, b)
	}
	// A third of the values is left for volumes.
	thin := square(2, func(x []float64) float64 { v := x[0]*x[1] - 0.3; return v * v })
	thin.points = 60000
	if thin.ladder(); thin.points < 20000 || thin.points > 20000+nodes*nodes {
		t.Errorf("%d of 60000 values are left", thin.points)
	}
}

// With a minimum halfway between points of boxes, which are 5, nothing is left out: ∫e^{−β(x−a)^2k} is
// β^{−1/2k} Γ(1 + 1/2k) 2 while β is large, and volumes are 2ε^{1/2k}.
func TestMinimaBetweenPointsAreSeen(t *testing.T) {
	const width = 2.0 / 32
	a := width/2 + (gaussNodes[3]+gaussNodes[4])/2*width/2
	for _, k := range []float64{1, 2, 3} {
		for _, beta := range []float64{1e4, 1e8, 1e12} {
			loss := func(x []float64) float64 { return math.Pow(x[0]-a, 2*k) }
			z, slope, ok := square(1, loss).partition(beta)
			want := 2 * math.Gamma(1+1/(2*k)) * math.Pow(beta, -1/(2*k))
			// Five points leave 2¹¹(5!)⁴/11(10!)³ of the tenth derivative, 4e-4 of exp(−1.8x²) in [−1, 1], which
			// changes by 1.5 between them; what laws are fitted to may be 1e-3 off.
			if !ok || math.Abs(z/want-1) > 4e-4 || math.Abs(slope-1/(2*k)) > mostResidual {
				t.Errorf("x^%g: β = %g: Z/%g = %.9f, slope %.9f", 2*k, beta, want, z/want, slope)
			}
			volume, ok := square(1, loss).sublevel(1 / beta)
			if want := 2 * math.Pow(beta, -1/(2*k)); !ok || math.Abs(volume/want-1) > 5e-3 {
				t.Errorf("x^%g: ε = %g: %g, want %g", 2*k, 1/beta, volume, want)
			}
		}
	}
}

// Of a loss that jumps boxes are cut until they are slivers, to round-off of the box, and no longer.
func TestJumpsAreCutToSlivers(t *testing.T) {
	const at, beta = 1.0 / 16 * (1 + 1.0/3), 30.0 // a third or two of every box, which points see
	s := square(1, func(x []float64) float64 {
		if x[0] < at {
			return 0
		}
		return 1
	})
	s.points = 10000
	z, _, ok := s.partition(beta)
	// e^−30, 9e-14 of the rest, is beyond what counts, and Z of round-off.
	if want := 1 + at; !ok || math.Abs(z-want) > 1e-13 {
		t.Errorf("Z = %.17g, want %.17g; %d values left", z, want, s.points)
	}
}

// A value of a loss that goes through its samples counts as one for each 32 of them, and boxes of the grid
// are those of the surface.
func TestValuesOfLossesCount(t *testing.T) {
	const data = "data: {file: ../data/diabetes.csv, features: [bmi], target: progression, standardize: true}, batch_size: 8, learning_rate: 0.1, model: "
	const box = "\ndomain: {a: {min: -1.5, max: 2, cells: 32}, w: {min: -1, max: 3, cells: 32}}"
	for _, c := range []struct {
		src  string
		each int
	}{{"variables: [a, w]\nsgd: {" + data + "tanh-neuron}" + box, 442 / 32}, {"variables: [a, w]\nsgd: {" + strings.Replace(data, "[bmi]", "[bmi, bp]", 1) + "linear-regression}" + box, 1}} {
		f, g := problemOf(t, c.src)
		s := &subject{file: f, problem: f.Problem, sgd: f.SGD(), grid: g, opt: Options{MaxPoints: 77}}
		sf := s.surface()
		if sf.each != c.each || sf.points != 77 || !slices.Equal(sf.lo, []float64{-1.5, -1}) || !slices.Equal(sf.hi, []float64{2, 3}) {
			t.Errorf("%s: %d a value, %d of them in %v to %v", c.src, sf.each, sf.points, sf.lo, sf.hi)
		}
	}
}

// A well as narrow as a box of those to begin with, a 32nd of a line or a twelfth of a side, is not missed: of
// L = 1 − exp(−|x−a|²/2s²) Z is (2πs²/β)^{d/2}, to 1/β of it.
func TestNarrowWellsAreNotMissed(t *testing.T) {
	const beta = 1e4
	for d, width := range map[int]float64{1: 2.0 / 32, 2: 2.0 / 12} {
		s := width / 2
		z, _, ok := square(d, func(x []float64) float64 {
			var square float64
			for _, v := range x {
				square += (v - 0.42) * (v - 0.42)
			}
			return -math.Expm1(-square / (2 * s * s))
		}).partition(beta)
		if want := math.Pow(2*math.Pi*s*s/beta, float64(d)/2); !ok || math.Abs(z/want-1) > 1e-3 {
			t.Errorf("d = %d: Z = %.6g, want %.6g", d, z, want)
		}
	}
}
