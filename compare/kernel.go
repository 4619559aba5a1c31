package compare

//go:generate go run -modfile=../go.tool.mod asm/walkers.go asm/gradients.go asm/order.go asm/tally.go asm/triples.go asm/lanes.go -out lanes_amd64.s -stubs lanes_stubs_amd64.go -pkg compare

import (
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// This file has the sums of gradients over minibatches. Each is a loop written out for one
// model and dimension: a loop over d inside would cost three times as much. Products are
// wrapped in float64(), which keeps compilers from fusing them with sums, so that every
// platform computes the same bits. [generic] computes the same for any model, in the same
// order of operations. Where the processor has kernels for several walkers at once, those do
// the same operations too, and the loops serve the walkers that are left.

// A descent takes steps k, k + 1, … of every walker of a block, one for each of c: it subtracts c Σ g_i(θ), summed
// over the batch of the step, from out. out and theta hold d slices; beyond one step they are the same.
type descent interface {
	descend(out, theta [][]float64, b *batches, k int, c []float64)
}

// oneByOne is the descent by sums of gradients that are those of one step, of all walkers.
type oneByOne struct {
	sums interface {
		step(out, theta [][]float64, b *batches, k int, c float64)
	}
}

func (m oneByOne) descend(out, theta [][]float64, b *batches, k int, c []float64) {
	for i, c := range c {
		m.sums.step(out, theta, b, k+i, c)
	}
}

// wordsServe says whether there is a kernel that takes indices from words of four, and none
// for lanes, which is faster.
func wordsServe(l *loss.Loss, s fp.Sampling, batch int) bool {
	return lanes == 0 && l.Model() == loss.LinearRegression && l.Dim() == 2 && s == fp.WithReplacement && batch%4 == 0 && l.Samples() <= 11585
}

// woven returns how many walkers' indices lie by turns for a descent: as many as there are lanes where kernels for
// those take them, and 0 where they follow each other. Only draws with replacement come that way.
func woven(m descent, s fp.Sampling) int {
	switch m.(type) {
	case linear1, linear2, linear3, deepLinear:
		if s == fp.WithReplacement {
			return lanes
		}
	}
	return 0
}

// newDescent returns the fastest kernel for a loss. It owns scratch: one per goroutine.
func newDescent(l *loss.Loss, s fp.Sampling, batch int) descent {
	const reached = 1 << 30 // rows, by kernels for lanes
	quadratic := l.Model() == loss.LinearRegression || l.Model() == loss.DeepLinear
	switch d := l.Dim(); {
	case s == fp.FullBatch:
		return oneByOne{&whole{l.Evaluator(), make([]float64, l.Dim())}}
	case quadratic && l.Samples() > reached:
		return oneByOne{newGeneric(l)}
	case wordsServe(l, s, batch):
		return words2{rows2(l)}
	case l.Model() == loss.LinearRegression && d == 1:
		return linear1{squares(l)}
	case l.Model() == loss.LinearRegression && d == 2:
		return linear2{rows2(l)}
	case l.Model() == loss.LinearRegression && d == 3:
		return linear3{rows3(l)}
	case l.Model() == loss.DeepLinear:
		return deepLinear{squares(l)}
	case l.Model() == loss.LogisticRegression && d == 1:
		return oneByOne{&logistic1{rows: signed1(l)}}
	case l.Model() == loss.LogisticRegression && d == 2:
		return oneByOne{&logistic2{rows: signed2(l)}}
	case l.Model() == loss.LogisticRegression && d == 3:
		return oneByOne{&logistic3{rows: signed3(l)}}
	case l.Model() == loss.TanhNeuron && d == 2:
		return oneByOne{&tanh2{rows: rows1(l)}}
	case l.Model() == loss.TanhNeuron && d == 3:
		return oneByOne{&tanh3{rows: rows2(l)}}
	}
	return oneByOne{newGeneric(l)}
}

// Samples with one, two and three features. A row is a struct, so that one bounds check
// does for all of it, of a size that never lies across two lines of the cache. A row2 has x2
// twice, which spares kernels a shuffle.
type (
	row1 struct{ x, y float64 }
	row2 struct{ x1, x2, y, again float64 }
	row3 struct{ x1, x2, x3, y float64 }
)

func rows1(l *loss.Loss) []row1 {
	x, y := l.Data().X, l.Data().Y
	rows := make([]row1, len(y))
	for i := range rows {
		rows[i] = row1{x[i], y[i]}
	}
	return rows
}

func rows2(l *loss.Loss) []row2 {
	x, y := l.Data().X, l.Data().Y
	rows := make([]row2, len(y))
	for i := range rows {
		rows[i] = row2{x1: x[2*i], x2: x[2*i+1], y: y[i], again: x[2*i+1]}
	}
	return rows
}

func rows3(l *loss.Loss) []row3 {
	x, y := l.Data().X, l.Data().Y
	rows := make([]row3, len(y))
	for i := range rows {
		rows[i] = row3{x[3*i], x[3*i+1], x[3*i+2], y[i]}
	}
	return rows
}

// whole is the gradient over all samples.
type whole struct {
	loss *loss.Evaluator
	at   []float64
}

func (m *whole) step(out, theta [][]float64, b *batches, _ int, c float64) {
	for w := range theta[0] {
		for a := range m.at {
			m.at[a] = theta[a][w]
		}
		m.loss.Eval(m.at)
		for a, g := range m.loss.Grad {
			out[a][w] -= float64(c * float64(b.n) * g)
		}
	}
}
