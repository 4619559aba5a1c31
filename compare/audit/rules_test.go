package audit

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file tests rules one by one, on subjects of a few cells.

// fieldOf is a density on a line of unit cells.
func fieldOf(t *testing.T, p ...float64) *grid.Field {
	return &grid.Field{Grid: uniformBox(t, 1, 0, float64(len(p)), len(p)), Values: p}
}

// subjectOf is that of a density with a relative error in L1.
func subjectOf(p *grid.Field, err float64) *subject {
	return &subject{
		problem: &fp.Problem{Variables: []string{"x"}}, grid: p.Grid, mass: masses(p), opt: Options{Within: 0.02},
		solution: &fp.Stationary{Density: p}, estimate: &fp.ErrorEstimate{Density: err},
	}
}

// Of densities (½, ¼, ¼) and (¼, ¼, ½) all distances are known: ¼ of total variation, Hellinger's
// √(1 − ¼ − 1/√2), and ln 2 a quarter or a half times. The error of the first is half of the sum of both in
// L1, and the place is the cell that differs most per volume.
func TestFormulasAreHeldAgainstTheSolution(t *testing.T) {
	s := subjectOf(fieldOf(t, 0.5, 0.25, 0.25), 0.004)
	c := compare.Candidate{Key: "gibbs", Density: fieldOf(t, 0.25, 0.25, 0.5), Error: 0.006}
	f := s.form(c)
	for _, w := range []struct {
		key   string
		value float64
	}{
		{"tv", 0.25},
		{"hellinger", math.Sqrt(0.75 - math.Sqrt(0.5))},
		{"kl", 0.25 * math.Ln2},
		{"log-ratio", 0.75 * math.Ln2},
	} {
		if got := statistic(t, &f, w.key); math.Abs(got-w.value) > 1e-15 {
			t.Errorf("%s: %g, want %g", w.key, got, w.value)
		}
	}
	if got := errorOf(t, &f, "tv"); math.Abs(got-0.005-roundOff) > 1e-16 {
		t.Errorf("total variation ± %g, want 0.005", got)
	}
	if f.Verdict != fp.Violated || !strings.Contains(f.Sentence, "most around x = 0.5") {
		t.Errorf("%v: %s", f.Verdict, f.Sentence)
	}
	for _, w := range []struct {
		off, own, other float64
		want            fp.Verdict
	}{
		{0.015, 0.004, 0.005, fp.Holds},        // 0.0195
		{0.015, 0.006, 0.005, fp.CannotTell},   // 0.0205
		{0.015, 0.004, 0.007, fp.CannotTell},   // 0.0205
		{0.025, 0.004, 0.005, fp.Violated},     // 0.0205
		{0.025, 0.0055, 0.0055, fp.CannotTell}, // 0.0195
		{0, 0, math.NaN(), fp.CannotTell},
	} {
		s := subjectOf(fieldOf(t, 0.4, 0.2, 0.4), w.own) // with a cell between, so that none has a crossing
		f := s.form(compare.Candidate{Key: "gibbs", Density: fieldOf(t, 0.4-w.off, 0.2, 0.4+w.off), Error: w.other})
		if f.Verdict != w.want {
			t.Errorf("%+v: %v: %s", w, f.Verdict, f.Sentence)
		}
	}
}

// Every closed form among the candidates has a finding, and other solutions have none.
func TestEveryFormulaHasAFinding(t *testing.T) {
	s := &subject{}
	keys := []string{"gibbs", "gibbs-corrected", "inverse-noise", "determinant", "local-gaussian", "closed-form", "potential"}
	for _, key := range append([]string{"fokker-planck", "fokker-planck-corrected"}, keys...) {
		s.candidates = append(s.candidates, compare.Candidate{Key: key, Err: errors.New("not here")})
	}
	var got []string
	for _, f := range s.forms() {
		if f.Applies || f.Key != "tempered-posterior" && f.Kind != Formula || !strings.Contains(f.Sentence, "not here") {
			t.Errorf("%+v", f)
		}
		got = append(got, strings.TrimPrefix(f.Key, "form-"))
	}
	if !slices.Equal(got, append([]string{"tempered-posterior"}, keys...)) {
		t.Errorf("%v", got)
	}
}

