package audit

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file sets walkers against the densities of first and of second order in η, at two learning
// rates, one twice the other, and the same η/B: by the orders in which mean and covariance leave them,
// see [compare.FitWeakOrder], and by total variation.

// otherRate is the second learning rate: half of the file's at half the batch, or where batches have
// no half, twice both.
func (s *subject) otherRate() (fp.SGDVariant, error) {
	v := s.file.SGDVariant()
	factor := 2.0
	if v.Batch%2 == 0 {
		factor = 0.5
	}
	v.Rate *= factor
	v.Batch = int(factor * float64(v.Batch))
	switch l := s.sgd.Loss; {
	case slices.Max(s.grid.Periods()) > 0:
		return v, errors.New("round a periodic axis there is no mean, and no covariance")
	case s.sgd.Momentum > 0:
		return v, errors.New("the second order is known without momentum")
	case s.sgd.InjectedNoise > 0:
		return v, errors.New("at fixed η/B injected noise changes with η, and would add to every order")
	case l != nil && (v.Batch > l.Samples() || v.Batch == l.Samples() && s.sgd.Sampling != fp.WithReplacement):
		return v, errors.New("the batch size is odd, and twice it is all samples or more")
	}
	return v, nil
}

// A rateSeries is how walkers leave an equation.
type rateSeries struct {
	order int
	fit   compare.WeakOrder
	tv    map[float64]compare.Distance // total variation by rates; errors have the numerical one of the density too
	err   error
}

// rates returns the series of first order, and of second in drift and noise.
func (s *subject) rates() (list []rateSeries) {
	for order := 1; order <= 2; order++ {
		r := rateSeries{order: order}
		if r.err = s.fitRates(&r); r.err != nil {
			r.err = fmt.Errorf("walkers at two rates: %w", r.err)
		}
		list = append(list, r)
	}
	return list
}

// fitRates fits the order, and takes total variation at both rates.
func (s *subject) fitRates(r *rateSeries) error {
	other, err := s.otherRate()
	if err != nil {
		return err
	}
	r.tv = map[float64]compare.Distance{}
	var points []compare.StudyPoint
	for _, at := range []struct {
		fp.SGDVariant
		*crowd
	}{{s.file.SGDVariant(), s.independent()}, {other, &s.crowds.of[walkRescaled]}} {
		if at.err != nil {
			return at.err
		}
		at.Order, at.CorrectNoise = r.order, r.order == 2
		p, e, err := s.accurateVariant(at.SGDVariant)
		if err != nil {
			return err
		}
		d, err := at.Distances(p)
		if err != nil {
			return err
		}
		d.TV.Err += e / 2 // half of an L1 distance is one in total variation
		r.tv[at.Rate] = d.TV
		mean, cov := compare.DensityMoments(p)
		points = append(points, compare.StudyPoint{Rate: at.Rate, Moments: at.moments, Mean: mean, Cov: cov})
	}
	r.fit, err = compare.FitWeakOrder(points)
	return err
}

// accurateVariant is variant. Errors: the density is not as accurate as walkers tell.
func (s *subject) accurateVariant(v fp.SGDVariant) (*grid.Field, float64, error) {
	p, e, err := s.variant(v)
	if err != nil {
		return nil, 0, err
	}
	// N walkers for R relaxation times are some NR/2 independent samples, which leave √(2/N)
	// of a variance: the solution has to be right to a tenth of that.
	if most := 0.1 * math.Sqrt(4/float64(s.opt.Walkers*s.opt.Relaxations)); !(e <= most) {
		return nil, 0, fmt.Errorf("the density is right to %.2g on this grid, want %.2g", e, most)
	}
	return p, e, nil
}

// variant returns the density of another rate, batch and order with its relative L1 error: one that
// there is already, where it is the solution or a candidate, of another order at the rate of the file.
func (s *subject) variant(v fp.SGDVariant) (*grid.Field, float64, error) {
	same := s.file.SGDVariant()
	if v == same {
		return s.solution.Density, s.densityError(), nil
	}
	if v.Rate == same.Rate && v.Batch == same.Batch {
		key := "fokker-planck-corrected"
		if !v.CorrectNoise {
			key = fmt.Sprintf("fokker-planck-order-%d", v.Order)
		}
		for _, c := range s.candidates {
			if c.Key == key {
				return c.Density, c.Error, c.Err
			}
		}
	}
	problem, err := s.file.Variant(v, s.grid)
	if err != nil {
		return nil, 0, err
	}
	return s.solved(problem)
}

