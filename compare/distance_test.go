package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// aBox is [−8, 8]ᵈ between walls.
func aBox(t testing.TB, cells ...int) *grid.Grid {
	t.Helper()
	var axes []grid.Axis
	for _, n := range cells {
		a, err := grid.Uniform(-8, 8, n, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		axes = append(axes, a)
	}
	return grid.New(axes...)
}

// bell has the exact averages of N(mean, s²I), but for the mass outside the box.
func bell(g *grid.Grid, mean []float64, s float64) *grid.Field {
	f := grid.NewField(g)
	idx := make([]int, g.Dim())
	for i := range f.Values {
		g.Indices(idx, i)
		f.Values[i] = 1 / g.Volume(i)
		for a, k := range idx {
			e := g.Axis(a).Edges()
			lo, hi := (e[k]-mean[a])/(s*math.Sqrt2), (e[k+1]-mean[a])/(s*math.Sqrt2)
			if lo > 0 { // where erf is 1 to the last bit
				lo, hi = -hi, -lo
			}
			f.Values[i] *= (math.Erfc(-hi) - math.Erfc(-lo)) / 2
		}
	}
	return f
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: %.10g, want %.10g within %g", what, got, want, tol)
	}
}

// Between N(0, 1) and N(m, s²) all four are known. Within cells of width h the densities
// are flat, which costs h² times second derivatives: 16/2048 squared is 6e-5.
func TestDistancesOfGaussians(t *testing.T) {
	g := aBox(t, 2048)
	const tol = 6e-5
	p := bell(g, []float64{0}, 1)
	q := bell(g, []float64{0.5}, 1)
	near(t, "TV", TV(p, q), math.Erf(0.25/math.Sqrt2), tol)
	near(t, "KL", KL(p, q), 0.125, tol)
	near(t, "Hellinger", Hellinger(p, q), math.Sqrt(1-math.Exp(-0.25/8)), tol)
	near(t, "Wasserstein1", Wasserstein1(p, q), 0.5, tol)
	// With another width: KL = ln s + 1/(2s²) − ½, W₁ = (s−1)√(2/π).
	const s = 1.25
	wide := bell(g, []float64{0}, s)
	near(t, "KL, wide", KL(p, wide), math.Log(s)+1/(2*s*s)-0.5, tol)
	near(t, "Hellinger, wide", Hellinger(p, wide), math.Sqrt(1-math.Sqrt(2*s/(1+s*s))), tol)
	near(t, "Wasserstein1, wide", Wasserstein1(p, wide), (s-1)*math.Sqrt(2/math.Pi), tol)
}

// A shift by a makes sliced W₁ the mean of |u·a|: 2/π |a| and ½|a| up to the evenness of
// the directions: 2 % for 16 and for 32 of them.
func TestSlicedWassersteinOfAShift(t *testing.T) {
	for _, c := range []struct {
		g         *grid.Grid
		a         []float64
		want, tol float64
	}{
		// Means are kept by the line, and the box cuts off less than 1e-9.
		{aBox(t, 64, 64), []float64{0.3, 0.4}, 0.5 * 2 / math.Pi, 1e-8},
		// Cells of 0.6 deviations make distribution functions cross along the directions
		// almost across the shift: some 1e-2 of the deviation in one or two of 32.
		{aBox(t, 24, 32, 28), []float64{0.3, -0.4, 1.2}, 0.65, 1e-3},
	} {
		d := len(c.a)
		got := Wasserstein1(bell(c.g, make([]float64, d), 1), bell(c.g, c.a, 1))
		near(t, fmt.Sprintf("d = %d", d), got, c.want, 0.02*c.want)
		var exact float64
		us := directions(d)
		for _, u := range us {
			var s float64
			for k := range u {
				s += u[k] * c.a[k]
			}
			exact += math.Abs(s) / float64(len(us))
		}
		near(t, fmt.Sprintf("d = %d, these directions", d), got, exact, c.tol)
	}
}

