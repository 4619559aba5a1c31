package compare

import (
	"fmt"
	"math"
)

const (
	// largestRHat is the usual bound for R̂ of halves. A half of T steps of a process with
	// relaxation time τ has R̂² = 1/(1 − 2τ/T): 1.1 is T = 12τ.
	//
	// Gelman et al., Bayesian Data Analysis, 3rd ed., §11.5.
	largestRHat = 1.1
	// largestTrend has a false alarm in 6e-7 coordinates of normal error.
	largestTrend = 5
	// fewestSamples leave a mean known to 5 % of the deviation and a variance to 7 %, √(2/n).
	fewestSamples = 400
	// mostKurtosis is that of squares of normal numbers, as variances of walkers are that have been counted once.
	mostKurtosis = 15
	// mostCarried is the largest kurtosis over the number of walkers: its largest value is 1, where one walker
	// has all, and 1 − β is what is expected of squared deviations with an infinite mean, of density ~ u^−(1+β) with β < 1.
	mostCarried = 0.1
)

// Mixed says whether walkers have been everywhere that any has been, along the coordinates
// that have a name in names: else the weights of wells are those of the start. Coordinates that
// stand still are passed over.
func (m *Moments) Mixed(names []string) bool {
	for a := range m.Mean {
		if names[a] != "" && !m.isStill(a) && !(m.SplitRHat[a] <= largestRHat && m.Between[a] <= m.Within[a]) {
			return false
		}
	}
	return true
}

// isStill says whether no walker moves along a coordinate, nor differs from another, but for round-off.
func (m *Moments) isStill(a int) bool {
	return math.Sqrt(m.Between[a]+m.Within[a]) <= still*math.Abs(m.Mean[a])
}

// Doubts returns a sentence in plain words for each reason not to trust an ensemble: walkers
// that stay in the part where they started, or whose halves differ more than a run of some
// relaxation times allows (SplitRHat above 1.1); a difference of first and second half beyond
// five standard errors; fewer than 400 effective samples; a variance whose error is that of a few walkers, as with
// tails that leave it no error at all. None is no proof: a well where no
// walker has been is not missed. Coordinates that stand still are passed over, and those
// without a name in names: round periodic axes walkers wind, and have no mean. Where the learning
// rate falls while walkers are counted, so that they slow down, a longer run is no advice.
func (m *Moments) Doubts(names []string, falls bool) []string {
	if m.Walkers < 2 {
		return []string{fmt.Sprintf("%d walkers have been tallied: errors want two at least; run beyond the burn-in", m.Walkers)}
	}
	longer, more := "run longer", "run longer, or more walkers"
	if falls {
		longer, more = "the learning rate falls, and a longer run may not mend it", "run more walkers"
	}
	var doubts []string
	say := func(a int, format string, args ...any) {
		doubts = append(doubts, names[a]+": "+fmt.Sprintf(format, args...))
	}
	for a, k := 0, 0; a < len(m.Mean); a, k = a+1, k+len(m.Mean)-a {
		if names[a] == "" {
			continue
		}
		switch between, within := m.Between[a], m.Within[a]; {
		case m.isStill(a):
		case math.IsNaN(m.SplitRHat[a]):
			say(a, "walkers have been counted too seldom to say whether they have forgotten where they started; %s", longer)
		case between > within:
			say(a, "walkers stay apart: their means vary by %.3g, each of them by %.3g; how many are where, as in wells, depends on where they start; %s", between, within, longer)
		case m.SplitRHat[a] > largestRHat:
			say(a, "walkers have hardly forgotten where they were: R̂ of their halves is %.3f, want at most %g; %s", m.SplitRHat[a], largestRHat, longer)
		}
		if z := m.Trend[a]; z > largestTrend || z < -largestTrend {
			say(a, "the mean still changes: second and first half differ by %.1f standard errors; the burn-in is too short, or the learning rate changes", z)
		}
		if n := m.EffectiveSamples[a]; n < fewestSamples {
			say(a, "there are only %.0f effective samples, want %d; %s", n, fewestSamples, more)
		}
		if kurtosis, share := heaviest(m.WalkerCovs[k]); !m.isStill(a) && kurtosis > max(mostKurtosis, mostCarried*float64(m.Walkers)) {
			say(a, "the error of the variance is that of few walkers, %.0f %% of its square that of one: tails are heavy, and the variance may be far off, most often too small; %s", 100*share, more)
		}
	}
	return doubts
}

// heaviest returns the kurtosis of some numbers, and the share of one in all squared deviations from their mean.
func heaviest(x []float64) (kurtosis, share float64) {
	mean, _ := estimate(x)
	var second, fourth, largest float64
	for _, v := range x {
		square := (v - mean) * (v - mean)
		second += square
		fourth += square * square
		largest = max(largest, square)
	}
	return fourth / second / second * float64(len(x)), largest / second
}
