package multigrid

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ness-fp/ness/operators/sparse"
)

// Solutions to the default tolerance, first guesses on coarser grids included and
// discretisation not. WU/op is processor time, of all cores, over that of one residual on the
// finest grid in the same run; triad/op is time over that of x = y + 3z on as many bytes.
func BenchmarkSolve(b *testing.B) {
	for _, k := range []struct {
		name  string
		p     *problem
		sizes []int
	}{
		{"A", quadWell(0.15), []int{256, 512, 1024, 2048}},
		{"B", quadWell(0.02), []int{512, 1024}},
		{"C", rotation(), []int{512, 1024, 2048}},
		{"D", vanDerPol(0.05), []int{512, 1024}},
		{"D2", vanDerPol(0.01), []int{512}},
		{"E", wells3(), []int{64, 128}},
	} {
		for _, n := range k.sizes {
			dims := []int{n, n, n}[:k.p.dim()]
			lattices := map[string]*sparse.Lattice{}
			discretize := func(dims []int) (*sparse.Lattice, error) {
				key := fmt.Sprint(dims)
				if lattices[key] == nil {
					lattices[key] = k.p.lattice(dims)
				}
				return lattices[key], nil
			}
			for _, tol := range []float64{0, 1e-12} { // the default, and to r1 ≤ 1e-12 alone
				b.Run(fmt.Sprintf("problem=%s/d=%d/n=%d/r1=%g", k.name, len(dims), n, tol), func(b *testing.B) {
					solve := func() (Stats, error) {
						_, stats, err := Solve(dims, discretize, Options{})
						return stats, err
					}
					if tol > 0 {
						solve = func() (Stats, error) { return solveToSum(dims, discretize, tol) }
					}
					stats, err := solve()
					if err != nil {
						b.Fatal(err)
					}
					before := cpuTime()
					for b.Loop() {
						if _, err := solve(); err != nil {
							b.Fatal(err)
						}
					}
					each, cpu := b.Elapsed()/time.Duration(b.N), (cpuTime()-before)/time.Duration(b.N)
					l := finest(lattices[fmt.Sprint(dims)])
					fillOnes(l.x)
					wu := leastCPU(func() { l.residual() })
					cells := float64(l.cells())
					b.ReportMetric(float64(cpu)/float64(wu), "WU/op")
					b.ReportMetric(float64(each)/float64(triad(l.cells()*(2*l.axes()+2))), "triad/op")
					b.ReportMetric(float64(each)/cells, "ns/cell")
					b.ReportMetric(float64(stats.Cycles), "cycles/op")
				})
			}
		}
	}
}

// solveToSum cycles until ‖A m‖₁/‖diag(A) m‖₁ ≤ tol, as other solvers would stop.
func solveToSum(dims []int, discretize func(dims []int) (*sparse.Lattice, error), tol float64) (Stats, error) {
	s, err := guess(dims, discretize, Options{})
	if err != nil {
		return Stats{}, err
	}
	var stats Stats
	for stats.Cycles < 60 {
		s.cycle(0)
		stats.Cycles++
		if s.levels[0].residual().sum <= tol {
			break
		}
	}
	return stats, nil
}

// One residual against the triad on the same bytes: 2d rates, the inverse outflow and
// the masses.
func BenchmarkResidual(b *testing.B) {
	for _, n := range []int{512, 1024, 2048} {
		l := finest(quadWell(0.15).lattice([]int{n, n}))
		fillOnes(l.x)
		b.Run(fmt.Sprintf("d=2/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				l.residual()
			}
			each := b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(each)/float64(triad(n*n*6)), "triad/op")
			b.ReportMetric(float64(each)/float64(n*n), "ns/cell")
		})
	}
}

// The parts of a cycle, in residuals of the same level.
func BenchmarkParts(b *testing.B) {
	for _, n := range []int{64, 128, 256, 512, 1024, 2048} {
		l := finest(quadWell(0.15).lattice([]int{n, n}))
		l.hierarchy()
		fillOnes(l.x)
		l.coarsenAll()
		c := l.plan.coarse
		fillOnes(c.old)
		for _, part := range []struct {
			name string
			do   func()
		}{
			{"residual", func() { l.residual() }},
			{"sweeps", func() { l.sweep(true, nil, nil) }},
			{"coarsen", func() { l.coarsenAll() }},
			{"correct", func() { l.eachLayer(l.correct) }},
		} {
			b.Run(fmt.Sprintf("part=%s/n=%d", part.name, n), func(b *testing.B) {
				fillOnes(l.x)
				for b.Loop() {
					part.do()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n*n), "ns/cell")
			})
		}
	}
}

func (l *level) axes() int {
	if l.up[2] != nil {
		return 3
	}
	return 2
}

func fillOnes(x []float64) {
	for i := range x {
		x[i] = 1
	}
}

// cpuTime returns the processor time of this process so far, user and system.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// leastCPU returns the least processor time of several calls.
func leastCPU(do func()) time.Duration {
	best := time.Hour
	for range 9 {
		start := cpuTime()
		for range 5 { // the clock ticks in microseconds
			do()
		}
		best = min(best, (cpuTime()-start)/5)
	}
	return best
}

// shortest returns the least time of several calls.
func shortest(do func()) time.Duration {
	best := time.Hour
	for range 9 {
		start := time.Now()
		do()
		best = min(best, time.Since(start))
	}
	return best
}

// triad returns the time of x = y + 3z over as many numbers in all, on two goroutines.
func triad(numbers int) time.Duration {
	n := numbers / 3
	x, y, z := make([]float64, n), make([]float64, n), make([]float64, n)
	fillOnes(x)
	fillOnes(y)
	fillOnes(z)
	return shortest(func() {
		var wg sync.WaitGroup
		for k := range 2 {
			wg.Go(func() {
				a, b, c := x[k*n/2:(k+1)*n/2], y[k*n/2:], z[k*n/2:]
				b, c = b[:len(a)], c[:len(a)]
				for i := range a {
					a[i] = b[i] + 3*c[i]
				}
			})
		}
		wg.Wait()
	})
}
