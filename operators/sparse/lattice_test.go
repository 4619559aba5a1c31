package sparse

import "testing"

// Every rate has one back: between neighbours, and across the ends of an axis if it is
// periodic; at walls there is nothing to come back from.
func TestReversible(t *testing.T) {
	for _, periodic := range []bool{false, true} {
		full := func() *Lattice {
			l := NewLattice([]int{3, 4}, []bool{false, periodic})
			for i := range l.States() {
				if i%3 < 2 {
					l.Up[0][i], l.Down[0][i] = 1, 2
				}
				if i/3 < 3 || periodic {
					l.Up[1][i], l.Down[1][i] = 3, 4
				}
			}
			return l
		}
		if !full().Reversible() {
			t.Errorf("periodic %v: not reversible", periodic)
		}
		for _, k := range []struct{ axis, cell int }{{0, 0}, {0, 10}, {1, 0}, {1, 8}, {1, 9}, {1, 11}} {
			wall := k.cell/3 == 3 && k.axis == 1 && !periodic
			for _, up := range []bool{false, true} {
				l := full()
				if up {
					l.Up[k.axis][k.cell] = 0
				} else {
					l.Down[k.axis][k.cell] = 0
				}
				if got := l.Reversible(); got != wall {
					t.Errorf("periodic %v, without a rate of cell %d along axis %d: reversible %v, want %v", periodic, k.cell, k.axis, got, wall)
				}
			}
		}
	}
}
