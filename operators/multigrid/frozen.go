package multigrid

import (
	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators/sparse"
)

// This file solves linear problems A x − s x = b, s ≥ 0, approximately by one cycle on the
// hierarchy that belongs to given masses, kept as it is. It is the linearisation of the
// cycle that finds the masses: errors are interpolated as multiples of them.

// A Frozen is the hierarchy of a lattice at given masses, as a preconditioner: linear, and
// the same in every application. It is not safe for concurrent use.
type Frozen struct {
	levels []*level    // x holds the solution of a level
	mass   [][]float64 // X of every level
	part   []float64   // masses that sum to 1, for the null space; nil with a shift
	dense  *dense
	// Visits is the number of times a coarse level is visited: 1 for a V-cycle, the
	// default, 2 for a W-cycle.
	Visits int
}

// Freeze returns the hierarchy of the lattice at the masses m, for problems with the given
// shift, a rate. m is not changed.
func Freeze(a *sparse.Lattice, m []float64, shift float64) *Frozen {
	s := newSolver(a)
	copy(s.levels[0].x, m)
	f := &Frozen{levels: s.levels, dense: s.dense, Visits: 1}
	for k, l := range s.levels {
		if l.plan != nil {
			l.coarsen()
		} else {
			f.dense.eliminate(l.x, shift)
		}
		f.mass = append(f.mass, l.x)
		if shift > 0 {
			l.invert(shift)
		}
		l.x, l.rhs = make([]float64, l.cells()), make([]float64, l.cells())
		if k > 0 {
			l.old = nil
		}
	}
	if shift == 0 {
		f.part = append([]float64(nil), m...)
		floats.Scale(1/floats.SumCompensated(m), f.part)
	}
	return f
}

// Reversed returns the lattice of the chain run backward in time, of the same stationary
// masses m: its rate from i to j is that from j to i times m_j/m_i. With it transposed
// problems Aᵀy − s y = b become those of [Freeze], for the masses times y and times b.
func Reversed(a *sparse.Lattice, m []float64) *sparse.Lattice {
	r := sparse.NewLattice(a.Dims, a.Periodic)
	l := finest(a)
	l.eachRow(func(row int) {
		for i := row * l.n[0]; i < (row+1)*l.n[0]; i++ {
			for k := range a.Dims {
				j := l.next(i, k)
				if m[i] > 0 && m[j] > 0 {
					r.Up[k][i] = a.Down[k][i] * (m[j] / m[i])
					r.Down[k][i] = a.Up[k][i] * (m[i] / m[j])
				}
			}
		}
	})
	return r
}

// Apply sets x to about the solution of A x − shift·x = b, by one cycle from x = 0. Without
// a shift b should sum to 0, and so does x.
func (f *Frozen) Apply(x, b []float64) {
	l := f.levels[0]
	copy(l.rhs, b)
	clear(l.x)
	f.cycle(0)
	copy(x, l.x)
	if f.part != nil {
		floats.AddScaled(x, -floats.SumCompensated(x), f.part)
	}
}

// cycle improves the solution of level k.
func (f *Frozen) cycle(k int) {
	l := f.levels[k]
	if l.plan == nil {
		f.dense.solve(l.x, l.rhs)
		return
	}
	l.smooth(0)
	c := l.plan.coarse
	for visit := range f.Visits {
		if visit == 0 {
			l.restrictDefect(c.rhs)
			clear(c.x)
		}
		f.cycle(k + 1)
		if c.plan == nil {
			break
		}
	}
	q := c.x
	coarse := f.mass[k+1]
	c.eachRow(func(r int) {
		q, m := c.of(q, r), c.of(coarse, r)
		for i, v := range m {
			if v > leastGroup {
				q[i] /= v
			} else {
				q[i] = 0
			}
		}
	})
	mass := f.mass[k]
	l.interpolate(q, func(r int, values []float64) {
		x, m := l.of(l.x, r), l.of(mass, r)
		for i, v := range values[:len(x)] {
			x[i] += m[i] * v
		}
	})
	l.smooth(1)
}

// restrictDefect sets dst to the sums over groups of rhs − (A x − shift·x).
func (l *level) restrictDefect(dst []float64) {
	p := l.plan
	c := p.coarse
	pieces.Run(c.rows(), c.rowsPerPiece(), func(_, lo, hi int) {
		defect := make([]float64, l.n[0])
		for r := lo; r < hi; r++ {
			sums := c.of(dst, r)
			clear(sums)
			j := [3]int{0, r % c.n[1], r / c.n[1]}
			for z := p.axis[2].start[j[2]]; z < p.axis[2].start[j[2]+1]; z++ {
				for y := p.axis[1].start[j[1]]; y < p.axis[1].start[j[1]+1]; y++ {
					l.defectRow(defect, y+z*l.n[1])
					p.axis[0].addGroups(sums, defect)
				}
			}
		}
	})
}

// defectRow sets dst to row r of rhs − (A x − shift·x), 0 in cells that are cut off.
func (l *level) defectRow(dst []float64, r int) {
	b := l.row3(r)
	n := len(b.x)
	dst = dst[:n]
	dst[0], dst[n-1] = b.defect(0), b.defect(n-1)
	if b.below[1] != nil {
		for i := 1; i < n-1; i++ {
			dst[i] = b.defect(i)
		}
		return
	}
	x, inv, up, dn, rhs := b.x, b.inv[:n], b.up[:n], b.dn[:n], b.rhs[:n]
	x1, x2, u1, d1 := b.below[0][:n], b.above[0][:n], b.fromBelow[0][:n], b.fromAbove[0][:n]
	for i := 1; i < n-1; i++ {
		if inv[i] == 0 {
			dst[i] = 0
			continue
		}
		dst[i] = rhs[i] - (up[i-1]*x[i-1] + dn[i]*x[i+1] + u1[i]*x1[i] + d1[i]*x2[i] - x[i]/inv[i])
	}
}

func (b *row3) defect(i int) float64 {
	if b.inv[i] == 0 {
		return 0
	}
	return b.rhs[i] - (b.inflow(i) - b.x[i]/b.inv[i])
}

// addGroups adds the sums over groups of v to sums.
func (p *axisPlan) addGroups(sums, v []float64) {
	if len(v) == 2*len(sums) {
		for k := range sums {
			sums[k] += v[2*k] + v[2*k+1]
		}
		return
	}
	for k := range sums {
		for _, d := range v[p.start[k]:p.start[k+1]] {
			sums[k] += d
		}
	}
}
