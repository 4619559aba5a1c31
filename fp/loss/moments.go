package loss

import "math"

// This file makes the linear models independent of the number of samples. The sample
// gradients of a regression, g_i = x_i (x_i·θ − y_i), are affine in θ, so that
//
//	g_i − g = A_i θ − c_i,   A_i = x_i x_iᵀ − mean,   c_i = x_i y_i − mean,
//
// and Σ = (1/n) Σ (A_i θ − c_i)(A_i θ − c_i)ᵀ. Write the entries of A_i and c_i as row i
// of an n × m matrix W, m = k(k+1)/2 + k, and let W = QR. Each component of A_i θ − c_i
// is a row of W times a vector that does not depend on i; Q drops out of their scalar
// products, and the m rows of R can stand in for the n samples. Σ stays a sum of
// squares, semi-definite and without cancellation: its error is that of the sum over
// samples. In the same way L = |Xθ − Y|²/2n becomes |Rθ − c|²/2 + a constant. (Moments
// multiplied out would lose twice the digits where Σ or L nearly vanishes.)
//
// Golub, Van Loan, Matrix Computations, §5.3 and §6.5.

// moments are data condensed for squared loss.
type moments struct {
	k    int
	fit  []float64 // (k+1)²: R of the columns x, y, over √n
	hess []float64 // ∇²L, packed: the same at every θ
	rows []float64 // m rows of A packed, then c, over √n
}

func newMoments(d *Data) *moments {
	n, k := d.Samples(), len(d.Features)
	packed := k * (k + 1) / 2
	m := packed + k
	mo := &moments{k: k, fit: make([]float64, (k+1)*(k+1)), hess: make([]float64, packed), rows: make([]float64, m*m)}
	scale := 1 / math.Sqrt(float64(n))
	row, mean := make([]float64, m), make([]float64, m)
	for i := range n {
		x := d.X[i*k : (i+1)*k]
		xy := append(append(row[:0], x...), d.Y[i])
		scaled(xy, scale, xy)
		addRow(mo.fit, xy)
		products(row, x, d.Y[i])
		for c, v := range row {
			mean[c] += v / float64(n)
		}
	}
	for i := range n {
		products(row, d.X[i*k:(i+1)*k], d.Y[i])
		for c := range row {
			row[c] = (row[c] - mean[c]) * scale
		}
		addRow(mo.rows, row)
	}
	copy(mo.hess, mean)
	return mo
}

// products sets dst to x xᵀ packed, then x y.
func products(dst, x []float64, y float64) {
	scaledOuter(dst, 1, x)
	scaled(dst[len(dst)-len(x):], y, x)
}

// addRow turns the upper triangular r, m × m for m = len(w), into that with
// rᵀr + wwᵀ, by Givens rotations. It destroys w.
func addRow(r, w []float64) {
	m := len(w)
	for i := range m {
		if w[i] == 0 {
			continue
		}
		top := r[i*m : (i+1)*m]
		h := math.Hypot(top[i], w[i])
		c, s := top[i]/h, w[i]/h
		for j := i; j < m; j++ {
			top[j], w[j] = c*top[j]+s*w[j], c*w[j]-s*top[j]
		}
	}
}

// eval fills in e for linear regression at θ. Its cost does not depend on n.
func (mo *moments) eval(e *Evaluator, theta []float64) {
	k := mo.k
	copy(e.Hess, mo.hess)
	e.Value = 0
	clear(e.Grad)
	for i := 0; i <= k; i++ {
		row := mo.fit[i*(k+1):][:k+1]
		r := -row[k]
		for a := i; a < k; a++ {
			r += row[a] * theta[a]
		}
		e.Value += 0.5 * r * r
		for a := i; a < k; a++ {
			e.Grad[a] += row[a] * r
		}
	}
	clear(e.NoiseCov)
	clear(e.NoiseCovDiv)
	packed := len(mo.hess)
	for at := 0; at < len(mo.rows); at += packed + k {
		e.addAffine(mo.rows[at:at+packed], mo.rows[at+packed:][:k], theta)
	}
}

// addAffine adds u uᵀ to Σ, and A u + u tr A to its divergence, for u = A θ − c.
func (e *Evaluator) addAffine(A, c, theta []float64) {
	u := e.u[:len(c)]
	for a, v := range c {
		u[a] = -v
	}
	var trace float64
	k := 0
	for a, ta := range theta {
		trace += A[k]
		u[a] += A[k] * ta
		k++
		for b := a + 1; b < len(theta); b++ {
			u[a] += A[k] * theta[b]
			u[b] += A[k] * ta
			k++
		}
	}
	k = 0
	for a, ua := range u {
		e.NoiseCov[k] += ua * ua
		e.NoiseCovDiv[a] += ua * (trace + A[k])
		k++
		for b := a + 1; b < len(u); b++ {
			e.NoiseCov[k] += ua * u[b]
			e.NoiseCovDiv[a] += A[k] * u[b]
			e.NoiseCovDiv[b] += A[k] * ua
			k++
		}
	}
}

// deepLinear fills in e at θ = (a, b) from the regression with the weight w = ab, whose
// Σ₁(w) is one number: Σ = Σ₁ (b, a)(b, a)ᵀ and ∇·Σ = Σ₁ (a, b) + Σ₁′ (a² + b²)(b, a).
func (e *Evaluator) deepLinear(theta []float64) {
	a, b := theta[0], theta[1]
	w := e.regression
	e.u[0] = a * b
	w.Eval(e.u[:1])
	noise, rise := w.NoiseCov[0], w.NoiseCovDiv[0]*(a*a+b*b)
	e.Value = w.Value
	ofProduct(e.Grad, e.Hess, e.NoiseCov, theta, w.Grad[0], w.Hess[0], noise)
	e.NoiseCovDiv[0], e.NoiseCovDiv[1] = a*noise+b*rise, b*noise+a*rise
}

// ofProduct sets the derivatives and Σ of a loss of ab at θ = (a, b) from those in ab.
func ofProduct(grad, hess, noiseCov, theta []float64, slope, bend, noise float64) {
	a, b := theta[0], theta[1]
	grad[0], grad[1] = b*slope, a*slope
	hess[0], hess[1], hess[2] = b*b*bend, slope+a*b*bend, a*a*bend
	noiseCov[0], noiseCov[1], noiseCov[2] = b*b*noise, a*b*noise, a*a*noise
}
