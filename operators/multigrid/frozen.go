package multigrid

import (
	"math"

	"gonum.org/v1/gonum/floats"

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
			l.coarsenAll()
		} else {
			f.dense.eliminate(l.x, shift)
		}
		f.mass = append(f.mass, l.x)
		if shift > 0 {
			l.invert(shift)
		}
		l.x, l.old = nil, nil
		if k > 0 { // the finest level works on the vectors of [Frozen.Apply]
			l.x, l.rhs = make([]float64, l.cells()), make([]float64, l.cells())
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
	l.x, l.rhs = x, b
	l.eachRow(func(r int) { clear(l.of(x, r)) })
	f.cycle(0)
	if f.part != nil {
		sum := l.total()
		l.eachRow(func(r int) { floats.AddScaled(l.of(x, r), -sum, l.of(f.part, r)) })
	}
	l.x, l.rhs = nil, nil
}

// cycle improves the solution of level k.
func (f *Frozen) cycle(k int) {
	l := f.levels[k]
	if l.plan == nil {
		f.dense.solve(l.x, l.rhs)
		return
	}
	c := l.plan.coarse
	l.sweep(true, nil, l.restrictDefect)
	clear(c.x)
	for range f.Visits {
		f.cycle(k + 1)
		if c.plan == nil {
			break
		}
	}
	f.ratios(k + 1)
	l.sweep(false, func(layer int) { l.interpolate(layer, c.x, f.mass[k]) }, nil)
}

// ratios divides the solution of level k by its masses.
func (f *Frozen) ratios(k int) {
	c, mass := f.levels[k], f.mass[k]
	c.eachRow(func(r int) {
		q := c.of(c.x, r)
		ratios(q, q, c.of(mass, r), math.Inf(-1), leastGroup, 0)
	})
}

// restrictDefect sets the right-hand side of a layer of the next level to the sums over
// groups of rhs − (A x − shift·x).
func (l *level) restrictDefect(group int) {
	p := l.plan
	c := p.coarse
	rows := c.rows() / p.axis[l.last()].groups()
	for r := group * rows; r < (group+1)*rows; r++ {
		sums := c.of(c.rhs, r)
		clear(sums)
		j := [3]int{0, r % c.n[1], r / c.n[1]}
		for z := p.axis[2].start[j[2]]; z < p.axis[2].start[j[2]+1]; z++ {
			for y := p.axis[1].start[j[1]]; y < p.axis[1].start[j[1]+1]; y++ {
				b := l.row(y + z*l.n[1])
				b.addDefects(sums, &p.axis[0])
			}
		}
	}
}

// addDefects adds to sums those over groups of rhs − (A x − shift·x), 0 in cells that are cut
// off.
func (b *row) addDefects(sums []float64, p *axisPlan) {
	add := func(from, to int) {
		for k := from; k < to; k++ {
			for i := p.start[k]; i < p.start[k+1]; i++ {
				sums[k] += b.defect(i)
			}
		}
	}
	add(0, 1)
	from, to := 1, len(sums)-1
	if k := processor; k > 0 && p.even() && from+int(k) <= to {
		blocks := (to - from) / int(k)
		k.defects(b, sums, p.inPairs(), from, blocks)
		from += blocks * int(k)
	}
	add(from, len(sums))
}

func (b *row) defect(i int) float64 {
	if b.inv[i] == 0 {
		return 0
	}
	return b.source(i) - (b.inflow(i) - b.x[i]/b.inv[i])
}
