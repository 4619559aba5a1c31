// Package accurate discretises J = v p − D∇p by conservative central fluxes of order w =
// 2, 4, 6 or 8, for a full tensor in up to three dimensions, matrix-free.
//
// Unknowns are point values p at ξ = i+½ in coordinates ξ that count cells, x = x(ξ) along
// each axis, so that graded axes are uniform ones with other coefficients. Fluxes f on the
// faces are made from interpolated values, normal derivatives, and interpolated tangential
// ones. Inside, the numerical flux H = f − f″/24 + 7f⁗/5760 − 31f⁽⁶⁾/967680 is the function
// whose sliding average over a cell is f, so that H_{k+1} − H_k is f′ at the centre to order
// w. Next to a wall H is a sum of one-sided f′ with the weights ω of an end-corrected
// midpoint rule: what is summed stays an integral of order w, and Σ ωp is conserved.
//
// Gustafsson, High Order Difference Methods for Time Dependent PDE, Springer 2008; Shu, Osher,
// J. Comput. Phys. 83 (1989) 32 (fluxes whose sliding average is given).
package accurate
