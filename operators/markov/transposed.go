package markov

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/sparse"
)

// This file solves Aᵀu − s u = f, for functions of the state where [Factorization.Solve] is
// for masses. With the factors of A = −(I − Vᵀ)(S − R), R_ni = r_in of later states i, from
// the first state up
//
//	z_n = (Σ_{k<n} r_nk z_k − f_n) / S_n,
//
// and from the last one down u_n = z_n + Σ_{j>n} V_nj u_j. Where f ≤ 0 nothing is
// subtracted anywhere, and every u is right to about round-off, however long the times it
// stands for.

// FactorizeExit eliminates A with a rate exit_i ≥ 0, in 1/T, from every state to one more,
// outside, that is never left. A state that cannot get there is an [UnderflowError].
func FactorizeExit(a *sparse.CSR, exit []float64, opt DirectOptions) (*Factorization, error) {
	dims := boxOf(a, opt.Dims)
	if len(exit) != a.Rows {
		panic("markov: FactorizeExit: want an exit rate for every state")
	}
	workers := opt.workers()
	q, err := survey(a, dims, workers)
	if err != nil {
		return nil, err
	}
	q.exits = make([]float64, len(exit))
	for i, r := range exit {
		if !(r >= 0) || math.IsInf(r, 1) {
			return nil, &RateError{From: i, To: len(exit), Rate: r}
		}
		q.exits[i] = r * q.unit
	}
	return q.factorize(0, workers)
}

// SolveTransposed sets u to the solution of Aᵀu − s u = f, or with exits of Aᵀu − exit·u = f;
// they may be the same. Without shift and exits Σ m f must be 0 for the stationary masses m,
// and of all solutions u is the one with Σ m u = 0.
func (z *Factorization) SolveTransposed(u, f []float64) {
	t := z.f.tree
	n := len(t.state)
	if len(u) != n || len(f) != n {
		panic("markov: SolveTransposed: length mismatch")
	}
	y := make([]float64, n+1) // by rank; the state outside comes last
	for r, state := range t.state {
		y[r] = -z.unit * f[state]
	}
	if z.mass != nil {
		y[n-1] = 0 // the last state is the one that the others are relative to
	}
	local := make([]float64, z.f.largest)
	for k := range t.nodes {
		z.f.front(int32(k)).pull(&t.nodes[k], y, local)
	}
	y[n] = 0
	if z.mass != nil {
		y[n-1] = 0
	}
	for k := len(t.nodes) - 1; k >= 0; k-- {
		z.f.front(int32(k)).average(&t.nodes[k], y, local)
	}
	for r, state := range t.state {
		u[state] = y[r]
	}
	if z.mass != nil {
		floats.AddConst(-floats.Dot(z.mass, u), u)
	}
}

// pull finds z of the own states and adds their share to the sums of later ones.
func (fr front) pull(nd *node, y, local []float64) {
	own, border := nd.own(), len(nd.border)
	z := y[nd.lo:nd.hi]
	for n := range z {
		z[n] = fr.inverse[n] * (z[n] + floats.Dot(fr.inner[n*(n-1)/2:n*(n+1)/2], z[:n]))
	}
	if own == 0 || border == 0 {
		return
	}
	sums := local[:border]
	clear(sums)
	blas64.Implementation().Dgemv(blas.NoTrans, border, own, 1, fr.outer, own, z, 1, 1, sums, 1)
	for i, r := range nd.border {
		y[r] += sums[i]
	}
}

// average turns z of the own states into u, given that of later ones.
func (fr front) average(nd *node, y, local []float64) {
	own, size := nd.own(), nd.size()
	u := y[nd.lo:nd.hi]
	if own > 0 && size > own {
		known := local[:size-own]
		for i, r := range nd.border {
			known[i] = y[r]
		}
		blas64.Implementation().Dgemv(blas.NoTrans, own, size-own, 1, fr.later[own:], size, known, 1, 1, u, 1)
	}
	for n := own - 2; n >= 0; n-- {
		u[n] += floats.Dot(fr.later[n*size+n+1:n*size+own], u[n+1:])
	}
}
