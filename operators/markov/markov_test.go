package markov

import (
	"fmt"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/ness-fp/ness/operators/sparse"
)

// quadWell returns the star generator of L = (x²−1)²/4 + (y²−1)²/4 + 0.2xy with
// diffusion T on [−2.5, 2.5]², n×n cells, with Scharfetter–Gummel rates, and φ = L/T
// at the centres: exp(−φ) is its exact stationary vector.
func quadWell(n int, temperature float64) (*sparse.CSR, []float64) {
	h := 5 / float64(n)
	phi := make([]float64, n*n)
	for i := range phi {
		x, y := -2.5+(float64(i%n)+0.5)*h, -2.5+(float64(i/n)+0.5)*h
		phi[i] = ((x*x-1)*(x*x-1)/4 + (y*y-1)*(y*y-1)/4 + 0.2*x*y) / temperature
	}
	b := sparse.NewBuilder(n*n, n*n)
	rate := func(from, to int) {
		z := phi[to] - phi[from]
		r := temperature / (h * h)
		if z != 0 {
			r *= z / math.Expm1(z)
		}
		b.Add(to, from, r)
	}
	for i := range phi {
		if i%n+1 < n {
			rate(i, i+1)
			rate(i+1, i)
		}
		if i+n < n*n {
			rate(i, i+n)
			rate(i+n, i)
		}
	}
	return b.CSR(), phi
}

func worstRelative(m, phi []float64, floor float64) float64 {
	low := math.Inf(1)
	for _, v := range phi {
		low = min(low, v)
	}
	var z float64
	for _, v := range phi {
		z += math.Exp(low - v)
	}
	var worst float64
	for i, v := range phi {
		if exact := math.Exp(low-v) / z; exact > floor {
			worst = max(worst, math.Abs(m[i]/exact-1))
		}
	}
	return worst
}

func BenchmarkDirect(b *testing.B) {
	for _, n := range []int{128, 256, 512} {
		a, phi := quadWell(n, 0.15)
		b.Run(fmt.Sprintf("d=2/n=%d", n), func(b *testing.B) {
			var s DirectStats
			var m []float64
			before := cpuSeconds()
			for b.Loop() {
				m, s, _ = Direct(a, DirectOptions{Dims: []int{n, n}})
			}
			b.ReportMetric((cpuSeconds()-before)/float64(b.N), "cpu-s/op")
			b.ReportMetric(s.Flops/1e9, "GF/op")
			b.ReportMetric(float64(s.FactorBytes)/(1<<20), "factor-MB")
			b.ReportMetric(worstRelative(m, phi, 1e-250), "err")
			b.ReportMetric(peakMB(), "peak-MB")
		})
	}
}

// cpuSeconds returns the processor time of this process so far, user and system.
func cpuSeconds() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return math.NaN()
	}
	return float64(r.Utime.Sec+r.Stime.Sec) + float64(r.Utime.Usec+r.Stime.Usec)*1e-6
}

// peakMB returns the largest resident size of this process so far, on Linux.
func peakMB() float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return math.NaN()
	}
	for line := range strings.Lines(string(data)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kb); err == nil {
			return kb / 1024
		}
	}
	return math.NaN()
}
