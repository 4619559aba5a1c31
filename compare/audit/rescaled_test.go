package audit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// On x²/2 with Σ = 1 walkers have the variance 1/(1 − η/2) over that of first order, and of second order in
// drift and noise it is 1 + η/2: total variation is that of normal laws, within five errors and up to what
// sampling adds. That from the equation of the file is the one of the finding on walkers.
func TestWalkersAgainstBothOrdersInTotalVariation(t *testing.T) {
	skipShort(t)
	const eta = 0.8
	r := audited(t, strings.Replace(line(fmt.Sprint(eta), ""), "batch_size: 1", "batch_size: 2", 1), Options{MaxPoints: 1, Walkers: 512, Relaxations: 400})
	f := find(t, r, "order-in-rate")
	for k, eta := range []float64{eta, eta / 2} {
		for order, of := range []float64{1, 1 + eta/2} {
			which := fmt.Sprintf("order-%d-rate-%d", order+1, k+1)
			want := normalTV(math.Sqrt(1 / (1 - eta/2) / of))
			got, err, floor := statistic(t, f, "walkers-tv-"+which), errorOf(t, f, "walkers-tv-"+which), statistic(t, f, "walkers-floor-"+which)
			if got < want-5*err || got > want+floor+5*err || !(err < 0.01 && floor < 0.02 && floor > 0) {
				t.Errorf("%s: %.4f ± %.1g with a floor of %.2g, want %.4f", which, got, err, floor, want)
			}
		}
	}
	w := find(t, r, "walkers")
	if got := statistic(t, f, "walkers-tv-order-1-rate-1"); got != statistic(t, w, "tv") || errorOf(t, f, "walkers-tv-order-1-rate-1") < errorOf(t, w, "tv") {
		t.Errorf("walkers are %g from their equation, and %g", got, statistic(t, w, "tv"))
	}
}

// Injected noise falls with η at fixed η/B: no order is told, and why.
func TestInjectedNoiseHasNoOrders(t *testing.T) {
	src := strings.Replace(line("0.4", ", injected_noise: 1"), "batch_size: 1", "batch_size: 2", 1)
	f := find(t, audited(t, src, Options{MaxPoints: 1, Walkers: 64, Relaxations: 20}), "order-in-rate")
	if !strings.Contains(f.Sentence, "injected noise changes with η") || slices.ContainsFunc(f.Statistics, func(s Statistic) bool { return strings.HasPrefix(s.Key, "power-order") }) {
		t.Errorf("%s: %v", f.Sentence, f.Statistics)
	}
}

// Errors of total variation are those of walkers and half of the relative L1 error of the density.
func TestDistancesAtRatesHaveTheErrorOfTheDensity(t *testing.T) {
	f, g := problemOf(t, strings.Replace(line("0.2", ""), "batch_size: 1", "batch_size: 2", 1))
	s, err := newSubject(f, g, Options{Walkers: 64, Relaxations: 20}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	s.estimate.Density = 0.004 // less than what so few walkers leave, 0.0056
	walkers, err := s.crowds.of[walkItself].Distances(s.solution.Density)
	if err != nil {
		t.Fatal(err)
	}
	first := s.rates()[0]
	if got, want := first.tv[0.2].Err, walkers.TV.Err+0.002; first.err != nil || math.Abs(got-want) > 1e-15 {
		t.Errorf("± %g, want %g: %v", got, want, first.err)
	}
}
