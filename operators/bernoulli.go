package operators

import "math"

// Bernoulli returns B(z) = z/(eᶻ−1), the weight of exponential fitting: between
// centres h apart with Péclet number z = vh/D the flux is (D/h)(B(−z) p₀ − B(z) p₁),
// which vanishes exactly when p₁ = eᶻ p₀, the equilibrium ratio.
//
// The relative error is below 2.5·2⁻⁵³ for z < 708; beyond, B fades to 0. z must be finite.
//
// Scharfetter and Gummel, IEEE Trans. Electron Devices 16 (1969) 64.
func Bernoulli(z float64) float64 {
	switch {
	case z == 0:
		return 1
	case z > 40: // eᶻ−1 = eᶻ to the last bit, while Expm1 overflows at 710
		return z * math.Exp(-z)
	}
	return z / math.Expm1(z)
}

// fitted returns the weights of the fitted flux (out·p₀ − back·p₁) between two
// points h apart with drift v and diffusion D ≥ 0 between them, and a potential
// that falls by dphi: (D/h)(B(−z), B(z)) with z = dphi + vh/D. As D → 0 it goes
// over to upwind, (max(v, 0), max(−v, 0)).
func fitted(v, d, dphi, h float64) (out, back float64) {
	if math.Abs(v)*h > 700*d { // B(−z) = z and B(z) < 1e-300: the upwind limit, where z may overflow
		slope := 0.0
		if d > 0 {
			slope = d / h * dphi
		}
		return max(v+slope, 0), max(-v-slope, 0)
	}
	if d == 0 {
		return 0, 0
	}
	z := dphi + v*h/d
	return d / h * Bernoulli(-z), d / h * Bernoulli(z)
}
