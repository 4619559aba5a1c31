package compare

import "github.com/ness-fp/ness/fp/loss"

// This file has the kernels with an exponential. They go three times over the batch of a
// block: arguments, sigmoid or tanh of all of them in one tight loop, sums of gradients.

// Features of a sample, with the sign of its class: ℓ = log(1 + e^−u), ∇ℓ = −x/(1 + e^u)
// for u = θ·x.
type (
	pair   struct{ x1, x2 float64 }
	triple struct{ x1, x2, x3 float64 }
)

func signed1(l *loss.Loss) []float64 {
	rows := append([]float64(nil), l.Data().X...)
	for i, y := range l.Data().Y {
		rows[i] *= 2*y - 1
	}
	return rows
}

func signed2(l *loss.Loss) []pair {
	x, y := l.Data().X, l.Data().Y
	rows := make([]pair, len(y))
	for i := range rows {
		sign := 2*y[i] - 1
		rows[i] = pair{sign * x[2*i], sign * x[2*i+1]}
	}
	return rows
}

func signed3(l *loss.Loss) []triple {
	x, y := l.Data().X, l.Data().Y
	rows := make([]triple, len(y))
	for i := range rows {
		sign := 2*y[i] - 1
		rows[i] = triple{sign * x[3*i], sign * x[3*i+1], sign * x[3*i+2]}
	}
	return rows
}

type logistic1 struct{ rows, z []float64 }

func (m *logistic1) step(out, theta [][]float64, b *batches, k int, c float64) {
	indices, stride := b.at(k, 0)
	m.z = sized(m.z, len(theta[0])*b.size)
	arguments1(m.z, theta[0], m.rows, indices, b.size, stride)
	loss.Sigmoids(m.z, m.z)
	descendLogistic1(out[0], m.z, m.rows, indices, b.size, stride, c)
}

func arguments1(z, t0, rows []float64, indices []uint32, batch, stride int) {
	for w, p := range t0 {
		in := indices[w*stride:][:batch]
		z := z[w*batch:][:len(in)]
		for j, i := range in {
			z[j] = -float64(rows[i] * p)
		}
	}
}

func descendLogistic1(o0, s, rows []float64, indices []uint32, batch, stride int, c float64) {
	for w := range o0 {
		var g float64
		in := indices[w*stride:][:batch]
		s := s[w*batch:][:len(in)]
		for j, i := range in {
			g -= float64(s[j] * rows[i])
		}
		o0[w] -= float64(c * g)
	}
}

type logistic2 struct {
	rows []pair
	z    []float64
}

func (m *logistic2) step(out, theta [][]float64, b *batches, k int, c float64) {
	indices, stride := b.at(k, 0)
	m.z = sized(m.z, len(theta[0])*b.size)
	arguments2(m.z, theta[0], theta[1], m.rows, indices, b.size, stride)
	loss.Sigmoids(m.z, m.z)
	descendLogistic2(out[0], out[1], m.z, m.rows, indices, b.size, stride, c)
}

// sized returns a slice of that length, the same if it is long enough.
func sized(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	return s[:n]
}

// arguments2 sets z = −u.
func arguments2(z, t0, t1 []float64, rows []pair, indices []uint32, batch, stride int) {
	t1 = t1[:len(t0)]
	for w := range t0 {
		p, q := t0[w], t1[w]
		in := indices[w*stride:][:batch]
		z := z[w*batch:][:len(in)]
		for j, i := range in {
			r := &rows[i]
			z[j] = -(float64(r.x1*p) + float64(r.x2*q))
		}
	}
}

func descendLogistic2(o0, o1, s []float64, rows []pair, indices []uint32, batch, stride int, c float64) {
	o1 = o1[:len(o0)]
	for w := range o0 {
		var g0, g1 float64
		in := indices[w*stride:][:batch]
		s := s[w*batch:][:len(in)]
		for j, i := range in {
			r, v := &rows[i], s[j]
			g0 -= float64(v * r.x1)
			g1 -= float64(v * r.x2)
		}
		o0[w] -= float64(c * g0)
		o1[w] -= float64(c * g1)
	}
}

type logistic3 struct {
	rows []triple
	z    []float64
}

func (m *logistic3) step(out, theta [][]float64, b *batches, k int, c float64) {
	indices, stride := b.at(k, 0)
	m.z = sized(m.z, len(theta[0])*b.size)
	arguments3(m.z, theta[0], theta[1], theta[2], m.rows, indices, b.size, stride)
	loss.Sigmoids(m.z, m.z)
	descendLogistic3(out[0], out[1], out[2], m.z, m.rows, indices, b.size, stride, c)
}

