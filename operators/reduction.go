package operators

import "math"

// This file turns a symmetric positive semi-definite tensor M, in units of cells,
// into weights on integer offsets,
//
//	M = Σ_k ρ_k o_k o_kᵀ,   ρ_k ≥ 0,
//
// so that rates stay ≥ 0 however anisotropic M is (Selling's formula). A superbase
// is d+1 integer vectors that sum to 0; it is obtuse when v_iᵀ M v_j ≤ 0 for all
// i ≠ j. Then ρ = −v_iᵀ M v_j are the weights, and the offsets are perpendicular to
// the other vectors: in 2-D o = v_k turned by a right angle, in 3-D o = v_k × v_l.
// Offsets grow like the square root of the ratio of eigenvalues.

// A vec is an integer offset in cells; components past the dimension are 0.
type vec [3]int32

// longest returns the size of the largest component.
func (o vec) longest() int32 {
	return max(o[0], -o[0], o[1], -o[1], o[2], -o[2])
}

// A tensor is a symmetric 3×3 matrix, packed by rows: 11, 12, 13, 22, 23, 33. In
// fewer dimensions the rows and columns past it are 0.
type tensor [6]float64

func (m *tensor) at(i, j int) float64 { return m[Packed(3, i, j)] }

func (m *tensor) trace() float64 { return m[0] + m[3] + m[5] }

// form returns uᵀ M v.
func (m *tensor) form(u, v vec) float64 {
	u0, u1, u2 := float64(u[0]), float64(u[1]), float64(u[2])
	v0, v1, v2 := float64(v[0]), float64(v[1]), float64(v[2])
	return u0*(m[0]*v0+m[1]*v1+m[2]*v2) + u1*(m[1]*v0+m[3]*v1+m[4]*v2) + u2*(m[2]*v0+m[4]*v1+m[5]*v2)
}

// A stencil is the weights ρ_k > 0 and their offsets, up to sign.
type stencil struct {
	n      int
	weight [6]float64
	offset [6]vec
}

func (s *stencil) add(weight float64, o vec) {
	s.weight[s.n], s.offset[s.n] = weight, o
	s.n++
}

// reach returns the largest component of any offset.
func (s *stencil) reach() int {
	var r int32
	for _, o := range s.offset[:s.n] {
		r = max(r, o.longest())
	}
	return int(r)
}

// tensor returns Σ_k ρ_k o_k o_kᵀ.
func (s *stencil) tensor() (m tensor) {
	for k, o := range s.offset[:s.n] {
		w := s.weight[k]
		x, y, z := float64(o[0]), float64(o[1]), float64(o[2])
		m[0] += w * x * x
		m[1] += w * x * y
		m[2] += w * x * z
		m[3] += w * y * y
		m[4] += w * y * z
		m[5] += w * z * z
	}
	return m
}

// prune drops weights that are nothing but round-off.
func (s *stencil) prune() {
	var sum float64
	for _, w := range s.weight[:s.n] {
		sum += w
	}
	n := 0
	for k, w := range s.weight[:s.n] {
		if w > 1e-14*sum {
			s.weight[n], s.offset[n] = w, s.offset[k]
			n++
		}
	}
	s.n = n
}

// maxSteps bounds the reductions: each shortens the superbase by about an offset of
// one cell, and offsets of a ratio of eigenvalues of 1e3 are up to some 30 cells
// long. What needs more is capped by the caller.
const maxSteps = 400

// maxComponent bounds the components of a superbase, so that cross products fit in
// an int32. Those of a superbase only grow, and no caller wants offsets of that length.
const maxComponent = 1 << 14

// reduce sets s to the decomposition of M in d dimensions, and says whether it
// was found within maxSteps.
func (s *stencil) reduce(m *tensor, d int) bool {
	s.n = 0
	switch d {
	case 1:
		s.add(m[0], vec{1})
	case 2:
		if !s.reduce2(m) {
			return false
		}
	case 3:
		if !s.reduce3(m) {
			return false
		}
	default:
		panic("operators: Selling: want 1, 2 or 3 dimensions")
	}
	s.prune()
	return true
}

