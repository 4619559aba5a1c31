package multigrid

// This file sums masses and flows over the groups of cells of a row.

// flows are those along and across a row of cells, and the sums over groups that they are
// added to. Kernels know the order of the fields.
type flows struct {
	x, up, dn                     []float64 // masses, and rates along the row
	mass, low, inner, forth, back []float64 // of groups
	across                        [2]across
}

// An across is flows to the row above along axis 1 or 2 and back; next is nil where there is
// no such axis.
type across struct {
	next, up, dn []float64 // masses of the row above, and rates
	forth, back  []float64 // of groups, or both times the flows within them
	low          []float64 // nil if this is not the lowest row of its groups
}

func (l *level) flows(r int, mass []float64, to *sums) flows {
	return flows{
		x: l.of(l.x, r), up: l.of(l.up[0], r), dn: l.of(l.dn[0], r),
		mass: mass, low: to.lower, inner: to.upper, forth: to.forth, back: to.back,
	}
}

func (l *level) across(r, a int, to *sums, lowest, highest bool) across {
	f := across{next: l.of(l.x, l.above(r, a)), up: l.of(l.up[a], r), dn: l.of(l.dn[a], r), forth: to.upper, back: to.upper}
	if lowest {
		f.low = to.lower
	}
	if highest {
		f.forth, f.back = to.forth, to.back
	}
	return f
}

// gather adds masses and flows to those of the groups.
func (f *flows) gather(p *axisPlan) {
	first, end := 0, p.groups()
	if k := processor; k > 0 && p.even() && first+int(k) <= end {
		blocks := (end - first) / int(k)
		last := first + blocks*int(k)
		k.gather(f, p.inPairs(), first, blocks, p.start[last]%len(f.x))
		first = last
	}
	f.along(p, first, end)
	for a := range f.across {
		if f.across[a].next != nil {
			f.across[a].add(f.x, p, first, end)
		}
	}
}

// along adds the masses of the row and the flows along it.
func (f *flows) along(p *axisPlan, first, end int) {
	for k := first; k < end; k++ {
		lo, hi := p.start[k], p.start[k+1]
		mass := f.x[lo]
		f.low[k] += mass
		for i := lo; i+1 < hi; i++ {
			mass += f.x[i+1]
			f.inner[k] += f.x[i]*f.up[i] + f.x[i+1]*f.dn[i]
		}
		f.mass[k] += mass
		if p.groups() > 1 { // else what goes round stays within the group
			next := hi % len(f.x)
			f.forth[k] += f.x[hi-1] * f.up[hi-1]
			f.back[k] += f.x[next] * f.dn[hi-1]
		}
	}
}

// add adds the flows between the row, of masses x, and the one above.
func (f *across) add(x []float64, p *axisPlan, first, end int) {
	for k := first; k < end; k++ {
		var mass, forth, back float64
		for i := p.start[k]; i < p.start[k+1]; i++ {
			mass += x[i]
			forth += x[i] * f.up[i]
			back += f.next[i] * f.dn[i]
		}
		f.forth[k] += forth
		f.back[k] += back
		if f.low != nil {
			f.low[k] += mass
		}
	}
}
