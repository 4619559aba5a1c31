package fp

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/operators"
)

// jᵀD⁻¹j by gonum's general solver, also for j with components that are 0.
func TestQuadraticMeetsGeneralSolver(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for d := 1; d <= 3; d++ {
		for zeros := range 1 << d {
			w := mat.NewDense(d, d, nil)
			for i := range d {
				for k := range d {
					w.Set(i, k, r.NormFloat64())
				}
				w.Set(i, i, 2+w.At(i, i))
			}
			var tensor mat.Dense
			tensor.Mul(w, w.T())
			packed, j := make([]float64, d*(d+1)/2), make([]float64, d)
			for a := range d {
				for b := a; b < d; b++ {
					packed[operators.Packed(d, a, b)] = tensor.At(a, b)
				}
				if zeros>>a&1 == 0 {
					j[a] = r.NormFloat64()
				}
			}
			var u mat.VecDense
			if err := u.SolveVec(&tensor, mat.NewVecDense(d, j)); err != nil {
				t.Fatal(err)
			}
			want := mat.Dot(&u, mat.NewVecDense(d, j))
			// Both lose the condition number, below 1e4 here, times some 2⁻⁵³.
			if got := quadratic(packed, j); math.Abs(got-want) > 1e-11*want {
				t.Errorf("d=%d j=%v: %g, want %g", d, j, got, want)
			}
		}
	}
}
