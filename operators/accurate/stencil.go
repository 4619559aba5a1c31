package accurate

import (
	"math/big"

	"gonum.org/v1/gonum/integrate/quad"
)

// This file has weights of finite differences on any nodes, and the weights of the
// end-corrected midpoint rule.

// fornberg returns the weights on the nodes of the value and the derivatives up to order
// most at x: w[k][m] for the k-th derivative.
//
// Fornberg, Math. Comp. 51 (1988) 699.
func fornberg(x float64, nodes []float64, most int) [][]float64 {
	w := make([][]float64, most+1)
	for k := range w {
		w[k] = make([]float64, len(nodes))
	}
	w[0][0] = 1
	scale, last := 1.0, nodes[0]-x
	for i := 1; i < len(nodes); i++ {
		k0 := min(i, most)
		product, before := 1.0, last
		last = nodes[i] - x
		for j := range i {
			gap := nodes[i] - nodes[j]
			product *= gap
			if j == i-1 {
				for k := k0; k > 0; k-- {
					w[k][i] = scale * (float64(k)*w[k-1][i-1] - before*w[k][i-1]) / product
				}
				w[0][i] = -scale * before * w[0][i-1] / product
			}
			for k := k0; k > 0; k-- {
				w[k][j] = (last*w[k][j] - float64(k)*w[k-1][j]) / gap
			}
			w[0][j] = last * w[0][j] / gap
		}
		scale = product
	}
	return w
}

// endMoments are the m_k that corrections δ_i of the midpoint rule at an end have to
// meet, Σ δ_i (i+½)^k = m_k: minus the error of the rule's series at the end, which is
// −f′/24 + 7f‴/5760 − 31f⁽⁵⁾/967680.
var endMoments = []*big.Rat{
	big.NewRat(0, 1), big.NewRat(-1, 24), big.NewRat(0, 1), big.NewRat(7, 960),
	big.NewRat(0, 1), big.NewRat(-31, 8064), big.NewRat(0, 1),
}

// endWeights returns the weights of the first cells at a wall, others are 1, with which
// the midpoint rule is of the given order: of all on this many cells those closest to 1.
// (The fewest cells that do would have a negative one at order 8.)
func endWeights(order int) []float64 {
	if order == 2 {
		return nil
	}
	rows, cells := order-1, closure(order)
	// δ = Vᵀλ with V Vᵀ λ = m, V_ki = (i+½)^k, in exact arithmetic: V is badly conditioned.
	v := make([][]*big.Rat, rows)
	for k := range v {
		v[k] = make([]*big.Rat, cells)
		for i := range v[k] {
			v[k][i] = big.NewRat(1, 1)
			for range k {
				v[k][i].Mul(v[k][i], big.NewRat(int64(2*i+1), 2))
			}
		}
	}
	system := make([][]*big.Rat, rows)
	for k := range system {
		system[k] = make([]*big.Rat, rows+1)
		for l := range rows {
			system[k][l] = new(big.Rat)
			for i := range cells {
				system[k][l].Add(system[k][l], new(big.Rat).Mul(v[k][i], v[l][i]))
			}
		}
		system[k][rows] = new(big.Rat).Set(endMoments[k])
	}
	lambda := solveExactly(system)
	w := make([]float64, cells)
	for i := range w {
		sum := big.NewRat(1, 1)
		for k := range rows {
			sum.Add(sum, new(big.Rat).Mul(v[k][i], lambda[k]))
		}
		w[i], _ = sum.Float64()
	}
	return w
}

// solveExactly solves a system with its right-hand side in the last column, by Gauss and
// Jordan; its matrix is symmetric and positive definite.
func solveExactly(a [][]*big.Rat) []*big.Rat {
	n := len(a)
	for k := range n {
		pivot := new(big.Rat).Inv(a[k][k])
		for j := k; j <= n; j++ {
			a[k][j].Mul(a[k][j], pivot)
		}
		for i := range n {
			if i == k {
				continue
			}
			factor := new(big.Rat).Set(a[i][k])
			for j := k; j <= n; j++ {
				a[i][j].Sub(a[i][j], new(big.Rat).Mul(factor, a[k][j]))
			}
		}
	}
	x := make([]*big.Rat, n)
	for i := range x {
		x[i] = a[i][n]
	}
	return x
}

// binomials returns the plain alternating difference of n values, 1, −3, 3, −1 for 4.
func binomials(n int) []float64 {
	w := make([]float64, n)
	c := 1.0
	for i := range w {
		w[i] = c
		c *= -float64(n-1-i) / float64(i+1)
	}
	return w
}

// integralWeights returns the weights on the nodes of the integral from a to b of the
// polynomial through them.
func integralWeights(a, b float64, nodes []float64) []float64 {
	w := make([]float64, len(nodes))
	for q, s := range gaussNodes {
		x := 0.5*(a+b) + 0.5*(b-a)*s
		for m, v := range fornberg(x, nodes, 0)[0] {
			w[m] += 0.5 * (b - a) * gaussWeights[q] * v
		}
	}
	return w
}

// gaussCount is the number of Gauss–Legendre nodes: polynomials of degree 15 are integrated
// exactly, and exponentials e^{zs} with |z| ≤ 5 over a cell to 1e-11.
const gaussCount = 8

var gaussNodes, gaussWeights = gauss()

// gauss returns the nodes and weights on [−1, 1].
func gauss() (x, w [gaussCount]float64) {
	quad.Legendre{}.FixedLocations(x[:], w[:], -1, 1)
	return x, w
}
