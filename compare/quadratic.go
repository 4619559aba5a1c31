package compare

import (
	"math/bits"

	"github.com/ness-fp/ness/fp/loss"
)

// This file has the kernels of losses that are squares of residuals: of linear regression, and of the
// product of two parameters.

// The gradient of (xw − y)²/2 over a batch is Σx² w − Σxy. With one feature a kernel adds up these
// products, which are there for every sample already; with more there would be more of them than
// residuals take operations, and longer rows to load.
type square struct{ xx, xy float64 }

func squares(l *loss.Loss) []square {
	x, y := l.Data().X, l.Data().Y
	rows := make([]square, len(y))
	for i := range rows {
		rows[i] = square{x[i] * x[i], x[i] * y[i]}
	}
	return rows
}

type linear1 struct{ rows []square }

func (m linear1) descend(out, theta [][]float64, b *batches, k int, c []float64) {
	done := m.atOnce(out, theta, b, k, c)
	if done == len(theta[0]) {
		return
	}
	for i, c := range c {
		indices, stride := b.at(k+i, done)
		descendLinear1(out[0][done:], theta[0][done:], m.rows, indices, b.size, stride, c)
	}
}

func descendLinear1(o0, t0 []float64, rows []square, indices []uint32, batch, stride int, c float64) {
	o0 = o0[:len(t0)]
	for w, p := range t0 {
		var s square
		for _, i := range indices[w*stride:][:batch] {
			r := &rows[i]
			s.xx += r.xx
			s.xy += r.xy
		}
		o0[w] -= float64(c * (float64(s.xx*p) - s.xy))
	}
}

type linear2 struct{ rows []row2 }

func (m linear2) descend(out, theta [][]float64, b *batches, k int, c []float64) {
	done := m.atOnce(out, theta, b, k, c)
	if done == len(theta[0]) {
		return
	}
	for i, c := range c {
		indices, stride := b.at(k+i, done)
		descendLinear2(out[0][done:], out[1][done:], theta[0][done:], theta[1][done:], m.rows, indices, b.size, stride, c)
	}
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

func (m words2) descend(out, theta [][]float64, b *batches, k int, c []float64) {
	quarter := b.size / 4
	for i, c := range c {
		descendWords2(out[0], out[1], theta[0], theta[1], m.rows, b.words[(k+i)*quarter:], quarter, buffered*quarter, b.n, c)
	}
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

func (m linear3) descend(out, theta [][]float64, b *batches, k int, c []float64) {
	done := m.atOnce(out, theta, b, k, c)
	if done == len(theta[0]) {
		return
	}
	for i, c := range c {
		indices, stride := b.at(k+i, done)
		descendLinear3(out[0][done:], out[1][done:], out[2][done:], theta[0][done:], theta[1][done:], theta[2][done:], m.rows, indices, b.size, stride, c)
	}
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

// deepLinear has the gradient Σ (abx − y)x, times b and times a.
type deepLinear struct{ rows []square }

func (m deepLinear) descend(out, theta [][]float64, b *batches, k int, c []float64) {
	done := m.atOnce(out, theta, b, k, c)
	if done == len(theta[0]) {
		return
	}
	for i, c := range c {
		indices, stride := b.at(k+i, done)
		descendDeepLinear(out[0][done:], out[1][done:], theta[0][done:], theta[1][done:], m.rows, indices, b.size, stride, c)
	}
}

func descendDeepLinear(o0, o1, t0, t1 []float64, rows []square, indices []uint32, batch, stride int, c float64) {
	o0, o1, t1 = o0[:len(t0)], o1[:len(t0)], t1[:len(t0)]
	for w := range t0 {
		var xx, xy float64
		for _, i := range indices[w*stride:][:batch] {
			r := &rows[i]
			xx += r.xx
			xy += r.xy
		}
		a, b := t0[w], t1[w]
		g := float64(xx*float64(a*b)) - xy
		o0[w] -= float64(c * float64(b*g))
		o1[w] -= float64(c * float64(a*g))
	}
}
