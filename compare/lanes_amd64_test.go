package compare

import (
	"context"
	"slices"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// With and without kernels for lanes ensembles walk the same, bit for bit, also those that
// take indices from words without them: the 13 walkers
// of a block fill lanes once and leave some.
func TestLanesChangeNoBit(t *testing.T) {
	if !hasLanes {
		t.Skip("the processor has no kernels")
	}
	defer func() { hasLanes = true }()
	for _, c := range models {
		for _, s := range []fp.Sampling{fp.WithReplacement, fp.Epochs} {
			for _, batch := range []int{1, 8} {
				var got [2]*Ensemble
				for i := range got {
					hasLanes = i == 0
					p := &SGD{Loss: someLoss(t, c.model, c.d, 500), Schedule: fp.ConstantRate(0.05), Batch: batch, Sampling: s, Momentum: 0.5}
					var err error
					if got[i], err = New(p, Initial{Points: [][]float64{make([]float64, c.d)}}, Options{Walkers: 26, Groups: 2, Workers: 1}); err != nil {
						t.Fatal(err)
					}
					for _, step := range []int{31, 101} {
						if err := got[i].Run(context.Background(), step); err != nil {
							t.Fatal(err)
						}
					}
				}
				for a, x := range got[0].Theta() {
					if !slices.Equal(x, got[1].Theta()[a]) {
						t.Errorf("%v d=%d B=%d %v: lanes change coordinate %d", c.model, c.d, batch, s, a)
					}
				}
			}
		}
	}
}

func BenchmarkWithoutLanes(b *testing.B) {
	before := hasLanes
	defer func() { hasLanes = before }()
	hasLanes = false
	l := someLoss(b, loss.LinearRegression, 2, 1000)
	msteps(b, &SGD{Loss: l, Schedule: fp.ConstantRate(0.05), Batch: 8}, Options{}, make([]float64, 2))
}
