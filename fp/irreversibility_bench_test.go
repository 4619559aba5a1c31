package fp_test

import (
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// BenchmarkIrreversibility times all that is made of a solution of A4 on 512² cells.
// cpu-s/op counts all cores.
func BenchmarkIrreversibility(b *testing.B) {
	c := exact.FullTensor()
	c.Problem.Landscape = potentialOf(c)
	s := solveWith(b, c.Problem, c.Grid(512), fp.StationaryOptions{})
	j := s.Current()
	estimate, _, err := s.EstimateError(fp.StationaryOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for _, k := range []struct {
		name string
		do   func() error
	}{
		{"current", func() error { s.Current(); return nil }},
		{"numbers", func() error { _, err := s.Irreversibility(j, estimate); return err }},
		{"current-parts", func() error { _, _, err := s.CurrentParts(j); return err }},
		{"face-current-parts", func() error { _, _, err := s.FaceCurrentParts(j); return err }},
		{"drift-parts", func() error { _, _, err := s.DriftParts(j); return err }},
		{"force-field", func() error { _, err := c.Problem.ForceField(s.Density.Grid); return err }},
	} {
		b.Run("what="+k.name, func(b *testing.B) {
			before := cpuSeconds(b)
			for b.Loop() {
				if err := k.do(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((cpuSeconds(b)-before)/float64(b.N), "cpu-s/op")
		})
	}
}
