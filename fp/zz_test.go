package fp_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

func TestZZ(t *testing.T) {
	run := func(c *exact.Case, ns ...int) {
		fmt.Println("==", c.Name)
		for _, n := range ns {
			t0 := time.Now()
			s, err := fp.SolveStationary(c.Problem, c.Grid(n), fp.StationaryOptions{})
			if err != nil {
				fmt.Println(n, err)
				continue
			}
			t1 := time.Now()
			j := s.Current()
			e := c.Errors(s, j)
			fmt.Printf("%5d %-8v L1 %.3e peak %.3e J %.3e EP %.3e | res %.1e entry %.1e div %.1e %v %v\n", n, s.Scheme, e.Density, e.Peak, e.Current, e.EntropyProduction, s.Residual, s.EntryResidual, s.DivergenceResidual(j), t1.Sub(t0), s.Warnings)
		}
	}
	run(exact.DoubleWell1D(), 16, 64, 128, 256, 512)
	run(exact.TiltedPeriodic(), 16, 32, 64, 128, 256)
	run(exact.Ratchet(), 16, 32, 64, 128, 256)
	run(exact.LinearRegression(), 64, 128, 256, 512)
	for _, r := range []float64{1, 0.2, 0.05} {
		run(exact.Rotation2D(r), 32, 64, 128, 256)
	}
	run(exact.QuadWell(0.15), 32, 64, 128, 256)
	run(exact.QuadWell(0.02), 32, 64, 128)
	run(exact.FullTensor(), 32, 64, 128, 256)
	run(exact.FullTensorGibbs(), 32, 64, 128, 256)
	run(exact.LimitCycle(), 32, 64, 128, 256)
	run(exact.Rotation3D(), 12, 16, 24, 32)
	run(exact.OctoWell(0.15), 12, 16, 24, 32)
}
