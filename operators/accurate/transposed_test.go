package accurate

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/ness-fp/ness/grid"
)

// Σ u R(p) = Σ p Rᵀ(u) for any p and u, coefficients, walls and orders.
func TestTransposedIsTheTranspose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order, g := randomBox(t, grid.Reflecting, grid.Absorbing, grid.Periodic)
		r := noise(t)
		o := randomOperator(r, order, g)
		p, u := normals(r, g.Cells()), normals(r, g.Cells())
		rp, tu := o.rates(p), make([]float64, g.Cells())
		o.Transposed().Apply(tu, u)
		var left, right, size float64
		_, _, bound := o.bounds()
		for i := range p {
			left += u[i] * rp[i]
			right += p[i] * tu[i]
			size += (math.Abs(u[i]) + math.Abs(p[i])) * bound
		}
		if !(math.Abs(left-right) <= 10*o.roundoff()*size) { // the transpose takes as many steps
			t.Fatalf("%v and %v, of %v", left, right, size)
		}
	})
}
