package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"
)

// This file finds with which power of the learning rate η ensembles leave what an equation
// says of them. Functionals f of a law are the means of its coordinates and their
// covariances; with Δ_f(η) what the ensemble has more than the reference,
//
//	Δ_f(η) = a_f η^q + noise,
//
// where all functionals share one order q. For q given the a_f follow by least squares with
// the covariance V(η) of the noise between walkers as weight,
//
//	χ²(q) = min_a Σ_η (Δ − a η^q)ᵀ V⁻¹ (Δ − a η^q),
//
// and q is where that is least. At N learning rates K functionals leave K(N−1) − 1 degrees
// of freedom. Its error is the jackknife's over groups of walkers, V kept.

// StudyPoint is an ensemble at one learning rate, and the mean and covariance (packed upper
// triangle by rows) that it is set against: exact ones, or those of a density by
// [DensityMoments], whose error has to be far below the ensemble's.
type StudyPoint struct {
	Rate      float64
	Moments   *Moments
	Mean, Cov []float64
}

// A WeakOrder is what a study over learning rates found.
type WeakOrder struct {
	// Order is q, and OrderErr its standard error. Both are NaN unless at least two
	// learning rates are Resolved and χ² has a least value for −1 < q < 5.
	Order, OrderErr float64
	// P is the probability of a larger χ² if Δ = a η^q were exact. A small one says that
	// other powers of η are seen too: leave out large learning rates.
	P float64

	// Rates are the learning rates, the largest first, and what follows has one number for
	// each of them.
	Rates []float64
	// Errors is the norm |Δ| of all differences, of means in units of the reference's
	// standard deviations s_a and of covariances in units of s_a s_b, all at the largest
	// rate, without what noise adds to its square; ErrorsErr its standard error.
	Errors, ErrorsErr []float64
	// Resolved says that noise alone makes χ² of the differences with a probability below 10⁻³.
	Resolved []bool
}

const (
	studyGroups = 32 // of walkers, that the jackknife leaves out in turn
	unresolvedP = 1e-3
)

// FitWeakOrder fits the order to differences at two or more learning rates, of independent
// ensembles (with different seeds) of at least 32 walkers and 10 for each functional.
func FitWeakOrder(points []StudyPoint) (WeakOrder, error) {
	if err := checkStudy(points); err != nil {
		return WeakOrder{}, err
	}
	points = slices.Clone(points)
	slices.SortFunc(points, func(p, q StudyPoint) int { return cmp.Compare(q.Rate, p.Rate) })
	var fit orderFit
	for _, p := range points {
		diff, err := newDifference(p, points[0])
		if err != nil {
			return WeakOrder{}, err
		}
		fit = append(fit, diff)
	}
	w := WeakOrder{Order: math.NaN(), OrderErr: math.NaN(), P: math.NaN()}
	resolved := 0
	for k, d := range fit {
		norm, se := d.norm()
		seen := d.chiSquareP() < unresolvedP
		w.Rates, w.Resolved = append(w.Rates, points[k].Rate), append(w.Resolved, seen)
		w.Errors, w.ErrorsErr = append(w.Errors, norm), append(w.ErrorsErr, se)
		if seen {
			resolved++
		}
	}
	if q, ok := fit.best(); ok && resolved >= 2 {
		w.Order, w.OrderErr = q, fit.jackknife(q)
		w.P = upperChiSquare(fit.chiSquare(q), len(fit[0].delta)*(len(fit)-1)-1)
	}
	return w, nil
}

