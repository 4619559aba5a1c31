package fp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// From the formulas of A4 to its generator: sampling, checks, rates and matrix.
// On GOMAXPROCS=1 ns/op is time of the processor.
func BenchmarkDiscretize(b *testing.B) {
	const name = "a4_full_tensor.yaml"
	for _, n := range []int{256, 1024} {
		src, err := os.Open(filepath.Join(problems, name))
		if err != nil {
			b.Fatal(err)
		}
		defer src.Close()
		f, err := fp.ReadProblem(src, fp.ReadOptions{Name: name, Cells: []int{n}, Open: open})
		if err != nil {
			b.Fatal(err)
		}
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
