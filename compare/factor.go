package compare

import "math"

// A factorizer replaces covariances by their Cholesky factors, one per walker.
type factorizer struct {
	diagonal [][]float64
}

func newFactorizer(dim, lanes int) *factorizer { return &factorizer{columns(dim, lanes)} }

// negligible is what of a variance counts as round-off, so that semi-definite covariances
// have factors.
const negligible = 1e-13

// factor replaces the packed upper triangle of C by the lower triangular S with SSᵀ = C:
// where C had (j, i), S has S_ij, i ≥ j. Columns of S whose pivot is below negligible of
// the variance are 0. All slices of c have the same length, at most that of newFactorizer.
func (f *factorizer) factor(c [][]float64) {
	d := len(f.diagonal)
	k := 0
	for j := range d {
		copy(f.diagonal[j][:len(c[k])], c[k])
		k += d - j
	}
	k = 0
	for j := range d {
		pivot := c[k]
		diagonal := f.diagonal[j][:len(pivot)]
		for w, p := range pivot { // diagonal becomes 1/S_jj
			if p > negligible*diagonal[w] {
				s := math.Sqrt(p)
				pivot[w], diagonal[w] = s, 1/s
			} else if !math.IsNaN(p) { // which goes on, to be counted
				pivot[w], diagonal[w] = 0, 0
			}
		}
		for i := 1; i < d-j; i++ {
			below := c[k+i][:len(pivot)]
			for w := range below {
				below[w] *= diagonal[w]
			}
		}
		f.eliminate(c, k, d-j)
		k += d - j
	}
}

// eliminate subtracts S_ij S_lj from the triangle beyond column j, which begins at k.
func (f *factorizer) eliminate(c [][]float64, k, n int) {
	to := k + n
	for i := 1; i < n; i++ {
		x := c[k+i]
		for l := i; l < n; l++ {
			y, z := c[k+l][:len(x)], c[to][:len(x)]
			for w := range x {
				z[w] -= float64(x[w] * y[w])
			}
			to++
		}
	}
}

// addProduct adds scale S z to out, for S from factor and one deviate per coordinate.
func addProduct(out, s, z [][]float64, scale float64) {
	k := 0
	for j := range z {
		for i := j; i < len(out); i++ {
			o, s, z := out[i], s[k][:len(out[i])], z[j][:len(out[i])]
			for w := range o {
				o[w] += float64(scale * float64(s[w]*z[w]))
			}
			k++
		}
	}
}