func (s *stencil) reduce2(m *tensor) bool {
	m0, m1, m2 := m[0], m[1], m[3]
	b := [3][2]float64{{1, 0}, {0, 1}, {-1, -1}} // integers
	form := func(u, v [2]float64) float64 { return u[0]*(m0*v[0]+m1*v[1]) + u[1]*(m1*v[0]+m2*v[1]) }
	tol := 1e-14 * (m0 + m2)
	for range maxSteps {
		e01, e02, e12 := form(b[0], b[1]), form(b[0], b[2]), form(b[1], b[2])
		i, j, k := 0, 1, 2
		switch {
		case e01 > tol:
		case e02 > tol:
			j, k = 2, 1
		case e12 > tol:
			i, j, k = 1, 2, 0
		default:
			for k, e := range [3]float64{e12, e02, e01} {
				s.add(max(0, -e), vec{-int32(b[k][1]), int32(b[k][0])})
			}
			return true
		}
		b[k] = [2]float64{b[i][0] - b[j][0], b[i][1] - b[j][1]}
		b[i] = [2]float64{-b[i][0], -b[i][1]}
		if max(math.Abs(b[k][0]), math.Abs(b[k][1])) > maxComponent {
			return false
		}
	}
	return false
}

// pairs3 lists the pairs i < j of a superbase of four, with the other two, k and l.
var pairs3 = [6][4]int{{0, 1, 2, 3}, {0, 2, 1, 3}, {0, 3, 1, 2}, {1, 2, 0, 3}, {1, 3, 0, 2}, {2, 3, 0, 1}}

func (s *stencil) reduce3(m *tensor) bool {
	b := [4]vec{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {-1, -1, -1}}
	tol := 1e-13 * m.trace()
	for range maxSteps {
		obtuse := true
		for _, p := range pairs3 {
			if m.form(b[p[0]], b[p[1]]) > tol {
				i := b[p[0]]
				b[p[2]] = plus(b[p[2]], i)
				b[p[3]] = plus(b[p[3]], i)
				b[p[0]] = vec{-i[0], -i[1], -i[2]}
				if b[p[2]].longest() > maxComponent || b[p[3]].longest() > maxComponent {
					return false
				}
				obtuse = false
				break
			}
		}
		if obtuse {
			for _, p := range pairs3 {
				s.add(max(0, -m.form(b[p[0]], b[p[1]])), cross(b[p[2]], b[p[3]]))
			}
			return true
		}
	}
	return false
}

func plus(u, v vec) vec { return vec{u[0] + v[0], u[1] + v[1], u[2] + v[2]} }

func cross(u, v vec) vec {
	return vec{u[1]*v[2] - u[2]*v[1], u[2]*v[0] - u[0]*v[2], u[0]*v[1] - u[1]*v[0]}
}

// reduceWithin decomposes M with offsets of at most limit cells. Where M is too
// anisotropic for that, M + ηI is decomposed in its place, with the η that brings
// the ratio of its eigenvalues to 300, and then down by halves; η relative to the
// largest eigenvalue is returned, and M is changed to what was decomposed.
func (s *stencil) reduceWithin(m *tensor, d, limit int) (eta float64) {
	if s.reduce(m, d) && s.reach() <= limit {
		return 0
	}
	lo, hi := m.eigenRange(d)
	plain := *m
	for kappa := 300.0; ; kappa /= 2 {
		shift := max(0, (hi/kappa-lo)/(1-1/kappa))
		*m = plain
		for a := range d {
			m[Packed(3, a, a)] += shift
		}
		if s.reduce(m, d) && s.reach() <= limit || kappa < 1.2 { // at 1.17 offsets are of one cell
			return shift / hi
		}
	}
}

// eigenRange returns the smallest and the largest eigenvalue of M in d ≤ 3 dimensions.
func (m *tensor) eigenRange(d int) (lo, hi float64) {
	switch d {
	case 1:
		return m[0], m[0]
	case 2:
		mean, r := 0.5*(m[0]+m[3]), math.Hypot(0.5*(m[0]-m[3]), m[1])
		return mean - r, mean + r
	}
	return m.eigenRange3()
}

// eigenRange3 is the trigonometric solution of the characteristic polynomial.
func (m *tensor) eigenRange3() (lo, hi float64) {
	q := m.trace() / 3
	a, b, c := m[0]-q, m[3]-q, m[5]-q
	p := math.Sqrt((a*a + b*b + c*c + 2*(m[1]*m[1]+m[2]*m[2]+m[4]*m[4])) / 6)
	if p == 0 {
		return q, q
	}
	det := a*(b*c-m[4]*m[4]) - m[1]*(m[1]*c-m[4]*m[2]) + m[2]*(m[1]*m[4]-b*m[2])
	r := min(1, max(-1, det/(2*p*p*p)))
	angle := math.Acos(r) / 3
	return q + 2*p*math.Cos(angle+2*math.Pi/3), q + 2*p*math.Cos(angle)
}
