package fp

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/krylov"
)

// This file corrects the vectors of an [eigenblock].

const (
	// A correction is asked to leave underestimated times the goal of what residuals are: most of these
	// may be rough, and weigh little in the vectors. It reduces them to mostReduced at most, as the rest
	// depends on the other vectors, and to leastReduced at least: products of rough parts with functions
	// that grow outwards do count in eigenvalues.
	underestimated, mostReduced, leastReduced = 1e-2, 1e-8, 1e-2
	correctionSteps                           = 60 // of GMRES, at most
	// guardTol is how far vectors that are not wanted may be from eigenvectors: what is wrong with them
	// reaches others as products of both sides.
	guardTol = 1e-3
	// rateTol is how large [Mode.Residual] and LeftResidual may be; corrections aim at a tenth.
	rateTol = 1e-6
	// leastWeight is the weight, of all, below which a cell does not count.
	leastWeight = 1e-200
)

// improve corrects vectors that are further from eigenvectors than tol, relative to their norm, or have
// residuals above rateTol; from the one after the first count on those further than guardTol. It returns
// how far the worst of the first was, in terms of what is allowed, and corrects all of the first where
// every is set.
func (b *eigenblock) improve(count int, tol float64, every bool) float64 {
	right := &correction{side: b.d.onMasses, block: b, vectors: b.right, images: b.rates, turn: 1}
	left := &correction{side: b.d.onProducts, block: b, vectors: b.left, images: b.backward, turn: -1, weight: b.d.weight}
	var worst, worstLeft float64
	right.along, right.against = right.beside(b.d.mass, b.right), right.beside(b.d.ones(), b.left)
	left.along, left.against = left.beside(b.d.ones(), b.left), left.dual()
	both(func() { worst = right.all(count, tol, every) }, func() { worstLeft = left.all(count, tol, every) })
	b.products += right.solved + left.solved
	return max(worst, worstLeft)
}

// A correction is that of the vectors of one side, of functions in terms of products weight·u.
type correction struct {
	*side
	block           *eigenblock
	vectors, images [][]float64
	turn            float64   // −1 for the transpose, whose blocks are Bᵀ
	weight          []float64 // nil for masses
	along, against  *krylov.Block
	solved          int
}

// beside returns a vector and others in a block, as the side has them.
func (c *correction) beside(first []float64, others [][]float64) *krylov.Block {
	all := append([][]float64{first}, others...)
	if c.weight != nil {
		for j, v := range all {
			all[j] = make([]float64, len(v))
			floats.MulTo(all[j], c.weight, v)
		}
	}
	return krylov.NewBlock(all...)
}

// dual returns m and V in a block, over the weights: what products with functions are in terms of
// weight·u. Where those are next to nothing, and masses may be no more than errors, it is 0.
func (c *correction) dual() *krylov.Block {
	d := c.block.d
	all := append([][]float64{d.mass}, c.block.right...)
	for j, v := range all {
		all[j] = make([]float64, len(v))
		for i, w := range c.weight {
			if w > leastWeight {
				all[j][i] = v[i] / w
			}
		}
	}
	return krylov.NewBlock(all...)
}

// all is [eigenblock.improve] of one side.
func (c *correction) all(count int, tol float64, every bool) (worst float64) {
	updates := make([][]float64, len(c.vectors))
	for j, k := 0, 0; j < len(c.vectors); j += k {
		k = c.block.width(j)
		goal, rateGoal := tol, rateTol
		if j >= count {
			goal, rateGoal = guardTol, math.Inf(1)
		}
		d, far := c.of(j, goal, rateGoal, every && j < count)
		if j < count {
			worst = max(worst, far)
		}
		for i := 0; d != nil && i < k; i++ {
			n := len(d) / k
			updates[j+i] = d[i*n : (i+1)*n]
		}
	}
	for j, d := range updates {
		if d == nil {
			continue
		}
		if c.weight != nil {
			c.block.d.functions(d, d)
		}
		floats.Add(c.vectors[j], d)
	}
	return worst
}

// width returns the number of vectors of the eigenvalue that begins at j.
func (b *eigenblock) width(j int) int {
	if imag(b.values[j]) != 0 {
		return 2
	}
	return 1
}

// of returns the correction of the vectors of the eigenvalue that begins at j, one after the other, and
// how far they are from the goals: of the size of the correction relative to theirs, about, by the
// preconditioner, and of the residual. The correction is nil where they are within them, unless it is
// wanted anyway. Where GMRES stops short the next round will tell.
func (c *correction) of(j int, goal, rateGoal float64, wanted bool) (d []float64, far float64) {
	n := len(c.vectors[j])
	k := c.block.width(j)
	r := make([]float64, k*n)
	d = make([]float64, k*n)
	norm, rate := c.residual(r, j)
	c.preconditioned(d, r)
	size := floats.Norm(d, 2) / norm
	if far = max(size/goal, rate/rateGoal); far <= 1 && !wanted {
		return nil, far
	}
	c.solved++
	clear(d)
	weight := c.side.residual
	if k == 2 {
		weight = append(append([]float64(nil), weight...), weight...)
	}
	krylov.GMRES(func(dst, x []float64) { c.shifted(dst, x, j) }, c.preconditioned, r, d, krylov.Options{
		Tol: max(min(underestimated*goal/size, 0.1*rateGoal/rate, leastReduced), mostReduced), MaxIterations: correctionSteps,
		Restart: min(correctionSteps, c.side.vectors), Weight: weight, Workspace: c.workspace,
	})
	return d, far
}

// residual sets r to P (v B − A v), and returns the norm of the vectors and about Σ|r| over |λ| Σ|v|.
func (c *correction) residual(r []float64, j int) (norm, rate float64) {
	n, l := len(c.vectors[j]), c.block.values[j]
	var square, sum float64
	for k := range c.block.width(j) {
		x := r[k*n : (k+1)*n]
		floats.Sub(x, c.images[j+k])
		floats.AddScaled(x, real(l), c.vectors[j+k])
		if imag(l) != 0 {
			sign := c.turn * float64(2*k-1) // A (v₁ + iv₂) = λ (v₁ + iv₂)
			floats.AddScaled(x, sign*imag(l), c.vectors[j+1-k])
		}
		for i, v := range c.vectors[j+k] {
			if c.weight != nil {
				x[i] *= c.weight[i]
				v *= c.weight[i]
			}
			square += v * v
			sum += math.Abs(v)
		}
		c.along.TakeOff(x, c.against) // round-off, and what is mixed
	}
	return math.Sqrt(square), floats.Norm(r, 1) / (cmplx.Abs(l) * sum)
}

// preconditioned sets dst to about P A⁻¹ x, of one vector or two.
func (c *correction) preconditioned(dst, x []float64) {
	n := len(c.vectors[0])
	for lo := 0; lo < len(x); lo += n {
		c.precondition(dst[lo:lo+n], x[lo:lo+n])
		c.along.TakeOff(dst[lo:lo+n], c.against)
	}
}

// shifted sets dst to P (A x − x B), of one vector or two.
func (c *correction) shifted(dst, x []float64, j int) {
	n, l := len(c.vectors[0]), c.block.values[j]
	for lo := 0; lo < len(x); lo += n {
		y := dst[lo : lo+n]
		c.apply(y, x[lo:lo+n])
		addScaled(y, -real(l), x[lo:lo+n])
		if len(x) > n { // the other vector is at n−lo
			addScaled(y, c.turn*float64(1-2*(lo/n))*imag(l), x[n-lo:][:n])
		}
		c.along.TakeOff(y, c.against)
	}
}
