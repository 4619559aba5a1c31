package audit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"github.com/ness-fp/ness/fp"
)

// heavy is the regression on a constant with noise of a law with heavy tails, as text of
// noise_law.
func heavy(samples, batch int, law string, seed uint64) string {
	return fmt.Sprintf("variables: [x]\nsgd: {data: {intercept: true, generate: {samples: %d, weights: [0.5], noise: 1, noise_law: {%s}, seed: %d}}, model: linear-regression, learning_rate: 0.02, batch_size: %d}\ndomain: auto", samples, law, seed, batch)
}

// Heavy tails are flagged, infinite variances told from finite ones, and normal data neither
// flagged nor given an index.
func TestLawsOfNoiseAreToldApart(t *testing.T) {
	skipShort(t)
	for _, c := range []struct {
		name, src        string
		normal, variance fp.Verdict
	}{
		{"normal", mean(10000, 4, 2, ""), fp.Holds, fp.Holds},
		{"Student's t, 10", heavy(10000, 4, "student-t: 10", 2), fp.Holds, fp.Holds},
		{"Student's t, 3", heavy(10000, 4, "student-t: 3", 2), fp.Violated, fp.CannotTell}, // stable laws look like that
		{"Student's t, 1.2", heavy(10000, 4, "student-t: 1.2", 2), fp.Violated, fp.Violated},
		{"stable, 1.2", heavy(10000, 4, "stable: 1.2", 2), fp.Violated, fp.Violated},
		{"stable, 2", heavy(10000, 4, "stable: 2", 2), fp.Holds, fp.Holds},
		{"100 samples", mean(100, 4, 2, ""), fp.Holds, fp.CannotTell},
		{"24 samples", mean(24, 1, 2, ""), fp.CannotTell, fp.CannotTell}, // steps of 1/24, of a normal law or not
	} {
		r := audited(t, c.src, quick)
		for key, want := range map[string]fp.Verdict{"normal-noise": c.normal, "finite-variance": c.variance} {
			f := find(t, r, key)
			t.Logf("%s: %s", c.name, f.Sentence)
			if f.Verdict != want {
				t.Errorf("%s: %s: %v, want %v: %s", c.name, key, f.Verdict, want, f.Sentence)
			}
		}
	}
}

// The index of a power law is found, with its error; that of Pareto's law with P(X > x) = x^−α is
// a plateau from the beginning, and no sample of normal, exponential or log-normal numbers has one
// with an index up to 2. Of 100 sets none, where 2.5e-4 of them might.
func TestIndicesWantAPlateau(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	draw := func(f func() float64) tailFit {
		x := make([]float64, 4000)
		for i := range x {
			x[i] = f()
		}
		fit, ok := hill(x)
		if !ok {
			t.Fatal("no fit")
		}
		return fit
	}
	var off, plateaus float64
	const sets = 100
	for range sets {
		fit := draw(func() float64 { return math.Pow(1-rng.Float64(), -1/1.5) })
		off += (fit.index - 1.5) / (1.5 / math.Sqrt(float64(fit.k)))
		if fit.plateau > plateauLogs {
			plateaus++
		}
	}
	// The estimate is high by 1/k of itself, 1/20 error; the mean of 100 has an error of 1/10.
	if math.Abs(off/sets) > 5.0/10+0.05 {
		t.Errorf("indices are off by %.2f errors on average", off/sets)
	}
	// Both likelihoods are ones of sums of 400 spacings, whose ratio is 16 ± 6 nats: above 8.3 of 90 %.
	if plateaus < 0.8*sets {
		t.Errorf("%g of %d power laws have a plateau", plateaus, sets)
	}
	for name, f := range map[string]func() float64{
		"normal":      func() float64 { return math.Abs(rng.NormFloat64()) },
		"plane":       func() float64 { return math.Hypot(rng.NormFloat64(), rng.NormFloat64()) },
		"exponential": rng.ExpFloat64,
	} {
		for range sets {
			if fit := draw(f); fit.plateau > plateauLogs {
				t.Errorf("%s numbers have an index of %.2f ± %.2f", name, fit.index, fit.err)
			}
		}
	}
}

