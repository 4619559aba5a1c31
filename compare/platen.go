package compare

import "math"

// This file has one step of the explicit scheme of weak order 2 for
//
//	dY = a dt + Σ_j b^j dW^j   (Itô; b^j column j of σ)
//
// with increments ΔW^j of variance Δ and V_rj = −V_jr = ±Δ with equal chances, V_jj = −Δ:
//
//	Y′ = Y + ½(a(Ῡ) + a)Δ
//	   + ¼ Σ_j [(b^j(R⁺_j) + b^j(R⁻_j) + 2b^j) ΔW^j + Σ_{r≠j} (b^j(U⁺_r) + b^j(U⁻_r) − 2b^j) ΔW^j]
//	   + ¼ Σ_j [(b^j(R⁺_j) − b^j(R⁻_j)) (ΔW^jΔW^j − Δ)
//	            + Σ_{r≠j} (b^j(U⁺_r) − b^j(U⁻_r)) (ΔW^jΔW^r + V_rj)] / √Δ,
//	Ῡ = Y + aΔ + Σ_j b^j ΔW^j,   R^±_j = Y + aΔ ± b^j√Δ,   U^±_r = Y ± b^r√Δ.
//
// Kloeden, Platen, Numerical Solution of Stochastic Differential Equations, 1992, (15.1.3).

type platenScratch struct {
	start, at   [][]float64 // Y; the point where coefficients are taken
	drift       [][]float64
	plus, minus [][]float64 // σ at R± or U±
	v           [][]float64 // V/Δ of the pairs r < j: ±1
}

func newPlatenScratch(d, lanes int) *platenScratch {
	return &platenScratch{
		start: columns(d, lanes), at: columns(d, lanes), drift: columns(d, lanes),
		plus: columns(packed(d), lanes), minus: columns(packed(d), lanes),
		v: columns(d*(d-1)/2, lanes),
	}
}

// platen makes the step k of the buffer: the scratch has a, σ and deviates for Y = theta.
func (r *sdeRunner) platen(theta [][]float64, k int) {
	for pair, v := range r.scratch.platen.v {
		for w := range v {
			v[w] = float64(int(r.signs[w*buffered+k]>>pair&1)*2 - 1)
		}
	}
	r.platenStep(theta)
}

// platenStep makes the step with the deviates and signs of the scratch.
func (r *sdeRunner) platenStep(theta [][]float64) {
	s := r.scratch.platen
	h, root := r.sde.Step, math.Sqrt(r.sde.Step)
	z, a, sigma := r.scratch.z, r.scratch.drift, r.scratch.factor
	for c := range theta {
		copy(s.start[c], theta[c])
	}
	s.shift(h, a, -1, 0, sigma)
	addProduct(s.at, sigma, z, root)
	r.sde.Drift(s.drift, s.at)
	for c, t := range theta {
		for w := range t {
			t[w] += float64(h / 2 * (a[c][w] + s.drift[c][w]))
		}
	}
	addProduct(theta, sigma, z, root)
	if r.constant != nil {
		return
	}
	for j := range theta {
		s.shift(h, a, j, root, sigma)
		r.sigma(s.plus, s.at)
		s.shift(h, a, j, -root, sigma)
		r.sigma(s.minus, s.at)
		s.correct(theta, sigma, z[j], j, root, func(w int) float64 { return z[j][w]*z[j][w] - 1 })
		if len(theta) > 1 {
			r.platenAcross(theta, j)
		}
	}
}

// platenAcross adds what the points U±_r have of the other columns.
func (r *sdeRunner) platenAcross(theta [][]float64, from int) {
	s := r.scratch.platen
	z, sigma, root := r.scratch.z, r.scratch.factor, math.Sqrt(r.sde.Step)
	s.shift(0, r.scratch.drift, from, root, sigma)
	r.sigma(s.plus, s.at)
	s.shift(0, r.scratch.drift, from, -root, sigma)
	r.sigma(s.minus, s.at)
	for j := range theta {
		if j == from {
			continue
		}
		v, sign := s.v[min(from, j)+max(from, j)*(max(from, j)-1)/2], 1.0
		if from > j {
			sign = -1
		}
		s.correct(theta, sigma, z[j], j, root, func(w int) float64 { return z[j][w]*z[from][w] + sign*v[w] })
	}
}

// shift sets at = Y + h a + root b^j; j < 0 stands for no column.
func (s *platenScratch) shift(h float64, a [][]float64, j int, root float64, sigma [][]float64) {
	d := len(s.start)
	for c := range s.at {
		y, at := s.start[c], s.at[c]
		for w := range at {
			at[w] = y[w] + float64(h*a[c][w])
		}
		if j >= 0 && c >= j {
			b := sigma[diagonal(d, j)+c-j]
			for w := range at {
				at[w] += float64(root * b[w])
			}
		}
	}
}

// correct adds ¼[(b^j(+) + b^j(−) − 2b^j) √Δ z + (b^j(+) − b^j(−)) √Δ q]: the first term
// of the scheme, (b(+) + b(−) + 2b)/4, is b, already added, and what is here.
func (s *platenScratch) correct(out, sigma [][]float64, z []float64, j int, root float64, q func(w int) float64) {
	k := diagonal(len(out), j)
	for c := j; c < len(out); c++ {
		plus, minus, b, o := s.plus[k], s.minus[k], sigma[k], out[c]
		for w := range o {
			mean := plus[w] + minus[w] - 2*b[w]
			o[w] += float64(root / 4 * (mean*z[w] + (plus[w]-minus[w])*q(w)))
		}
		k++
	}
}
