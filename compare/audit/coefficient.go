package audit

import "math"

// This file fits λ and its multiplicity m to the logarithmic slopes of Z(β) or V(ε = 1/β) on a ladder of
// β that grows twofold, which tend to λ as
//
//	m = 1: λ + a r^k,   m > 1: λ − (m−1)/(ln β + c).

const (
	fewestSteps = 12 // last ones that tell the law, and so many there have to be: nine for three parameters
	earlier     = 3  // of those, how many λ is not fitted to: the first, and the last to see what that changes
	// clearer is how much smaller the residual of a law with logarithms has to be, and mostResidual what
	// it may be. Of (ab)² it is 0.06 and 0.1 of that without, and 4e-5 at most; of losses without logarithms
	// 1.5 times to 10⁵ times that without, and 1.2e-3 at least.
	clearer, mostResidual = 0.25, 1e-3
)

// A coefficient is λ with its multiplicity and the error.
type coefficient struct {
	lambda, err  float64
	multiplicity int
}

// learningCoefficient fits laws to the end of a ladder; false where that is too short. A law with
// logarithms is taken only if its residual is a quarter of that without. The error has what the scatter
// about the law makes and how much λ moves where the ladder ends three steps earlier.
func learningCoefficient(beta, slopes []float64, d int) (c coefficient, ok bool) {
	n := len(slopes)
	if n < fewestSteps {
		return c, false
	}
	beta, slopes = beta[n-fewestSteps:], slopes[n-fewestSteps:]
	m, residual := 1, fitLaw(beta, slopes, 1).residual
	for k := 2; k <= d; k++ {
		if l := fitLaw(beta, slopes, k); l.residual < clearer*residual && l.residual < mostResidual {
			m, residual = k, l.residual
		}
	}
	l := fitLaw(beta[earlier:], slopes[earlier:], m)
	before := fitLaw(beta[:fewestSteps-earlier], slopes[:fewestSteps-earlier], m)
	return coefficient{l.lambda, math.Hypot(l.err, l.lambda-before.lambda), m}, true
}

// fitLaw fits that of multiplicity m.
func fitLaw(beta, slopes []float64, m int) lawFit {
	if m == 1 {
		return fitPower(slopes)
	}
	return fitLogarithm(beta, slopes, m)
}

// A lawFit is λ of a law, its standard error by the scatter about it, and the root mean square of that.
type lawFit struct{ lambda, err, residual float64 }

// fitPower fits λ + a r^k.
func fitPower(slopes []float64) lawFit {
	best := lawFit{residual: math.Inf(1)}
	h := make([]float64, len(slopes))
	for r := 0.02; r < 0.951; r += 0.01 {
		for k := range h {
			h[k] = math.Pow(r, float64(k))
		}
		if at, res := intercept(h, slopes); res < best.residual {
			best = lawFit{at, interceptError(h, res), res}
		}
	}
	return best
}

// fitLogarithm fits λ − (m−1)/(ln β + c).
func fitLogarithm(beta, slopes []float64, m int) lawFit {
	best := lawFit{residual: math.Inf(1)}
	logs, n := float64(m-1), float64(len(slopes))
	var shift float64
	for c := -0.9 * math.Log(beta[0]); c < 20; c += 0.02 {
		var mean, square float64
		for k, s := range slopes {
			v := s + logs/(math.Log(beta[k])+c)
			mean += v / n
			square += v * v / n
		}
		if res := math.Sqrt(max(0, square-mean*mean)); res < best.residual {
			best.residual, best.lambda, shift = res, mean, c
		}
	}
	h := make([]float64, len(slopes)) // how the law changes with c
	for k := range h {
		h[k] = logs / math.Pow(math.Log(beta[k])+shift, 2)
	}
	best.err = interceptError(h, best.residual)
	return best
}

// intercept returns λ of the least-squares line y = λ + a h, and the root mean square residual.
func intercept(h, y []float64) (at, residual float64) {
	n := float64(len(h))
	var mh, my, hh, hy float64
	for k := range h {
		mh, my = mh+h[k]/n, my+y[k]/n
	}
	for k := range h {
		hh += (h[k] - mh) * (h[k] - mh)
		hy += (h[k] - mh) * (y[k] - my)
	}
	slope := hy / hh
	at = my - slope*mh
	for k := range h {
		off := y[k] - at - slope*h[k]
		residual += off * off / n
	}
	return at, math.Sqrt(residual)
}

// interceptError returns the standard error of λ of that line, where h
// depends on one parameter more.
func interceptError(h []float64, residual float64) float64 {
	n := float64(len(h))
	var mean, square float64
	for _, v := range h {
		mean += v / n
		square += v * v / n
	}
	return residual * math.Sqrt((1+mean*mean/(square-mean*mean))/(n-3))
}