func checkStudy(points []StudyPoint) error {
	if len(points) < 2 {
		return fmt.Errorf("study: want at least two learning rates, have %d", len(points))
	}
	d := len(points[0].Mean)
	for k, p := range points {
		switch {
		case !(p.Rate > 0) || math.IsInf(p.Rate, 1):
			return fmt.Errorf("study: points[%d]: want a learning rate > 0, have %g", k, p.Rate)
		case len(p.Mean) != d || len(p.Cov) != packed(d) || len(p.Moments.Mean) != d:
			return fmt.Errorf("study: points[%d]: want %d coordinates of ensemble and reference, have %d and %d", k, d, len(p.Moments.Mean), len(p.Mean))
		case p.Moments.Walkers < max(studyGroups, 10*(d+packed(d))):
			return fmt.Errorf("study: points[%d]: want at least %d walkers, have %d", k, max(studyGroups, 10*(d+packed(d))), p.Moments.Walkers)
		}
		for _, q := range points[:k] {
			if q.Rate == p.Rate {
				return fmt.Errorf("study: points[%d]: want different learning rates, have %g twice", k, p.Rate)
			}
		}
		for a := range d {
			if v := p.Cov[diagonal(d, a)]; !(v > 0) || math.IsInf(v, 1) {
				return fmt.Errorf("study: points[%d]: reference: want a variance > 0, have %g", k, v)
			}
		}
	}
	return nil
}

// An orderFit is the differences at all learning rates.
type orderFit []*difference

// A difference is that at one learning rate, in units in which the norm is taken.
type difference struct {
	rate    float64       // over the largest
	delta   []float64     // Δ: K
	without [][]float64   // Δ when one group of walkers is left out: groups, K
	cov     *mat.SymDense // V
	weight  mat.SymDense  // V⁻¹
}

// newDifference takes the units from the point of largest rate.
func newDifference(p, largest StudyPoint) (*difference, error) {
	m, d := p.Moments, len(p.Mean)
	var scale []float64
	for a := range d {
		scale = append(scale, math.Sqrt(largest.Cov[diagonal(d, a)]))
	}
	for a := range d {
		for b := a; b < d; b++ {
			scale = append(scale, scale[a]*scale[b])
		}
	}
	have, want := append(slices.Clone(m.Mean), m.Cov...), append(slices.Clone(p.Mean), p.Cov...)
	walkers := append(slices.Clone(m.WalkerMeans), m.WalkerCovs...)
	diff := &difference{rate: p.Rate / largest.Rate}
	for f := range have {
		diff.delta = append(diff.delta, (have[f]-want[f])/scale[f])
	}
	diff.leaveOut(walkers, scale)
	diff.cov = covarianceOfMeans(walkers, scale)
	var chol mat.Cholesky
	if !chol.Factorize(diff.cov) || chol.InverseTo(&diff.weight) != nil {
		return nil, fmt.Errorf("study: at learning rate %g: walkers do not vary in all means and covariances", p.Rate)
	}
	return diff, nil
}

// leaveOut sets what differences are without each group of walkers.
func (d *difference) leaveOut(walkers [][]float64, scale []float64) {
	n := len(walkers[0])
	for g := range studyGroups {
		lo, hi := g*n/studyGroups, (g+1)*n/studyGroups
		without := make([]float64, len(walkers))
		for f, x := range walkers {
			// The mean without some is the mean of all, less their excess over it.
			own := mean(x[lo:hi]) - mean(x)
			without[f] = d.delta[f] - own*float64(hi-lo)/float64(n-hi+lo)/scale[f]
		}
		d.without = append(d.without, without)
	}
}

func mean(x []float64) float64 {
	m, _ := estimate(x)
	return m
}

// covarianceOfMeans is that of the means of independent columns' rows, over their scales.
func covarianceOfMeans(x [][]float64, scale []float64) *mat.SymDense {
	n := float64(len(x[0]))
	cov := mat.NewSymDense(len(x), nil)
	for a := range x {
		ma := mean(x[a])
		for b := a; b < len(x); b++ {
			mb := mean(x[b])
			var sum float64
			for w, v := range x[a] {
				sum += (v - ma) * (x[b][w] - mb)
			}
			cov.SetSym(a, b, sum/(n*(n-1)*scale[a]*scale[b]))
		}
	}
	return cov
}

