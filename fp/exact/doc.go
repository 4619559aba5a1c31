// Package exact holds Fokker–Planck problems whose stationary density and current
// are known in closed form or by one-dimensional quadrature,
//
//	0 = −∇·J,   J = v p − D∇p,   ∫p = 1 over the box,
//
// from diffusion on a line to rotation in three dimensions. They measure what a
// discretisation is worth: its error, the order at which the error falls, and
// whether tails, currents and entropy production come out right.
//
// A [Case] knows ln p and the mean local velocity u = J/p, in terms of which the
// effective drift is v = D∇ln p + u and the entropy production ∫ p u·D⁻¹u.
//
// Risken, The Fokker–Planck Equation, Springer 1989, chapters 5, 6 and 11.
// Büttiker, Z. Phys. B 68 (1987) 161. Landauer, J. Stat. Phys. 53 (1988) 233.
package exact