// With L = x²/2 the corrected loss is (1 + η/2) L: Gibbs of it is that of the second order in the drift alone,
// and off from the first by a ratio of deviations of √(1 + η/2).
func TestCorrectedLossIsThatOfSecondOrder(t *testing.T) {
	const eta = 0.4
	for more, want := range map[string]float64{"": normalTV(math.Sqrt(1 + eta/2)), ", drift_order: 2": 0} {
		f := find(t, audited(t, line(fmt.Sprint(eta), more), quick), "form-gibbs-corrected")
		if got := f.Statistics[0]; math.Abs(got.Value-want) > 2e-3*want+2*got.Error || got.Error > 1e-3 { // of 512 cells some (h/σ)²
			t.Errorf("%q: %.6f ± %.1g, want %.6f", more, got.Value, got.Error, want)
		}
	}
}

// D stands for Σ = D·2B(1−μ)/η: of data and of formulas, with momentum too, the noise is that of a sample.
func TestNoiseIsThatOfASample(t *testing.T) {
	for _, momentum := range []float64{0, 0.5, 0.9} {
		more := fmt.Sprintf(", momentum: %g", momentum)
		f, g := problemOf(t, mean(40, 4, 1, more))
		s, err := newSubject(f, g, quick.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		e := f.SGD().Loss.Evaluator()
		e.Eval([]float64{0.5})
		for _, v := range s.noise[0] {
			if math.Abs(v-e.NoiseCov[0]) > 1e-12*v { // some rounding
				t.Fatalf("μ = %g: %g, want %g", momentum, v, e.NoiseCov[0])
			}
		}
		if got, want := s.tensorScale(), 0.02/(1-momentum)/8; math.Abs(got-want) > 1e-15 {
			t.Errorf("μ = %g: D/Σ = %g, want %g", momentum, got, want)
		}
		if got, want := s.meanDiffusion()[0], e.NoiseCov[0]*0.02/(1-momentum)/8; math.Abs(got-want) > 1e-12*want {
			t.Errorf("μ = %g: E D = %g, want %g", momentum, got, want)
		}
	}
	// Masses add up to 1, and what is below 0 is none.
	m := masses(&grid.Field{Grid: uniformBox(t, 1, 0, 2, 4), Values: []float64{3, -1, 1, 0}})
	if !slices.Equal(m, []float64{0.75, 0, 0.25, 0}) {
		t.Errorf("masses %v", m)
	}
}

// Another factor of Σ is none of injected noise: D is (η/2(1−μ))(fΣ/B + injected).
func TestOtherFactorsLeaveInjectedNoise(t *testing.T) {
	const eta, mu, injected, factor = 0.02, 0.5, 0.3, 0.7
	f, g := problemOf(t, mean(40, 4, 1, fmt.Sprintf(", momentum: %g, injected_noise: %g", mu, injected)))
	s, err := newSubject(f, g, quick.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	e := f.SGD().Loss.Evaluator()
	e.Eval([]float64{0.5})
	dst := [][]float64{{0}}
	s.noiseTimes(factor)(dst, [][]float64{{0.5}})
	if want := eta / (2 * (1 - mu)) * (factor*e.NoiseCov[0]/4 + injected); math.Abs(dst[0][0]-want) > 1e-14 {
		t.Errorf("D = %g, want %g", dst[0][0], want)
	}
}

// Effects between densities have half of the sum of errors in L1 and what crossings within cells lose, with a
// little for rounding; Hellinger's distance has the sum itself.
func TestErrorsOfEffects(t *testing.T) {
	p := fieldOf(t, 0.5, 0.5, 0)
	e := apart("a", "A", "", p, p, 0.02)
	if e.TV != (Shift{Error: 0.01 + roundOff}) || math.Abs(e.Hellinger.Error-0.02-roundOff) > 1e-15 {
		t.Errorf("%+v", e)
	}
	// Rounding of a thousand steps or so, 1000·2⁻⁵³, and not what anybody looks at.
	if roundOff < 1000*0x1p-53 || roundOff > 1e-10 {
		t.Errorf("%g for rounding", roundOff)
	}
	if e := apart("a", "A", "", p, fieldOf(t, 0.25, 0.75, 0), 0); e.TV.Value != 0.25 || math.Abs(e.TV.Error-0.5*2.0/16-roundOff) > 1e-16 {
		t.Errorf("%+v", e)
	}
}

// Ranges that touch leave the order open.
func TestPlacesOfRangesThatTouch(t *testing.T) {
	list := []Effect{{TV: Shift{Value: 0.5, Error: 0.125}}, {TV: Shift{Value: 0.25, Error: 0.125}}, {TV: Shift{Value: 0.0625, Error: 0.03125}}}
	place(list)
	for k, want := range [][2]int{{1, 2}, {1, 2}, {3, 3}} {
		if list[k].First != want[0] || list[k].Last != want[1] {
			t.Errorf("%d: places %d to %d, want %v", k, list[k].First, list[k].Last, want)
		}
	}
}

// Walkers are tallied after they have forgotten where they started, for as many relaxation times as are
// wanted, ten at least; at half the rate for half as many, and at twice the rate for as many.
func TestWalkersForgetBeforeTheyAreCounted(t *testing.T) {
	f, g := problemOf(t, strings.Replace(line("0.02", ""), "batch_size: 1", "batch_size: 2", 1))
	for _, c := range []struct {
		relaxations, tallies int
		rate                 float64
	}{{50, 500, 0.02}, {1, 100, 0.02}, {50, 250, 0.01}, {50, 250, 0.04}} { // in steps of 10, 10, 20 and 5, all or every second counted
		s, err := newSubject(f, g, Options{NoEnsemble: true, Walkers: 64, Relaxations: c.relaxations}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		p := *s.sgd
		p.Schedule = fp.ConstantRate(c.rate)
		walked := s.walk(walkItself, &p, compare.Relaxation{Steps: 10, Mixed: true})
		if walked.err != nil {
			t.Fatal(walked.err)
		}
		if got := int(walked.Total()); got != 64*c.tallies {
			t.Errorf("%+v: %d tallies, want %d", c, got, 64*c.tallies)
		}
	}
}

// Twins with normal noise have the covariance of batches as they are drawn, and twins of epochs are
// independent batches.
func TestTwinsHaveTheCovarianceOfBatches(t *testing.T) {
	for _, c := range []struct {
		sampling    string
		factor      float64
		independent walk
	}{{"with-replacement", 1, walkItself}, {"without-replacement", 30.0 / 39, walkItself}, {"epochs", 30.0 / 39, walkSingle}} {
		f, _ := problemOf(t, mean(40, 10, 1, ", sampling: "+c.sampling))
		s := &subject{file: f, sgd: f.SGD(), crowds: &crowds{}}
		e := s.sgd.Loss.Evaluator()
		e.Eval([]float64{0.3})
		cov, grad := [][]float64{{0}}, [][]float64{{0}}
		p := s.normalSGD()
		p.Formula.NoiseCov(cov, [][]float64{{0.3}})
		p.Formula.Grad(grad, [][]float64{{0.3}})
		if want := c.factor * e.NoiseCov[0]; math.Abs(cov[0][0]-want) > 1e-15 || grad[0][0] != e.Grad[0] || p.Loss != nil || p.Sampling != fp.WithReplacement {
			t.Errorf("%s: Σ = %g, want %g; ∇L = %g, want %g", c.sampling, cov[0][0], want, grad[0][0], e.Grad[0])
		}
		if s.independent() != &s.crowds.of[c.independent] {
			t.Errorf("%s: independent batches are not %v", c.sampling, c.independent)
		}
	}
}

// A histogram of a hundred thousand counts per cell that are those of the density, but for the number of
// cells: walkers in few of them may differ within, and where the density is not right they are not held
// against it.
func TestWalkersInFewCellsTellNothing(t *testing.T) {
	for _, c := range []struct {
		cells int
		err   float64
		off   float64 // of the mass of the first cell
		want  fp.Verdict
	}{{10, 0, 0, fp.Holds}, {4, 0, 0, fp.CannotTell}, {10, 0.05, 0, fp.CannotTell}, {10, 0, 0.5, fp.Violated}} {
		p := make([]float64, c.cells)
		h := &compare.Histogram{Counts: make([]uint64, c.cells), Groups: make([][]uint64, 16)}
		for i := range p {
			p[i] = 1 / float64(c.cells)
			h.Counts[i] = 16 * 100000
		}
		p[0] *= 1 - c.off
		p[1] += c.off / float64(c.cells)
		for k := range h.Groups {
			h.Groups[k] = append(slices.Repeat([]uint64{100000}, c.cells), 0)
		}
		s := subjectOf(fieldOf(t, p...), c.err)
		h.Grid = s.grid
		s.crowds = &crowds{}
		s.crowds.of[walkItself].Histogram = h
		f := s.walkers()[0]
		if f.Verdict != c.want {
			t.Errorf("%+v: %v: %s", c, f.Verdict, f.Sentence)
		}
	}
}

// The tail is judged by a limit of the level over the number of points: of an index between the limits of one
// and of four points the variance is infinite at one, and open at four. Power laws of exact quantiles have any
// index that is wanted, as a power of them.
func TestTailsShareTheLevel(t *testing.T) {
	const samples = 8000 // enough for a plateau
	power := func(index float64) []float64 {
		x := make([]float64, samples)
		for i := range 2 * samples / 5 { // the others are 0, and so is the median
			x[i] = math.Pow(float64(i+1)/samples, -1/index)
		}
		return x
	}
	fit, ok := hill(power(1))
	if !ok || fit.k != samples/10 {
		t.Fatalf("%+v", fit)
	}
	quantile := func(chance float64) float64 { return distuv.ChiSquared{K: samples / 5}.Quantile(chance) * 5 / samples }
	one, four := quantile(1-2.5e-4), quantile(1-2.5e-4/4)
	index := 2 / ((one + four) / 2)
	x := power(index / fit.index) // estimates are those of x to the 1/index
	for points, want := range map[int]fp.Verdict{1: fp.Violated, 4: fp.CannotTell} {
		list := make([][][]float64, points)
		for k := range list {
			list[k] = [][]float64{x}
		}
		var f Finding
		(&subject{}).judgeTail(&f, list)
		if got := statistic(t, &f, "index"); f.Verdict != want || math.Abs(got-index) > 1e-12*index {
			t.Errorf("%d points: index %.4f, want %.4f; %v: %s", points, got, index, f.Verdict, f.Sentence)
		}
	}
	// A plateau excludes other tails with the chance of the level, in nats.
	if want := math.Log(4000); math.Abs(plateauLogs-want) > 1e-12 {
		t.Errorf("plateaus from %g nats on, want %g", plateauLogs, want)
	}
	// 25 spacings are a tenth of 250 samples.
	for n, want := range map[int]bool{249: false, 250: true} {
		if _, ok := hill(power(3)[:n]); ok != want {
			t.Errorf("%d samples: %v", n, ok)
		}
	}
}

// Walkers refute an equation where mean and covariance are certainly further than densities that agree: by five
// errors, and √(2πe) times 0.02, 0.08265, at the rate of the file.
func TestRefutationsWantFiveErrors(t *testing.T) {
	const rate = 0.1
	for _, c := range []struct {
		off, err float64
		resolved bool
		want     bool
	}{{0.083, 0, true, true}, {0.082, 0, true, false}, {0.134, 0.01, true, true}, {0.132, 0.01, true, false}, {1, 0, false, false}} {
		r := rateSeries{fit: compare.WeakOrder{Rates: []float64{0.2, rate}, Errors: []float64{9, c.off}, ErrorsErr: []float64{0, c.err}, Resolved: []bool{true, c.resolved}}}
		if got := r.refutes(rate, 0.02); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// Moments of a density are told if it is right to a tenth of the error that walkers leave of a variance, of NR/2
// independent samples: to 1e-3 of 40000.
func TestMomentsWantAnAccurateDensity(t *testing.T) {
	f, g := problemOf(t, line("0.02", ""))
	s, err := newSubject(f, g, Options{NoEnsemble: true, Walkers: 100, Relaxations: 400}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	for e, want := range map[float64]bool{0.99e-3: true, 1.01e-3: false, math.NaN(): false} {
		s.estimate.Density = e
		if _, _, err := s.accurateVariant(f.SGDVariant()); (err == nil) != want {
			t.Errorf("right to %g: %v", e, err)
		}
	}
}

// The variation of Σ is as right as the density.
func TestVariationIsAsRightAsTheDensity(t *testing.T) {
	s := subjectOf(fieldOf(t, 0.25, 0.5, 0.25), 0.01)
	s.noise = [][]float64{{1, 2, 3}} // 2 ± √½
	f := s.constancy()[0]
	if got, err := f.Statistics[0].Value, f.Statistics[0].Error; math.Abs(got-math.Sqrt(0.5)/2) > 1e-15 || math.Abs(err-0.01*got) > 1e-17 {
		t.Errorf("%g ± %g", got, err)
	}
}

// The deepest minimum may be a stable point that no cell's centre is near: of two wells at ±1, 0.04 apart, the
// centres of eight cells see the higher one.
func TestMinimaAreLookedForAtStablePoints(t *testing.T) {
	f, g := problemOf(t, "variables: [x]\nsgd: {loss: 2*(x^2 - 1)^2 + 0.02*x, noise_covariance: 1, learning_rate: 0.1, batch_size: 1}\ndomain: {x: {min: -1.85, max: 1.55, cells: 8}}")
	s := &subject{file: f, problem: f.Problem, sgd: f.SGD(), grid: g, opt: Options{MaxPoints: 1}}
	if got := s.surface().least; math.Abs(got+0.02) > 1e-4 { // L″ = 16 moves it by 0.00125, and 0.02²/32 lower
		t.Errorf("least %g, want -0.02", got)
	}
}

// Slopes of volumes are at the geometric means of β: of ε^½ (−ln ε) they are ½ − 1/ln β there, but for the third
// derivative.
func TestSlopesOfVolumesAreBetweenSteps(t *testing.T) {
	var beta, volumes []float64
	for k := range 4 {
		b := 1000 * math.Pow(2, float64(k))
		beta, volumes = append(beta, b), append(volumes, math.Log(b)/math.Sqrt(b))
	}
	at, slopes := volumeSlopes(beta, volumes)
	for k, b := range at {
		if want := 0.5 - 1/math.Log(b); math.Abs(b/(1000*math.Pow(2, float64(k)+0.5))-1) > 1e-14 || math.Abs(slopes[k]-want) > 3e-4 { // (ln 2)²/12 ln⁻³ β
			t.Errorf("β = %g: %.6f, want %.6f", b, slopes[k], want)
		}
	}
}

// Five standard errors estimated between 32 groups of walkers are exceeded by chance as Student's law of 31 degrees of
// freedom says, 1.1e-5, which is rounded.
func TestLevelOfWalkersIsThatOfTheirGroups(t *testing.T) {
	level := find(t, audited(t, line("0.02", ""), quick), "walkers").Rule.Level
	if want := (distuv.StudentsT{Sigma: 1, Nu: 31}).Survival(5); math.Abs(level-want) > 0.2*want {
		t.Errorf("%.2g, want %.2g", level, want)
	}
}

// Maps of ln(q/p) leave out cells with less than 1e-8 of the largest p, or without q.
func TestLogRatiosAreOfWhatIsSeen(t *testing.T) {
	got := logRatios(fieldOf(t, 1, 0.9e-8, 1.1e-8, 0.5), fieldOf(t, 0.5, 0.5, 0.5, 0))
	if got[0] != math.Log(0.5) || !math.IsNaN(got[1]) || math.IsNaN(got[2]) || !math.IsNaN(got[3]) {
		t.Errorf("%v", got)
	}
}
