package hodge

import (
	"math"

	lapack "gonum.org/v1/gonum/lapack/gonum"

	"github.com/ness-fp/ness/grid"
)

// A chain is the Laplacian of one axis with walls, as springs: mass m_k, a link of
// strength w_k to the next mass, and links from both ends to the ground,
//
//	(K u)_k = w_{k−1}(u_k − u_{k−1}) + w_k(u_k − u_{k+1}).
//
// All its algorithms work with m and w and not with the diagonal of K, in which they would
// drown where cells differ by many orders of magnitude.
type chain struct {
	mass         []float64
	link         []float64 // one fewer
	first, final float64   // links to the ground
}

// cellChain returns the Laplacian on the cells of an axis, with no flow through walls.
func cellChain(ax grid.Axis) *chain {
	n := ax.Cells()
	return &chain{mass: widths(ax), link: inverse(distances(ax)[1:n])}
}

// edgeChain returns the Laplacian on the inner edges of an axis, with value 0 on walls.
func edgeChain(ax grid.Axis) *chain {
	n := ax.Cells()
	w := inverse(widths(ax))
	return &chain{mass: distances(ax)[1:n], link: w[1 : n-1], first: w[0], final: w[n-1]}
}

// solve overwrites x with the solution u of (K + μM) u = x for many chains side by side,
// chain j having μ = shift[j] ≥ 0: x[k·len(shift) + j] is number k of chain j. Where μ = 0
// and nothing is grounded, x must sum to 0 and the last number of the solution is 0.
// work is as long as x.
//
// This is Gaussian elimination with the pivot kept as s + w, where s is what mass k and
// those before it would still be held by if w were cut: no subtraction, so pivots are
// right to a few roundings each.
func (c *chain) solve(x, work, shift []float64) {
	b, last := len(shift), len(c.mass)-1
	held := work[last*b:][:b]
	for j, mu := range shift {
		held[j] = c.first + mu*c.mass[0]
	}
	for k, w := range c.link {
		here, next, inv, m := x[k*b:][:b], x[(k+1)*b:][:b], work[k*b:][:b], c.mass[k+1]
		for j, mu := range shift {
			r := 1 / (held[j] + w)
			inv[j] = r
			next[j] += w * r * here[j]
			held[j] = held[j]*(w*r) + mu*m
		}
	}
	end := x[last*b:][:b]
	for j := range end {
		if p := held[j] + c.final; p > 0 {
			end[j] /= p
		} else {
			end[j] = 0
		}
	}
	for k := last - 1; k >= 0; k-- {
		here, next, inv, w := x[k*b:][:b], x[(k+1)*b:][:b], work[k*b:][:b], c.link[k]
		for j := range here {
			here[j] = (here[j] + w*next[j]) * inv[j]
		}
	}
}

// eigenvalues returns those of K u = λ M u of a chain that is grounded at its first end,
// ascending, each with a small relative error: as squares of the singular values of the
// bidiagonal Cholesky factor of M^−½ K M^−½, by the dqds algorithm.
func (c *chain) eigenvalues() []float64 {
	n := len(c.mass)
	d, e := make([]float64, n), make([]float64, n)
	held := c.first
	for k, m := range c.mass {
		w := c.final
		if k < n-1 {
			w = c.link[k]
		}
		p := held + w
		d[k] = math.Sqrt(p / m)
		if k < n-1 {
			e[k] = w / math.Sqrt(p*c.mass[k+1])
		}
		held *= w / p
	}
	if info := (lapack.Implementation{}).Dlasq1(n, d, e[:n-1], make([]float64, 4*n)); info != 0 {
		panic("hodge: eigenvalues of an axis were not found")
	}
	values := make([]float64, n)
	for k, s := range d { // Dlasq1 orders them from the largest
		values[n-1-k] = s * s
	}
	return values
}

// mode sets u to the eigenvector near lambda > 0, with uᵀMu = 1, and returns the
// eigenvalue improved. Eliminating from both ends leaves at each mass the force γ that
// holds it; the twist where γ is smallest starts the vector, whose other numbers follow
// as products. Work is 2n numbers.
//
// I. S. Dhillon and B. N. Parlett, Linear Algebra Appl. 387 (2004) 1.
func (c *chain) mode(u []float64, lambda float64, work []float64) float64 {
	n := len(c.mass)
	fore, back := work[:n], work[n:2*n]
	fore[0], back[n-1] = c.first-lambda*c.mass[0], c.final-lambda*c.mass[n-1]
	for k, w := range c.link {
		fore[k+1] = series(fore[k], w)*fore[k] - lambda*c.mass[k+1]
	}
	for k := n - 2; k >= 0; k-- {
		w := c.link[k]
		back[k] = series(back[k+1], w)*back[k+1] - lambda*c.mass[k]
	}
	twist, least := 0, math.Inf(1)
	for k, m := range c.mass {
		if g := math.Abs(fore[k]+back[k]+lambda*m) / m; g < least {
			twist, least = k, g
		}
	}
	u[twist] = 1
	for k := twist; k > 0; k-- {
		u[k-1] = u[k] * series(fore[k-1], c.link[k-1])
	}
	for k := twist; k < n-1; k++ {
		u[k+1] = u[k] * series(back[k+1], c.link[k])
	}
	var norm float64
	for k, m := range c.mass {
		norm += m * u[k] * u[k]
	}
	gamma := fore[twist] + back[twist] + lambda*c.mass[twist]
	for k := range u {
		u[k] /= math.Sqrt(norm)
	}
	return lambda + gamma/norm // the Rayleigh quotient
}

// series returns w/(s+w), with a sum of exactly 0 moved by a rounding.
func series(s, w float64) float64 {
	if s == -w {
		s *= 1 - 0x1p-52
	}
	return w / (s + w)
}

// modes returns the eigenvalues of the chain of an axis and its eigenvectors, orthonormal
// in M, as the columns of a matrix stored by rows.
func modes(ax grid.Axis, onEdges bool) (values, vectors []float64) {
	values = edgeChain(ax).eigenvalues() // those of the cells are the same, and 0
	c := edgeChain(ax)
	if !onEdges {
		c, values = cellChain(ax), append([]float64{0}, values...)
	}
	n := len(values)
	vectors = make([]float64, n*n)
	u, work := make([]float64, n), make([]float64, 2*n)
	for j, lambda := range values {
		if lambda == 0 {
			for k := range u {
				u[k] = 1 / math.Sqrt(ax.Length())
			}
		} else {
			lambda = c.mode(u, lambda, work)
			values[j] = c.mode(u, lambda, work)
		}
		for k, v := range u {
			vectors[k*n+j] = v
		}
	}
	return values, vectors
}
