package krylov

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// withKernels runs do with all kernels of this machine and none.
func withKernels(t *testing.T, do func(t *testing.T)) {
	old := processor
	defer func() { processor = old }()
	for name, k := range available() {
		processor = k
		t.Run("kernels="+name, do)
	}
}

// random returns n numbers between −1 and 1, at any alignment.
func random(r *rand.Rand, n int) []float64 {
	skip := r.IntN(8)
	s := make([]float64, n+skip)[skip:]
	for i := range s {
		s[i] = 2*r.Float64() - 1
	}
	return s
}

// Products and combinations of any number of vectors are the sums as they are written, to
// round-off, and nothing beside the result changes.
func TestKernelsAreTheSums(t *testing.T) {
	withKernels(t, func(t *testing.T) { rapid.Check(t, checkKernels) })
}

func checkKernels(t *rapid.T) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	n := granule * rapid.IntRange(0, 9).Draw(t, "steps")
	stride := n + rapid.IntRange(0, 20).Draw(t, "gap")
	m := rapid.IntRange(0, slabVectors).Draw(t, "vectors")
	w, v, c := random(r, n+2), random(r, max(m-1, 0)*stride+n), random(r, m)
	sums := random(r, m+2)
	first, last := sums[0], sums[m+1]
	dots(sums[1:m+1], w[1:n+1], v, stride)
	if sums[0] != first || sums[m+1] != last {
		t.Fatal("dots writes beside its sums")
	}
	got := slices.Clone(w)
	combine(got[1:n+1], c, v, stride)
	if got[0] != w[0] || got[n+1] != w[n+1] {
		t.Fatal("combine writes beside w")
	}
	want := slices.Clone(w)
	for j := range m {
		var sum float64
		for i, x := range w[1 : n+1] {
			sum += x * v[j*stride+i]
			want[i+1] += c[j] * v[j*stride+i]
		}
		// All numbers are below 1: two sums of n products, each rounded twice.
		if math.Abs(sums[j+1]-sum) > float64(2*(n+2)*n)*0x1p-53 {
			t.Fatalf("product %d of %d is %v, want %v", j, m, sums[j+1], sum)
		}
	}
	for i, x := range want {
		if math.Abs(got[i]-x) > float64(2*(m+2)*(m+1))*0x1p-53 {
			t.Fatalf("combination of %d: [%d] is %v, want %v", m, i-1, got[i], x)
		}
	}
}
