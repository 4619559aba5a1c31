package hodge_test

import (
	"math"
	"testing"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/hodge"
)

// On a strip with period in x the flow J_x(y) = 3 + y − ½ has mean 3, which is harmonic;
// the rest has ψ = (y² − y)/2, 0 on both walls and −1/8 between.
func TestStreamOfAFlowAlongAStrip(t *testing.T) {
	for _, swap := range []bool{false, true} {
		x, y := axis(t, 'p', 6, 0, 2), axis(t, 'w', 10, 0, 1)
		along, across, sign := 0, 1, 1.0
		g := grid.New(x, y)
		if swap {
			g, along, across, sign = grid.New(y, x), 1, 0, -1
		}
		f := grid.NewFaceField(g)
		idx := make([]int, 2)
		for i := range g.Cells() {
			g.Indices(idx, i)
			k := g.LowerFace(along, i)
			v := (2.5 + y.Center(idx[across])) * y.Width(0)
			f.Flow[along][k], f.Flow[along][k+g.FaceStride(along)] = v, v
		}
		psi, mismatch := hodge.Stream(f)
		if mismatch > 16*0x1p-52 {
			t.Errorf("swap %v: mismatch %.3g", swap, mismatch)
		}
		lo, hi := psi.Range()
		if swap {
			lo, hi = -hi, -lo
		}
		// Ten flows below 1 are summed.
		if tol := 10 * 0x1p-52; math.Abs(lo+0.125) > tol || math.Abs(hi) > tol {
			t.Errorf("swap %v: ψ from %.17g to %.17g, want -1/8 to 0", swap, lo, hi)
		}
		n := g.Axis(0).Cells() + 1
		for i, v := range psi.Values {
			yi := y.Edges()[[]int{i % n, i / n}[across]]
			if want := sign * (yi*yi - yi) / 2; math.Abs(v-want) > 10*0x1p-52 {
				t.Fatalf("swap %v: ψ = %.17g at y = %g, want %.17g", swap, v, yi, want)
			}
		}
		split := hodge.Split(f)
		if got := split.Harmonic.Density(along)[0]; math.Abs(got-3) > 16*0x1p-52 {
			t.Errorf("swap %v: harmonic density %.17g, want 3", swap, got)
		}
	}
}

// Stream of a flow without divergence is Split's ψ, harmonic part or not.
func TestStreamIsThatOfSplit(t *testing.T) {
	for _, kinds := range []string{"ww", "wp", "pw", "pp", "gg", "gp"} {
		g := box(t, kinds, 30, 24)
		parts := hodge.Split(noise(g, 9))
		f := parts.Solenoidal
		for a, h := range parts.Harmonic.Flow {
			for i, v := range h {
				f.Flow[a][i] += v
			}
		}
		psi, mismatch := hodge.Stream(f)
		// A row sums up what the divergence of 30 cells leaves.
		tol := 2 * 30 * 0x1p-52
		if mismatch > tol {
			t.Errorf("%s: mismatch %.3g", kinds, mismatch)
		}
		for i, v := range psi.Values {
			if math.Abs(v-parts.Stream.Values[i]) > 30*tol*largest(f) {
				t.Fatalf("%s: ψ = %.17g at corner %d, Split has %.17g", kinds, v, i, parts.Stream.Values[i])
			}
		}
	}
}

// What is not a curl shows: a divergence, and a flow through walls.
func TestStreamMismatch(t *testing.T) {
	g := box(t, "ww", 5, 4)
	f := grid.NewFaceField(g)
	f.Flow[0][7] = 1 // out of one cell into the next
	if _, got := hodge.Stream(f); got < 0.5 {
		t.Errorf("a source and a sink: mismatch %.3g", got)
	}
	g = box(t, "pw", 5, 4)
	f = grid.NewFaceField(g)
	for i := range f.Flow[1] {
		f.Flow[1][i] = 1
	}
	if _, got := hodge.Stream(f); got < 0.5 {
		t.Errorf("a flow from wall to wall: mismatch %.3g", got)
	}
	if _, got := hodge.Stream(grid.NewFaceField(g)); got != 0 {
		t.Errorf("no flow: mismatch %.3g", got)
	}
}

