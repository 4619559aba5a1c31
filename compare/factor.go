package compare

import "math"

// A factorizer replaces covariances by their Cholesky factors, one per walker.
type factorizer struct {
	dim      int
	inverse  []float64 // 1/S_jj
	negative []bool    // whether a pivot was
}

func newFactorizer(dim, lanes int) *factorizer {
	return &factorizer{dim, make([]float64, lanes), make([]bool, lanes)}
}

// factor replaces the packed upper triangle of C by the lower triangular S with SSᵀ = C:
// where C had (j, i), S has S_ij, i ≥ j. Where C is semi-definite a pivot is 0, with its
// column, or round-off: some 1e-16 of a variance, with a column of some 1e-8 of a
// deviation. Where C is no covariance, with a pivot that is negative beyond round-off, that is 0 as well;
// factor returns of how many walkers. All slices of c have the same length, at most that of newFactorizer.
func (f *factorizer) factor(c [][]float64) (indefinite int) {
	clear(f.negative)
	k := 0
	for n := f.dim; n > 0; n-- { // of column j = dim − n, which begins at k
		pivot := c[k]
		inverse := f.inverse[:len(pivot)]
		first := c[f.dim-n][:len(pivot)] // S_j0, or the pivot itself, 0 by then: round-off of rank one goes no further
		for w, p := range pivot {
			switch {
			case p > 0:
				s := math.Sqrt(p)
				pivot[w], inverse[w] = s, 1/s
			case p <= 0: // but NaN goes on, to be counted
				pivot[w], inverse[w] = 0, 0
				if p < -beyondRoundOff*first[w]*first[w] && !f.negative[w] && f.isNegative(p, c, f.dim-n, w) {
					f.negative[w] = true
					indefinite++
				}
			}
		}
		for _, below := range c[k+1 : k+n] {
			below = below[:len(inverse)]
			for w, v := range inverse {
				below[w] *= v
			}
		}
		eliminate(c, k, n)
		k += n
	}
	return indefinite
}

// beyondRoundOff is the part of a variance by which a pivot has to be negative: its own round-off is some 1e-16, that of
// formulas may be more.
const beyondRoundOff = 1e-9

// isNegative says whether a pivot p of column j is below 0 by more than such a part of C_jj − p = Σ_{i<j} S_ji².
func (f *factorizer) isNegative(p float64, c [][]float64, j, w int) bool {
	var sum float64
	for i := range j {
		s := c[diagonal(f.dim, i)+j-i][w]
		sum += s * s
	}
	return p < -beyondRoundOff*sum
}

// eliminate subtracts S_ij S_lj from the triangle beyond column j, which begins at k and
// has n entries.
func eliminate(c [][]float64, k, n int) {
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
