package compare

import "github.com/ness-fp/ness/fp/loss"

// A generic is the gradient of any model with any number of parameters, by the book and in
// the order of operations of the kernels.
type generic struct {
	model       loss.Model
	features    int
	x, y        []float64
	theta, grad []float64 // of one walker
	u           []float64 // of one batch
}

func newGeneric(l *loss.Loss) *generic {
	d := l.Dim()
	return &generic{
		model: l.Model(), features: len(l.Data().Features), x: l.Data().X, y: l.Data().Y,
		theta: make([]float64, d), grad: make([]float64, d),
	}
}

func (m *generic) step(out, theta [][]float64, b *batches, k int, c float64) {
	indices, stride := b.at(k, 0)
	for w := range theta[0] {
		for a := range theta {
			m.theta[a] = theta[a][w]
		}
		clear(m.grad)
		m.addGradients(indices[w*stride:][:b.size])
		for a, g := range m.grad {
			out[a][w] -= float64(c * g)
		}
	}
}

// addGradients sums over a batch.
func (m *generic) addGradients(batch []uint32) {
	switch m.model {
	case loss.LinearRegression:
		if m.features == 1 {
			m.grad[0] = m.slope(batch, m.theta[0])
			break
		}
		for _, i := range batch {
			x := m.sample(i)
			m.add(m.grad, m.predict(m.theta, x)-m.y[i], x)
		}
	case loss.LogisticRegression:
		m.u = sized(m.u, len(batch))
		for j, i := range batch {
			m.u[j] = (1 - 2*m.y[i]) * m.predict(m.theta, m.sample(i))
		}
		loss.Sigmoids(m.u, m.u)
		for j, i := range batch {
			m.add(m.grad, (1-2*m.y[i])*m.u[j], m.sample(i))
		}
	case loss.TanhNeuron:
		m.addTanh(batch)
	case loss.DeepLinear:
		a, b := m.theta[0], m.theta[1]
		g := m.slope(batch, float64(a*b))
		m.grad[0], m.grad[1] = float64(b*g), float64(a*g)
	}
}

// slope is the derivative with respect to w of squares (xw − y)²/2 with one feature, summed.
func (m *generic) slope(batch []uint32, w float64) float64 {
	var xx, xy float64
	for _, i := range batch {
		xx += float64(m.x[i] * m.x[i])
		xy += float64(m.x[i] * m.y[i])
	}
	return float64(xx*w) - xy
}

func (m *generic) addTanh(batch []uint32) {
	m.u = sized(m.u, len(batch))
	for j, i := range batch {
		m.u[j] = m.predict(m.theta[1:], m.sample(i))
	}
	loss.Tanhs(m.u, m.u)
	a := m.theta[0]
	for j, i := range batch {
		t := m.u[j]
		e := float64(a*t) - m.y[i]
		m.grad[0] += float64(e * t)
		m.add(m.grad[1:], float64(float64(e*a)*(1-float64(t*t))), m.sample(i))
	}
}

func (m *generic) sample(i uint32) []float64 {
	return m.x[int(i)*m.features:][:m.features]
}

func (m *generic) predict(weights, x []float64) float64 {
	u := float64(weights[0] * x[0])
	for a := 1; a < len(x); a++ {
		u += float64(weights[a] * x[a])
	}
	return u
}

func (m *generic) add(grad []float64, s float64, x []float64) {
	for a, v := range x {
		grad[a] += float64(s * v)
	}
}
