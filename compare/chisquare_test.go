package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ness-fp/ness/grid"
)

// Under the density itself P is uniform, for independent and correlated groups: of 400, the
// part below 0.05 and below 0.5 is within 4 binomial errors (chance 6e-5 each).
func TestChiSquareHasTheFalseAlarmsItStates(t *testing.T) {
	skipLong(t)
	q1, q2 := bell(aBox(t, 64), []float64{0}, 1.5), bell(aBox(t, 40, 40), []float64{0, 0}, 1.5)
	for _, c := range []struct {
		name string
		q    *grid.Field
		draw func(*rand.Rand) *Histogram
		k    int
	}{
		{"alone", q1, func(r *rand.Rand) *Histogram { return sampled(q1, r, 32, 500, 1) }, 10},
		{"runs", q1, func(r *rand.Rand) *Histogram { return sampled(q1, r, 32, 2000, 20) }, 10},
		{"few groups", q1, func(r *rand.Rand) *Histogram { return sampled(q1, r, 8, 500, 1) }, 2},
		{"plane", q2, func(r *rand.Rand) *Histogram { return sampled(q2, r, 32, 500, 1) }, 10},
		{"few tallies", q2, func(r *rand.Rand) *Histogram { return sampled(q2, r, 32, 30, 1) }, -1},
	} {
		rng := rand.New(rand.NewPCG(3, 4))
		const times = 400
		var low, half float64
		for range times {
			x, err := c.draw(rng).ChiSquare(c.q)
			if err != nil {
				t.Fatal(err)
			}
			if c.k >= 0 && x.Freedom != c.k || x.Freedom < 1 {
				t.Fatalf("%s: %d degrees of freedom, want %d", c.name, x.Freedom, c.k)
			}
			if x.P < 0.05 {
				low++
			}
			if x.P < 0.5 {
				half++
			}
		}
		t.Logf("%s: %.3f below 0.05, %.3f below 0.5", c.name, low/times, half/times)
		near(t, c.name+": below 0.05", low/times, 0.05, 4*math.Sqrt(0.05*0.95/times))
		near(t, c.name+": below 0.5", half/times, 0.5, 4*math.Sqrt(0.25/times))
	}
}

// A shift by a tenth of a deviation is many errors of 32 · 1000 tallies, 1/179.
func TestChiSquareSeesAShift(t *testing.T) {
	g := aBox(t, 40, 40)
	h := sampled(bell(g, []float64{0, 0}, 1), rand.New(rand.NewPCG(1, 2)), 32, 1000, 1)
	for a := range 2 {
		mean := make([]float64, 2)
		mean[a] = 0.1
		x, err := h.ChiSquare(bell(g, mean, 1))
		if err != nil {
			t.Fatal(err)
		}
		if !(x.Z > 5) {
			t.Errorf("axis %d: %+v", a, x)
		}
	}
}

// With one degree of freedom T² is the square of Student's t of G − 1.
func TestChiSquareOfTwoBinsIsStudents(t *testing.T) {
	g := aBox(t, 4)
	q := grid.NewField(g)
	for i := range q.Values {
		q.Values[i] = 1. / 16
	}
	h := &Histogram{Grid: g, Counts: make([]uint64, 4)}
	shares := []float64{0.55, 0.5, 0.6}
	for _, s := range shares {
		c := []uint64{uint64(500 * s), uint64(500 * s), uint64(500 * (1 - s)), uint64(500*(1-s) + 0.5), 0}
		h.Groups = append(h.Groups, c)
		for i := range h.Counts {
			h.Counts[i] += c[i]
		}
	}
	x, err := h.ChiSquare(q)
	if err != nil {
		t.Fatal(err)
	}
	// t = 0.05/(0.05/√3) = √3; of 2 degrees of freedom P(|t| > √3) = 1 − √(3/5).
	near(t, "T²", x.Statistic, 3, 0.03) // counts are whole numbers
	near(t, "P", x.P, 1-math.Sqrt(3./5), 2e-3)
	near(t, "Z", math.Erfc(x.Z/math.Sqrt2)/2, x.P, 1e-12)
}

func TestBinsCoverTheGridEvenly(t *testing.T) {
	g := aBox(t, 30, 20, 24)
	q := bell(g, []float64{0, 1, 0}, 2)
	b := newBins(g, fieldMass(q, g.Volumes()), 11)
	if b.count != 11 {
		t.Fatalf("%d bins, want 11", b.count)
	}
	for _, f := range b.fractions(func(i int) float64 { return q.Values[i] }) {
		near(t, "fraction", f, 1./11, 0.05) // slabs of 0.15 of the mass are halved up to four times
	}
}