// One number that is larger than all others together moves the mean away from these, and not the
// index: that of a power law on both sides is 1.2 ± 0.04 with 1000 in the tail.
func TestOutliersDoNotHideATail(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	x := make([]float64, 10000)
	for i := range x {
		x[i] = math.Copysign(math.Pow(1-rng.Float64(), -1/1.2), rng.Float64()-0.5)
	}
	x[0] = 1e7
	fit, ok := hill(lengths(whitened(x, 1)))
	if !ok || math.Abs(fit.index-1.2) > 5*1.2/math.Sqrt(1000) || fit.plateau < plateauLogs {
		t.Errorf("index %.3f ± %.3f, plateau %.1f", fit.index, fit.err, fit.plateau)
	}
}

// Distances are given three errors on either side of the limit, and violations want a chance below the
// level.
func TestVerdictsOnDistances(t *testing.T) {
	for _, c := range []struct {
		d      measured
		chance float64
		want   fp.Verdict
	}{
		{measured{0.02, 0.003}, 0, fp.CannotTell},
		{measured{0.03, 0.003}, level / 2, fp.Violated},
		{measured{0.03, 0.003}, level, fp.CannotTell},
		{measured{0.03, 0.004}, 0, fp.CannotTell},
		{measured{0.01, 0.003}, 1, fp.Holds},
		{measured{0.01, 0.004}, 1, fp.CannotTell},
		{measured{-0.01, 0.004}, 0, fp.Holds},
	} {
		if got := judgeDistance(c.d, c.chance, 0.02); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// A verdict wants an index on a plateau, or a bound above 2 that does not fall further out. The quantiles
// of χ²₂₀₀ at 2.5 % and 97.5 % are 162.728 and 241.058 (tables), limits of 0.81364 and 1.20529 times the index.
func TestVerdictsOnTails(t *testing.T) {
	const chance, k = 0.025, 100
	above := plateauLogs + 1e-9
	for _, c := range []struct {
		fit  tailFit
		want fp.Verdict
		says string
	}{
		{tailFit{index: 1.659, k: k, plateau: above}, fp.Violated, "infinite"}, // 1.9996
		{tailFit{index: 1.660, k: k, plateau: above, steady: 1, outer: 2.1}, fp.CannotTell, "too close to 2"},
		{tailFit{index: 2.458, k: k, plateau: above, steady: 1, outer: 2.1}, fp.CannotTell, "too close to 2"},
		{tailFit{index: 2.459, k: k, plateau: above, steady: 1, outer: 2.1}, fp.Holds, "is finite: the tail is a power law"}, // 2.0007
		{tailFit{index: 2.459, k: k, plateau: above, steady: leastSteady, outer: 2.1}, fp.CannotTell, "falls"},
		{tailFit{index: 2.459, k: k, plateau: above, steady: 1, outer: 2}, fp.CannotTell, "falls"},
		{tailFit{index: 9, k: k - 1, plateau: above}, fp.CannotTell, "too few"},
		{tailFit{index: 1.5, k: k, plateau: plateauLogs}, fp.CannotTell, "open"},
		{tailFit{index: 2.459, k: k, plateau: plateauLogs, steady: 1, outer: 2.1}, fp.Holds, "is finite: the tail is no power law"},
		{tailFit{index: 2.458, k: k, plateau: plateauLogs, steady: 1, outer: 2.1}, fp.CannotTell, "open"},
	} {
		if got, says := c.fit.verdict(chance); got != c.want || !strings.Contains(says, c.says) {
			t.Errorf("%+v: %v: %s; want %v", c.fit, got, says, c.want)
		}
	}
}

// Hill's plot ends with the fit, and has the limit of infinite variances beside it.
func TestHillPlotEndsWithTheFit(t *testing.T) {
	x := normals(1000)
	for i := range x {
		x[i] = math.Abs(x[i])
	}
	fit, ok := hill(x)
	c := hillPlot(x, fit.k)
	last := len(c.X) - 1
	if !ok || c.X[last] != float64(fit.k) || math.Abs(c.Y[last]-fit.index) > 1e-12 || math.Abs(c.Err[last]-fit.err) > 1e-12 {
		t.Errorf("%+v; at %g: %g ± %g", fit, c.X[last], c.Y[last], c.Err[last])
	}
	if len(c.Reference) != len(c.X) || slices.Min(c.Reference) != 2 || slices.Max(c.Reference) != 2 {
		t.Errorf("reference %v", c.Reference)
	}
}

// The example of D'Agostino, Belanger and D'Agostino, Am. Stat. 44 (1990) 316: of 62 levels of
// cholesterol with √b₁ = 1.02 and b₂ = 4.58 the deviates are 3.14 and 2.21.
func TestChancesOfSkewnessAndKurtosis(t *testing.T) {
	deviate := func(p float64) float64 { return math.Sqrt2 * math.Erfcinv(p) }
	if z := deviate(skewnessChance(1.02, 62)); math.Abs(z-3.14) > 0.02 { // 1.02 is rounded
		t.Errorf("skewness: %.4f", z)
	}
	if z := deviate(kurtosisChance(1.58, 62) / kurtosisCare); math.Abs(z-2.21) > 0.02 {
		t.Errorf("kurtosis: %.4f", z)
	}
}

// Chances of normal vectors are uniform: of 2000 sets 20 ± 4.5 below 0.01, of Henze and Zirkler's
// statistic 0.6 to 1.2 times as many because it is not quite log-normal.
func TestChancesOfNormalVectors(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for d := 1; d <= 3; d++ {
		var few int
		const sets, n = 2000, 60
		for range sets {
			x := make([]float64, n*d)
			for i := range x {
				x[i] = rng.NormFloat64()
				if i%d > 0 {
					x[i] += 3 * x[i-1] // of any covariance
				}
			}
			if _, p := henzeZirkler(whitened(x, d)); p < 0.01 {
				few++
			}
		}
		if few > 45 || few < 3 {
			t.Errorf("d = %d: %d of %d chances are below 0.01, want some 20", d, few, sets)
		}
	}
}

// Two normal marginals do not make a normal vector: (x, |y| sign x) has both, and only the test as a
// whole sees that it is in two of four quadrants.
func TestDependenceIsSeen(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	x := make([]float64, 800)
	for i := 0; i < len(x); i += 2 {
		u, v := rng.NormFloat64(), math.Abs(rng.NormFloat64())
		x[i], x[i+1] = u, math.Copysign(v, u)
	}
	if _, p := henzeZirkler(whitened(x, 2)); p > 1e-6 {
		t.Errorf("chance %.2g", p)
	}
}

// The distance of means of exponential numbers from normal is that of Edgeworth, γ = 2 and κ = 6, to
// order B^−3/2: that of the gamma law is known.
func TestDistanceFromNormalIsEdgeworths(t *testing.T) {
	h := shape{skewness: 2, kurtosis: 6}
	for _, batch := range []float64{16, 64, 1024} {
		got, want := h.ofMeans(batch, 0).distance(), gammaDistance(batch)
		// The next terms have γ³/1296 and the like before polynomials of some 10: 0.1 γ³ at most.
		if math.Abs(got-want) > 0.1*math.Pow(batch, -1.5) {
			t.Errorf("B = %g: %.6f, want %.6f", batch, got, want)
		}
	}
	// Symmetric numbers: max |3x − x³|φ(x)/24, at x² = 3 − √6.
	if got := (shape{kurtosis: 3}).ofMeans(64, 0).distance(); math.Abs(got-0.022941159978543724*3/64) > 1e-6 { // points are 0.02 apart: 0.01²/2 of it
		t.Errorf("symmetric: %.8f", got)
	}
}

// gammaDistance returns the largest difference of the distribution functions of the mean of B
// exponential numbers and of a normal one of the same mean and variance.
func gammaDistance(batch float64) (most float64) {
	for x := -4.0; x < 4; x += 1e-3 {
		f := mathext.GammaIncReg(batch, max(0, batch+x*math.Sqrt(batch)))
		most = max(most, math.Abs(f-math.Erfc(-x/math.Sqrt2)/2))
	}
	return most
}

// The least chance of all tests counts as often as there are tests: two for each of the eight directions of
// two points in the plane, and one for the vectors of each.
func TestChancesAreSharedOut(t *testing.T) {
	for _, c := range []struct {
		t          normalTests
		along, all float64
	}{
		{normalTests{34, 1e-3, 1e-2}, 0.034, 0.034},
		{normalTests{34, 1e-2, 1e-3}, 0.34, 0.034},
		{normalTests{34, 0.1, 0.2}, 1, 1},
	} {
		if along, all := c.t.chances(); math.Abs(along-c.along) > 1e-15 || math.Abs(all-c.all) > 1e-15 {
			t.Errorf("%+v: %g along directions, %g in all; want %g, %g", c.t, along, all, c.along, c.all)
		}
	}
	// Of vectors the least chance counts, whichever point is seen first.
	rng := rand.New(rand.NewPCG(45, 46))
	bad, good := [][]float64{make([]float64, 300), make([]float64, 300)}, [][]float64{make([]float64, 300), make([]float64, 300)}
	for i := range bad[0] {
		for a := range bad {
			bad[a][i], good[a][i] = rng.ExpFloat64()-1, rng.NormFloat64()
		}
	}
	seen := normalTests{along: 1, joint: 1}
	seen.seeVectors(bad, 1, 0)
	if first := seen.joint; first > 1e-6 {
		t.Errorf("exponential vectors are normal with a chance of %g", first)
	} else if seen.seeVectors(good, 1, 1); seen.joint != first || seen.count != 2 {
		t.Errorf("%+v, want a chance of %g", seen, first)
	}
	x := normals(2 * 200)
	for i, v := range x {
		x[i] = v + 0.14*v*v // a little skewed
	}
	axes := whitened(x, 2)
	file, _ := problemOf(t, mean(len(x)/2, 4, 1, ""))
	s := &subject{file: file, sgd: file.SGD(), opt: Options{Seed: 1}.withDefaults()}
	var f Finding
	s.judgeNormal(&f, [][][]float64{axes, axes})
	least := min(jointChance(axes, 1, 0), jointChance(axes, 1, 1))
	for _, z := range directions(axes) {
		h := shapeOf(z)
		least = min(least, skewnessChance(h.skewness, 200), kurtosisChance(h.kurtosis, 200))
	}
	if got := statistic(t, &f, "chance"); math.Abs(got-34*least) > 1e-12*got || got >= 1 {
		t.Errorf("%g, want 34 times %g", got, least)
	}
}

// Of as many 1 as −1 all statistics are known: skewness 0 ± √(6/n), kurtosis −2 ± √(24/n), E|z|³ = 1, and so a
// bound of 0.4748/√B. Where a batch of B is drawn without replacement Edgeworth's series has the kurtosis
// −2(1 − 6f + 6f²)/(1 − f)B, f = B/n, and a distance of 0.022941 |κ|.
func TestStatisticsOfSigns(t *testing.T) {
	const n, batch = 64, 16
	z := make([]float64, n)
	for i := range z {
		z[i] = float64(i%2*2 - 1)
	}
	for sampling, share := range map[string]float64{"with-replacement": 0, "without-replacement": 0.25} {
		file, _ := problemOf(t, mean(n, batch, 1, ", sampling: "+sampling))
		s := &subject{file: file, sgd: file.SGD(), opt: Options{Seed: 1}.withDefaults()}
		var f Finding
		s.judgeNormal(&f, [][][]float64{{z}})
		kurtosis := 2 * math.Abs(1-6*share+6*share*share) / (1 - share) / batch
		for _, c := range []struct {
			key             string
			value, err, tol float64
		}{
			{"skewness", 0, math.Sqrt(6.0 / n), 1e-14}, // round-off
			{"kurtosis", -2, math.Sqrt(24.0 / n), 1e-14},
			{"berry-esseen", 0.4748 / 4, 0, 1e-14},
			{"edgeworth", 0.022941159978543724 * kurtosis, math.NaN(), 1e-6}, // points are 0.02 apart
		} {
			got, err := statistic(t, &f, c.key), errorOf(t, &f, c.key)
			if math.Abs(got-c.value) > c.tol || math.Abs(err-c.err) > 1e-14 || math.IsNaN(err) != math.IsNaN(c.err) {
				t.Errorf("%s: %s %.8f ± %.3g, want %.8f ± %.3g", sampling, c.key, got, err, c.value, c.err)
			}
		}
	}
}

// Of several points the finding is that of the one whose means are furthest from normal.
func TestTheWorstPointIsTold(t *testing.T) {
	file, _ := problemOf(t, mean(1000, 4, 1, ""))
	s := &subject{file: file, sgd: file.SGD(), opt: Options{Seed: 1}.withDefaults()}
	good, bad := whitened(normals(1000), 1), [][]float64{quantiles(1000, exponential)}
	for _, points := range [][][][]float64{{good, bad}, {bad, good}} {
		var f Finding
		s.judgeNormal(&f, points)
		// 1000 quantiles lack some 2 % of the skewness.
		if got := statistic(t, &f, "skewness"); math.Abs(got-2) > 0.1 || f.Verdict != fp.Violated {
			t.Errorf("skewness %.3f, %v: %s", got, f.Verdict, f.Sentence)
		}
	}
}

// Means of many exponential numbers are as good as normal, of whatever the numbers themselves are: that
// vectors are not normal is nothing new where they are not along directions.
func TestManyMakeNormalMeans(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	x := make([]float64, 2*4000)
	for i := range x {
		x[i] = rng.ExpFloat64()
	}
	// A distance of 0.133/16, and errors of 0.0023, three of them.
	if f := normalFinding(t, x, 256); f.Verdict != fp.Holds || !strings.Contains(f.Sentence, "within") {
		t.Errorf("%v: %s", f.Verdict, f.Sentence)
	}
}

// Four kinds of tests share a false alarm in a thousand audits.
func TestLevelsAddUpToTheChanceOfAnAlarm(t *testing.T) {
	if FalseAlarm != 1e-3 || 4*level != FalseAlarm {
		t.Errorf("%d tests of a level of %g make %g", tests, level, FalseAlarm)
	}
	// A distance is clear by one side of a normal law.
	if p := math.Erfc(clearDistance/math.Sqrt2) / 2; p > 3.5e-5 || p < 2.5e-5 {
		t.Errorf("distances are clear with a chance of %.2g", p)
	}
}

// Chances of a kurtosis are not too small: of 3·10⁵ sets of 60 normal numbers at most 30 ± 5.5 are below 1e-4,
// 57 with five errors, where by the transformation alone they are 90.
func TestKurtosisIsTakenWithCare(t *testing.T) {
	skipShort(t)
	rng := rand.New(rand.NewPCG(43, 44))
	z, few := make([]float64, 60), 0
	for range 300000 {
		var mean, square float64
		for i := range z {
			z[i] = rng.NormFloat64()
			mean += z[i] / 60
		}
		for i := range z {
			z[i] -= mean
			square += z[i] * z[i] / 60
		}
		for i := range z {
			z[i] /= math.Sqrt(square)
		}
		if kurtosisChance(shapeOf(z).kurtosis, 60) < 1e-4 {
			few++
		}
	}
	if few > 57 || few == 0 {
		t.Errorf("%d of 300000 chances are below 1e-4", few)
	}
}

// From 20 samples on their law is tested.
func TestFewSamplesTellNothing(t *testing.T) {
	for n, want := range map[int]bool{19: false, 20: true} {
		f, g := problemOf(t, mean(n, 1, 1, ""))
		s, err := newSubject(f, g, quick.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		if got := s.gaussian()[0]; got.Applies != want {
			t.Errorf("%d samples: %s", n, got.Sentence)
		}
	}
}
