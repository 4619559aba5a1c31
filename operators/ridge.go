package operators

import "math"

// This file decides how much of a drift ν, in cells per time, can ride on the
// edges of a stencil. Along edge k the central rates are ρ_k(1 ± z_k/2), with
// z_k = o_k·u and M u = ν; they stay ≥ 0 while |z_k| ≤ 2. Where that would be
// broken, u(λ) = (M + λI)⁻¹ν with the smallest λ ≥ 0 that keeps |z_k| ≤ maxZ is
// put on the edges, and the remainder r = ν − M u goes upwind along the axes.

// maxZ is the largest Péclet number put on an edge. At 2 the reverse rate would
// vanish, and with it irreducibility and a bounded entropy production.
const maxZ = 1.5

// ridge returns u and the remainder r of the drift nu on the stencil of M.
func (s *stencil) ridge(m *tensor, d int, nu [3]float64) (u, r [3]float64) {
	if nu == ([3]float64{}) {
		return u, r
	}
	if tr := m.trace(); tr > 0 {
		if u, ok := m.solveShifted(d, 0, nu); ok && m.isMild(d) && s.fits(u) {
			return u, r
		}
		if u, ok := m.solveRefined(d, nu); ok && s.fits(u) {
			if r := m.remainder(d, u, nu); r == ([3]float64{}) { // else M is singular but for round-off
				return u, r
			}
		}
		lo := 1e-13 * tr
		if u, ok := m.solveShifted(d, lo, nu); ok && s.fits(u) {
			return u, m.remainder(d, u, nu)
		}
		u = s.bisect(m, d, lo, nu)
	}
	return u, m.remainder(d, u, nu)
}

// bisect finds the smallest shift, to a factor of 1 + 1e-9, whose u fits. The upper
// end |ν| max|o| / maxZ always does, for |u| ≤ |ν|/λ.
func (s *stencil) bisect(m *tensor, d int, lo float64, nu [3]float64) (u [3]float64) {
	var longest float64
	for _, o := range s.offset[:s.n] {
		longest = max(longest, math.Sqrt(float64(o[0])*float64(o[0])+float64(o[1])*float64(o[1])+float64(o[2])*float64(o[2])))
	}
	norm := math.Sqrt(nu[0]*nu[0] + nu[1]*nu[1] + nu[2]*nu[2])
	hi := max(2*lo, 1.001*norm*longest/maxZ)
	u, _ = m.solveShifted(d, hi, nu)
	for hi > lo*(1+1e-9) {
		mid := math.Sqrt(lo) * math.Sqrt(hi)
		if mid <= lo || mid >= hi {
			break
		}
		if v, ok := m.solveShifted(d, mid, nu); ok && s.fits(v) {
			u, hi = v, mid
		} else {
			lo = mid
		}
	}
	return u
}

// fits says whether every |o_k·u| ≤ maxZ.
func (s *stencil) fits(u [3]float64) bool {
	for _, o := range s.offset[:s.n] {
		if !(math.Abs(dot(o, u)) <= maxZ) {
			return false
		}
	}
	return true
}

func dot(o vec, u [3]float64) float64 {
	return float64(o[0])*u[0] + float64(o[1])*u[1] + float64(o[2])*u[2]
}

// remainder returns ν − M u, and 0 in components where that is nothing but round-off.
func (m *tensor) remainder(d int, u, nu [3]float64) (r [3]float64) {
	for i := range d {
		var mu, size float64
		for j := range d {
			t := m.at(i, j) * u[j]
			mu += t
			size += math.Abs(t)
		}
		r[i] = nu[i] - mu
		if math.Abs(r[i]) <= 1e-12*(size+math.Abs(nu[i])) { // a singular M, shifted by 1e-13 tr M, leaves this much
			r[i] = 0
		}
	}
	return r
}

// solveRefined returns M⁻¹ν, and whether the determinant was positive. Cramer's
// rule leaves a residual of 2⁻⁵³ times products of ratios of eigenvalues; solving for
// it once more squares that.
func (m *tensor) solveRefined(d int, nu [3]float64) (u [3]float64, ok bool) {
	if u, ok = m.solveShifted(d, 0, nu); !ok {
		return u, false
	}
	r := nu
	for i := range d {
		for j := range d {
			r[i] -= m.at(i, j) * u[j]
		}
	}
	du, _ := m.solveShifted(d, 0, r)
	for i := range d {
		u[i] += du[i]
	}
	return u, true
}

// isMild says whether |M_ij|² < M_ii M_jj/5 off the diagonal. Scaled to a diagonal of
// ones, such an M has eigenvalues between 0.1 and 1.9 (Gershgorin), so that Cramer's
// rule leaves nothing but round-off.
func (m *tensor) isMild(d int) bool {
	return d == 1 || 5*m[1]*m[1] < m[0]*m[3] && (d < 3 || 5*m[2]*m[2] < m[0]*m[5] && 5*m[4]*m[4] < m[3]*m[5])
}

// solveShifted returns (M + λI)⁻¹ν by Cramer's rule, and whether the determinant was positive.
func (m *tensor) solveShifted(d int, lambda float64, nu [3]float64) (u [3]float64, ok bool) {
	a, b, c := m[0]+lambda, m[3]+lambda, m[5]+lambda
	switch d {
	case 1:
		return [3]float64{nu[0] / a}, a > 0
	case 2:
		det := a*b - m[1]*m[1]
		return [3]float64{(b*nu[0] - m[1]*nu[1]) / det, (a*nu[1] - m[1]*nu[0]) / det}, det > 0
	}
	// Cofactors of the symmetric 3×3 matrix.
	c00, c01, c02 := b*c-m[4]*m[4], m[4]*m[2]-m[1]*c, m[1]*m[4]-b*m[2]
	c11, c12, c22 := a*c-m[2]*m[2], m[1]*m[2]-a*m[4], a*b-m[1]*m[1]
	det := a*c00 + m[1]*c01 + m[2]*c02
	return [3]float64{
		(c00*nu[0] + c01*nu[1] + c02*nu[2]) / det,
		(c01*nu[0] + c11*nu[1] + c12*nu[2]) / det,
		(c02*nu[0] + c12*nu[1] + c22*nu[2]) / det,
	}, det > 0
}
