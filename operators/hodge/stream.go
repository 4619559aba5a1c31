package hodge

import (
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// Stream returns the stream function ψ of a flow of two dimensions that has no
// divergence: (∂_yψ, −∂_xψ) is f less its harmonic part, the mean density along periodic
// axes, which has no single-valued ψ. ψ is 0 on walls, of mean 0 if there are none;
// max ψ − min ψ is the flux that circulates.
//
// It is summed from flows, corner by corner, and exact to the rounding of the sums. The
// mismatch returned is max |curl ψ + h − f| over max |f|, 0 for a field of zeros: what f
// has of divergence (adding up over a row of corners) or of flow through walls shows
// there. Of a flow with divergence, [Split] gives the ψ nearest to it.
func Stream(f *grid.FaceField) (psi *grid.CornerField, mismatch float64) {
	g := f.Grid
	psi = grid.NewCornerField(g)
	rest := harmonic(f)
	for a, h := range rest.Flow {
		pieces.Run(len(h), pieceLen, func(_, lo, hi int) {
			h := h[lo:hi]
			for i, v := range f.Flow[a][lo:hi] {
				h[i] = v - h[i]
			}
		})
	}
	sumToCorners(psi, rest)
	closeSeams(psi)
	if g.Axis(0).IsPeriodic() && g.Axis(1).IsPeriodic() {
		removeMean(psi)
	}
	curl := Curl(psi)
	var worst, scale float64
	for a, v := range curl.Flow {
		subtract(v, rest.Flow[a])
		worst, scale = max(worst, largest(v)), max(scale, largest(f.Flow[a]))
	}
	return psi, relative(worst, scale)
}

// sumToCorners starts with 0 at the first corner, goes along the lower end of axis 1, and
// up from there.
func sumToCorners(psi *grid.CornerField, f *grid.FaceField) {
	n := psi.Grid.Axis(0).Cells()
	v := psi.Values
	for i, flow := range f.Flow[1][:n] {
		v[i+1] = v[i] - flow
	}
	for i, flow := range f.Flow[0] {
		v[i+n+1] = v[i] + flow
	}
}

// closeSeams makes the last layer along periodic axes a copy of the first.
func closeSeams(psi *grid.CornerField) {
	g, v := psi.Grid, psi.Values
	n := g.Axis(0).Cells()
	if g.Axis(0).IsPeriodic() {
		for row := 0; row < len(v); row += n + 1 {
			v[row+n] = v[row]
		}
	}
	if g.Axis(1).IsPeriodic() {
		copy(v[len(v)-n-1:], v[:n+1])
	}
}

// removeMean takes the mean over the distinct corners of a box without walls from ψ.
func removeMean(psi *grid.CornerField) {
	n := psi.Grid.Axis(0).Cells()
	var total float64
	for row := 0; row < len(psi.Values)-n-1; row += n + 1 {
		var t float64
		for _, v := range psi.Values[row:][:n] {
			t += v
		}
		total += t
	}
	mean := total / float64(psi.Grid.Cells())
	for i := range psi.Values {
		psi.Values[i] -= mean
	}
}
