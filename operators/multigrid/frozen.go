package multigrid

import (
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
			l.march(true, l.gather)
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
	c := l.plan.coarse
	l.march(true, nil, l.sweepLeft, l.sweepRight, l.restrictDefect)
	clear(c.x)
	for range f.Visits {
		f.cycle(k + 1)
		if c.plan == nil {
			break
		}
	}
	f.ratios(k + 1)
	l.march(false, func(layer int, s strip) { l.interpolate(layer, s, c.x, f.mass[k]) }, l.sweepLeft, l.sweepRight)
}

// ratios divides the solution of level k by its masses.
func (f *Frozen) ratios(k int) {
	c, mass := f.levels[k], f.mass[k]
	c.eachRow(func(r int) {
		q, m := c.of(c.x, r), c.of(mass, r)
		for i, v := range m {
			if v > leastGroup {
				q[i] /= v
			} else {
				q[i] = 0
			}
		}
	})
}

// restrictDefect sets the right-hand side of a layer of the next level to the sums over
// groups of rhs − (A x − shift·x), once its last layer here and the one above are at hand;
// a step of [level.march].
func (l *level) restrictDefect(layer int, s strip) {
	p := l.plan
	c, last := p.coarse, l.last()
	k := p.axis[last].group(layer)
	if layer+1 != p.axis[last].start[k+1] {
		return
	}
	first, end := p.axis[0].groupsOf(s)
	rows := c.rows() / p.axis[last].groups()
	for r := k * rows; r < (k+1)*rows; r++ {
		sums := c.of(c.rhs, r)
		clear(sums[first:end])
		j := [3]int{0, r % c.n[1], r / c.n[1]}
		for z := p.axis[2].start[j[2]]; z < p.axis[2].start[j[2]+1]; z++ {
			for y := p.axis[1].start[j[1]]; y < p.axis[1].start[j[1]+1]; y++ {
				b := l.row(y + z*l.n[1])
				b.addDefects(sums, &p.axis[0], first, end)
			}
		}
	}
}

// addDefects adds to sums those over groups of rhs − (A x − shift·x), 0 in cells that are cut
// off. Kernels round otherwise than Go does, so they take all pairs but the first and the last
// of the row, wherever strips are cut.
func (b *row) addDefects(sums []float64, p *axisPlan, first, end int) {
	add := func(from, to int) {
		for k := from; k < to; k++ {
			for i := p.start[k]; i < p.start[k+1]; i++ {
				sums[k] += b.defect(i)
			}
		}
	}
	from, to := max(first, 1), min(end, len(sums)-1)
	add(first, from)
	if k := processor; k > 0 && p.inPairs() && from+int(k) <= to {
		blocks := (to - from) / int(k)
		k.defects(b, sums, from, blocks)
		from += blocks * int(k)
		if from < to { // one more block overlaps those before
			var done [mostLanes]float64
			last := to - int(k)
			copy(done[:], sums[last:from])
			k.defects(b, sums, last, 1)
			copy(sums[last:from], done[:])
			from = to
		}
	}
	add(from, end)
}

func (b *row) defect(i int) float64 {
	if b.inv[i] == 0 {
		return 0
	}
	return b.source(i) - (b.inflow(i) - b.x[i]/b.inv[i])
}
