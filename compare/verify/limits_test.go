package verify

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// limitOn returns the limit of a study on a quantity, nil where it has none.
func limitOn(s *Study, q Quantity) *Limit {
	k := slices.IndexFunc(s.Limits, func(l Limit) bool { return l.Quantity == q })
	if k < 0 {
		return nil
	}
	return &s.Limits[k]
}

// slow are studies whose first size takes a second or so.
var slow = map[string]bool{"A2 in time, order 4": true, "A14 rotation, order 4": true, "A14 rotation, order 6": true, "A14 rotation, order 8": true}

// blurred are quantities that at the first size are less than a quarter of their limit, though that has an
// order: what iterations leave of a current that should be 0, and entropy production that is of another order
// there.
var blurred = map[string]bool{"A1 current": true, "A9 current": true, "A2 anisotropic noise, order 4 entropy production": true}

// Limits of twice C n^−q are used to a quarter at the first size at least, C being the largest at all
// sizes: the next terms of the error take at most half of it there, but for currents and entropy production of
// order 8. So no limit is many times what it has to be.
func TestLimitsAreTight(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic")
	}
	for _, c := range All() {
		for _, s := range c.Studies {
			if s.Quick == 0 || slow[c.ID+" "+s.Name] {
				continue
			}
			s.Quick = 1
			r, err := Run(context.Background(), &Case{Studies: []Study{s}}, Options{Quick: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range r.Studies[0].Checks {
				if k.Reason != twiceReason || blurred[c.ID+" "+k.What] || blurred[c.ID+" "+s.Name+" "+k.What] || k.What != Error.String() && s.Order == 8 {
					continue
				}
				if !(k.Used > 0.25) {
					t.Errorf("%s, %s: %s %.2g at %d uses %.2g of its limit", c.ID, s.Name, k.What, k.Value, k.N, k.Used)
				}
			}
		}
	}
}

// Limits are what their reasons say: round-off is of some hundred operations of 2⁻⁵³, at most 1000; of sums
// 30√N of it for N = 1e5; and what iterations leave twice 1e-9 of the current and three times 3e-11 of the
// mass. In equilibrium a current of that limit makes J²/Dp where Dp is 1e-9; and a deviation is beyond its
// limit with the chance of a normal one.
func TestLimitsAreWhatTheirReasonsSay(t *testing.T) {
	const ulp = 0x1p-53
	for _, c := range []struct {
		name        string
		limit, most float64
	}{
		{"round-off", floors[Error].at, 1000 * ulp},
		{"mass", massLimit, 30 * math.Sqrt(1e5) * ulp},
		{"current", floors[Current].at, 2 * 1e-9},
		{"negative mass", floors[Negative].at, 3.4 * 3e-11},              // rounded up
		{"entropy production", floors[EntropyProduction].at, 1.5 * 7e-7}, // rounded up
		{"in equilibrium", stillEntropy.at, floors[Current].at * floors[Current].at / 1e-9},
	} {
		if c.limit > c.most*(1+1e-12) || c.limit < c.most/2 {
			t.Errorf("%s: %g, want %g at most", c.name, c.limit, c.most)
		}
	}
	if p := math.Erfc(deviationLimit / math.Sqrt2); p > 6e-7 || p < 5e-7 {
		t.Errorf("deviations: a chance of %.2g", p)
	}
}

// An error that was measured gives twice of it with its order and the floor of its quantity, one of order 0
// what it is, a cut-off sum the floor, and nothing no limit.
func TestLimitsAreTwiceWhatWasMeasured(t *testing.T) {
	var s Study
	s.limit(Error, 3e-4, 2)
	s.limit(Current, 3e-14, 0)
	s.limit(EntropyProduction, cutOff, 4)
	s.limit(Current, 0, 2)
	want := []Limit{
		{Error, 6e-4, 2, floors[Error].at, twiceReason, floors[Error].reason},
		{Current, 3e-14, 0, 3e-14, exactReason, ""},
		{EntropyProduction, floors[EntropyProduction].at, 0, 0, floors[EntropyProduction].reason, ""},
	}
	if !slices.Equal(s.Limits, want) {
		t.Errorf("%+v, want %+v", s.Limits, want)
	}
}

// Nothing is below 0 where rates are ≥ 0 or p = e^−φ, which is of monotone, nodal and logarithmic ways, and
// of uniform states; else it is a twentieth of the error's limit. In equilibrium the floor of entropy
// production is that of a current that should be 0, and where it is a square, of twice the order.
func TestLimitsOfEveryStudy(t *testing.T) {
	positive := func(name string) bool {
		return slices.ContainsFunc([]string{"monotone", "nodal", "logarithmic", "by its potential", "from the samples", "stationary"}, func(s string) bool { return strings.Contains(name, s) })
	}
	for _, c := range All() {
		for _, s := range c.Studies {
			e, negative, mass, entropy := limitOn(&s, Error), limitOn(&s, Negative), limitOn(&s, Mass), limitOn(&s, EntropyProduction)
			if e == nil {
				t.Fatalf("%s, %s: no limit on the error", c.ID, s.Name)
			}
			if (negative == nil) != (mass == nil) || mass != nil && mass.At != massLimit {
				t.Errorf("%s, %s: mass %+v, negative %+v", c.ID, s.Name, mass, negative)
			}
			if negative != nil {
				want := Limit{Quantity: Negative, Reason: positiveReason}
				if !positive(s.Name) {
					want = Limit{Negative, negative.At, e.Order, floors[Negative].at, negativeReason, floors[Negative].reason}
					if math.Abs(20*negative.At-e.At) > 1e-14*e.At { // round-off
						t.Errorf("%s, %s: %g below 0, want a twentieth of %g", c.ID, s.Name, negative.At, e.At)
					}
				}
				if *negative != want {
					t.Errorf("%s, %s: %+v, want %+v", c.ID, s.Name, *negative, want)
				}
			}
			still := slices.Contains([]string{"A1", "A3", "A9"}, c.ID) || strings.HasPrefix(s.Name, "eight wells")
			if entropy != nil && entropy.Order > 0 {
				want := floors[EntropyProduction].at
				if still {
					want = stillEntropy.at
				}
				order := e.Order
				if c.ID == "A3" || strings.HasPrefix(s.Name, "eight wells") {
					order *= 2
				}
				if entropy.Floor != want || entropy.Order != order {
					t.Errorf("%s, %s: entropy production %+v, want a floor of %g and order %g", c.ID, s.Name, *entropy, want, order)
				}
			}
			if e.Reason == exactReason {
				most := floors[Error].at
				if s.Name == "from the samples" {
					most *= 10 // ∇·D, of second moments of the data, has some more roundings
				}
				if j := limitOn(&s, Current); e.At > most || j.At > 1e-12 || entropy.At > 1e-12 {
					t.Errorf("%s, %s: round-off of %g, %g and %g", c.ID, s.Name, e.At, j.At, entropy.At)
				}
			}
		}
	}
	// Cells add up entrywise residuals of 3e-12 in a row of 256.
	if l := tails()[0].Limits[0]; l.At > 1.5*256*3e-12 || l.At != l.Floor {
		t.Errorf("tails: %+v", l)
	}
}

// Limits of sampling are six errors √(2/N) of a variance of N independent samples, at the last size, and fall
// with the root of the size. At a learning rate of 0.1 a walker is good for 600 steps over the relaxation time
// of 25, at 1.5 for a hundred at most, as in 30 epochs of six batches; and positions of an epoch of 4000
// walkers are good for two samples each.
func TestLimitsOfSampling(t *testing.T) {
	list := slices.Concat(quadraticWalkers(), epochs())
	for k, samples := range []float64{24 * 8000, 100 * 8000, 100 * 8000, 2 * 4000} {
		s := list[k]
		want, order := 6*math.Sqrt(2/samples), 0.5
		if s.Unit != "walkers" {
			order = 0 // of any curvature alike
		}
		if l := limitOn(&s, Error); math.Abs(l.At-want) > 1e-12*want || l.Order != order {
			t.Errorf("%s: %+v, want %g", s.Name, *l, want)
		}
		if l := limitOn(&s, Deviation); l.At != deviationLimit || l.Order != 0 {
			t.Errorf("%s: %+v", s.Name, *l)
		}
	}
}

// The last order that is observed is held against the one expected, to either side: one that is too high
// may be an error that is measured at the wrong place.
func TestOrdersAreHeldToEitherSide(t *testing.T) {
	for _, c := range []struct {
		errors []float64 // at 10, 20 and 40
		order  float64
		passed bool
	}{
		{[]float64{16, 4, math.Pow(2, -0.09)}, 2.09, true},
		{[]float64{16, 4, math.Pow(2, -0.11)}, 2.11, false},
		{[]float64{16, 4, math.Pow(2, 0.09)}, 1.91, true},
		{[]float64{16, 4, math.Pow(2, 0.11)}, 1.89, false},
		{[]float64{100, 4, 1}, 2, true},        // the first is too high
		{[]float64{16, 4, 4}, 0, false},        // the last is too low
		{[]float64{16, 4, 1e-3}, 2, true},      // at the floor the one before counts
		{[]float64{1e-3, 1e-3, 1e-3}, 0, true}, // and none where all are there
	} {
		s := Study{Name: "s", Unit: "cells", Sizes: []int{10, 20, 40}, Order: 2, Slack: 0.1, Limits: []Limit{{Quantity: Error, At: 1e3, Floor: 1e-2}}}
		s.Measure = func(_ context.Context, n int) (Measurement, error) {
			m := nothing()
			m[Error] = c.errors[slices.Index(s.Sizes, n)]
			return m, nil
		}
		r, err := Run(context.Background(), &Case{Studies: []Study{s}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		k := r.Studies[0].Checks[1]
		if k.What != "order" || k.Passed != c.passed || k.Limit != 0.1 || c.order != 0 && math.Abs(k.Value-c.order) > 1e-12 {
			t.Errorf("%v: %+v, want %g", c.errors, k, c.order)
		}
	}
}

// A mass that is too small counts like one that is too large, and what is below 0 is measured, of solutions
// and of densities that change in time.
func TestMassIsMeasuredToEitherSide(t *testing.T) {
	c := exact.LimitCycle()
	g := c.Grid(24)
	for _, off := range []float64{-1e-6, 1e-6} {
		s, err := fp.SolveStationary(c.Problem, g, fp.StationaryOptions{Order: fp.OrderMonotone})
		if err != nil {
			t.Fatal(err)
		}
		j, at := s.Current(), g.Cells()/2
		for i := range s.Density.Values {
			s.Density.Values[i] *= 1 + off
		}
		if m := compared(s, j, c.Reference(g)); math.Abs(m[Mass]-1e-6) > 1e-12 { // of the solution
			t.Errorf("%g too much mass is %g", off, m[Mass])
		}
		s.Mass[at] = -0.02
		if m := compared(s, j, c.Reference(g)); m[Negative] != 0.02 { // of rates ≥ 0, which leave nothing else
			t.Errorf("%g below 0, want 0.02", m[Negative])
		}
		heat := heatCourse(0.3)
		density := heat.density
		heat.density = func(g *grid.Grid, time float64) *grid.Field {
			p := density(g, time)
			for i := range p.Values {
				p.Values[i] *= 1 + off
			}
			return p
		}
		m, err := heat.evolve(context.Background(), 12, fp.EvolutionOptions{Order: 4, Tol: 1e-4})
		if err != nil || math.Abs(m[Mass]-1e-6) > massLimit {
			t.Errorf("in time: %g too much mass is %g, %v", off, m[Mass], err)
		}
	}
}
