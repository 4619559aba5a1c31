// Package markov finds the stationary vector of a Markov generator A: m ≥ 0,
// A m = 0, Σm = 1. Entry (i, j) of A, i ≠ j, is the jump rate j → i; the diagonal,
// minus the sum of the column, is never read.
//
// [Direct] eliminates states one by one, as Grassmann, Taksar and Heyman did: a
// state n that is left at the total rate S_n = Σ_j r_nj (r_nj: the rate n → j) is taken
// out, and what would have passed through it goes directly, r_ij ← r_ij + r_in r_nj / S_n.
// Nothing is ever subtracted, so every m_i comes out with a relative error near
// round-off, however small it is and however rarely parts of the chain are left, where
// Gaussian elimination loses all digits. The order is nested dissection of the box that
// the states fill, and the work is done in dense fronts, one for each separator: in
// dissect.go and tree.go the order, in front.go, kernel.go, block.go and tile.go the
// elimination, in back.go the masses.
//
// [ClosedClasses] says where a chain ends up; there must be one such class.
//
// Grassmann, Taksar, Heyman, Oper. Res. 33 (1985) 1107. O'Cinneide, Numer. Math. 65
// (1993) 109. George, SIAM J. Numer. Anal. 10 (1973) 345. Duff, Reid, ACM TOMS 9
// (1983) 302.
package markov
