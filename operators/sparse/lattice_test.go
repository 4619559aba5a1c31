package sparse

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Cells meet in the middle where there is a way from each of them: as found by going round all
// rates until nothing changes, on lattices that lack some of them.
func TestMeets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	count := map[bool]int{}
	for k := range 400 {
		dims := [][]int{{7}, {3, 4}, {1, 5}, {3, 2, 4}}[k%4]
		l := NewLattice(dims, []bool{k%8 < 4, k%3 == 0, false}[:len(dims)])
		a := make([][2]int, 0) // positive rates, from and to
		s, middle := 1, 0
		for axis, n := range dims {
			for i := range l.States() {
				next := i + s
				if i/s%n == n-1 {
					next = i - (n-1)*s
				}
				if i/s%n == n-1 && !l.Periodic[axis] {
					continue
				}
				if r.Float64() < 0.85 {
					l.Up[axis][i], a = 1, append(a, [2]int{i, next})
				}
				if r.Float64() < 0.85 {
					l.Down[axis][i], a = 1, append(a, [2]int{next, i})
				}
			}
			middle += n / 2 * s
			s *= n
		}
		arrives := make([]bool, s)
		arrives[middle] = true
		for range s {
			for _, e := range a {
				arrives[e[0]] = arrives[e[0]] || arrives[e[1]]
			}
		}
		want := !slices.Contains(arrives, false)
		count[want]++
		if got := l.Meets(); got != want {
			t.Errorf("%v, periodic %v, rates %v: meets %v, want %v", dims, l.Periodic, a, got, want)
		}
	}
	if count[true] < 50 || count[false] < 50 { // else nothing is tested
		t.Errorf("cases: %v", count)
	}
}

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
