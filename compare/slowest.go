package compare

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// This file finds the slowest combination of columns of numbers, whose rows are walkers at one
// time after those at the time before; see [Relaxation]. Times are in units of that spacing.

const (
	// still is the part of its mean that a column's deviation must exceed: less is round-off.
	still = 1e-12
	// dependent is the part of the mean variance that combinations must exceed: of products of
	// columns that are all but dependent less may be round-off.
	dependent = 1e-9
)

// standardized returns columns less their means over their deviations, without those that are
// constant; nil if all are.
func standardized(x *mat.Dense) *mat.Dense {
	rows, columns := x.Dims()
	var kept []int
	mean, scale := make([]float64, columns), make([]float64, columns)
	for c := range columns {
		var variance float64
		for r := range rows {
			mean[c] += x.At(r, c) / float64(rows)
		}
		for r := range rows {
			variance += (x.At(r, c) - mean[c]) * (x.At(r, c) - mean[c]) / float64(rows)
		}
		if math.Sqrt(variance) > still*math.Abs(mean[c]) {
			kept = append(kept, c)
			scale[c] = 1 / math.Sqrt(variance)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	out := mat.NewDense(rows, len(kept), nil)
	for r := range rows {
		to := out.RawRowView(r)
		for k, c := range kept {
			to[k] = (x.At(r, c) - mean[c]) * scale[c]
		}
	}
	return out
}

// functionals returns the columns with all products of two of them, or with their squares, or
// alone, whichever is the first to make no more than most; standardized.
func functionals(x *mat.Dense, most int) *mat.Dense {
	if x == nil {
		return nil
	}
	rows, d := x.Dims()
	var reach int // products are of columns up to so far apart
	switch {
	case d+packed(d) <= most:
		reach = d
	case 2*d <= most:
		reach = 1
	default:
		return x
	}
	count := d
	for a := range d {
		count += min(reach, d-a)
	}
	out := mat.NewDense(rows, count, nil)
	for r := range rows {
		from, to := x.RawRowView(r), out.RawRowView(r)
		k := copy(to, from)
		for a := range d {
			for b := a; b < min(d, a+reach); b++ {
				to[k] = from[a] * from[b]
				k++
			}
		}
	}
	return standardized(out)
}

// whitened returns combinations of standardized columns that are uncorrelated and of variance
// 1, as many as are independent to round-off.
func whitened(x *mat.Dense) *mat.Dense {
	if x == nil {
		return nil
	}
	rows, n := x.Dims()
	c := mat.NewSymDense(n, nil)
	c.SymOuterK(1/float64(rows), x.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(c, true) {
		panic("compare: eigenvalues of a correlation matrix were not found")
	}
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	first := 0
	for values[first] <= dependent { // ascending, of mean 1
		first++
	}
	for k := first; k < n; k++ {
		for i := range n {
			vectors.Set(i, k, vectors.At(i, k)/math.Sqrt(values[k]))
		}
	}
	var out mat.Dense
	out.Mul(x, vectors.Slice(0, n, first, n))
	return &out
}

// exponentialTime returns −t/ln|λ| for the largest eigenvalue of K(t) at the first lag t = 1, 2,
// 4, … at which it is below 1/e, or at the last; +Inf where it is not below 1 there.
func exponentialTime(x *mat.Dense, walkers int) float64 {
	for lag := 1; ; lag *= 2 {
		size := largestEigenvalue(regression(x, lag*walkers))
		if size < 1/math.E || 2*lag > mostLag {
			if size >= 1 {
				return math.Inf(1)
			}
			return -float64(lag) / math.Log(size)
		}
	}
}

// regression returns K of the least squares y ≈ m + Kᵀx, where y is what comes so many rows
// after x.
func regression(x *mat.Dense, shift int) *mat.Dense {
	rows, n := x.Dims()
	count := rows - shift
	from, to := x.Slice(0, count, 0, n), x.Slice(shift, rows, 0, n)
	meanFrom, meanTo := columnMeans(from), columnMeans(to)
	covariance := func(y mat.Matrix, mean *mat.VecDense) *mat.Dense {
		var c mat.Dense
		c.Mul(from.T(), y)
		c.Scale(1/float64(count), &c)
		c.RankOne(&c, -1, meanFrom, mean)
		return &c
	}
	var k mat.Dense
	if err := k.Solve(covariance(from, meanFrom), covariance(to, meanTo)); err != nil {
		// Some functional stood still in all but the last rows: nothing is known of it.
		return nil
	}
	return &k
}

// columnMeans returns the mean of every column.
func columnMeans(x mat.Matrix) *mat.VecDense {
	rows, _ := x.Dims()
	weights := mat.NewVecDense(rows, nil)
	for r := range rows {
		weights.SetVec(r, 1/float64(rows))
	}
	var mean mat.VecDense
	mean.MulVec(x.T(), weights)
	return &mean
}

// largestEigenvalue returns the largest modulus; 1 of what is not known.
func largestEigenvalue(k *mat.Dense) float64 {
	var eigen mat.Eigen
	if k == nil || !eigen.Factorize(k, mat.EigenNone) {
		return 1
	}
	var largest float64
	for _, v := range eigen.Values(nil) {
		largest = max(largest, math.Hypot(real(v), imag(v)))
	}
	return largest
}

// walkerMeans returns the mean of every column, a row per walker.
func walkerMeans(x *mat.Dense, walkers int) *mat.Dense {
	rows, n := x.Dims()
	means := mat.NewDense(walkers, n, nil)
	for r := range rows {
		to := means.RawRowView(r % walkers)
		for c, v := range x.RawRowView(r) {
			to[c] += v / float64(rows/walkers)
		}
	}
	return means
}

// integratedTime returns half the number of rows per walker times the largest variance of
// walkers' means over combinations of variance 1, over the factor (1 + √(n/W))² by which the
// largest eigenvalue of a covariance of n independent numbers exceeds 1 when it is taken from
// W samples (Marchenko and Pastur).
func integratedTime(x *mat.Dense, walkers int) float64 {
	rows, n := x.Dims()
	means := walkerMeans(x, walkers)
	between := mat.NewSymDense(n, nil)
	between.SymOuterK(1/float64(walkers-1), means.T()) // means of all walkers are 0
	var eigen mat.EigenSym
	if !eigen.Factorize(between, false) {
		panic("compare: eigenvalues of a covariance were not found")
	}
	chance := 1 + math.Sqrt(float64(n)/float64(walkers))
	return float64(rows/walkers) / 2 * eigen.Values(nil)[n-1] / (chance * chance)
}

// memory is the number of standard errors beyond which walkers of one start are not like all:
// by chance in 2e-9 of starts and combinations.
const memory = 6

// remembered returns the number of rows per walker over ln 10⁶, the least time with which that
// was no burn-in, if the means of walkers w ≡ s mod starts differ from those of all by more
// than six standard errors for any s and column, else 0. Errors are between walkers of the
// same start: with one start, or more than there are pairs of walkers, it is 0.
func remembered(x *mat.Dense, walkers, starts int) float64 {
	rows, n := x.Dims()
	if starts == 1 || 2*starts > walkers {
		return 0
	}
	means := walkerMeans(x, walkers)
	for c := range n {
		group := make([]float64, starts)
		size := func(s int) float64 { return float64((walkers - s + starts - 1) / starts) }
		for w := range walkers {
			group[w%starts] += means.At(w, c) / size(w%starts)
		}
		var variance float64
		for w := range walkers {
			off := means.At(w, c) - group[w%starts]
			variance += off * off / float64(walkers-starts)
		}
		for s, mean := range group { // the mean of all walkers is 0
			if mean*mean > memory*memory*variance*(1/size(s)-1/float64(walkers)) {
				return float64(rows/walkers) / faded
			}
		}
	}
	return 0
}
