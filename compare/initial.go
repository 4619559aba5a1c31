package compare

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/compare/random"
)

// An Initial is where walkers start: walker w at Points[w mod len(Points)], plus a normal
// deviate of covariance Cov if there is one. Velocities start at 0.
type Initial struct {
	Points [][]float64 // at least one, of d coordinates
	Cov    []float64   // packed upper triangle by rows; nil: none
}

func (s *Initial) check(d int) error {
	if len(s.Points) == 0 {
		return fmt.Errorf("initial: want at least one point")
	}
	for i, p := range s.Points {
		if len(p) != d {
			return fmt.Errorf("initial: points[%d]: want %d coordinates, have %d", i, d, len(p))
		}
		for _, v := range p {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("initial: points[%d]: want finite coordinates, have %g", i, v)
			}
		}
	}
	if s.Cov != nil && len(s.Cov) != packed(d) {
		return fmt.Errorf("initial: covariance: want %d numbers, have %d", packed(d), len(s.Cov))
	}
	k := 0
	for a := 0; a < d && s.Cov != nil; a++ {
		if v := s.Cov[k]; !(v >= 0) || math.IsInf(v, 1) {
			return fmt.Errorf("initial: covariance[%d][%d]: want a variance ≥ 0, have %g", a, a, v)
		}
		k += d - a
	}
	return nil
}

// place sets the coordinates of all walkers, and takes what it needs from their streams.
func (s *Initial) place(theta [][]float64, from []random.Stream) {
	d := len(theta)
	var factor [][]float64
	if s.Cov != nil {
		factor = split(append([]float64(nil), s.Cov...), packed(d))
		newFactorizer(d, 1).factor(factor)
	}
	z, at := columns(d, 1), columns(d, 1)
	deviates := make([]float64, d)
	for w := range from {
		for a, v := range s.Points[w%len(s.Points)] {
			at[a][0] = v
		}
		if factor != nil {
			from[w] = random.Normals(deviates, from[w])
			for a := range z {
				z[a][0] = deviates[a]
			}
			addProduct(at, factor, z, 1)
		}
		for a := range theta {
			theta[a][w] = at[a][0]
		}
	}
}
