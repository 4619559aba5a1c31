package markov

import (
	"math"

	"github.com/ness-fp/ness/operators/sparse"
)

// A well is a generator whose stationary vector is known, m_i ∝ exp(−φ_i).
type well struct {
	a    *sparse.CSR
	dims []int
	phi  []float64
}

// quadWell returns the star generator of
//
//	φ = (Σ_a (x_a²−1)²/4 + 0.2 Σ_a x_a x_{a+1}) / D
//
// on [−2.5, 2.5]ᵈ, n cells along each axis, with rates (D/h²) B(φ_to − φ_from), B(z) =
// z/(eᶻ−1), of Scharfetter and Gummel. D = 0.15 is problem A, D = 0.02 the metastable B.
func quadWell(d, n int, diffusion float64) well {
	h := 5 / float64(n)
	dims, states := make([]int, d), 1
	for a := range dims {
		dims[a] = n
		states *= n
	}
	phi := make([]float64, states)
	x := make([]float64, d)
	for i := range phi {
		rest := i
		for a := range x {
			x[a] = -2.5 + (float64(rest%n)+0.5)*h
			rest /= n
		}
		for a := range x {
			phi[i] += (x[a]*x[a] - 1) * (x[a]*x[a] - 1) / (4 * diffusion)
			if a+1 < d {
				phi[i] += 0.2 * x[a] * x[a+1] / diffusion
			}
		}
	}
	return well{star(dims, phi, diffusion/(h*h)), dims, phi}
}

// star returns the generator with rates c·B(φ_to − φ_from) between neighbours along the
// axes, built row by row.
func star(dims []int, phi []float64, c float64) *sparse.CSR {
	n := len(phi)
	a := &sparse.CSR{Rows: n, Cols: n, RowPtr: make([]int, n+1)}
	a.Col = make([]int32, 0, (2*len(dims)+1)*n)
	a.Val = make([]float64, 0, (2*len(dims)+1)*n)
	put := func(to, from int) {
		a.Col = append(a.Col, int32(from))
		a.Val = append(a.Val, c*bernoulli(phi[to]-phi[from]))
	}
	for i := range n {
		for axis := len(dims) - 1; axis >= 0; axis-- {
			if stride := strideOf(dims, axis); i/stride%dims[axis] > 0 {
				put(i, i-stride)
			}
		}
		diagonal := len(a.Val)
		a.Col, a.Val = append(a.Col, int32(i)), append(a.Val, 0)
		for axis := range dims {
			stride := strideOf(dims, axis)
			if at := i / stride % dims[axis]; at+1 < dims[axis] {
				put(i, i+stride)
				a.Val[diagonal] -= c * bernoulli(phi[i+stride]-phi[i])
			}
			if i/stride%dims[axis] > 0 {
				a.Val[diagonal] -= c * bernoulli(phi[i-stride]-phi[i])
			}
		}
		a.RowPtr[i+1] = len(a.Val)
	}
	return a
}

func strideOf(dims []int, axis int) int {
	stride := 1
	for _, n := range dims[:axis] {
		stride *= n
	}
	return stride
}

func bernoulli(z float64) float64 {
	if z == 0 {
		return 1
	}
	return z / math.Expm1(z)
}

// gibbs returns exp(−φ)/Σ exp(−φ).
func gibbs(phi []float64) []float64 {
	low := math.Inf(1)
	for _, v := range phi {
		low = min(low, v)
	}
	m := make([]float64, len(phi))
	var sum float64
	for i, v := range phi {
		m[i] = math.Exp(low - v)
		sum += m[i]
	}
	for i := range m {
		m[i] /= sum
	}
	return m
}

// worstRelative returns max |m_i/exact_i − 1| over the entries with exact_i > floor.
func worstRelative(m, exact []float64, floor float64) (worst float64) {
	for i, e := range exact {
		if e > floor {
			if d := math.Abs(m[i]/e - 1); !(d <= worst) {
				worst = d
			}
		}
	}
	return worst
}