// norm returns |Δ|, from the unbiased estimate |Δ|² − tr V, whose variance is
// 4 ΔᵀVΔ + 2 tr V² with |Δ|² without bias in it, and its error.
func (d *difference) norm() (norm, se float64) {
	delta := mat.NewVecDense(len(d.delta), d.delta)
	var squared mat.Dense
	squared.Mul(d.cov, d.cov)
	trace2 := mat.Trace(&squared)
	square := mat.Dot(delta, delta) - mat.Trace(d.cov)
	variance := max(4*mat.Inner(delta, d.cov, delta)-2*trace2, 2*trace2)
	norm = math.Sqrt(max(0, square))
	// Where the square is not above its error s the norm is not above √s.
	return norm, math.Sqrt(variance) / (2 * max(norm, math.Sqrt(math.Sqrt(variance))))
}

// chiSquareP returns the probability that noise alone is larger.
func (d *difference) chiSquareP() float64 {
	delta := mat.NewVecDense(len(d.delta), d.delta)
	return upperChiSquare(mat.Inner(delta, &d.weight, delta), len(d.delta))
}

func upperChiSquare(x float64, freedom int) float64 {
	return mathext.GammaIncRegComp(float64(freedom)/2, max(0, x)/2)
}

// chiSquare returns that of the best a for an order q: with w = η^q
//
//	χ² = Σ ΔᵀV⁻¹Δ − rᵀ(Σ w²V⁻¹)⁻¹r,   r = Σ wV⁻¹Δ.
func (f orderFit) chiSquare(q float64) float64 {
	n := len(f[0].delta)
	normal, right := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	to, r := normal.RawSymmetric().Data, right.RawVector().Data
	var sum float64
	for _, d := range f {
		w := math.Pow(d.rate, q)
		weight := d.weight.RawSymmetric().Data // upper triangle
		for a, x := range d.delta {
			sum += weight[a*n+a] * x * x
			r[a] += w * weight[a*n+a] * x
			to[a*n+a] += w * w * weight[a*n+a]
			for b := a + 1; b < n; b++ {
				v, y := weight[a*n+b], d.delta[b]
				sum += 2 * v * x * y
				r[a] += w * v * y
				r[b] += w * v * x
				to[a*n+b] += w * w * v
			}
		}
	}
	var chol mat.Cholesky
	var a mat.VecDense
	if !chol.Factorize(normal) || chol.SolveVecTo(&a, right) != nil {
		return math.NaN()
	}
	return sum - mat.Dot(right, &a)
}

// best returns the order of least χ², and whether it lies inside −1 < q < 5.
func (f orderFit) best() (q float64, ok bool) {
	const lo, hi, step = -1, 5, 0.25
	least := math.Inf(1)
	for at := float64(lo); at <= hi; at += step {
		if x := f.chiSquare(at); x < least {
			q, least = at, x
		}
	}
	return f.minimize(q, step), lo < q && q < hi
}

// minimize returns the least χ² within step of q by golden section.
func (f orderFit) minimize(q, step float64) float64 {
	const ratio = 1 / math.Phi
	lo, hi := q-step, q+step
	x, y := hi-ratio*(hi-lo), lo+ratio*(hi-lo)
	fx, fy := f.chiSquare(x), f.chiSquare(y)
	for hi-lo > 1e-6 {
		if fx < fy {
			hi, y, fy = y, x, fx
			x = hi - ratio*(hi-lo)
			fx = f.chiSquare(x)
		} else {
			lo, x, fx = x, y, fy
			y = lo + ratio*(hi-lo)
			fy = f.chiSquare(y)
		}
	}
	return (lo + hi) / 2
}

// jackknife returns the standard error of the order q: ensembles are independent, so what
// each of them adds to the variance adds up.
func (f orderFit) jackknife(q float64) float64 {
	var variance float64
	less := slices.Clone(f)
	for k, d := range f {
		orders := make([]float64, len(d.without))
		for g, delta := range d.without {
			changed := *d
			changed.delta = delta
			less[k] = &changed
			orders[g] = less.minimize(q, 1)
		}
		less[k] = d
		_, se := estimate(orders)
		variance += se * se * float64((len(orders)-1)*(len(orders)-1))
	}
	return math.Sqrt(variance)
}
