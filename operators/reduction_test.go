package operators

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// drawTensor returns Q diag(1, r, s) Qᵀ with random Q, in d dimensions.
func drawTensor(t *rapid.T, d int, r, s float64) tensor {
	vectors := [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	turn := func(a, b int, angle float64) {
		c, sn := math.Cos(angle), math.Sin(angle)
		for k := range vectors {
			x, y := vectors[k][a], vectors[k][b]
			vectors[k][a], vectors[k][b] = c*x-sn*y, sn*x+c*y
		}
	}
	values := [3]float64{1, r, s}
	angle := rapid.Float64Range(0, math.Pi)
	switch d {
	case 1:
		return tensor{1}
	case 2:
		turn(0, 1, angle.Draw(t, "angle"))
	case 3:
		turn(0, 1, angle.Draw(t, "angle xy"))
		turn(1, 2, angle.Draw(t, "angle yz"))
		turn(0, 2, angle.Draw(t, "angle xz"))
	}
	var m tensor
	for k := range d {
		v, l := vectors[k], values[k]
		m[0] += l * v[0] * v[0]
		m[1] += l * v[0] * v[1]
		m[2] += l * v[0] * v[2]
		m[3] += l * v[1] * v[1]
		m[4] += l * v[1] * v[2]
		m[5] += l * v[2] * v[2]
	}
	return m
}

// checkStencil checks that the weights are ≥ 0 and that Σ ρ o oᵀ = M.
//
// A superbase counts as obtuse where products reach tol·tr M, which leaves as much
// of a weight out, and a product of vectors as long as the offsets rounds at
// 2⁻⁵³ tr M |o|²; an error of a weight counts |o|² times.
func checkStencil(t rapid.TB, s *stencil, m *tensor, d int) {
	tol := map[int]float64{1: 0, 2: 1e-14, 3: 1e-13}[d] + 6e-14 // and what prune drops
	var longest float64
	for k, o := range s.offset[:s.n] {
		if !(s.weight[k] > 0) || o == (vec{}) {
			t.Fatalf("weight %g of offset %v", s.weight[k], o)
		}
		longest = max(longest, dot(o, [3]float64{float64(o[0]), float64(o[1]), float64(o[2])}))
	}
	sum := s.tensor()
	bound := m.trace() * 6 * longest * (tol + 8*0x1p-53*longest)
	for k := range sum {
		if !(math.Abs(sum[k]-m[k]) <= bound) {
			t.Fatalf("Σ ρ o oᵀ = %v, M = %v: off by %.3g, want ≤ %.3g; offsets %v", sum, *m, sum[k]-m[k], bound, s.offset[:s.n])
		}
	}
}

func TestStencilAddsUpToTheTensor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 3).Draw(t, "d")
		r := math.Pow(10, rapid.Float64Range(-5, 0).Draw(t, "log ratio"))
		q := math.Pow(10, rapid.Float64Range(-5, 0).Draw(t, "log ratio 2"))
		m := drawTensor(t, d, r, q)
		var s stencil
		if !s.reduce(&m, d) {
			if min(r, q) < 1e-3 {
				t.Skip("offsets so long that the steps run out")
			}
			t.Fatalf("%v was not reduced", m)
		}
		checkStencil(t, &s, &m, d)
	})
}

// Offsets of an isotropic tensor are the axes; a ratio of 10 needs no more than 2
// cells in the plane and 3 in space.
func TestMildTensorsHaveShortOffsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(2, 3).Draw(t, "d")
		m := drawTensor(t, d, rapid.Float64Range(0.1, 1).Draw(t, "r"), rapid.Float64Range(0.1, 1).Draw(t, "s"))
		var s stencil
		if !s.reduce(&m, d) || s.reach() > d {
			t.Fatalf("%v: offsets %v", m, s.offset[:s.n])
		}
	})
	one := tensor{1, 0, 0, 1, 0, 1}
	var s stencil
	if !s.reduce(&one, 3) || s.n != 3 || s.reach() != 1 {
		t.Errorf("the unit tensor has offsets %v", s.offset[:s.n])
	}
}

