package compare

//go:generate go run -modfile=../go.tool.mod asm/gen.go -out lanes_amd64.s -stubs lanes_stubs_amd64.go -pkg compare

import (
	"math/bits"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// This file has the sums of gradients over minibatches. Each is a loop written out for one
// model and dimension: a loop over d inside would cost three times as much. Products are
// wrapped in float64(), which keeps compilers from fusing them with sums, so that every
// platform computes the same bits. [generic] computes the same for any model, in the same
// order of operations. Where the processor has kernels for eight walkers at once, those do
// the same operations too, and the loops serve the walkers that are left.

// A descent subtracts c Σ g_i(θ), summed over the batch of step k, from out, for every
// walker of a block. out and theta hold d slices; they may be the same.
type descent interface {
	descend(out, theta [][]float64, b *batches, k int, c float64)
}

// wordsServe says whether there is a kernel that takes indices from words of four, and none
// for lanes, which is faster.
func wordsServe(l *loss.Loss, s fp.Sampling, batch int) bool {
	return !hasLanes && l.Model() == loss.LinearRegression && l.Dim() == 2 && s == fp.WithReplacement && batch%4 == 0 && l.Samples() <= 11585
}

// newDescent returns the fastest kernel for a loss. It owns scratch: one per goroutine.
func newDescent(l *loss.Loss, s fp.Sampling, batch int) descent {
	switch d := l.Dim(); {
	case s == fp.FullBatch:
		return &whole{l.Evaluator(), make([]float64, l.Dim())}
	case wordsServe(l, s, batch):
		return words2{rows2(l)}
	case l.Model() == loss.LinearRegression && d == 1:
		return linear1{rows1(l)}
	case l.Model() == loss.LinearRegression && d == 2:
		return linear2{rows2(l)}
	case l.Model() == loss.LinearRegression && d == 3:
		return linear3{rows3(l)}
	case l.Model() == loss.DeepLinear:
		return deepLinear{rows1(l)}
	case l.Model() == loss.LogisticRegression && d == 1:
		return &logistic1{rows: signed1(l)}
	case l.Model() == loss.LogisticRegression && d == 2:
		return &logistic2{rows: signed2(l)}
	case l.Model() == loss.LogisticRegression && d == 3:
		return &logistic3{rows: signed3(l)}
	case l.Model() == loss.TanhNeuron && d == 2:
		return &tanh2{rows: rows1(l)}
	case l.Model() == loss.TanhNeuron && d == 3:
		return &tanh3{rows: rows2(l)}
	}
	return newGeneric(l)
}

// Samples with one, two and three features. A row is a struct, so that one bounds check
// does for all of it, of a size that never lies across two lines of the cache.
type (
	row1 struct{ x, y float64 }
	row2 struct{ x1, x2, y, _ float64 }
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
		rows[i] = row2{x1: x[2*i], x2: x[2*i+1], y: y[i]}
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

func (m *whole) descend(out, theta [][]float64, b *batches, _ int, c float64) {
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

type linear1 struct{ rows []row1 }

func (m linear1) descend(out, theta [][]float64, b *batches, k int, c float64) {
	indices, stride := b.at(k, 0)
	done := linear1AtOnce(out, theta, m.rows, indices, b.size, stride, c)
	if done == len(theta[0]) {
		return
	}
	indices, _ = b.at(k, done)
	descendLinear1(out[0][done:], theta[0][done:], m.rows, indices, b.size, stride, c)
}

func descendLinear1(o0, t0 []float64, rows []row1, indices []uint32, batch, stride int, c float64) {
	o0 = o0[:len(t0)]
	for w, p := range t0 {
		var g float64
		for _, i := range indices[w*stride:][:batch] {
			r := &rows[i]
			g += float64((float64(r.x*p) - r.y) * r.x)
		}
		o0[w] -= float64(c * g)
	}
}

type linear2 struct{ rows []row2 }

func (m linear2) descend(out, theta [][]float64, b *batches, k int, c float64) {
	indices, stride := b.at(k, 0)
	done := linear2AtOnce(out, theta, m.rows, indices, b.size, stride, c)
	if done == len(theta[0]) {
		return
	}
	indices, _ = b.at(k, done)
	descendLinear2(out[0][done:], out[1][done:], theta[0][done:], theta[1][done:], m.rows, indices, b.size, stride, c)
}

func descendLinear2(o0, o1, t0, t1 []float64, rows []row2, indices []uint32, batch, stride int, c float64) {
	o0, o1, t1 = o0[:len(t0)], o1[:len(t0)], t1[:len(t0)]
	for w := range t0 {
		p, q := t0[w], t1[w]
		var g0, g1 float64
		for _, i := range indices[w*stride:][:batch] {
			r := &rows[i]
			e := float64(r.x1*p) + float64(r.x2*q) - r.y
			g0 += float64(e * r.x1)
			g1 += float64(e * r.x2)
		}
		o0[w] -= float64(c * g0)
		o1[w] -= float64(c * g1)
	}
}

// words2 is linear2 that takes the indices from words itself.
type words2 struct{ rows []row2 }

func (m words2) descend(out, theta [][]float64, b *batches, k int, c float64) {
	quarter := b.size / 4
	descendWords2(out[0], out[1], theta[0], theta[1], m.rows, b.words[k*quarter:], quarter, buffered*quarter, b.n, c)
}

func descendWords2(o0, o1, t0, t1 []float64, rows []row2, words []uint64, count, stride int, n uint64, c float64) {
	o0, o1, t1 = o0[:len(t0)], o1[:len(t0)], t1[:len(t0)]
	for w := range t0 {
		p, q := t0[w], t1[w]
		var g0, g1 float64
		for _, x := range words[w*stride:][:count] {
			i, x := bits.Mul64(x, n)
			r := &rows[i]
			e := float64(r.x1*p) + float64(r.x2*q) - r.y
			g0 += float64(e * r.x1)
			g1 += float64(e * r.x2)

			i, x = bits.Mul64(x, n)
			r = &rows[i]
			e = float64(r.x1*p) + float64(r.x2*q) - r.y
			g0 += float64(e * r.x1)
			g1 += float64(e * r.x2)

			i, x = bits.Mul64(x, n)
			r = &rows[i]
			e = float64(r.x1*p) + float64(r.x2*q) - r.y
			g0 += float64(e * r.x1)
			g1 += float64(e * r.x2)

			i, _ = bits.Mul64(x, n)
			r = &rows[i]
			e = float64(r.x1*p) + float64(r.x2*q) - r.y
			g0 += float64(e * r.x1)
			g1 += float64(e * r.x2)
		}
		o0[w] -= float64(c * g0)
		o1[w] -= float64(c * g1)
	}
}

type linear3 struct{ rows []row3 }

func (m linear3) descend(out, theta [][]float64, b *batches, k int, c float64) {
	indices, stride := b.at(k, 0)
	done := linear3AtOnce(out, theta, m.rows, indices, b.size, stride, c)
	if done == len(theta[0]) {
		return
	}
	indices, _ = b.at(k, done)
	descendLinear3(out[0][done:], out[1][done:], out[2][done:], theta[0][done:], theta[1][done:], theta[2][done:], m.rows, indices, b.size, stride, c)
}

func descendLinear3(o0, o1, o2, t0, t1, t2 []float64, rows []row3, indices []uint32, batch, stride int, c float64) {
	o0, o1, o2, t1, t2 = o0[:len(t0)], o1[:len(t0)], o2[:len(t0)], t1[:len(t0)], t2[:len(t0)]
	for w := range t0 {
		p, q, s := t0[w], t1[w], t2[w]
		var g0, g1, g2 float64
		for _, i := range indices[w*stride:][:batch] {
			r := &rows[i]
			e := float64(r.x1*p) + float64(r.x2*q) + float64(r.x3*s) - r.y
			g0 += float64(e * r.x1)
			g1 += float64(e * r.x2)
			g2 += float64(e * r.x3)
		}
		o0[w] -= float64(c * g0)
		o1[w] -= float64(c * g1)
		o2[w] -= float64(c * g2)
	}
}

// deepLinear sums (abx − y)x and multiplies by b and a at the end.
type deepLinear struct{ rows []row1 }

func (m deepLinear) descend(out, theta [][]float64, b *batches, k int, c float64) {
	indices, stride := b.at(k, 0)
	done := deepLinearAtOnce(out, theta, m.rows, indices, b.size, stride, c)
	if done == len(theta[0]) {
		return
	}
	indices, _ = b.at(k, done)
	descendDeepLinear(out[0][done:], out[1][done:], theta[0][done:], theta[1][done:], m.rows, indices, b.size, stride, c)
}

func descendDeepLinear(o0, o1, t0, t1 []float64, rows []row1, indices []uint32, batch, stride int, c float64) {
	o0, o1, t1 = o0[:len(t0)], o1[:len(t0)], t1[:len(t0)]
	for w := range t0 {
		a, b := t0[w], t1[w]
		p := float64(a * b)
		var g float64
		for _, i := range indices[w*stride:][:batch] {
			r := &rows[i]
			g += float64((float64(r.x*p) - r.y) * r.x)
		}
		o0[w] -= float64(c * float64(b*g))
		o1[w] -= float64(c * float64(a*g))
	}
}
