//go:build !amd64 || purego

package multigrid

// bestKernel returns 0: there are kernels for amd64 alone.
func bestKernel() kernel { return 0 }

func (kernel) right(r *row, first, blocks, before, after int) {}

func (kernel) left(r *row, first, blocks, before, after int) {}

func (kernel) gather(f *flows, pairs bool, first, blocks, after int) {}

func (kernel) reciprocals(dst, x *float64, blocks int, least float64) {}
func (kernel) resistances(upper, lower, inv *float64, blocks int)     {}

func (kernel) ratios(dst, x, y *float64, blocks int, leastX, leastY, other float64) {}

func (kernel) outflows(r *openRow, first, blocks int) bool { return true }

func (kernel) exponentials(x *float64, blocks int) {}

func (kernel) rates(up, dn, forth, back, x, y, upper, lower *float64, blocks int) {}

func (kernel) correct(b *between, pairs bool, first, blocks int) {}

func (kernel) defects(r *row, sums []float64, pairs bool, first, blocks int) {}

func (kernel) residual(r *openRow, first, blocks int, least float64, lanes *[3 * mostLanes]float64) {}
