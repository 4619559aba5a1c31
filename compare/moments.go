package compare

import (
	"math"
	"math/bits"
)

// This file sums up every walker's coordinates on line, and estimates moments from what
// walkers say independently of one another.
//
// Sums are taken about each walker's first tallied position, where little cancels. Those
// of first order are kept for segments of a walker's tallies: at most 8, all of the same
// length but the last, and when they are full two become one. So there is a first and a
// second half to compare, however long the run.

// segments is the largest number of segments.
const segments = 8

// momentSums has one number for each walker in every slice.
type momentSums struct {
	origin [][]float64 // d
	first  [][]float64 // segment s of coordinate a: s d + a
	second [][]float64 // packed
}

// segmentLength returns that of the segments of so many tallies: the least power of 2
// that leaves at most 8.
func segmentLength(tallies int) int {
	return 1 << bits.Len(uint((tallies-1)/segments))
}

// segment makes room for a tally of walkers from the first on that have been tallied so often before, and returns
// the columns of first order that it goes to.
func (m *momentSums) segment(theta [][]float64, first, before int) [][]float64 {
	d, n := len(theta), len(theta[0])
	if before == 0 {
		for a, t := range theta {
			copy(m.origin[a][first:], t)
		}
	}
	length := segmentLength(before + 1)
	if before > 0 && before == segments*segmentLength(before) {
		m.merge(d, first, n)
	}
	return m.first[before/length*d:][:d]
}

// add adds walkers from the first on, but for those that have been summed up.
func (m *momentSums) add(to, theta [][]float64, first, summed int) {
	n := len(theta[0])
	if summed == n {
		return
	}
	k := 0
	for a := range theta {
		t, from := theta[a][:n], m.origin[a][first:][:n]
		sum, square := to[a][first:][:n], m.second[k][first:][:n]
		for w := summed; w < n; w++ {
			off := t[w] - from[w]
			sum[w] += off
			square[w] += float64(off * off)
		}
		k++
		for b := a + 1; b < len(theta); b++ {
			u, other := theta[b][:n], m.origin[b][first:][:n]
			product := m.second[k][first:][:n]
			for w := summed; w < n; w++ {
				product[w] += float64((t[w] - from[w]) * (u[w] - other[w]))
			}
			k++
		}
	}
}

// merge makes four segments of eight.
func (m *momentSums) merge(d, first, n int) {
	for s := range segments {
		for a := range d {
			to := m.first[s*d+a][first:][:n]
			if s >= segments/2 {
				clear(to)
				continue
			}
			x, y := m.first[2*s*d+a][first:][:n], m.first[(2*s+1)*d+a][first:][:n]
			for w := range to {
				to[w] = x[w] + y[w]
			}
		}
	}
}

// Moments are mean and covariance of all tallied positions, with standard errors between
// walkers, and what says whether they can be trusted. Covariances are packed upper
// triangles by rows. All are NaN where they are not known: errors of fewer than two walkers.
type Moments struct {
	Walkers       int // that have been tallied
	Tallies       int // of all walkers
	Mean, MeanErr []float64
	Cov, CovErr   []float64

	// WalkerMeans has the mean of each walker, a slice per coordinate. Where walkers stay
	// in wells they fall into clusters.
	WalkerMeans [][]float64
	// WalkerCovs has the mean of products of deviations from Mean of each walker, a slice per
	// component. Their mean is Cov, but for a part in the number of walkers.
	WalkerCovs [][]float64
	// Between is the variance of the means of walkers, Within the mean of their own
	// variances. Their sum is Cov's diagonal; walkers that have been everywhere have
	// Between ≪ Within.
	Between, Within []float64
	// EffectiveSamples is how many independent samples would leave the same MeanErr.
	EffectiveSamples []float64
	// SplitRHat is √(1 + B/W) for the variance B between, and W within, the halves of all
	// walkers' tallies: near 1 when each half has been everywhere. A walker that has been
	// correlated for all the run has much of its variance between.
	//
	// Gelman et al., Bayesian Data Analysis, 3rd ed., §11.4 (there as a limit of long chains).
	SplitRHat []float64
	// Trend is the difference of the means of the second and the first half over its
	// standard error between walkers: beyond ±5 the burn-in was too short, or the learning
	// rate changes.
	Trend []float64
}

// Moments returns those of what has been tallied so far. Every walker counts the same.
func (e *Ensemble) Moments() *Moments {
	d := e.process.dim()
	var s walkerSums
	for k, done := range e.done {
		n := e.tallied(int(done))
		for w := k * e.lanes; n > 0 && w < min((k+1)*e.lanes, e.opt.Walkers); w++ {
			s.tallies += n
			s.add(&e.moments, d, w, n)
		}
	}
	return s.moments(d)
}

