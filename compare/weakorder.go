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
//
// What to expect: at a fixed time T = kη, with the batch B fixed so that noise is O(η) too,
// means leave those of the drift −∇L with q = 1, those of −∇(L + η/4|∇L|²) with q = 2.
// Covariances are O(η) then, and differ by O(η²) with either drift.
//
// In the stationary state, η/B fixed, q = 1 with either drift. A quadratic of curvature h and
// noise of variance σ² have the variance ησ²/(2hB) times (1 − ηh/2)⁻¹, the equations that
// times 1 and (1 + ηh/2)⁻¹: the second drift errs twice as much. Order 2 takes, for constant
// D and in the sense of Itô, D + (η/2)(HD + DH) and the drift −∇(L + η/4|∇L|² − η/2 tr DH), H = ∇²L;
// for D that varies no equation of Fokker–Planck type has it. Where the loss is not quadratic, gradient noise of third cumulant κ leaves a
// difference ∝ (η/B)²κ at any η.

// A StudyPoint is an ensemble at one learning rate, and the mean and covariance (packed upper
// triangle by rows) that it is set against: exact ones, or those of a density by
// [DensityMoments], whose error has to be far below the ensemble's. Without Cov, nil at all
// rates, means alone are compared.
type StudyPoint struct {
	Rate      float64
	Moments   *Moments
	Mean, Cov []float64
}

// A WeakOrder is what a study over learning rates found.
type WeakOrder struct {
	// Order is q, and OrderErr its standard error, of the Fitted smallest learning rates: the
	// largest is left out as long as the order without it differs by more than noise explains.
	// Order, OrderErr and P are NaN, and Fitted is 0, unless the two largest rates of all are
	// Resolved and χ² has a least value for −1 < q < 5.
	//
	// OrderErr is that of noise. With a next term, Δ = a η^q (1 + bη), the order that is
	// found is above q by about bη.
	Order, OrderErr float64
	Fitted          int
	// P is the probability of a larger χ² if Δ = a η^q were exact, NaN where no degree of
	// freedom is left. A small one says that other powers of η are seen at the smallest rates too.
	P float64

	// Rates are the learning rates, the largest first, and what follows has one number for
	// each of them.
	Rates []float64
	// Errors is the norm |Δ| of all differences, without what noise adds to its square: of means
	// in units of the standard deviations s_a of the ensemble at the largest rate, of
	// covariances in units of s_a s_b. ErrorsErr is its standard error.
	Errors, ErrorsErr []float64
	// Resolved says that noise alone makes χ² of the differences with a probability below 10⁻³.
	Resolved []bool
}

const (
	studyGroups = 32 // of walkers, that the jackknife leaves out in turn
	unresolvedP = 1e-3
	sameOrder   = 3 // errors: of two orders that are the same 1 in 370 differs more
)

// StudyWalkers returns how many walkers a study of means and covariances wants at least in d
// dimensions: 32, and 10 for each functional.
func StudyWalkers(d int) int { return leastStudied(d + packed(d)) }

func leastStudied(functionals int) int { return max(studyGroups, 10*functionals) }

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
		diff, err := newDifference(p, points[0].Moments.units(), points[0].Rate)
		if err != nil {
			return WeakOrder{}, err
		}
		fit = append(fit, diff)
	}
	w := WeakOrder{Order: math.NaN(), OrderErr: math.NaN(), P: math.NaN()}
	for k, d := range fit {
		norm, se := d.norm()
		seen := d.chiSquareP() < unresolvedP
		w.Rates, w.Resolved = append(w.Rates, points[k].Rate), append(w.Resolved, seen)
		w.Errors, w.ErrorsErr = append(w.Errors, norm), append(w.ErrorsErr, se)
	}
	w.fit(fit)
	return w, nil
}

// fit leaves out the largest learning rate as long as the order without it is another one.
// Of two orders, one from part of what the other is from, the difference has for its
// variance that of the variances.
func (w *WeakOrder) fit(f orderFit) {
	for ; len(f) >= 2; f = f[1:] {
		resolved := w.Resolved[len(w.Rates)-len(f):]
		q, ok := f.best()
		if !ok || !resolved[0] || !resolved[1] {
			return
		}
		se := f.jackknife(q)
		if w.Fitted > 0 && math.Abs(q-w.Order) <= sameOrder*math.Sqrt(max(0, se*se-w.OrderErr*w.OrderErr)) {
			return
		}
		w.Order, w.OrderErr, w.Fitted = q, se, len(f)
		w.P = upperChiSquare(f.chiSquare(q), len(f[0].delta)*(len(f)-1)-1)
	}
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
		case len(p.Mean) != d || len(p.Moments.Mean) != d:
			return fmt.Errorf("study: points[%d]: want %d coordinates of ensemble and reference, have %d and %d", k, d, len(p.Moments.Mean), len(p.Mean))
		case len(p.Cov) != len(points[0].Cov) || p.Cov != nil && len(p.Cov) != packed(d):
			return fmt.Errorf("study: points[%d]: want no covariances anywhere or %d, have %d", k, packed(d), len(p.Cov))
		case p.Moments.Walkers < leastStudied(len(p.reference())):
			return fmt.Errorf("study: points[%d]: want at least %d walkers, have %d", k, leastStudied(len(p.reference())), p.Moments.Walkers)
		}
		for f, v := range p.reference() {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("study: points[%d]: reference: want finite numbers, number %d is %g", k, f, v)
			}
		}
		for _, q := range points[:k] {
			if q.Rate == p.Rate {
				return fmt.Errorf("study: points[%d]: want different learning rates, have %g twice", k, p.Rate)
			}
		}
	}
	return nil
}

