package multigrid

// This file sweeps along rows. Kernels for amd64 take a row in blocks of cells: what flows in
// from all neighbours but the one that was swept last is independent from cell to cell, and
// the recurrence that remains is solved block by block. All of it is free of subtractions,
// but for a right-hand side.

//go:generate go run -modfile=../../go.tool.mod asm/gen.go -out kernel_amd64.s -stubs kernel_stubs_amd64.go -pkg multigrid

// A kernel does things to blocks of cells, or of groups of cells, within a row. It takes the
// address of the first field of what it needs.
type kernel struct {
	cells         int                                                             // of a block
	right, left   func(r *[]float64, first, blocks, before, after int)            // of a row, at least one block, between two cells
	along, across func(f *[]float64, first, blocks int)                           // of flows
	rates         func(up, dn, x, y *float64, blocks int, half float64)           // see ratesBetween
	correct       func(b *[]float64, first, blocks int, weight1, weight2 float64) // of between; first ≥ 1
}

// processor is the best kernel of this machine; nil where there is none.
var processor = bestKernel()

// A row is what kernels need of one row of cells. They know the order of the fields.
type row struct {
	x, up, dn            []float64    // masses, and rates along the row
	inv, rhs             []float64    // 1 / rate out; nil for a right-hand side of 0
	below, above         [2][]float64 // masses of the neighbouring rows along axes 1 and 2
	fromBelow, fromAbove [2][]float64 // rates from there; nil where there is no axis 2
}
