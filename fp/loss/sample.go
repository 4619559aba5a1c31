package loss

import "math"

// This file has the derivatives of one sample, by the book: ℓ = h(f) has the gradient
// h′∇f and the Hessian h″∇f∇fᵀ + h′∇²f. For squares h′ = f − y =: r and h″ = 1.

// SampleValue returns ℓ_i(θ). len(theta) = Dim.
func (l *Loss) SampleValue(i int, theta []float64) float64 {
	x, y := l.sample("SampleValue", i, theta)
	var r float64
	switch l.model {
	case LinearRegression:
		r = dot(theta, x) - y
	case LogisticRegression:
		m := (2*y - 1) * dot(theta, x) // ℓ = log(1 + e^−m)
		return math.Max(-m, 0) + math.Log1p(math.Exp(-math.Abs(m)))
	case TanhNeuron:
		r = theta[0]*math.Tanh(dot(theta[1:], x)) - y
	case DeepLinear:
		r = theta[0]*theta[1]*x[0] - y
	}
	return 0.5 * r * r
}

// SampleGrad sets dst to g_i(θ). len(dst) = len(theta) = Dim; they must not overlap.
func (l *Loss) SampleGrad(dst []float64, i int, theta []float64) {
	if len(dst) != l.dim {
		panic("loss: SampleGrad: length mismatch")
	}
	x, y := l.sample("SampleGrad", i, theta)
	switch l.model {
	case LinearRegression:
		scaled(dst, dot(theta, x)-y, x)
	case LogisticRegression:
		_, wrong := sigmoid((2*y - 1) * dot(theta, x)) // chance of the wrong class
		scaled(dst, (1-2*y)*wrong, x)
	case TanhNeuron:
		a, t := theta[0], math.Tanh(dot(theta[1:], x))
		r := a*t - y
		dst[0] = r * t
		scaled(dst[1:], r*a*(1-t)*(1+t), x)
	case DeepLinear:
		a, b := theta[0], theta[1]
		r := a*b*x[0] - y
		dst[0], dst[1] = r*b*x[0], r*a*x[0]
	}
}

// SampleHess sets dst to ∇²ℓ_i(θ), packed. len(dst) = Dim(Dim+1)/2, len(theta) = Dim;
// they must not overlap.
func (l *Loss) SampleHess(dst []float64, i int, theta []float64) {
	if len(dst) != l.dim*(l.dim+1)/2 {
		panic("loss: SampleHess: length mismatch")
	}
	x, y := l.sample("SampleHess", i, theta)
	switch l.model {
	case LinearRegression:
		scaledOuter(dst, 1, x)
	case LogisticRegression:
		p, q := sigmoid(dot(theta, x))
		scaledOuter(dst, p*q, x)
	case TanhNeuron: // ∇f = (t, a t′x), ∇²f = [0, t′xᵀ; ·, a t″xxᵀ], t′ = 1 − t², t″ = −2tt′
		a, t := theta[0], math.Tanh(dot(theta[1:], x))
		r, t1 := a*t-y, (1-t)*(1+t)
		dst[0] = t * t
		scaled(dst[1:len(theta)], t1*(a*t+r), x)
		scaledOuter(dst[len(theta):], a*t1*(a*t1-2*r*t), x)
	case DeepLinear:
		a, b := theta[0]*x[0], theta[1]*x[0]
		r := theta[0]*b - y
		dst[0], dst[1], dst[2] = b*b, a*b+r*x[0], a*a
	}
}

// sample returns x_i and y_i.
func (l *Loss) sample(caller string, i int, theta []float64) (x []float64, y float64) {
	if len(theta) != l.dim {
		panic("loss: " + caller + ": length mismatch")
	}
	k := len(l.data.Features)
	return l.data.X[i*k : (i+1)*k], l.data.Y[i]
}

// sigmoid returns p = 1/(1 + e^−f) and q = 1 − p, both to full relative accuracy.
func sigmoid(f float64) (p, q float64) {
	e := math.Exp(-math.Abs(f))
	p, q = 1/(1+e), e/(1+e)
	if f < 0 {
		p, q = q, p
	}
	return p, q
}

func dot(a, b []float64) float64 {
	var sum float64
	for i, v := range b {
		sum += a[i] * v
	}
	return sum
}

// scaled sets dst = s x.
func scaled(dst []float64, s float64, x []float64) {
	for a, v := range x {
		dst[a] = s * v
	}
}

// scaledOuter sets dst = s x xᵀ, packed.
func scaledOuter(dst []float64, s float64, x []float64) {
	k := 0
	for a, u := range x {
		for _, v := range x[a:] {
			dst[k] = s * u * v
			k++
		}
	}
}