// orders returns the effect of second order in η, drift and noise, in place of first, and ln of the ratio
// of the densities, whichever order the file has. Errors: there is no second order, or a density was not
// found.
func (s *subject) orders() (e Effect, ratio Map, err error) {
	if s.sgd == nil || s.sgd.Momentum > 0 {
		return e, ratio, errors.New("the second order is known without momentum, of SGD alone")
	}
	v := s.file.SGDVariant()
	v.Order, v.CorrectNoise = 1, false
	first, firstError, err := s.variant(v)
	if err != nil {
		return e, ratio, err
	}
	v.Order, v.CorrectNoise = 2, true
	second, secondError, err := s.variant(v)
	if err != nil {
		return e, ratio, err
	}
	e = apart("order-in-rate", "first order in the learning rate", "drift and noise of second order in η for those of first", first, second, firstError+secondError)
	ratio = Map{Key: "log_ratio_orders", Name: "ln(second order/first)", Values: logRatios(first, second)}
	return e, ratio, nil
}

// refutes says whether walkers are certainly farther from an equation than agree at the rate of the file:
// by five standard errors, and by the total variation that a distance δ of mean and covariance makes at
// least of normal densities, δ/√(2πe).
func (r *rateSeries) refutes(rate, within float64) bool {
	k := slices.Index(r.fit.Rates, rate)
	return r.fit.Resolved[k] && (r.fit.Errors[k]-5*r.fit.ErrorsErr[k])/math.Sqrt(2*math.Pi*math.E) > within
}

// tellRates adds to a finding how walkers leave both orders. One that holds is left open where they refute
// the first.
func (s *subject) tellRates(f *Finding) {
	told := ""
	for _, r := range s.rates() {
		if r.err != nil {
			if r.err.Error() != told { // of both orders alike
				told = r.err.Error()
				f.Sentence += "; " + told
			}
			continue
		}
		order := [...]string{1: "first", 2: "second"}[r.order]
		f.Sentence += fmt.Sprintf("; walkers leave mean and covariance of %s order by %s", order, leaving(&r.fit))
		if r.order == 1 && f.Verdict == fp.Holds && r.refutes(s.file.SGDVariant().Rate, s.opt.Within) {
			f.Verdict = fp.CannotTell
			f.Sentence += ", more than agrees with it, which the second does not explain"
		}
		for k, rate := range r.fit.Rates {
			tv, which := r.tv[rate], fmt.Sprintf("order-%d-rate-%d", r.order, k+1)
			f.Statistics = append(f.Statistics,
				Statistic{
					"walkers-" + which,
					fmt.Sprintf("distance of walkers from %s order at η = %.4g, of mean and covariance in deviations", order, rate),
					r.fit.Errors[k], r.fit.ErrorsErr[k],
				},
				Statistic{"walkers-tv-" + which, fmt.Sprintf("total variation distance of walkers from %s order at η = %.4g", order, rate), tv.Value, tv.Err},
				Statistic{"walkers-floor-" + which, "what sampling makes of it", tv.Floor, 0})
		}
		f.Statistics = append(f.Statistics, Statistic{
			fmt.Sprintf("power-order-%d", r.order), fmt.Sprintf("power of η with which walkers leave %s order, η/B fixed", order), r.fit.Order, r.fit.OrderErr,
		})
	}
}

// leaving says in words how walkers leave an equation at two rates.
func leaving(w *compare.WeakOrder) string {
	var at [2]string
	for k, e := range w.Errors {
		at[k] = fmt.Sprintf("%.2g ± %.1g", e, w.ErrorsErr[k])
		if !w.Resolved[k] {
			at[k] = fmt.Sprintf("less than %.1g", e+2*w.ErrorsErr[k])
		}
	}
	text := fmt.Sprintf("%s deviations at η = %.4g and %s at %.4g", at[0], w.Rates[0], at[1], w.Rates[1])
	if !math.IsNaN(w.Order) {
		text += fmt.Sprintf(", as η to the %.2g ± %.1g", w.Order, w.OrderErr)
	}
	return text
}
