package audit

import (
	"fmt"
	"math"
	"math/cmplx"

	"github.com/mjibson/go-dsp/spectral"
	"github.com/mjibson/go-dsp/window"

	"github.com/ness-fp/ness/fp"
)

// This file draws the memory of gradient noise: autocorrelations and Welch's spectrum, each beside
// what it is exactly for white noise or in epochs.

// autocorrelation is the curve of a component, with what it would be exactly.
func (s *subject) autocorrelation(a int, rho []float64, spread float64, steps int) Curve {
	c := Curve{Key: fmt.Sprintf("autocorrelation_%d", a), Name: "autocorrelation of gradient noise", XLabel: "lag, steps", YLabel: "autocorrelation"}
	for i, r := range rho {
		c.X, c.Y, c.Err = append(c.X, float64(i+1)), append(c.Y, r), append(c.Err, spread)
		c.Reference = append(c.Reference, s.exactCorrelation(i+1, steps))
	}
	return c
}

// exactCorrelation returns that of steps h apart, averaged over all pairs of a run that begins
// with an epoch: −B/(n − B) for those in the same one.
func (s *subject) exactCorrelation(h, steps int) float64 {
	if s.sgd.Sampling != fp.Epochs {
		return 0
	}
	m := s.epochSteps()
	pairs := steps / m * max(0, m-h)
	pairs += max(0, steps%m-h)
	b := float64(s.batch())
	return -b / (float64(s.sgd.Loss.Samples()) - b) * float64(pairs) / float64(steps-h)
}

// spectrum is Welch's, the mean over walkers, 1 at all frequencies of white noise.
func (s *subject) spectrum(a int, z [][]float64) Curve {
	c := Curve{Key: fmt.Sprintf("spectrum_%d", a), Name: "spectrum of gradient noise", XLabel: "frequency, 1/steps", YLabel: "power over that of white noise"}
	points := 256
	for points > len(z[0]) {
		points /= 2
	}
	if points < 8 {
		return c
	}
	each := make([][]float64, points/2+1)
	for _, w := range z {
		power, frequency := spectral.Pwelch(w, 1, &spectral.PwelchOptions{NFFT: points, Noverlap: points / 2})
		c.X = frequency
		for k, v := range power {
			if k > 0 && k < points/2 {
				v /= 2 // both signs of the frequency
			}
			each[k] = append(each[k], v)
		}
	}
	for k, x := range c.X {
		mean, se := estimate(each[k])
		c.Y, c.Err = append(c.Y, mean), append(c.Err, se)
		c.Reference = append(c.Reference, s.exactPower(x, points, len(z[0])))
	}
	return c
}

// exactPower returns the power at a frequency that Welch's spectrum has in the mean, of segments that
// begin every half of their length: with ρ = −B/(n − B) between batches of an epoch and the window w
//
//	1 − ρ + ρ Σ over epochs |Σ w_k e^{iωk}|² / Σ w_k²,
//
// of the part of each epoch in the segment, and the mean over segments.
func (s *subject) exactPower(frequency float64, points, steps int) float64 {
	if s.sgd.Sampling != fp.Epochs {
		return 1
	}
	w, m := window.Hann(points), s.epochSteps()
	var all, segments float64
	for start := 0; start+points <= steps; start += points / 2 {
		var sum complex128
		var power, square float64
		for k, v := range w {
			square += v * v
			sum += complex(v, 0) * cmplx.Rect(1, 2*math.Pi*frequency*float64(k))
			if (start+k+1)%m == 0 || k == points-1 {
				power += real(sum)*real(sum) + imag(sum)*imag(sum)
				sum = 0
			}
		}
		all += power / square
		segments++
	}
	b := float64(s.batch())
	rho := -b / (float64(s.sgd.Loss.Samples()) - b)
	return 1 - rho + rho*all/segments
}
