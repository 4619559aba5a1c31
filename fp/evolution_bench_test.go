package fp_test

import (
	"fmt"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// BenchmarkEvolveToStationarity takes the full tensor (A4) from a narrow normal density to
// where it is stationary.
func BenchmarkEvolveToStationarity(b *testing.B) {
	c := exact.FullTensor()
	g := c.Grid(256)
	for _, order := range []fp.Order{fp.OrderMonotone, 4, 8} {
		b.Run(fmt.Sprintf("order=%v", order), func(b *testing.B) {
			for b.Loop() {
				e := evolve(b, fp.Fixed(c.Problem), bump(g, []float64{0.5, 0.3}, 0.1), fp.EvolutionOptions{Order: order})
				b.ReportMetric(float64(e.State().Steps), "steps")
				b.ReportMetric(float64(e.State().Iterations), "iterations")
			}
		})
	}
}

// BenchmarkImplicitStep takes one step on a large grid, with what has to be prepared for its
// length.
func BenchmarkImplicitStep(b *testing.B) {
	for _, k := range []struct {
		c     *exact.Case
		order fp.Order
	}{{exact.QuadWellDrift(0.15), fp.OrderMonotone}, {exact.FullTensor(), fp.OrderMonotone}, {exact.FullTensor(), 8}} {
		b.Run(fmt.Sprintf("%s/order=%v", k.c.Name, k.order), func(b *testing.B) {
			e, err := fp.NewEvolution(fp.Fixed(k.c.Problem), bump(k.c.Grid(1024), []float64{0.5, 0.3}, 0.1), fp.EvolutionOptions{Order: k.order})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := e.Step(); err != nil { // what is prepared once
				b.Fatal(err)
			}
			before := e.State()
			for b.Loop() {
				if _, err := e.Step(); err != nil {
					b.Fatal(err)
				}
			}
			after := e.State()
			b.ReportMetric(float64(after.Iterations-before.Iterations)/float64(after.Steps-before.Steps), "iterations")
		})
	}
}
