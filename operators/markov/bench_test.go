package markov

import (
	"fmt"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
)

// BenchmarkDirect times one solution of problem A and of its like in other dimensions.
// peak-MB is the largest resident size of the process so far, A and φ included: run one
// case in a process of its own for a figure that means it.
func BenchmarkDirect(b *testing.B) {
	cases := []struct{ d, n int }{{1, 1 << 20}, {2, 128}, {2, 256}, {2, 512}, {2, 1024}, {3, 24}, {3, 32}}
	for _, c := range cases {
		b.Run(fmt.Sprintf("d=%d/n=%d", c.d, c.n), func(b *testing.B) {
			w := quadWell(c.d, c.n, 0.15)
			var s DirectStats
			before := cpuSeconds(b)
			for b.Loop() {
				_, stats, err := Direct(w.a, DirectOptions{Dims: w.dims})
				if err != nil {
					b.Fatal(err)
				}
				s = stats
			}
			b.ReportMetric((cpuSeconds(b)-before)/float64(b.N), "cpu-s/op")
			b.ReportMetric(s.Flops/1e9, "GF/op")
			b.ReportMetric(float64(s.FactorBytes)/1e6, "factor-MB")
			b.ReportMetric(float64(s.PeakBytes)/1e6, "held-MB")
			b.ReportMetric(peakMB(b), "peak-MB")
		})
	}
}

// BenchmarkClosedClasses times the search for closed classes on 2²⁰ states.
func BenchmarkClosedClasses(b *testing.B) {
	w := quadWell(2, 1<<10, 0.15)
	for b.Loop() {
		if got := len(ClosedClasses(w.a)); got != 1 {
			b.Fatal(got)
		}
	}
}

// cpuSeconds returns the processor time of this process so far, user and system.
func cpuSeconds(b *testing.B) float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return float64(r.Utime.Sec+r.Stime.Sec) + float64(r.Utime.Usec+r.Stime.Usec)*1e-6
}

// peakMB returns the largest resident size of this process so far; NaN where there is
// no /proc.
func peakMB(b *testing.B) float64 {
	data, err := os.ReadFile("/proc/self/status")
	if os.IsNotExist(err) {
		return math.NaN()
	}
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kb); err == nil {
			return kb * 1024 / 1e6
		}
	}
	b.Fatal("no VmHWM in /proc/self/status")
	return 0
}
