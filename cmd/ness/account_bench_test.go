package main

import (
	"syscall"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// BenchmarkAccount times all that is made of a solution at 512²: its current and the account of
// that; cpu-s/op counts all cores.
func BenchmarkAccount(b *testing.B) {
	c := exact.FullTensor()
	s, err := fp.SolveStationary(c.Problem, c.Grid(512), fp.StationaryOptions{})
	if err != nil {
		b.Fatal(err)
	}
	e, _ := estimate(s, fp.StationaryOptions{})
	before := cpuSeconds(b)
	for b.Loop() {
		if _, err := newAccount(s, s.Current(), e, defaultSplit); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuSeconds(b)-before)/float64(b.N), "cpu-s/op")
}

// cpuSeconds returns the processor time of this process so far, user and system.
func cpuSeconds(b *testing.B) float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) * 1e-9
}
