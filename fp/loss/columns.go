package loss

import "math"

// This file goes through the samples for the models that depend on the features by
// u = w·x alone, ℓ = ℓ(u) or ℓ(a, u). Whatever belongs to the weights is then a number
// per sample times x or x xᵀ,
//
//	g_i = s x,   H_i = c x xᵀ,   H_i g_i + g_i tr H_i = 2 s c |x|² x,
//
// so that a first loop finds these numbers, and the rest is scalar products of columns.

// columns are data by feature.
type columns struct {
	x     [][]float64 // k columns of n
	y     []float64
	norm2 []float64 // |x|²
}

// newColumns turns the samples round; if signed, the features of class 0 change their
// sign, by which logistic regression needs no targets.
func newColumns(d *Data, signed bool) *columns {
	n, k := d.Samples(), len(d.Features)
	c := &columns{x: slab(k, n), y: d.Y, norm2: make([]float64, n)}
	for i := range n {
		sign := 1.0
		if signed {
			sign = 2*d.Y[i] - 1
		}
		for a, v := range d.X[i*k : (i+1)*k] {
			c.x[a][i] = sign * v
			c.norm2[i] += v * v
		}
	}
	return c
}

// scratch is a number per sample, for each of its columns.
type scratch struct {
	u           []float64   // w·x
	scale, frac []float64   // of exp(−|u|)
	slope       []float64   // s
	bend        []float64   // c
	cross       []float64   // ∂²ℓ/∂a∂u of the neuron
	weight      []float64   // what x has in H_i g_i + g_i tr H_i
	grads       [][]float64 // g_i: d columns
	bent        []float64   // c x_a
}

func newScratch(l *Loss) *scratch {
	s := slab(8+l.dim, l.Samples())
	return &scratch{s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[8:], s[7]}
}

// slab returns columns of n numbers.
func slab(count, n int) [][]float64 {
	all := make([]float64, count*n)
	s := make([][]float64, count)
	for i := range s {
		s[i] = all[i*n : (i+1)*n : (i+1)*n]
	}
	return s
}

// predict sets u = w·x.
func (c *columns) predict(u, w []float64) {
	for a, x := range c.x {
		x, wa := x[:len(u)], w[a]
		if a == 0 {
			for i := range u {
				u[i] = wa * x[i]
			}
			continue
		}
		for i := range u {
			u[i] += wa * x[i]
		}
	}
}

// logistic fills in e for ℓ = log(1 + e^−u), u = ±θ·x with the sign of the class.
func (e *Evaluator) logistic(theta []float64) {
	c, s := e.loss.columns, e.scratch
	c.predict(s.u, theta)
	minusExp(s.scale, s.frac, s.u)
	e.Value = s.logistic(c.norm2)
	e.addWeights(0)
	e.finish()
}

// logistic sets slope = −1/(1 + e^u), bend and weight, and returns the sum of ℓ.
//
// With q = e^−|u|, ℓ = max(−u, 0) + log(1 + q); the logarithms of up to 512 samples are
// taken together, of a product that stays below 2⁵¹² and is kept less 1, so that the
// loss keeps its relative accuracy where all q are tiny.
func (s *scratch) logistic(norm2 []float64) float64 {
	var value float64
	for lo := 0; lo < len(s.u); lo += 512 {
		hi := min(lo+512, len(s.u))
		u, scale, frac := s.u[lo:hi], s.scale[lo:hi], s.frac[lo:hi]
		slope, bend, weight, norm2 := s.slope[lo:hi], s.bend[lo:hi], s.weight[lo:hi], norm2[lo:hi]
		var joint, linear float64
		for i, v := range u {
			q := scale[i] + scale[i]*frac[i]
			inv := 1 / (1 + q)
			top := math.Float64bits(q) // of the slope: q, or 1 where u < 0; as bits, for a branch here is a coin toss
			if int64(math.Float64bits(v)) < 0 {
				top = math.Float64bits(1)
			}
			slope[i] = -math.Float64frombits(top) * inv
			bend[i] = q * inv * inv
			weight[i] = 2 * slope[i] * bend[i] * norm2[i]
			linear += math.Abs(v) - v
			joint += q + joint*q
		}
		value += 0.5*linear + math.Log1p(joint)
	}
	return value
}

// tanhNeuron fills in e for ℓ = (a tanh(w·x) − y)²/2, θ = (a, w).
func (e *Evaluator) tanhNeuron(theta []float64) {
	c, s := e.loss.columns, e.scratch
	c.predict(s.u, theta[1:])
	for i, v := range s.u {
		s.bent[i] = 2 * v
	}
	minusExp(s.scale, s.frac, s.bent)
	e.Value, e.Grad[0], e.Hess[0], e.NoiseCovDiv[0] = s.tanhNeuron(theta[0], c.y, c.norm2)
	e.addWeights(1)
	for b, x := range c.x {
		e.Hess[1+b] = product(s.cross, x)
	}
	e.finish()
}

