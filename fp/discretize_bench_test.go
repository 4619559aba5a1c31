package fp_test

import (
	"fmt"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// From the formulas of A4 to its generator: sampling, checks, rates and matrix.
// On GOMAXPROCS=1 ns/op is time of the processor.
func BenchmarkDiscretize(b *testing.B) {
	for _, n := range []int{256, 1024} {
		f := shipped(b, "a4_full_tensor.yaml", n)
		g, err := f.Domain.Grid(f.Problem.Variables)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("case=A4/n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fp.Discretize(f.Problem, g); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(g.Cells()), "ns/cell")
		})
	}
}