// Random masses against the integral of |F − G| on a fine set of points, and TV, KL and
// Hellinger as sums written out.
func TestDistancesAgainstSums(t *testing.T) {
	ax, err := grid.Sinh(-1, 2, 12, grid.Reflecting, grid.Reflecting, 0.3, 0.4)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(ax)
	rng := rand.New(rand.NewPCG(1, 2))
	p, q := grid.NewField(g), grid.NewField(g)
	for i := range p.Values {
		p.Values[i], q.Values[i] = rng.ExpFloat64(), rng.ExpFloat64()
	}
	for _, f := range []*grid.Field{p, q} {
		z := f.Integral()
		for i := range f.Values {
			f.Values[i] /= z
		}
	}
	before := slices.Clone(p.Values)
	var w, tv, kl, h, diff float64
	const fine = 20000 // W₁ is continuous: errors of kinks are h² = 1e-8
	for i := range p.Values {
		v := g.Volume(i)
		pi, qi := p.Values[i]*v, q.Values[i]*v
		tv, kl, h = tv+math.Abs(pi-qi)/2, kl+pi*math.Log(pi/qi), h+math.Sqrt(pi*qi)
		for k := range fine {
			w += math.Abs(diff+(pi-qi)*(float64(k)+0.5)/fine) * v / fine
		}
		diff += pi - qi
	}
	near(t, "TV", TV(p, q), tv, 1e-14)
	near(t, "KL", KL(p, q), kl, 1e-14)
	near(t, "Hellinger", Hellinger(p, q), math.Sqrt(1-h), 1e-14)
	near(t, "Wasserstein1", Wasserstein1(p, q), w, 1e-8)
	near(t, "symmetry", Wasserstein1(q, p), w, 1e-8)
	if !slices.Equal(before, p.Values) {
		t.Error("inputs were changed")
	}
	// What lies outside the grid is no part of KL, of either law.
	half, most := scaled(p, 0.5), scaled(q, 0.9)
	near(t, "KL of what is inside", KL(half, most), kl, 1e-14)
	near(t, "KL of the same inside", KL(half, p), 0, 1e-15)
	q.Values[3] = 0
	if !math.IsInf(KL(p, q), 1) {
		t.Error("KL is finite where q is 0 and p is not")
	}
}

// scaled returns a density times a number.
func scaled(p *grid.Field, by float64) *grid.Field {
	out := grid.NewField(p.Grid)
	for i, v := range p.Values {
		out.Values[i] = by * v
	}
	return out
}

// sampled draws a histogram from a density: walkers of each group give runs of tallies in
// the same cell, of a length, so that tallies/run are independent.
func sampled(q *grid.Field, rng *rand.Rand, groups, tallies, run int) *Histogram {
	n := len(q.Values)
	cum := make([]float64, n)
	var s float64
	for i, v := range q.Grid.Volumes() {
		s += q.Values[i] * v
		cum[i] = s
	}
	h := &Histogram{Grid: q.Grid, Counts: make([]uint64, n)}
	for range groups {
		c := make([]uint64, n+1)
		for range tallies / run {
			i, _ := slices.BinarySearch(cum, rng.Float64()*s)
			c[i] += uint64(run)
		}
		for i := range n {
			h.Counts[i] += c[i]
		}
		h.Groups = append(h.Groups, c)
	}
	return h
}

// wells gives every group a number of walkers that stay in the half x < 0 or x > 0 of a
// symmetric density: the occupation of wells makes most of the error.
func wells(q *grid.Field, rng *rand.Rand, groups, walkers, each int) *Histogram {
	half := [2]*grid.Field{grid.NewField(q.Grid), grid.NewField(q.Grid)}
	x := make([]float64, q.Grid.Dim())
	for i, v := range q.Values {
		q.Grid.Center(x, i)
		if x[0] < 0 {
			half[0].Values[i] = v
		} else {
			half[1].Values[i] = v
		}
	}
	h := &Histogram{Grid: q.Grid, Counts: make([]uint64, len(q.Values))}
	for range groups {
		c := make([]uint64, len(q.Values)+1)
		for range walkers {
			for i, k := range sampled(half[rng.IntN(2)], rng, 1, each, 1).Counts {
				c[i] += k
				h.Counts[i] += k
			}
		}
		h.Groups = append(h.Groups, c)
	}
	return h
}