func arguments3(z, t0, t1, t2 []float64, rows []triple, indices []uint32, batch, stride int) {
	t1, t2 = t1[:len(t0)], t2[:len(t0)]
	for w := range t0 {
		p, q, r := t0[w], t1[w], t2[w]
		in := indices[w*stride:][:batch]
		z := z[w*batch:][:len(in)]
		for j, i := range in {
			x := &rows[i]
			z[j] = -(float64(x.x1*p) + float64(x.x2*q) + float64(x.x3*r))
		}
	}
}

func descendLogistic3(o0, o1, o2, s []float64, rows []triple, indices []uint32, batch, stride int, c float64) {
	o1, o2 = o1[:len(o0)], o2[:len(o0)]
	for w := range o0 {
		var g0, g1, g2 float64
		in := indices[w*stride:][:batch]
		s := s[w*batch:][:len(in)]
		for j, i := range in {
			r, v := &rows[i], s[j]
			g0 -= float64(v * r.x1)
			g1 -= float64(v * r.x2)
			g2 -= float64(v * r.x3)
		}
		o0[w] -= float64(c * g0)
		o1[w] -= float64(c * g1)
		o2[w] -= float64(c * g2)
	}
}

type tanh2 struct {
	rows []row1
	z    []float64
}

func (m *tanh2) step(out, theta [][]float64, b *batches, k int, c float64) {
	indices, stride := b.at(k, 0)
	m.z = sized(m.z, len(theta[0])*b.size)
	argumentsTanh2(m.z, theta[1], m.rows, indices, b.size, stride)
	loss.Tanhs(m.z, m.z)
	descendTanh2(out[0], out[1], theta[0], m.z, m.rows, indices, b.size, stride, c)
}

func argumentsTanh2(z, t1 []float64, rows []row1, indices []uint32, batch, stride int) {
	for w, q := range t1 {
		in := indices[w*stride:][:batch]
		z := z[w*batch:][:len(in)]
		for j, i := range in {
			z[j] = rows[i].x * q
		}
	}
}

func descendTanh2(o0, o1, t0, tanh []float64, rows []row1, indices []uint32, batch, stride int, c float64) {
	o0, o1 = o0[:len(t0)], o1[:len(t0)]
	for w, a := range t0 {
		var g0, g1 float64
		in := indices[w*stride:][:batch]
		tanh := tanh[w*batch:][:len(in)]
		for j, i := range in {
			r, t := &rows[i], tanh[j]
			e := float64(a*t) - r.y
			g0 += float64(e * t)
			g1 += float64(float64(float64(e*a)*(1-float64(t*t))) * r.x)
		}
		o0[w] -= float64(c * g0)
		o1[w] -= float64(c * g1)
	}
}

type tanh3 struct {
	rows []row2
	z    []float64
}

func (m *tanh3) step(out, theta [][]float64, b *batches, k int, c float64) {
	indices, stride := b.at(k, 0)
	m.z = sized(m.z, len(theta[0])*b.size)
	argumentsTanh3(m.z, theta[1], theta[2], m.rows, indices, b.size, stride)
	loss.Tanhs(m.z, m.z)
	descendTanh3(out[0], out[1], out[2], theta[0], m.z, m.rows, indices, b.size, stride, c)
}

func argumentsTanh3(z, t1, t2 []float64, rows []row2, indices []uint32, batch, stride int) {
	t2 = t2[:len(t1)]
	for w := range t1 {
		p, q := t1[w], t2[w]
		in := indices[w*stride:][:batch]
		z := z[w*batch:][:len(in)]
		for j, i := range in {
			r := &rows[i]
			z[j] = float64(r.x1*p) + float64(r.x2*q)
		}
	}
}

func descendTanh3(o0, o1, o2, t0, tanh []float64, rows []row2, indices []uint32, batch, stride int, c float64) {
	o0, o1, o2 = o0[:len(t0)], o1[:len(t0)], o2[:len(t0)]
	for w, a := range t0 {
		var g0, g1, g2 float64
		in := indices[w*stride:][:batch]
		tanh := tanh[w*batch:][:len(in)]
		for j, i := range in {
			r, t := &rows[i], tanh[j]
			e := float64(a*t) - r.y
			g0 += float64(e * t)
			s := float64(float64(e*a) * (1 - float64(t*t)))
			g1 += float64(s * r.x1)
			g2 += float64(s * r.x2)
		}
		o0[w] -= float64(c * g0)
		o1[w] -= float64(c * g1)
		o2[w] -= float64(c * g2)
	}
}
