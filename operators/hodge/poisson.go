package hodge

import (
	"sync"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// blockLines is how many lines of an array are gathered and worked on together.
const blockLines = 16

// A poisson solves Σ_a (K_a ⊗ M of the other axes) x = r on a product of axes, each with
// the Laplacian K and mass M of its cells or of its edges: coefficients of eigenvectors
// along all axes but one, along which the chains that remain are solved by elimination.
// Where all axes are periodic the last step is a division.
//
// It is direct. Eigenvectors of graded axes are orthogonal to some 10⁻¹² only, and sines
// lose up to a rounding per cell; a second solution for the residual makes up for both.
type poisson struct {
	axes []*line
	last int // the axis along which is solved
}

// A line is one axis of the arrays that a [poisson] solves for.
type line struct {
	size        int // layers of the array
	first, used int // those that are unknowns; the others are walls, or a seam's second copy
	stride      int
	seam        bool // the last layer is a copy of the first
	basis       basis
	chain       *chain    // along the last axis, if it has walls
	shift       []float64 // along the last axis: sum of the other eigenvalues, for each of its lines
	pool        *sync.Pool
}

// A worker has what one goroutine needs to work on a block of lines.
type worker struct {
	rows, work []float64
	base       []int
	transform  transform
}

// newPoisson returns the solver for arrays with one layer more than there are cells along
// the axes that are flagged.
func newPoisson(g *grid.Grid, onEdges []bool) *poisson {
	p := &poisson{axes: make([]*line, g.Dim()), last: lastAxis(g)}
	step := 1
	for a := range p.axes {
		p.axes[a] = newLine(g.Axis(a), onEdges[a], a == p.last, step)
		step *= p.axes[a].size
	}
	p.axes[p.last].shift = p.shifts()
	return p
}

// lastAxis returns the axis for elimination: the graded axis of most cells, because its
// eigenvectors cost most; else the last axis with walls; else the last.
func lastAxis(g *grid.Grid) int {
	last, most := -1, 0
	for a := range g.Dim() {
		if n := g.Axis(a).Cells(); !g.Axis(a).IsUniform() && n >= most {
			last, most = a, n
		}
	}
	for a := g.Dim() - 1; a >= 0 && last < 0; a-- {
		if !g.Axis(a).IsPeriodic() {
			last = a
		}
	}
	if last < 0 {
		return g.Dim() - 1
	}
	return last
}

func newLine(ax grid.Axis, onEdges, last bool, stride int) *line {
	n := ax.Cells()
	l := &line{size: n, used: n, stride: stride}
	if onEdges {
		l.size = n + 1
		l.seam = ax.IsPeriodic()
		if !l.seam {
			l.first, l.used = 1, n-1
		}
	}
	if last && !ax.IsPeriodic() {
		l.chain = cellChain(ax)
		if onEdges {
			l.chain = edgeChain(ax)
		}
	} else {
		l.basis = newBasis(ax, onEdges)
	}
	l.pool = &sync.Pool{New: func() any { return l.newWorker() }}
	return l
}

func (l *line) newWorker() *worker {
	w := &worker{rows: make([]float64, blockLines*l.used), base: make([]int, blockLines)}
	if l.chain != nil {
		w.work = make([]float64, blockLines*l.used)
	} else {
		w.transform = l.basis.make()
	}
	return w
}

// eigenvalue returns that of layer k; walls, whose unknowns are 0, have 0.
func (l *line) eigenvalue(k int) float64 {
	if k -= l.first; k < 0 || k >= l.used {
		return 0
	}
	return l.basis.values[k]
}

// shifts returns for every line along the last axis the sum of the eigenvalues of the
// other axes.
func (p *poisson) shifts() []float64 {
	sums := []float64{0}
	for a := range p.axes {
		if a == p.last {
			continue
		}
		next := make([]float64, 0, len(sums)*p.axes[a].size)
		for k := range p.axes[a].size {
			for _, s := range sums {
				next = append(next, s+p.axes[a].eigenvalue(k))
			}
		}
		sums = next
	}
	return sums
}

// solve overwrites x = r with the solution. Where constants have no Laplacian, r must sum
// to 0 and the solution is one of many.
func (p *poisson) solve(x []float64) {
	for a := range p.axes {
		if a != p.last {
			p.axes[a].blocks(x, func(w *worker, rows []float64, _ int) { w.transform.forward(rows) })
		}
	}
	p.axes[p.last].solve(x)
	for a := range p.axes {
		if a != p.last {
			p.axes[a].blocks(x, func(w *worker, rows []float64, _ int) { w.transform.backward(rows) })
		}
	}
}

// solve finishes along the last axis, where the other axes have coefficients.
func (l *line) solve(x []float64) {
	if l.chain != nil {
		l.blocks(x, func(w *worker, rows []float64, first int) {
			count := len(rows) / l.used
			l.chain.solve(rows, w.work[:len(rows)], l.shift[first:][:count])
		})
		return
	}
	l.blocks(x, func(w *worker, rows []float64, first int) {
		w.transform.forward(rows)
		for i := range rows {
			if v := l.shift[first+i/l.used] + l.basis.values[i%l.used]; v > 0 {
				rows[i] /= v
			} else {
				rows[i] = 0
			}
		}
		w.transform.backward(rows)
	})
}

// blocks gathers blocks of lines of x along the axis, calls do with them and the number of
// the first, and puts them back. For a transform each line is a row; for a chain, whose
// steps go from layer to layer, each layer is.
func (l *line) blocks(x []float64, do func(w *worker, rows []float64, first int)) {
	pieces.Run(len(x)/l.size, blockLines, func(_, lo, hi int) {
		w := l.pool.Get().(*worker)
		defer l.pool.Put(w)
		count := hi - lo
		rows, base := w.rows[:count*l.used], w.base[:count]
		for j := range base {
			base[j] = (lo+j)/l.stride*l.stride*l.size + (lo+j)%l.stride + l.first*l.stride
		}
		byLine, byLayer := l.used, 1
		if l.chain != nil {
			byLine, byLayer = 1, count
		}
		for k := range l.used {
			for j, from := range base {
				rows[j*byLine+k*byLayer] = x[from+k*l.stride]
			}
		}
		do(w, rows, lo)
		for k := range l.used {
			for j, to := range base {
				x[to+k*l.stride] = rows[j*byLine+k*byLayer]
			}
		}
		if l.seam {
			for j, to := range base {
				x[to+l.used*l.stride] = rows[j*byLine]
			}
		}
	})
}