// The mean distance over many histograms is the floor, where cells have many and where they
// have few tallies, alone or in runs; and false alarms of Judge do not come.
func TestFloorsAreWhatSamplingLeaves(t *testing.T) {
	skipLong(t)
	line, plane := aBox(t, 64), aBox(t, 40, 40)
	q1, q2 := bell(line, []float64{0}, 1.5), bell(plane, []float64{0, 0}, 1.5)
	type draw func(*rand.Rand) *Histogram
	for _, c := range []struct {
		name string
		q    *grid.Field
		draw draw
		// tol is relative, of TV, KL, Hellinger, Wasserstein1. Formulas themselves are worth
		// 3 %; W₁ and wells, whose values vary by their own size, leave some 5 % of the mean
		// of 200. Where wells make the error, Hellinger's root mean square is above its mean.
		tol [4]float64
	}{
		{"dense", q1, func(r *rand.Rand) *Histogram { return sampled(q1, r, 32, 2000, 1) }, [4]float64{.03, .05, .03, .2}},
		{"runs", q1, func(r *rand.Rand) *Histogram { return sampled(q1, r, 32, 20000, 10) }, [4]float64{.03, .05, .03, .2}},
		{"sparse", q2, func(r *rand.Rand) *Histogram { return sampled(q2, r, 32, 40, 1) }, [4]float64{.03, .03, .03, .2}},
		{"sparse runs", q2, func(r *rand.Rand) *Histogram { return sampled(q2, r, 32, 400, 10) }, [4]float64{.03, .03, .03, .2}},
		{"wells", q1, func(r *rand.Rand) *Histogram { return wells(q1, r, 32, 4, 500) }, [4]float64{.2, .3, .5, .2}},
	} {
		rng := rand.New(rand.NewPCG(5, 6))
		const times = 200
		var value, floor, err2, square [4]float64
		alarms := 0
		for range times {
			d, err := c.draw(rng).Distances(c.q)
			if err != nil {
				t.Fatal(err)
			}
			for k, x := range []Distance{d.TV, d.KL, d.Hellinger, d.Wasserstein1} {
				value[k] += x.Value / times
				square[k] += x.Value * x.Value / times
				floor[k] += x.Floor / times
				err2[k] += x.Err * x.Err / times
				if x.Judge(0) == fp.Violated {
					alarms++
				}
			}
		}
		for k, name := range []string{"TV", "KL", "Hellinger", "Wasserstein1"} {
			sd := math.Sqrt(square[k] - value[k]*value[k])
			t.Logf("%s: %s: mean %.4g, floor %.4g (ratio %.3f), spread %.3g, jackknife %.3g", c.name, name, value[k], floor[k], floor[k]/value[k], sd, math.Sqrt(err2[k]))
			near(t, c.name+": floor of "+name+" over mean", floor[k]/value[k], 1, c.tol[k])
			// At the floor the jackknife is to be on the safe side; 0.9: 200 spreads vary by 5 %.
			if math.Sqrt(err2[k]) < 0.9*sd {
				t.Errorf("%s: %s: error %.3g, spread %.3g", c.name, name, math.Sqrt(err2[k]), sd)
			}
		}
		if alarms > 0 {
			t.Errorf("%s: %d false alarms", c.name, alarms)
		}
	}
}

// Far from the floor the error is the spread, and the true distance is found.
func TestErrorsOfRealDistances(t *testing.T) {
	skipLong(t)
	g := aBox(t, 64)
	p, q := bell(g, []float64{0}, 1), bell(g, []float64{0.5}, 1)
	want := []float64{TV(p, q), KL(p, q), Hellinger(p, q), Wasserstein1(p, q)}
	rng := rand.New(rand.NewPCG(8, 9))
	const times = 200
	var z, square [4]float64
	for range times {
		d, err := sampled(p, rng, 32, 1000, 1).Distances(q)
		if err != nil {
			t.Fatal(err)
		}
		for k, x := range []Distance{d.TV, d.KL, d.Hellinger, d.Wasserstein1} {
			s := (x.Value - want[k]) / x.Err
			z[k], square[k] = z[k]+s/times, square[k]+s*s/times
			if x.Judge(want[k]) == fp.Violated || x.Judge(want[k]*0.99) == fp.Holds && x.Value > want[k] {
				t.Errorf("distance %d is judged wrongly: %+v, want %g", k, x, want[k])
			}
			if x.Judge(want[k]/2) != fp.Violated || x.Judge(2*want[k]) != fp.Holds {
				t.Errorf("distance %d: %+v decides nothing", k, x)
			}
		}
	}
	for k := range z {
		// The spread of 200 is within 5 errors of 1/√400, with 7 % for 31 degrees of freedom;
		// bias is what is below the floor: within one error.
		sd := math.Sqrt(square[k] - z[k]*z[k])
		t.Logf("distance %d: bias %.2f, spread %.3f errors", k, z[k], sd)
		near(t, "spread", sd, 1, 0.3)
		near(t, "bias", z[k], 0, 1)
	}
}

