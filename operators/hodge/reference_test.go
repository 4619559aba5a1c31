package hodge_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
)

// This file splits by dense least squares: gradients and curls are columns of matrices,
// written down face by face with indices, and the parts are projections on their span.

// A reference has one unknown per distinct face of a box.
type reference struct {
	g      *grid.Grid
	faces  []map[[3]int]int // number of the face with these indices, for each axis
	weight []float64        // distance over area
	wall   []bool
}

func indices(g *grid.Grid, longer func(a int) bool, do func(idx [3]int)) {
	n := [3]int{1, 1, 1}
	for a := range g.Dim() {
		n[a] = g.Axis(a).Cells()
		if longer(a) {
			n[a]++
		}
	}
	for k := range n[2] {
		for j := range n[1] {
			for i := range n[0] {
				do([3]int{i, j, k})
			}
		}
	}
}

// wrapped puts the last layer of edges of periodic axes back to the first.
func wrapped(g *grid.Grid, idx [3]int) [3]int {
	for a := range g.Dim() {
		if n := g.Axis(a).Cells(); g.Axis(a).IsPeriodic() {
			idx[a] = (idx[a] + n) % n
		}
	}
	return idx
}

func newReference(g *grid.Grid) *reference {
	r := &reference{g: g, faces: make([]map[[3]int]int, g.Dim())}
	for a := range g.Dim() {
		r.faces[a] = map[[3]int]int{}
		indices(g, func(b int) bool { return b == a }, func(idx [3]int) {
			if wrapped(g, idx) != idx {
				return
			}
			ax, k := g.Axis(a), idx[a]
			c, n := ax.Centers(), ax.Cells()
			area := 1.0
			for b := range g.Dim() {
				if b != a {
					area *= g.Axis(b).Width(idx[b])
				}
			}
			var distance float64
			wall := !ax.IsPeriodic() && (k == 0 || k == n)
			switch {
			case ax.IsPeriodic() && k == 0:
				distance = c[0] - ax.Min() + ax.Max() - c[n-1]
			case k == 0:
				distance = c[0] - ax.Min()
			case k == n:
				distance = ax.Max() - c[n-1]
			default:
				distance = c[k] - c[k-1]
			}
			r.faces[a][idx] = len(r.weight)
			r.weight = append(r.weight, distance/area)
			r.wall = append(r.wall, wall)
		})
	}
	return r
}

// vector returns the distinct flows of f, times √weight: its inner product is ⟨ , ⟩.
func (r *reference) vector(f *grid.FaceField) *mat.VecDense {
	v := mat.NewVecDense(len(r.weight), nil)
	for a := range r.g.Dim() {
		i := 0
		indices(r.g, func(b int) bool { return b == a }, func(idx [3]int) {
			if row, ok := r.faces[a][idx]; ok {
				v.SetVec(row, f.Flow[a][i]*math.Sqrt(r.weight[row]))
			}
			i++
		})
	}
	return v
}

// gradients returns −∇ of every cell, and for every face on a wall the flow through it.
func (r *reference) gradients() *mat.Dense {
	var columns [][]float64
	indices(r.g, func(int) bool { return false }, func(idx [3]int) {
		column := make([]float64, len(r.weight))
		for a := range r.g.Dim() {
			for side, sign := range []float64{-1, 1} {
				face := idx
				face[a] += side
				row := r.faces[a][wrapped(r.g, face)]
				if !r.wall[row] {
					column[row] += sign / math.Sqrt(r.weight[row])
				}
			}
		}
		columns = append(columns, column)
	})
	for row, wall := range r.wall {
		if wall {
			column := make([]float64, len(r.weight))
			column[row] = 1
			columns = append(columns, column)
		}
	}
	return matrixOf(columns)
}

// curls returns the flow around every edge, or corner, off the walls.
func (r *reference) curls() *mat.Dense {
	var columns [][]float64
	for c := range r.g.Dim() {
		for b := range c {
			indices(r.g, func(a int) bool { return a == b || a == c }, func(idx [3]int) {
				for _, a := range []int{b, c} {
					if n := r.g.Axis(a).Cells(); !r.g.Axis(a).IsPeriodic() && (idx[a] == 0 || idx[a] == n) {
						return
					}
				}
				column := make([]float64, len(r.weight))
				put := func(a, along int, sign float64) {
					for side, s := range []float64{-sign, sign} {
						face := idx
						face[along] += side - 1
						row := r.faces[a][wrapped(r.g, face)]
						column[row] += s * math.Sqrt(r.weight[row])
					}
				}
				put(c, b, 1)
				put(b, c, -1)
				columns = append(columns, column)
			})
		}
	}
	return matrixOf(columns)
}

func matrixOf(columns [][]float64) *mat.Dense {
	if len(columns) == 0 {
		return nil
	}
	m := mat.NewDense(len(columns[0]), len(columns), nil)
	for j, c := range columns {
		m.SetCol(j, c)
	}
	return m
}

// projection returns the nearest vector to v in the span of the columns of m.
func projection(t *testing.T, m *mat.Dense, v *mat.VecDense) *mat.VecDense {
	t.Helper()
	out := mat.NewVecDense(v.Len(), nil)
	if m == nil {
		return out
	}
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDThin) {
		t.Fatal("no singular values")
	}
	var u mat.Dense
	svd.UTo(&u)
	values := svd.Values(nil)
	for j, s := range values {
		// The smallest true singular value of these small grids is above 1e-2 of the
		// largest; those that should be 0 are below 1e-14 of it.
		if s > 1e-8*values[0] {
			column := u.ColView(j)
			out.AddScaledVec(out, mat.Dot(column, v), column)
		}
	}
	return out
}

// noise returns independent normal flows, walls included; both layers of a seam agree.
func noise(g *grid.Grid, seed uint64) *grid.FaceField {
	r := rand.New(rand.NewPCG(seed, 1))
	f := grid.NewFaceField(g)
	for a, flow := range f.Flow {
		s := g.Stride(a)
		n := g.Axis(a).Cells()
		for i := range flow {
			flow[i] = r.NormFloat64()
			if g.Axis(a).IsPeriodic() && i%((n+1)*s) >= n*s {
				flow[i] = flow[i-n*s]
			}
		}
	}
	return f
}

// axis returns an axis of a kind: w walls, p periodic, g graded, s steeply graded.
func axis(t testing.TB, kind byte, n int, lo, hi float64) grid.Axis {
	t.Helper()
	ax, err := grid.Uniform(lo, hi, n, grid.Reflecting, grid.Absorbing)
	switch kind {
	case 'p':
		ax, err = grid.Uniform(lo, hi, n, grid.Periodic, grid.Periodic)
	case 'g':
		ax, err = grid.Sinh(lo, hi, n, grid.Reflecting, grid.Absorbing, lo+0.3*(hi-lo), 0.1*(hi-lo))
	case 's':
		ax, err = grid.Sinh(lo, hi, n, grid.Reflecting, grid.Reflecting, lo+0.3*(hi-lo), 1e-8*(hi-lo))
	}
	if err != nil {
		t.Fatal(err)
	}
	return ax
}

// box returns the product of axes of these kinds, of different lengths.
func box(t testing.TB, kinds string, cells ...int) *grid.Grid {
	axes := make([]grid.Axis, len(kinds))
	for a := range axes {
		axes[a] = axis(t, kinds[a], cells[a], -1, 1.5+float64(a))
	}
	return grid.New(axes...)
}