// However anisotropic a tensor, and of any rank, its offsets stay within the limit,
// and what was added is reported.
func TestRegularizedTensorsStayWithinTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(2, 3).Draw(t, "d")
		rank := rapid.IntRange(1, d).Draw(t, "rank")
		ratio := func(k int) float64 {
			if k >= rank {
				return 0
			}
			return math.Pow(10, rapid.Float64Range(-8, 0).Draw(t, "log ratio"))
		}
		m := drawTensor(t, d, ratio(1), ratio(2))
		limit := rapid.IntRange(1, 16).Draw(t, "limit")
		plain := m
		var s stencil
		eta := s.reduceWithin(&m, d, limit)
		if s.reach() > limit || !(eta >= 0) {
			t.Fatalf("%v: reach %d > %d, η = %g", plain, s.reach(), limit, eta)
		}
		checkStencil(t, &s, &m, d)
		for k := range m {
			want := plain[k]
			if a := map[int]int{0: 0, 3: 1, 5: 2}; k == 0 || k == 3 || k == 5 {
				if a[k] < d {
					want += eta // the largest eigenvalue is 1
				}
			}
			// Near a double eigenvalue the closed form loses half its digits.
			if math.Abs(m[k]-want) > 1e-7*eta+1e-15 {
				t.Fatalf("component %d became %g, want %g with η = %g", k, m[k], want, eta)
			}
		}
	})
}

func TestEigenvaluesAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 3).Draw(t, "d")
		values := []float64{1, rapid.Float64Range(0, 1).Draw(t, "r"), rapid.Float64Range(0, 1).Draw(t, "s")}[:d]
		m := drawTensor(t, d, values[min(1, d-1)], values[d-1])
		lo, hi := m.eigenRange(d)
		want := 1.0
		for _, v := range values {
			want = min(want, v)
		}
		// Near double eigenvalues the angle loses half its digits, its cosine next to none.
		if math.Abs(hi-1) > 1e-7 || math.Abs(lo-want) > 1e-7 {
			t.Fatalf("eigenvalues in [%g, %g], want [%g, 1]", lo, hi, want)
		}
	})
}

// What a drift leaves on the edges and what goes upwind make up the drift, no edge
// gets more than it can carry, and none goes upwind where the edges can carry all.
func TestRidgeSplitsTheDrift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 3).Draw(t, "d")
		r := rapid.SampledFrom([]float64{0, 1e-4, 0.1, 1}).Draw(t, "ratio")
		q := rapid.SampledFrom([]float64{0, 1e-4, 0.1, 1}).Draw(t, "ratio 2")
		m := drawTensor(t, d, r, q)
		var s stencil
		s.reduceWithin(&m, d, 16)
		m = s.tensor()
		var nu [3]float64
		size := math.Pow(10, rapid.Float64Range(-6, 6).Draw(t, "log size"))
		for a := range d {
			nu[a] = size * rapid.Float64Range(-1, 1).Draw(t, "drift")
		}
		u, rest := s.ridge(&m, d, nu)
		if !s.fits(u) {
			t.Fatalf("u = %v does not fit %v", u, s.offset[:s.n])
		}
		for a := range d {
			sum, scale := rest[a], math.Abs(nu[a])
			for b := range d {
				sum += m.at(a, b) * u[b]
				scale += math.Abs(m.at(a, b) * u[b])
			}
			if math.Abs(sum-nu[a]) > 2e-12*scale { // the remainder below which nothing goes upwind
				t.Fatalf("M u + r = %g along axis %d, want %g", sum, a, nu[a])
			}
		}
		if free, ok := m.solveShifted(d, 0, nu); min(r, q) > 0 && ok && s.fits(free) && rest != ([3]float64{}) {
			t.Fatalf("%v goes upwind, though the edges carry all", rest)
		}
	})
}

func FuzzStencil(f *testing.F) {
	f.Add(1.0, 0.0, 1.0, 0.0, 0.0, 1.0, uint8(2), uint8(4))
	f.Add(1.0, 0.3, 1e-9, -0.2, 0.1, 1.0, uint8(3), uint8(16))
	f.Add(3.0, 3.0, 3.0, 0.0, 0.0, 0.0, uint8(3), uint8(1))
	f.Fuzz(func(t *testing.T, a, b, c, p, q, r float64, dim, limit uint8) {
		for _, v := range []float64{a, b, c, p, q, r} {
			if !(math.Abs(v) < 1e100) || v != 0 && math.Abs(v) < 1e-100 {
				return // squares over- or underflow
			}
		}
		d := 1 + int(dim)%3
		// LLᵀ of a lower triangular L.
		m := tensor{a * a, a * b, a * p, b*b + c*c, b*p + c*q, p*p + q*q + r*r}
		switch d {
		case 1:
			m = tensor{m[0]}
		case 2:
			m = tensor{m[0], m[1], 0, m[3]}
		}
		if !(m.trace() > 0) {
			return
		}
		var s stencil
		within := 1 + int(limit)%32
		s.reduceWithin(&m, d, within)
		if s.reach() > within {
			t.Fatalf("reach %d > %d of %v", s.reach(), within, m)
		}
		checkStencil(t, &s, &m, d)
	})
}
