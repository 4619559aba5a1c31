package fp_test

import (
	"fmt"
	"math"
	"syscall"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// BenchmarkAccurately times stationary densities at the default order, from a problem to
// cell averages with their error estimate. pL1 is the error against the exact averages over
// 1e-12, NaN where none are known; cpu-s/op counts all cores.
func BenchmarkAccurately(b *testing.B) {
	plane := []int{128, 256, 512, 1024}
	for _, k := range []struct {
		name  string
		c     *exact.Case
		sizes []int
	}{
		{"quad-well", exact.QuadWellDrift(0.15), plane},
		{"rotation-0.05", rotated(0.05), plane},
		{"rotation-0.001", rotated(0.001), plane},
		{"full-tensor", exact.FullTensor(), plane},
		{"limit-cycle", exact.LimitCycle(), plane},
		{"underdamped", exact.Underdamped(), plane},
		{"tensor-3d", exact.MildTensor3D(), []int{64}},
	} {
		for _, n := range k.sizes {
			b.Run(fmt.Sprintf("case=%s/n=%d", k.name, n), func(b *testing.B) {
				s := benchAccurately(b, k.c.Problem, k.c.Grid(n))
				b.ReportMetric(1e12*grid.L1(s.Density, k.c.Density(s.Density.Grid)), "pL1")
			})
		}
	}
	for _, k := range []struct {
		strength float64
		n        int
	}{{0.05, 128}, {0.05, 512}, {0.01, 256}, {0.01, 512}} {
		b.Run(fmt.Sprintf("case=van-der-pol-%g/n=%d", k.strength, k.n), func(b *testing.B) {
			benchAccurately(b, vanDerPol(k.strength), walled(b, k.n, [2]float64{-4, 4}, [2]float64{-6, 6}))
			b.ReportMetric(math.NaN(), "pL1")
		})
	}
}

func benchAccurately(b *testing.B, p *fp.Problem, g *grid.Grid) (s *fp.Stationary) {
	before := cpuSeconds(b)
	for b.Loop() {
		var err error
		if s, err = fp.SolveStationary(p, g, fp.StationaryOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuSeconds(b)-before)/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(s.Solver.Krylov.Iterations), "iterations/op")
	return s
}

// cpuSeconds returns the processor time of this process so far, user and system.
func cpuSeconds(b *testing.B) float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return float64(r.Utime.Sec+r.Stime.Sec) + float64(r.Utime.Usec+r.Stime.Usec)*1e-6
}