// Tallies outside count for TV and Hellinger.
func TestOutsideCounts(t *testing.T) {
	q := bell(aBox(t, 32), []float64{0}, 1)
	h := sampled(q, rand.New(rand.NewPCG(1, 1)), 4, 1000, 1)
	exact := h.Density()
	for _, c := range h.Groups {
		c[32] = 1000
		h.Outside += 1000
	}
	d, err := h.Distances(exact)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "TV", d.TV.Value, 0.5, 1e-14)
	near(t, "KL inside", d.KL.Value, 0, 1e-14)
	near(t, "Hellinger", d.Hellinger.Value, math.Sqrt(1-math.Sqrt(0.5)), 1e-14)
	near(t, "Wasserstein1 inside", d.Wasserstein1.Value, 0, 1e-14)
	near(t, "outside", d.Outside, 0.5, 0)
}

func TestDistancesSayWhatIsWrong(t *testing.T) {
	q := bell(aBox(t, 32), []float64{0}, 1)
	h := sampled(q, rand.New(rand.NewPCG(1, 1)), 4, 100, 1)
	twice := grid.NewField(q.Grid)
	for i, v := range q.Values {
		twice.Values[i] = 2 * v
	}
	for _, c := range []struct {
		h *Histogram
		q *grid.Field
	}{
		{h, grid.NewField(aBox(t, 33))},
		{h, grid.NewField(q.Grid)},
		{h, twice},
		{&Histogram{Grid: q.Grid, Counts: h.Counts, Groups: h.Groups[:1]}, q},
		{&Histogram{Grid: q.Grid, Counts: h.Counts, Groups: [][]uint64{h.Groups[0], make([]uint64, 33)}}, q},
	} {
		if _, err := c.h.Distances(c.q); err == nil {
			t.Error("no error")
		}
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		estimate, se, limit float64
		want                fp.Verdict
	}{
		{1, 0.1, 0.4, fp.Violated},
		{1, 0.1, 0.6, fp.CannotTell},
		{1, 0.1, 1.4, fp.CannotTell},
		{1, 0.1, 1.6, fp.Holds},
		{1, 0, 1, fp.Holds},
		{math.NaN(), 0.1, 1, fp.CannotTell},
		{1, math.NaN(), 3, fp.CannotTell},
	} {
		if got := Judge(c.estimate, c.se, c.limit); got != c.want {
			t.Errorf("Judge(%g, %g, %g) = %v, want %v", c.estimate, c.se, c.limit, got, c.want)
		}
	}
}

// The leading terms meet the series where they take over.
func TestPoissonTermsMeetTheSeries(t *testing.T) {
	below, above := poisson(30-1e-9), poisson(30)
	near(t, "TV", above.tv, below.tv, 1e-3*below.tv)
	near(t, "KL", above.kl, below.kl, 1e-3*below.kl)
	near(t, "Hellinger", above.hellinger, below.hellinger, 1e-3*below.hellinger)
}

// Where walkers are outside the box, all or those of a group, that is said in a user's words.
func TestWalkersOutsideAreSaidToBe(t *testing.T) {
	g := box(t, 3, 1, 1)
	q := grid.NewField(g)
	for i, v := range g.Volumes() {
		q.Values[i] = 1 / (3 * v)
	}
	for _, c := range []struct {
		counts []uint64
		want   string
	}{
		{[]uint64{0, 0, 0}, "no walker was counted inside the box"},
		{[]uint64{0, 5, 0}, "too few walkers were counted inside the box: none of part 2 of 2 of them"},
	} {
		h := &Histogram{Grid: g, Counts: c.counts, Outside: 20, Groups: [][]uint64{append(slices.Clone(c.counts), 10), {0, 0, 0, 10}}}
		if _, err := h.Distances(q); err == nil || err.Error() != c.want {
			t.Errorf("%v: have %v, want %s", c.counts, err, c.want)
		}
	}
}