// The rotation J = ω × x has the constant curl 2ω, exactly, on graded grids too.
func TestVorticityOfARotation(t *testing.T) {
	g := box(t, "gw", 7, 6)
	f := rotation(g, [3]float64{0, 0, 1.5})
	n := 8
	for i, v := range hodge.Vorticity(f).Values {
		want := 3.0
		if x, y := i%n, i/n; x == 0 || y == 0 || x == 7 || y == 6 {
			want = 0
		}
		checkCurl(t, v, want)
	}
	g = box(t, "gwg", 5, 4, 6)
	omega := [3]float64{1, -2, 0.5}
	w := hodge.VorticityEdges(rotation(g, omega))
	for a := range 3 {
		indices(g, func(b int) bool { return b != a }, func(idx [3]int) {
			want := 2 * omega[a]
			for b := range 3 {
				if b != a && (idx[b] == 0 || idx[b] == g.Axis(b).Cells()) {
					want = 0
				}
			}
			checkCurl(t, w.Values[a][edge(g, a, idx)], want)
		})
	}
}

func checkCurl(t *testing.T, got, want float64) {
	t.Helper()
	// Differences of densities up to 10 over distances down to 0.1.
	if !(math.Abs(got-want) <= 1000*0x1p-52) {
		t.Errorf("curl %.17g, want %g", got, want)
	}
}

// rotation returns the flow of ω × x, whose component along an axis does not depend on
// the coordinate of that axis and is linear in the others.
func rotation(g *grid.Grid, omega [3]float64) *grid.FaceField {
	f := grid.NewFaceField(g)
	x := make([]float64, 3)
	for i := range g.Cells() {
		g.Center(x, i)
		for a := range g.Dim() {
			b, c := (a+1)%3, (a+2)%3
			k := g.LowerFace(a, i)
			v := (omega[b]*x[c] - omega[c]*x[b]) * g.FaceArea(a, i)
			f.Flow[a][k], f.Flow[a][k+g.FaceStride(a)] = v, v
		}
	}
	return f
}

// A row of the curl matrix by hand: ψ at one corner drives four flows around it,
// counter-clockwise in the sense of ∂_xJ_y − ∂_yJ_x = −Δψ > 0.
func TestCurlGoesAroundACorner(t *testing.T) {
	g := box(t, "ww", 4, 3)
	psi := grid.NewCornerField(g)
	psi.Values[2+5*1] = 1 // corner (2, 1)
	f := hodge.Curl(psi)
	want := grid.NewFaceField(g)
	want.Flow[0][2+5*0], want.Flow[0][2+5*1] = 1, -1
	want.Flow[1][1+4*1], want.Flow[1][2+4*1] = -1, 1
	for a := range want.Flow {
		for i, v := range want.Flow[a] {
			if f.Flow[a][i] != v {
				t.Errorf("axis %d, face %d: %g, want %g", a, i, f.Flow[a][i], v)
			}
		}
	}
	if w := hodge.Vorticity(f).Values[2+5*1]; !(w > 0) {
		t.Errorf("vorticity %g at the corner, want > 0", w)
	}
}

// The line integrals of A along the four edges of a face are the flow through it: A along
// one edge drives a flow around it, right-handed, and none out of any cell.
func TestCurlEdgesGoesAroundAnEdge(t *testing.T) {
	g := box(t, "www", 4, 3, 5)
	for a := range 3 {
		pot := grid.NewEdgeField(g)
		at := [3]int{2, 1, 3}
		pot.Values[a][edge(g, a, at)] = 1
		f := hodge.CurlEdges(pot)
		var total float64
		for _, flow := range f.Flow {
			for _, v := range flow {
				total += math.Abs(v)
			}
		}
		if total != 4 {
			t.Errorf("axis %d: flows %g, want four of 1", a, total)
		}
		for _, v := range f.Divergence() {
			if v != 0 {
				t.Fatalf("axis %d: divergence %g", a, v)
			}
		}
		w := hodge.VorticityEdges(f)
		if v := w.Values[a][edge(g, a, at)]; !(v > 0) {
			t.Errorf("axis %d: vorticity %g on the edge itself, want > 0", a, v)
		}
	}
}
