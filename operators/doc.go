// Package operators turns coefficients into matrices. It discretises
//
//	∂p/∂t = −∇·J,   J = v p − D∇p,
//
// with effective drift v and symmetric positive semi-definite diffusion tensor D,
// on the cells of a [grid.Grid] by finite volumes. Unknowns are cell masses
// m_i = p_i V_i, and a [Generator] is the matrix of jump rates in dm/dt = A m:
// off-diagonal entries are ≥ 0 and columns sum to 0, so that masses stay ≥ 0 and
// their sum stays what it is, at any resolution.
//
// Three ways lead to one:
//
//   - [Nodal], d = 1: rates whose stationary state has the exact ratios p_i/p_j and
//     the exact current.
//   - [Star], any d, diagonal D: exponentially fitted rates on the 2d axis neighbours.
//   - [Selling], d ≤ 3, any tensor, also a degenerate one: D as weights ≥ 0 on
//     integer offsets.
//
// Where v = −D∇φ + w with a known potential φ and w = 0, the discrete stationary
// state of each is exp(−φ) at the centres, to round-off.
//
// Scharfetter, Gummel, IEEE Trans. Electron Devices 16 (1969) 64. Fehrenbach,
// Mirebeau, J. Math. Imaging Vis. 49 (2014) 123. Bonnans, Bonnet, Mirebeau,
// SIAM J. Sci. Comput. 44 (2022). Selling, J. reine angew. Math. 77 (1874) 143.
package operators
