package verify

import (
	"slices"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// This file lists the cases.

// Sizes of grids by dimension.
var (
	line  = []int{64, 128, 256, 512}
	plane = []int{96, 128, 192, 256}
	space = []int{32, 48, 64}
)

// onGrid returns the way of an order of accuracy, at which density and current are expected to
// be of order q.
func onGrid(o fp.Order, q, slack float64, sizes []int, density, current, entropy float64) way {
	return way{opt: fp.StationaryOptions{Order: o}, sizes: sizes, quick: 2, order: q, slack: slack, density: density, current: current, entropy: entropy}
}

// exactly returns the default way where that is exact but for round-off.
func exactly(name string, sizes []int, current float64) way {
	return way{name: name, sizes: sizes, quick: len(sizes), density: 1e-13, current: current, entropy: 1e-12}
}

// All returns the cases, in the order of their numbers.
func All() []*Case {
	return []*Case{
		{
			ID: "A1", Title: "multiplicative noise on a line",
			Sentence: "b = x − x³, D = (1 + x²/2)/10 on [−3, 3]: p ∝ (1/D) exp ∫b/D, J = 0",
			Studies: inEquilibrium(stationaries(exact.DoubleWell1D,
				exactly("nodal", line, 1e-14),
				onGrid(2, 2, 0.05, plane, 0.00045, 4.2e-10, 2e-12),
				onGrid(4, 4, 0.1, plane, 1.6e-6, 9.9e-11, 2.5e-17),
				onGrid(6, 6, 0.2, plane, 1.2e-8, 8.6e-13, 3e-19),
				onGrid(8, 8, 0.4, plane, 1.6e-10, 4e-14, 2.9e-20))),
		},
		{
			ID: "A2", Title: "Ornstein–Uhlenbeck process",
			Sentence: "b = −Ax, D constant: p = N(0, S), AS + SAᵀ = 2D, J = −(A − DS⁻¹)x p; rates −Σn_i a_i; normal at all times",
			Studies: slices.Concat(
				stationaries(func() *exact.Case { return exact.Rotation2D(1) },
					onGrid(fp.OrderMonotone, 2, 0.05, plane, 0.00092, 0.0021, 0.00063),
					onGrid(2, 2, 0.05, plane, 0.00059, 0.00086, 0.00097),
					onGrid(4, 4, 0.1, plane, 9.9e-7, 1.6e-6, cutOff),
					onGrid(6, 6, 0.2, plane, 3.5e-9, 5.8e-9, cutOff),
					onGrid(8, 8, 0.3, plane, 1.9e-11, 3.3e-11, cutOff)),
				named("anisotropic noise, ", stationaries(func() *exact.Case { return exact.Rotation2D(0.05) },
					onGrid(4, 4, 0.1, plane, 2.2e-6, 4.4e-6, 1.9e-7),
					onGrid(8, 8, 1.2, plane, 1.3e-10, 3.8e-10, cutOff))),
				linearTransients(), linearSpectrum()),
		},
		{
			ID: "A3", Title: "four wells",
			Sentence: "b = −∇L, D = 0.15·I: p ∝ exp(−L/D), J = 0, down to 1e-200 of the maximum",
			Studies: slices.Concat(
				squared(inEquilibrium(stationaries(func() *exact.Case { return exact.QuadWellDrift(0.15) },
					onGrid(fp.OrderMonotone, 2, 0.05, plane, 0.00043, 1.8e-15, 3.7e-29),
					onGrid(2, 2, 0.05, plane, 0.00082, 4.7e-5, 4.4e-8),
					onGrid(4, 4, 0.1, plane, 2.6e-6, 2.4e-7, 1.3e-11),
					onGrid(6, 6, 0.2, plane, 2.3e-8, 2.6e-9, 1.3e-14),
					onGrid(8, 8, 0.4, plane, 3.6e-10, 4.4e-11, 1.2e-17)))),
				stationaries(func() *exact.Case { return exact.QuadWell(0.15) },
					exactly("by its potential", plane, 1e-14)),
				tails()),
		},
		{
			ID: "A4", Title: "full multiplicative tensor with a current",
			Sentence: "p = e^{−φ}/Z and J = (∂_yψ, −∂_xψ)/Z by construction of the drift",
			Studies: stationaries(exact.FullTensor,
				onGrid(fp.OrderMonotone, 2, 0.05, plane, 0.00036, 0.00047, 0.0004),
				onGrid(2, 2, 0.05, plane, 0.00013, 0.00025, 0.00015),
				onGrid(4, 4, 0.1, plane, 1.7e-7, 4.3e-7, 9.3e-8),
				onGrid(6, 6, 0.9, plane, 8.1e-10, 2.3e-9, 7.9e-10),
				onGrid(8, 8, 1.2, plane, 3.7e-11, 9.5e-11, 1.6e-10)),
		},
		{
			ID: "A5", Title: "tilted washboard",
			Sentence: "b = 1/2 − cos x, D = 1/2 on a circle: p = N e^{−ψ}∫e^ψ, J = DN(1 − e^{ψ(ℓ)})",
			Studies: stationaries(exact.TiltedPeriodic,
				exactly("nodal", line, 1e-12),
				onGrid(2, 2, 0.05, []int{32, 64, 96}, 0.00047, 0.0001, 0.0011),
				onGrid(4, 4, 0.1, []int{32, 64, 96}, 1.6e-6, 1.6e-6, 3.6e-6),
				onGrid(6, 6, 0.3, []int{32, 64, 96}, 1.3e-8, 1.7e-9, 1.3e-8),
				onGrid(8, 8, 0.5, []int{32, 64, 96}, 1.8e-10, 3.5e-11, 4.2e-11)),
		},
		{
			ID: "A6", Title: "thermal ratchet",
			Sentence: "b = −cos x, D = 1/(2 + cos x) on a circle: a current without force, by quadrature",
			Studies: stationaries(exact.Ratchet,
				exactly("nodal", line, 1e-12),
				onGrid(2, 2, 0.05, []int{32, 64, 96}, 0.00079, 0.0004, 0.0022),
				onGrid(4, 4, 0.1, []int{32, 64, 96}, 3.5e-6, 4.1e-6, 1.1e-5),
				onGrid(6, 6, 0.3, []int{32, 64, 96}, 4.1e-8, 9.1e-10, 6.4e-8),
				onGrid(8, 8, 0.5, []int{32, 64, 96}, 8.6e-10, 2.5e-10, 3.8e-10)),
		},
		{
			ID: "A7", Title: "limit cycle",
			Sentence: "b = (1 − r²)(x, y) + 2(−y, x), D = 0.1·I: p ∝ exp(−10(r⁴/4 − r²/2)), J = 2(−y, x)p",
			Studies: stationaries(exact.LimitCycle,
				onGrid(fp.OrderMonotone, 2, 0.1, plane, 0.0014, 0.0023, 0.00028),
				onGrid(2, 2, 0.05, plane, 0.00056, 0.00061, 0.00019),
				onGrid(4, 4, 0.1, plane, 2.4e-6, 3e-6, 1.8e-8),
				onGrid(6, 6, 0.2, plane, 2.4e-8, 3.2e-8, cutOff),
				onGrid(8, 8, 0.4, plane, 4e-10, 5.6e-10, cutOff)),
		},
		{
			ID: "A8", Title: "underdamped double well",
			Sentence: "dx = v dt, dv = −U′ − v + noise, D of rank 1: p ∝ exp(−(v²/2 + U)/T), J = (v, −U′)p; fluxes are upwind along x, which costs an order",
			Studies: stationaries(exact.Underdamped,
				onGrid(fp.OrderMonotone, 1, 0.1, plane, 0.021, 0.04, 0),
				onGrid(2, 1, 0.15, plane, 0.021, 0.036, 0),
				onGrid(4, 3, 0.15, plane, 2.7e-5, 6.1e-5, 0),
				onGrid(6, 5, 0.2, plane, 1.3e-7, 3.8e-7, 0),
				onGrid(8, 7, 0.4, plane, 1.4e-9, 4.7e-9, 0),
				positive(onGrid(4, 4, 0.2, []int{64, 96, 128}, 3.1e-6, 2.3e-5, 0))),
		},
		{
			ID: "A9", Title: "linear regression with one parameter",
			Sentence: "b = c − aw, D = (η/2)(αw² + βw + κ) of twelve samples: Pearson's type IV, with power-law tails",
			Studies: slices.Concat(
				inEquilibrium(stationaries(exact.LinearRegression,
					exactly("nodal", line, 1e-14),
					onGrid(2, 2, 0.05, plane, 0.0012, 5.9e-9, 2.7e-14),
					onGrid(4, 4, 0.1, plane, 4.5e-6, 4.5e-10, 8.5e-18),
					onGrid(8, 8, 0.4, plane, 7.4e-10, 2.5e-13, 8.9e-21))),
				fromData()),
		},
		{
			ID: "A10", Title: "heat equation",
			Sentence: "on a periodic box each Fourier mode decays at −Dk², and the stationary state is uniform",
			Studies: slices.Concat(
				stationaries(func() *exact.Case { return exact.Heat(0.3, 0.1) },
					exactly("stationary", []int{32, 64, 128}, 1e-14)),
				heatTransients()),
		},
		{
			ID: "A11", Title: "first passage and Kramers' rate",
			Sentence: "mean times are a double integral; where noise is weak rates are (√2/2π)e^{−1/4D}(1 − 3D/2 + O(D²))",
			Studies:  passages(),
		},
		{
			ID: "A12", Title: "discrete SGD on a quadratic",
			Sentence: "S = (I − ηH)S(I − ηH) + η²C/B for every η: the simulator meets it, the equation only as η → 0",
			Studies:  slices.Concat(quadraticWalkers(), quadraticEquation()),
		},
		{
			ID: "A13", Title: "epochs on a quadratic",
			Sentence: "noise of steps h apart has covariance −C(M−h)/(M(M−1)), which takes variance from flat directions",
			Studies:  epochs(),
		},
		{
			ID: "A14", Title: "three dimensions",
			Sentence: "as A2 and A3: a rotation with a full tensor, and eight wells",
			Studies: slices.Concat(
				named("rotation, ", stationaries(exact.Rotation3D,
					onGrid(4, 4, 0.4, space, 0.00036, 0.00077, 1.1e-5),
					onGrid(6, 6, 0.6, space, 2.1e-5, 5.7e-5, 2.8e-6),
					onGrid(8, 8, 0.8, space, 1.8e-6, 6.2e-6, 6.3e-7))),
				squared(inEquilibrium(named("eight wells, ", stationaries(func() *exact.Case { return exact.OctoWellDrift(0.15) },
					onGrid(fp.OrderMonotone, 2, 0.1, space, 0.0083, 2.4e-13, 4.2e-25),
					onGrid(2, 2, 0.15, space, 0.016, 0.0019, 0.00011)))))),
		},
	}
}

// named puts a prefix before the names of studies.
func named(prefix string, list []Study) []Study {
	for k := range list {
		list[k].Name = prefix + list[k].Name
	}
	return list
}

// squared doubles the order of entropy production: in equilibrium it is a square of currents
// that should not be.
func squared(list []Study) []Study {
	for k := range list {
		for i := range list[k].Limits {
			if l := &list[k].Limits[i]; l.Quantity == EntropyProduction {
				l.Order *= 2
			}
		}
	}
	return list
}

// positive solves for ln p.
func positive(w way) way {
	w.name, w.opt.Positive = "logarithmic, order "+w.opt.Order.String(), true
	return w
}
