package compare

import (
	"errors"
	"math/rand/v2"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

func asError[E error](err error, to *E) bool { return errors.As(err, to) }

// plainLoop is SGD as it is written in a book, with rand.PCG.
func plainLoop(l *loss.Loss, eta float64, batch int, s fp.Sampling, walkers, steps int) *Moments {
	d, n := l.Dim(), l.Samples()
	sums := &walkerSums{}
	grad, total := make([]float64, d), make([]float64, d)
	for w := range walkers {
		rng := rand.New(rand.NewPCG(77, uint64(w)))
		theta := []float64{0.5, 0.2}
		var order []int
		for range steps {
			clear(total)
			if s == fp.WithoutReplacement || len(order) < batch {
				order = rng.Perm(n)
			}
			for j := range batch {
				i := order[j]
				if s == fp.WithReplacement {
					i = rng.IntN(n)
				}
				l.SampleGrad(grad, i, theta)
				for a, g := range grad {
					total[a] += g
				}
			}
			order = order[batch:]
			for a, g := range total {
				theta[a] -= eta / float64(batch) * g
			}
		}
		sums.mean = append(sums.mean, theta)
		sums.second = append(sums.second, make([]float64, packed(d)))
		sums.early, sums.late = append(sums.early, theta), append(sums.late, theta)
		sums.earlyPortion = append(sums.earlyPortion, 0.5)
	}
	return sums.moments(d)
}