// An orderFit is the differences at all learning rates.
type orderFit []*difference

// A difference is that at one learning rate, in the units of WeakOrder.Errors.
type difference struct {
	rate    float64       // over the largest
	delta   []float64     // Δ: K
	without [][]float64   // Δ when one group of walkers is left out: groups, K
	cov     *mat.SymDense // V
	weight  mat.SymDense  // V⁻¹
}

// newDifference returns that in given units.
func newDifference(p StudyPoint, unit []float64, largest float64) (*difference, error) {
	m := p.Moments
	have, want := slices.Concat(m.Mean, m.Cov), p.reference()
	walkers := slices.Concat(m.WalkerMeans, m.WalkerCovs)[:len(want)]
	diff := &difference{rate: p.Rate / largest}
	for f, v := range want {
		diff.delta = append(diff.delta, (have[f]-v)/unit[f])
	}
	diff.leaveOut(walkers, unit)
	diff.cov = covarianceOfMeans(walkers, unit)
	var chol mat.Cholesky
	if !chol.Factorize(diff.cov) || chol.InverseTo(&diff.weight) != nil {
		return nil, fmt.Errorf("study: at learning rate %g: walkers do not vary in all means and covariances", p.Rate)
	}
	return diff, nil
}

// reference returns the functionals that are known: means, and covariances if there are any.
func (p *StudyPoint) reference() []float64 { return slices.Concat(p.Mean, p.Cov) }

// units are the standard deviations s_a, and all s_a s_b.
func (m *Moments) units() []float64 {
	d := len(m.Mean)
	var unit []float64
	for a := range d {
		unit = append(unit, math.Sqrt(m.Cov[diagonal(d, a)]))
	}
	for a := range d {
		for b := a; b < d; b++ {
			unit = append(unit, unit[a]*unit[b])
		}
	}
	return unit
}

// leaveOut sets what differences are without each group of walkers.
func (d *difference) leaveOut(walkers [][]float64, unit []float64) {
	n := len(walkers[0])
	for g := range studyGroups {
		lo, hi := g*n/studyGroups, (g+1)*n/studyGroups
		without := make([]float64, len(walkers))
		for f, x := range walkers {
			// The mean without some is the mean of all, less their excess over it.
			own := mean(x[lo:hi]) - mean(x)
			without[f] = d.delta[f] - own*float64(hi-lo)/float64(n-hi+lo)/unit[f]
		}
		d.without = append(d.without, without)
	}
}

func mean(x []float64) float64 {
	m, _ := estimate(x)
	return m
}

// covarianceOfMeans is that of the means of independent columns' rows, in given units.
func covarianceOfMeans(x [][]float64, unit []float64) *mat.SymDense {
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
			cov.SetSym(a, b, sum/(n*(n-1)*unit[a]*unit[b]))
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
	if freedom == 0 {
		return math.NaN()
	}
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

// best returns the order of least χ², by golden section within a step of the least on a
// lattice, and whether it lies inside −1 < q < 5.
func (f orderFit) best() (q float64, ok bool) {
	const lo, hi, step = -1, 5, 0.25
	least := math.Inf(1)
	for at := float64(lo); at <= hi; at += step {
		if x := f.chiSquare(at); x < least {
			q, least = at, x
		}
	}
	const ratio = 1 / math.Phi
	from, to := q-step, q+step
	x, y := to-ratio*(to-from), from+ratio*(to-from)
	fx, fy := f.chiSquare(x), f.chiSquare(y)
	for to-from > 1e-6 {
		if fx < fy {
			to, y, fy = y, x, fx
			x = to - ratio*(to-from)
			fx = f.chiSquare(x)
		} else {
			from, x, fx = x, y, fy
			y = from + ratio*(to-from)
			fy = f.chiSquare(y)
		}
	}
	q = (from + to) / 2
	return q, lo < q && q < hi
}

// jackknife returns the standard error of the best order q: ensembles are independent, so
// what each of them adds to the variance adds up. Without a group the order is that of the
// parabola through χ² beside q.
func (f orderFit) jackknife(q float64) float64 {
	const h = 1e-3
	var variance float64
	less := slices.Clone(f)
	for k, d := range f {
		orders := make([]float64, len(d.without))
		for g, delta := range d.without {
			changed := *d
			changed.delta = delta
			less[k] = &changed
			lower, at, upper := less.chiSquare(q-h), less.chiSquare(q), less.chiSquare(q+h)
			orders[g] = q - h/2*(upper-lower)/(upper-2*at+lower)
		}
		less[k] = d
		_, se := estimate(orders)
		variance += se * se * float64((len(orders)-1)*(len(orders)-1))
	}
	return math.Sqrt(variance)
}
