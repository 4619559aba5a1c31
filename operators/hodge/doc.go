// Package hodge writes a field of flows through faces as gradient + curl + harmonic
// field, the Helmholtz–Hodge split
//
//	F = −∇χ + curl A + h,
//
// on the staggered grid of a [grid.FaceField]: χ on cells, F on faces, A on edges (in two
// dimensions ψ on corners, curl A = (∂_yψ, −∂_xψ)). There the divergence of a curl and
// the curl of a gradient vanish identically, summation by parts holds exactly, and so
// the parts are orthogonal in the inner product
//
//	⟨F, G⟩ = Σ over faces of F G · distance/area,
//
// F and G total flows, distance that between the centres of the two cells (at a wall,
// from centre to wall): ∫ F·G of the densities.
//
// Any dimension, walls or periodic axes, uniform or graded, in any mixture. What crosses
// a wall belongs to the gradient part (Neumann data: −∂_nχ = F·n), so that the solenoidal
// and the harmonic part are tangential. The harmonic part is a constant density along
// every periodic axis, and along no other.
//
// Of a stationary current the gradient part is 0; the level lines of ψ are the orbits of
// probability and max ψ − min ψ is the flux that circulates.
//
// G. Strang, Introduction to Applied Mathematics (1986), §3.4–3.5, has the discrete
// calculus; R. E. Lynch, J. R. Rice and D. H. Thomas, Numer. Math. 6 (1964) 185, the
// solution of Poisson problems axis by axis.
package hodge
