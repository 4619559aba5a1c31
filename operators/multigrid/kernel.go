package multigrid

// This file sweeps along rows. Kernels for amd64 take a row in blocks of cells: what flows in
// from all neighbours but the one that was swept last is independent from cell to cell, and
// the recurrence that remains is solved block by block. All of it is free of subtractions,
// but for a right-hand side.

//go:generate go run -modfile=../../go.tool.mod asm/gen.go asm/machine.go asm/sweep.go asm/gather.go asm/cellwise.go asm/defects.go asm/correct.go -out kernel_amd64.s -stubs kernel_stubs_amd64.go -pkg multigrid

// A kernel is the number of cells, or groups of cells, of the blocks that the processor's
// instructions take at a time; 0 where there are none. Its methods do things to some blocks
// within a row.
type kernel int

// processor is the best kernel of this machine.
var processor = bestKernel()

// A row is what kernels need of one row of cells. They know the order of the fields.
type row struct {
	x, up, dn            []float64    // masses, and rates along the row
	inv, rhs             []float64    // 1 / rate out; nil for a right-hand side of 0
	below, above         [2][]float64 // masses of the neighbouring rows along axes 1 and 2
	fromBelow, fromAbove [2][]float64 // rates from there; nil where there is no axis 2
	ring                 bool         // the ends are neighbours
}

// An openRow is a row with the rates out of it, to below and above.
type openRow struct {
	row
	toBelow, toAbove [2][]float64
}
