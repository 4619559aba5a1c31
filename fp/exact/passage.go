package exact

import "math"

// PassageTime returns the mean time until a walker of a case in one dimension that starts at
// from meets to > from, above the reflecting wall at the lower end of its box, in equilibrium:
//
//	τ = ∫_from^to dy / (D(y) p(y)) ∫_min^y p(z) dz.
//
// The relative error is below 1e-12 where p has no feature narrower than a hundredth of the
// box.
//
// Gardiner, Handbook of Stochastic Methods, section 5.5. Risken, section 8.1.
func (c *Case) PassageTime(from, to float64) float64 {
	const panels, nodes = 64, 16
	mass := func(y float64) float64 {
		return integrate([]rule{composite(c.Box[0].Min, y, panels, nodes)}, c.PointDensity)
	}
	return integrate([]rule{composite(from, to, panels, nodes)}, func(y []float64) float64 {
		return math.Exp(-c.logDensity(y)) / c.diffusionAt(y).At(0, 0) * mass(y[0])
	})
}

// KramersRate returns the rate from one well of [DoubleWell] to the other where noise is weak,
// (√2/2π) e^{−1/4D} (1 − 3D/2 + O(D²)) for D = strength: with the second terms of Laplace's
// method at the well, L″ = 2, L‴ = L⁗ = 6, and at the pass, L″ = −1, L⁗ = 6, 1 + 3D/4 each.
//
// Kramers, Physica 7 (1940) 284.
func KramersRate(strength float64) float64 {
	return math.Sqrt2 / (2 * math.Pi) * math.Exp(-0.25/strength) * (1 - 1.5*strength)
}
