package krylov

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"
)

// newBasis returns a solver with room for vectors of n entries.
func newBasis(n, vectors int) *solver {
	s := &solver{Workspace: &Workspace{}}
	s.resize(n, vectors, 1, nil)
	return s
}

// append makes w the next basis vector, number k, and returns its coefficients.
func (s *solver) append(k int, w []float64) []float64 {
	copy(s.basis.add(k), w)
	h := make([]float64, k+1)
	_, h[k] = s.orthogonalize(h[:k])
	s.normalize(k, h[k])
	return h
}

// Bases of vectors that are parallel up to all kinds of small differences are orthogonal to
// mostLeft and normal to round-off, and with their coefficients give the vectors back.
func TestBasesAreOrthonormal(t *testing.T) {
	const n, vectors = 3*pieceSize + 50, 40
	// A product of two unit vectors adds up at most n/4 terms a piece, all pieces, and has
	// error and those of all updates before it; where not much cancels, over 0.7.
	const bound = (pieceSize/4 + 4 + 2*vectors) * 0x1p-53 * 2
	withKernels(t, func(t *testing.T) {
		for _, least := range []float64{1, 1e-4, 1e-8, 1e-12} {
			r := rand.New(rand.NewPCG(7, 0))
			common := random(r, n)
			s := newBasis(n, vectors)
			for k := range vectors {
				w := random(r, n)
				floats.Scale(math.Pow(least, r.Float64()), w)
				floats.Add(w, common)
				h := s.append(k, w)
				back := make([]float64, n)
				for j, c := range h {
					floats.AddScaled(back, c, s.basis.at(j))
				}
				if d := floats.Distance(back, w, 2); d > bound*floats.Norm(w, 2) {
					t.Errorf("differences from %g: vector %d is %g off", least, k, d)
				}
			}
			for k := range vectors {
				for j := range k + 1 {
					want, most := 0.0, mostLeft+bound
					if j == k {
						want, most = 1, bound
					}
					if got := floats.Dot(s.basis.at(j), s.basis.at(k)); math.Abs(got-want) > most {
						t.Errorf("differences from %g: v%d·v%d is %g off", least, j, k, got-want)
					}
				}
			}
		}
	})
}

// BenchmarkOrthogonalize times one Gram–Schmidt step against k vectors, in which much
// cancels or not: over entries and vectors, ns/entry is the median and best-ns/entry the
// shortest time.
func BenchmarkOrthogonalize(b *testing.B) {
	for _, n := range []int{256 * 256, 1024 * 1024} {
		for _, k := range []int{8, 32, 64} {
			r := rand.New(rand.NewPCG(8, 0))
			s := newBasis(n, k+1)
			for j := range k {
				s.append(j, random(r, n))
			}
			rest := random(r, n)
			for _, cancels := range []bool{false, true} {
				w := slices.Clone(rest)
				if cancels {
					floats.AddScaled(w, 1e3, s.basis.at(0))
				}
				b.Run(fmt.Sprintf("n=%d/k=%d/cancels=%v", n, k, cancels), func(b *testing.B) {
					var times []float64
					h := make([]float64, k)
					for b.Loop() {
						copy(s.basis.add(k), w)
						start := time.Now()
						s.orthogonalize(h)
						times = append(times, time.Since(start).Seconds())
					}
					slices.Sort(times)
					each := 1e9 / float64(n*k)
					b.ReportMetric(times[len(times)/2]*each, "ns/entry")
					b.ReportMetric(times[0]*each, "best-ns/entry")
				})
			}
		}
	}
}
