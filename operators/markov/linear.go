package markov

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/sparse"
)

// This file solves A x − s x = b. A shift s > 0 is a rate from every state to one more,
// outside, that is never left: it stands last in every border, and its x is 0. Taking
// out state n hands its right-hand side on, b_j += V_nj b_n, and from the last state down
//
//	x_n = (Σ_{i>n} x_i r_in − b_n) / S_n.
//
// V, r and S are positive and formed without subtractions, as for the stationary masses.

// A Factorization is a generator taken apart, for any number of right-hand sides. It is
// safe for concurrent use.
type Factorization struct {
	f    *factor
	unit float64   // the rates in f are in this unit
	mass []float64 // the stationary masses, without a shift
}

// Factorize eliminates A − s, s ≥ 0, in the order of [Direct], which it is like in work
// and errors; it takes some three times the memory.
func Factorize(a *sparse.CSR, shift float64, opt DirectOptions) (*Factorization, error) {
	dims := boxOf(a, opt.Dims)
	if !(shift >= 0) || math.IsInf(shift, 1) {
		panic("markov: Factorize: want a finite shift ≥ 0")
	}
	workers := opt.workers()
	q, err := survey(a, dims, workers)
	if err != nil {
		return nil, err
	}
	return q.factorize(shift, workers)
}

// factorize eliminates the states, each with the given rate to the outside.
func (q *rates) factorize(shift float64, workers int) (z *Factorization, err error) {
	q.leak = shift * q.unit
	last, closed := 0, shift == 0 && q.exits == nil
	if closed {
		if last, err = q.lastState(); err != nil {
			return nil, err
		}
	}
	z = &Factorization{f: newFactor(q, order(q, last, workers), new([]float64), workers, true), unit: q.unit}
	if err := z.f.eliminate(); err != nil {
		return nil, err
	}
	if closed {
		z.mass = z.f.masses()
	}
	return z, nil
}

// Solve sets x to the solution of A x − s x = b; they may be the same. Without a shift b
// must sum to 0, and of all solutions x is the one that does.
func (z *Factorization) Solve(x, b []float64) {
	t := z.f.tree
	n := len(t.state)
	if len(x) != n || len(b) != n {
		panic("markov: Solve: length mismatch")
	}
	y := make([]float64, n+1) // by rank; the state outside comes last
	for r, state := range t.state {
		y[r] = z.unit * b[state]
	}
	local := make([]float64, z.f.largest)
	for k := range t.nodes {
		z.f.front(int32(k)).hand(&t.nodes[k], y, local)
	}
	y[n] = 0
	for k := len(t.nodes) - 1; k >= 0; k-- {
		z.f.front(int32(k)).find(&t.nodes[k], y, local)
	}
	for r, state := range t.state {
		x[state] = y[r]
	}
	if z.mass != nil {
		floats.AddScaled(x, -floats.SumCompensated(x), z.mass)
	}
}

// Mass returns the stationary masses, of sum 1; nil with a shift.
func (z *Factorization) Mass() []float64 { return append([]float64(nil), z.mass...) }

// hand passes the right-hand sides of the own states on to later ones.
func (fr front) hand(nd *node, y, local []float64) {
	own, size := nd.own(), nd.size()
	b := y[nd.lo:nd.hi]
	for n, v := range b {
		floats.AddScaled(b[n+1:], v, fr.later[n*size+n+1:n*size+own])
	}
	if own == 0 || size == own {
		return
	}
	sums := local[:size-own]
	clear(sums)
	blas64.Implementation().Dgemv(blas.Trans, own, size-own, 1, fr.later[own:], size, b, 1, 1, sums, 1)
	for i, r := range nd.border {
		y[r] += sums[i]
	}
}

// find replaces the right-hand sides of the own states by the solution, given that of
// later ones.
func (fr front) find(nd *node, y, local []float64) {
	own, border := nd.own(), len(nd.border)
	x := y[nd.lo:nd.hi]
	floats.Scale(-1, x)
	if own > 0 && border > 0 {
		known := local[:border]
		for i, r := range nd.border {
			known[i] = y[r]
		}
		blas64.Implementation().Dgemv(blas.Trans, border, own, 1, fr.outer, own, known, 1, 1, x, 1)
	}
	for n := own - 1; n >= 0; n-- {
		x[n] *= fr.inverse[n]
		floats.AddScaled(x[:n], x[n], fr.inner[n*(n-1)/2:n*(n+1)/2])
	}
}