// walkerSums are means of walkers.
type walkerSums struct {
	tallies      int
	mean         [][]float64 // per walker, d
	second       [][]float64 // per walker: mean of products of deviations from its own mean
	early, late  [][]float64 // per walker: means of its halves
	earlyPortion []float64
}

func (s *walkerSums) add(m *momentSums, d, w, n int) {
	length := segmentLength(n)
	half := (n + length - 1) / length / 2 * length // tallies in the first half
	mean, early, late := make([]float64, d), make([]float64, d), make([]float64, d)
	for a := range d {
		for k := range segments {
			if v := m.first[k*d+a][w]; (k+1)*length <= half {
				early[a] += v
			} else {
				late[a] += v
			}
		}
		mean[a] = (early[a] + late[a]) / float64(n)
		early[a] = m.origin[a][w] + early[a]/float64(half)
		late[a] = m.origin[a][w] + late[a]/float64(n-half)
	}
	second := make([]float64, packed(d))
	k := 0
	for a := range d {
		for b := a; b < d; b++ {
			second[k] = m.second[k][w]/float64(n) - mean[a]*mean[b]
			k++
		}
	}
	for a := range d {
		mean[a] += m.origin[a][w]
	}
	s.mean, s.second = append(s.mean, mean), append(s.second, second)
	s.early, s.late = append(s.early, early), append(s.late, late)
	s.earlyPortion = append(s.earlyPortion, float64(half)/float64(n))
}

func (s *walkerSums) moments(d int) *Moments {
	count := len(s.mean)
	m := &Moments{Walkers: count, Tallies: s.tallies, WalkerMeans: columns(d, count)}
	for w, x := range s.mean {
		for a, v := range x {
			m.WalkerMeans[a][w] = v
		}
	}
	for a := range d {
		mean, se := estimate(m.WalkerMeans[a])
		m.Mean, m.MeanErr = append(m.Mean, mean), append(m.MeanErr, se)
	}
	k := 0
	for a := range d {
		for b := a; b < d; b++ {
			x := make([]float64, count)
			for w := range x {
				x[w] = s.second[w][k] + (s.mean[w][a]-m.Mean[a])*(s.mean[w][b]-m.Mean[b])
			}
			// About the mean of all walkers a sum over them lacks one part in their number
			// of what is between them.
			mean, se := estimate(x)
			mean += s.covarianceOfMean(m, a, b)
			m.Cov, m.CovErr, m.WalkerCovs = append(m.Cov, mean), append(m.CovErr, se), append(m.WalkerCovs, x)
			k++
		}
	}
	s.mixing(m, d)
	return m
}

// covarianceOfMean estimates Cov(Mean_a, Mean_b).
func (s *walkerSums) covarianceOfMean(m *Moments, a, b int) float64 {
	n := float64(len(s.mean))
	var sum float64
	for _, x := range s.mean {
		sum += (x[a] - m.Mean[a]) * (x[b] - m.Mean[b])
	}
	return sum / (n * (n - 1))
}

// mixing fills in all that compares walkers and halves.
func (s *walkerSums) mixing(m *Moments, d int) {
	n := float64(len(s.mean))
	own, change := make([]float64, len(s.mean)), make([]float64, len(s.mean))
	var halves []float64
	k := 0
	for a := range d {
		halves = halves[:0]
		var between float64 // of the halves of one walker, its mean over walkers
		for w := range own {
			early, late, q := s.early[w][a], s.late[w][a], s.earlyPortion[w]
			own[w], change[w] = s.second[w][k], late-early
			between += q * (1 - q) * change[w] * change[w] / n
			halves = append(halves, early, late)
		}
		within, _ := estimate(own)
		trend, trendErr := estimate(change)
		_, halvesErr := estimate(halves)
		variance := halvesErr * halvesErr * float64(len(halves))
		m.Between = append(m.Between, m.MeanErr[a]*m.MeanErr[a]*n)
		m.Within = append(m.Within, within)
		m.EffectiveSamples = append(m.EffectiveSamples, m.Cov[k]/(m.MeanErr[a]*m.MeanErr[a]))
		m.SplitRHat = append(m.SplitRHat, math.Sqrt(1+variance/(within-between)))
		m.Trend = append(m.Trend, trend/trendErr)
		k += d - a
	}
}

// estimate returns the mean of independent numbers and its standard error.
func estimate(x []float64) (mean, se float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	var ss float64
	for _, v := range x {
		ss += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(ss / (n * (n - 1)))
}
