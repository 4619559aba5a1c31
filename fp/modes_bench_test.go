package fp_test

import (
	"fmt"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// Ten slowest modes with both eigenvectors, and what half the grid says of their errors, as the command does.
func BenchmarkModes(b *testing.B) {
	for name, c := range map[string]*exact.Case{"A2": exact.Rotation2D(1), "A3": exact.QuadWell(0.15), "A4": exact.FullTensor()} {
		for _, order := range []fp.Order{8, fp.OrderMonotone} {
			b.Run("case="+name+"/n=256/order="+order.String(), func(b *testing.B) {
				var m *fp.Modes
				var err error
				opt := fp.ModesOptions{Count: 10, Order: order}
				for b.Loop() {
					if m, err = fp.SolveModes(c.Problem, c.Grid(256), opt); err != nil {
						b.Fatal(err)
					}
					if _, _, err := m.HalfGrid(opt); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(m.Products), "problems/op")
			})
		}
	}
}

// Mean first-passage times and transitions between two of four wells.
func BenchmarkPassage(b *testing.B) {
	c := exact.QuadWell(0.15)
	for _, n := range []int{256, 512} {
		g := c.Grid(n)
		left := func(x []float64) bool { return x[0] < -0.6 && x[1] > 0.6 }
		right := func(x []float64) bool { return x[0] > 0.6 && x[1] < -0.6 }
		b.Run(fmt.Sprintf("times/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := fp.SolvePassage(c.Problem, g, right, fp.PassageOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("transition/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := fp.SolveTransition(c.Problem, g, left, right, fp.PassageOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
