package compare

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"

	"github.com/ness-fp/ness/grid"
)

// A ChiSquare is a test of whether a histogram can come from a density, by the covariance
// between groups of walkers of few bins, in which cells are merged. With G groups and K
// degrees of freedom
//
//	T² = (p̂ − q)ᵀ S⁻¹ (p̂ − q),  T² (G − K)/(K (G − 1)) ~ F(K, G − K)
//
// for normal means of groups: Hotelling's T², which is χ² where G is large.
//
// Hotelling, Ann. Math. Stat. 2 (1931) 360.
type ChiSquare struct {
	Statistic float64 // T²
	Freedom   int     // K: bins less one
	Groups    int     // G
	P         float64 // probability of a larger statistic if the density were exact
	Z         float64 // the normal deviate with that probability of a larger one
}

// ChiSquare tests the law inside the grid: of tallies and of the density, each divided by
// its part inside. Bins are boxes of about the same probability, cut along one axis after
// the other: at most 1 + G/3, and so few that each group can expect 5 independent tallies
// (by [Histogram.EffectiveSamples]) in each; the statistic is NaN where that leaves less
// than two, or where tallies do not vary in all of them.
//
// Errors are those of [Histogram.Distances].
func (h *Histogram) ChiSquare(q *grid.Field) (ChiSquare, error) {
	mq, err := h.densityMass(q)
	if err != nil {
		return ChiSquare{}, err
	}
	groups := len(h.Groups)
	c := ChiSquare{math.NaN(), 0, groups, math.NaN(), math.NaN()}
	count := 1 + groups/3
	if n := h.EffectiveSamples() / float64(5*groups); n < float64(count) {
		count = int(n)
	}
	if count < 2 {
		return c, nil
	}
	bins := newBins(h.Grid, mq, count)
	c.Freedom = bins.count - 1
	k := c.Freedom
	if k < 1 {
		return c, nil
	}
	want := bins.fractions(func(i int) float64 { return mq[i] })
	shares := mat.NewDense(groups, k, nil)
	diff := mat.NewVecDense(k, nil)
	for g, own := range h.Groups {
		f := bins.fractions(func(i int) float64 { return float64(own[i]) })
		shares.SetRow(g, f[:k]) // the last follows from the others
		for b := range k {
			diff.SetVec(b, diff.AtVec(b)+(f[b]-want[b])/float64(groups))
		}
	}
	c.Statistic = hotelling(shares, diff)
	if c.Statistic >= 0 {
		c.P, c.Z = hotellingChance(c.Statistic, k, groups)
	}
	return c, nil
}

// hotellingChance returns the chance of a T² above t2 with k degrees of freedom and so many
// groups, more than k, and the normal deviate with that chance of a larger one.
func hotellingChance(t2 float64, k, groups int) (p, z float64) {
	d1, d2 := float64(k), float64(groups-k)
	f := t2 * d2 / (d1 * float64(groups-1))
	p = mathext.RegIncBeta(d2/2, d1/2, d2/(d2+d1*f))
	return p, math.Sqrt2 * math.Erfcinv(2*p)
}

// hotelling returns G dᵀ C⁻¹ d for the covariance C of G rows, and NaN where C is singular.
func hotelling(rows *mat.Dense, d *mat.VecDense) float64 {
	groups, k := rows.Dims()
	cov := mat.NewSymDense(k, nil)
	mean := make([]float64, k)
	for b := range k {
		for g := range groups {
			mean[b] += rows.At(g, b) / float64(groups)
		}
	}
	for a := range k {
		for b := a; b < k; b++ {
			var s float64
			for g := range groups {
				s += (rows.At(g, a) - mean[a]) * (rows.At(g, b) - mean[b])
			}
			cov.SetSym(a, b, s/float64(groups-1))
		}
	}
	var chol mat.Cholesky
	solved := mat.NewVecDense(k, nil)
	if !chol.Factorize(cov) || chol.SolveVecTo(solved, d) != nil {
		return math.NaN()
	}
	return float64(groups) * mat.Dot(d, solved)
}

// bins are boxes of cells with about the same mass.
type bins struct {
	grid  *grid.Grid
	count int
	of    []int // the bin of each cell
}

func newBins(g *grid.Grid, mass []float64, count int) *bins {
	b := &bins{grid: g, of: make([]int, g.Cells())}
	b.cut(mass, make([]int, g.Dim()), g.Shape(), 0, count)
	return b
}

// cut makes so many bins of the box lo ≤ indices < hi, beginning with axis a.
func (b *bins) cut(mass []float64, lo, hi []int, a, count int) {
	if count > 1 {
		for range b.grid.Dim() {
			if at := b.divide(mass, lo, hi, a, count); at > lo[a] {
				next := (a + 1) % b.grid.Dim()
				below, above := append([]int(nil), hi...), append([]int(nil), lo...)
				below[a], above[a] = at, at
				b.cut(mass, lo, below, next, count/2)
				b.cut(mass, above, hi, next, count-count/2)
				return
			}
			a = (a + 1) % b.grid.Dim()
		}
	}
	b.each(lo, hi, func(i int, _ []int) { b.of[i] = b.count })
	b.count++
}

// divide returns where along axis a a part count/2 of count of the mass of a box lies
// below, as nearly as cells allow, and lo where they do not.
func (b *bins) divide(mass []float64, lo, hi []int, a, count int) int {
	slabs := make([]float64, hi[a]-lo[a])
	var all float64
	b.each(lo, hi, func(i int, idx []int) {
		slabs[idx[a]-lo[a]] += mass[i]
		all += mass[i]
	})
	want := all * float64(count/2) / float64(count)
	at, best, below := lo[a], all, 0.0
	for k, m := range slabs[:len(slabs)-1] {
		below += m
		if off := math.Abs(below - want); below > 0 && below < all && off < best {
			at, best = lo[a]+k+1, off
		}
	}
	if best > want/2 { // a cell with most of the mass
		return lo[a]
	}
	return at
}

// each visits the cells of a box.
func (b *bins) each(lo, hi []int, visit func(i int, idx []int)) {
	idx := append([]int(nil), lo...)
	for {
		visit(b.grid.Index(idx), idx)
		a := 0
		for ; a < len(idx); a++ {
			if idx[a]++; idx[a] < hi[a] {
				break
			}
			idx[a] = lo[a]
		}
		if a == len(idx) {
			return
		}
	}
}

// fractions returns the sum over each bin, divided by that over all.
func (b *bins) fractions(mass func(i int) float64) []float64 {
	f := make([]float64, b.count)
	var all float64
	for i, k := range b.of {
		m := mass(i)
		f[k] += m
		all += m
	}
	for k := range f {
		f[k] /= all
	}
	return f
}
