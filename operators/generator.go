package operators

import (
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/sparse"
)

// A Generator is the Fokker–Planck operator on cell masses, dm/dt = A m, as a
// sparse matrix of jump rates.
//
// Entry (i, j) of A, i ≠ j, is the rate j → i ≥ 0, in 1/T; the diagonal makes
// columns sum to 0, or to −Exit[j] where cells border an absorbing wall.
type Generator struct {
	Grid *grid.Grid
	A    *sparse.CSR
	Exit []float64 // rate from each cell to the absorbing walls; nil without them

	// Reach is the longest offset along any axis, in cells.
	Reach int
	// Regularization is the largest diffusion that had to be added to a tensor too
	// anisotropic for the grid, relative to its largest eigenvalue in units of cells.
	Regularization float64
}