// tanhNeuron sets slope, bend, cross, weight and the gradients by a, and returns the
// sums of ℓ and of what a has in the gradient, the Hessian and H_i g_i + g_i tr H_i.
// With t = tanh u = (1 − q)/(1 + q) for q = e^−2u, t′ = 1 − t², t″ = −2tt′, r = at − y:
//
//	∂ℓ = (r t, r a t′),   ∂²ℓ = [t², a t t′ + r t′; ·, (a t′)² + r a t″].
func (s *scratch) tanhNeuron(a float64, y, norm2 []float64) (value, grad, hess, div float64) {
	n := len(s.u)
	scale, frac, y, norm2 := s.scale[:n], s.frac[:n], y[:n], norm2[:n]
	slope, bend, cross, weight, byA := s.slope[:n], s.bend[:n], s.cross[:n], s.weight[:n], s.grads[0][:n]
	for i, u := range s.u {
		drop := (scale[i] - 1) + scale[i]*frac[i] // e^−2|u| − 1
		t := math.Copysign(drop/(2+drop), u)
		t1 := (1 - t) * (1 + t)
		r := a*t - y[i]
		g, sl := r*t, r*a*t1
		h, cr, be := t*t, t1*(a*t+r), a*t1*(a*t1-2*r*t)
		byA[i], slope[i], cross[i], bend[i] = g, sl, cr, be
		weight[i] = cr*g + 2*be*sl*norm2[i] + sl*h
		value += 0.5 * r * r
		grad += g
		hess += h
		div += 2*h*g + norm2[i]*(cr*sl+be*g)
	}
	return value, grad, hess, div
}

// addWeights sets what the weights of the features, parameters from first on, have in
// the sums of g_i, H_i and H_i g_i + g_i tr H_i, and their columns of gradients.
func (e *Evaluator) addWeights(first int) {
	s, x := e.scratch, e.loss.columns.x
	k := first * e.loss.dim // where the weights begin in a packed triangle
	for a, xa := range x {
		e.Grad[first+a], e.NoiseCovDiv[first+a] = s.scaleBy(xa, s.grads[first+a])
		for _, xb := range x[a:] {
			e.Hess[k] = product(s.bent, xb)
			k++
		}
	}
}

// scaleBy sets g = s x and bent = c x, and returns the sums of g and of weight·x.
func (s *scratch) scaleBy(x, g []float64) (sum, div float64) {
	n := len(x)
	slope, bend, weight, bent, g := s.slope[:n], s.bend[:n], s.weight[:n], s.bent[:n], g[:n]
	for i, v := range x {
		g[i] = slope[i] * v
		bent[i] = bend[i] * v
		sum += g[i]
		div += weight[i] * v
	}
	return sum, div
}

// finish turns sums into means and sets Σ from the columns of gradients, about their
// mean, and the last part of its divergence.
func (e *Evaluator) finish() {
	inv := 1 / float64(e.loss.Samples())
	e.Value *= inv
	scaled(e.Grad, inv, e.Grad)
	scaled(e.Hess, inv, e.Hess)
	scaled(e.NoiseCovDiv, inv, e.NoiseCovDiv)
	grads := e.scratch.grads
	var trace float64
	k := 0
	for a, ga := range grads {
		trace += e.Hess[k]
		mean := e.Grad[a]
		for i := range ga {
			ga[i] -= mean
		}
		k += len(grads) - a
	}
	k = 0
	for a, g := range e.Grad {
		e.NoiseCovDiv[a] -= g * (trace + e.Hess[k])
		for b := a; b < len(grads); b++ {
			e.NoiseCov[k] = inv * product(grads[a], grads[b])
			if b > a {
				e.NoiseCovDiv[a] -= e.Hess[k] * e.Grad[b]
				e.NoiseCovDiv[b] -= e.Hess[k] * g
			}
			k++
		}
	}
}

// product returns the scalar product of two columns, in four sums: one alone would
// wait for itself.
func product(x, y []float64) float64 {
	y = y[:len(x)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		p, q := x[i:i+4:i+4], y[i:i+4:i+4]
		s0 += p[0] * q[0]
		s1 += p[1] * q[1]
		s2 += p[2] * q[2]
		s3 += p[3] * q[3]
	}
	for ; i < len(x); i++ {
		s0 += x[i] * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}
