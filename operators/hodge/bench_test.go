package hodge_test

import (
	"fmt"
	"testing"

	"github.com/ness-fp/ness/operators/hodge"
)

// A split with the plan at hand. Axes: w walls, p periodic, g graded between walls.
func BenchmarkSplit(b *testing.B) {
	for _, c := range []struct {
		axes  string
		cells []int
	}{
		{"ww", []int{256, 256}},
		{"ww", []int{512, 512}},
		{"ww", []int{500, 500}},
		{"ww", []int{1024, 1024}},
		{"pp", []int{512, 512}},
		{"pp", []int{500, 500}},
		{"pw", []int{512, 512}},
		{"gw", []int{512, 512}},
		{"gg", []int{512, 512}},
		{"www", []int{64, 64, 64}},
		{"ppp", []int{64, 64, 64}},
		{"ggg", []int{64, 64, 64}},
	} {
		b.Run(fmt.Sprintf("axes=%s/cells=%d", c.axes, c.cells[0]), func(b *testing.B) {
			g := box(b, c.axes, c.cells...)
			f, plan := noise(g, 1), hodge.NewPlan(g)
			for b.Loop() {
				plan.Split(f)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*g.Cells()), "ns/cell")
		})
	}
}

// What a plan costs: the metric, and the eigenvectors of graded axes.
func BenchmarkNewPlan(b *testing.B) {
	for _, axes := range []string{"ww", "gg"} {
		b.Run(fmt.Sprintf("axes=%s/cells=512", axes), func(b *testing.B) {
			g := box(b, axes, 512, 512)
			for b.Loop() {
				hodge.NewPlan(g)
			}
		})
	}
}
