package multigrid

import (
	"fmt"
	"math"
	"testing"
)

// Cells belong to the top that steepest ascent reaches, taken step by step.
func TestBasinsAreOfSteepestAscent(t *testing.T) {
	for _, dims := range [][]int{{9, 14}, {40, 40}, {7, 6, 8}} {
		for _, ring := range []bool{false, true} {
			l := finest(noise(dims, ring, 3))
			for i := range l.x {
				l.x[i] = 2 + math.Round(4*math.Sin(0.3*float64(i*i)))/4 // with ties
			}
			label, mass := l.basins()
			tops := map[int]float64{}
			basin := map[int]int32{}
			for i := range l.x {
				top := i
				for next := l.steepest(top); next != top; next = l.steepest(top) {
					top = next
				}
				if b, known := basin[top]; known && b != label[i] {
					t.Fatalf("%v, ring %v: cells of the top %d are in the basins %d and %d", dims, ring, top, b, label[i])
				}
				basin[top] = label[i]
				tops[top] += l.x[i]
			}
			if len(tops) != len(mass) {
				t.Fatalf("%v, ring %v: %d basins, want %d", dims, ring, len(mass), len(tops))
			}
			for top, want := range tops {
				if got := mass[basin[top]]; math.Abs(got-want) > 1e-12*want {
					t.Errorf("%v, ring %v: basin of %d has the mass %v, want %v", dims, ring, top, got, want)
				}
			}
		}
	}
}

// steepest returns the neighbour of cell i with the largest mass, of equal ones the first,
// or i itself. Neighbours are taken round at walls as well.
func (l *level) steepest(i int) int {
	best := i
	for a := range 3 {
		for _, j := range []int{l.next(i, a), l.before(i, a)} {
			if l.x[j] > l.x[best] || l.x[j] == l.x[best] && j < best {
				best = j
			}
		}
	}
	return best
}

// before returns the lower neighbour of cell i along axis a, going round at the end.
func (l *level) before(i, a int) int {
	s := 1
	for _, n := range l.n[:a] {
		s *= n
	}
	if i/s%l.n[a] == 0 {
		return i + (l.n[a]-1)*s
	}
	return i - s
}

// Weighing the basins is a small part of a solution on fine grids.
func BenchmarkBasins(b *testing.B) {
	for _, n := range []int{256, 1024} {
		l := finest(quadWell(0.15).lattice([]int{n, n}))
		for i := range l.x {
			x, y := 5*float64(i%n)/float64(n)-2.5, 5*float64(i/n)/float64(n)-2.5
			l.x[i] = math.Exp(-((x*x-1)*(x*x-1)/4 + (y*y-1)*(y*y-1)/4 + 0.2*x*y) / 0.15)
		}
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				l.weighBasins()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*n), "ns/cell")
		})
	}
}
