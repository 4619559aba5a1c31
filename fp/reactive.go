package fp

// Current returns the current of those walkers that were in A last and will be in B before they
// are in A again: of an edge j → i it is m_j q⁻_j r_ij q⁺_i − m_i q⁻_i r_ji q⁺_j, through faces as
// that of a stationary density. It has no divergence outside A and B, Flux leaves A, and Flux
// comes to B.
//
// Metzner, Schütte, Vanden-Eijnden, Multiscale Model. Simul. 7 (2009) 1192, definition 2.9.
func (t *Transition) Current() *Current {
	c, q := t.cut, t.Forward.Values
	across := map[[2]int]float64{} // by j outside and i inside a set: from j to i
	for _, s := range c.surfaces[0] {
		across[[2]int{s.j, s.i}] = -s.turnover(t.mass) * s.toJ * q[s.j]
	}
	for _, s := range c.surfaces[1] {
		across[[2]int{s.j, s.i}] = t.ahead[s.j] * s.fromJ
	}
	faces := c.gen.RouteFlow(func(from, to int, there, back float64) float64 {
		switch {
		case c.inside(from):
			return -across[[2]int{to, from}] // none where both are inside
		case c.inside(to):
			return across[[2]int{from, to}]
		}
		return t.ahead[from]*there*q[to] - t.ahead[to]*back*q[from]
	})
	return &Current{Faces: faces, At: faces.AtCenters()}
}
