package compare

import (
	"fmt"
	"math"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// BenchmarkTally measures what counting a walker once costs: its moments and its cell.
func BenchmarkTally(b *testing.B) {
	l := someLoss(b, loss.LinearRegression, 2, 1000)
	e, err := New(&SGD{Loss: l, Schedule: fp.ConstantRate(0.05), Batch: 8}, Initial{Points: [][]float64{{0, 0}}, Cov: []float64{0.3, 0, 0.3}},
		Options{Walkers: 1024, Grid: box(b, 64, 3, 2), Workers: 1})
	if err != nil {
		b.Fatal(err)
	}
	w := e.newWorker()
	blocks := make([]block, e.blocks())
	for k := range blocks {
		blocks[k].theta = cut(nil, e.theta, k*e.lanes, (k+1)*e.lanes)
	}
	for n := 0; b.Loop(); n++ {
		for k := range blocks {
			w.tally(&blocks[k], k*e.lanes, k*e.opt.Groups/len(blocks), n, n)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(e.opt.Walkers), "ns/tally")
}

// BenchmarkTallyShare compares walkers that are counted with those that are not, taking turns of some
// milliseconds: the median part of the time that histogram and moments take. Of the fastest kernel there is, where
// counting shows most, it is a few hundredths at every 24th step.
func BenchmarkTallyShare(b *testing.B) {
	const steps = 2400
	l := someLoss(b, loss.LinearRegression, 2, 1000)
	for _, every := range []int{1, 4, 24} {
		b.Run(fmt.Sprintf("every=%d", every), func(b *testing.B) {
			var ensembles [2]*Ensemble
			for k, burnIn := range []int{math.MaxInt, 0} {
				opt := Options{Walkers: 1024, Workers: 1, BurnIn: burnIn, Every: every, Grid: box(b, 64, 1, 2), MaxOutside: 1}
				var err error
				if ensembles[k], err = New(&SGD{Loss: l, Schedule: fp.ConstantRate(0.05), Batch: 8}, Initial{Points: [][]float64{{0, 0}}}, opt); err != nil {
					b.Fatal(err)
				}
			}
			ratio, _ := turns(b, ensembles, steps)
			b.ReportMetric(100*(1-ratio), "%share")
		})
	}
}
