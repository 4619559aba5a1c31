package fp_test

import (
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// Ten slowest modes with both eigenvectors.
func BenchmarkModes(b *testing.B) {
	for name, c := range map[string]*exact.Case{"A4": exact.FullTensor(), "quadwell": exact.QuadWell(0.15)} {
		for _, order := range []fp.Order{8, fp.OrderMonotone} {
			b.Run("case="+name+"/n=256/order="+order.String(), func(b *testing.B) {
				var m *fp.Modes
				var err error
				for b.Loop() {
					if m, err = fp.SolveModes(c.Problem, c.Grid(256), fp.ModesOptions{Count: 10, Order: order}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(m.Products), "problems/op")
			})
		}
	}
}
