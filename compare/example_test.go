package compare_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// SGD on y = θx through three points, whose exact variance is 0.00828 (and 0.00770 to first
// order in η).
func Example() {
	l, err := loss.New(loss.LinearRegression, &loss.Data{Features: []string{"x"}, X: []float64{1, 2, 3}, Y: []float64{2, 3, 7}})
	if err != nil {
		log.Fatal(err)
	}
	sgd := &compare.SGD{Loss: l, Schedule: fp.ConstantRate(0.02), Batch: 1}
	e, err := compare.New(sgd, compare.Initial{Points: [][]float64{{2}}}, compare.Options{Seed: 1, BurnIn: 200})
	if err != nil {
		log.Fatal(err)
	}
	if err := e.Run(context.Background(), 2000); err != nil {
		log.Fatal(err)
	}
	m := e.Moments()
	fmt.Printf("mean %.2f, variance %.4f from %d walkers\n", m.Mean[0], m.Cov[0], m.Walkers)
	// Output:
	// mean 2.07, variance 0.0083 from 4096 walkers
}
