package operators

import (
	"sync"

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
	// Lattice holds the rates where all are between nearest neighbours, as [Star] makes
	// them; nil otherwise.
	Lattice *sparse.Lattice
	Exit    []float64 // rate from each cell to the absorbing walls; nil without them

	// Reach is the longest offset along any axis, in cells.
	Reach int
	// Regularization is the largest diffusion that had to be added to a tensor too
	// anisotropic for the grid, relative to its largest eigenvalue in units of cells.
	Regularization float64

	matrix *sparse.CSR
	once   sync.Once
}

// Matrix returns A by rows; that of a lattice is made when it is first asked for.
func (gen *Generator) Matrix() *sparse.CSR {
	gen.once.Do(func() {
		if gen.matrix == nil {
			gen.matrix = gen.latticeMatrix()
		}
	})
	return gen.matrix
}

// latticeMatrix returns the matrix of the lattice, with an entry for every pair of
// neighbours that a wall does not keep apart.
func (gen *Generator) latticeMatrix() *sparse.CSR {
	g, l := gen.Grid, gen.Lattice
	return assemble(g, g.Dim(), func(list *edgeList) {
		idx := make([]int, g.Dim())
		for i := list.lo; i < list.hi; i++ {
			g.Indices(idx, i)
			for a, k := range idx {
				if next, ok := g.Axis(a).Wrap(k + 1); ok {
					list.add(i, i+(next-k)*g.Stride(a), l.Up[a][i], l.Down[a][i])
				}
			}
			if gen.Exit != nil {
				list.addExit(i, gen.Exit[i])
			}
		}
	}).matrix
}

// Apply returns A m, on all cores.
func (gen *Generator) Apply(m []float64) []float64 {
	if gen.Lattice != nil {
		return gen.Lattice.Apply(m)
	}
	dst := make([]float64, len(m))
	gen.matrix.MulVec(dst, m)
	return dst
}

// Outflow returns the total rate out of every cell, −A_ii.
func (gen *Generator) Outflow() []float64 {
	if gen.Lattice != nil {
		return gen.Lattice.Outflow()
	}
	out := make([]float64, gen.Grid.Cells())
	for i := range out {
		out[i] = -gen.matrix.At(i, i)
	}
	return out
}
