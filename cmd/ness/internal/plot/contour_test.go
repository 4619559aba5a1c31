package plot

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Contours of the parabola x² + 4y² on a graded grid are closed ellipses.
func TestContourOfParabolaIsEllipse(t *testing.T) {
	x, y := sinhGraded("x", -2, 2, 24), uniform("y", -1, 1, 20)
	l := newLattice(x, y, sample([]Axis{x, y}, func(q []float64) float64 { return q[0]*q[0] + 4*q[1]*q[1] }))
	lines := l.contour(1)
	if len(lines) != 1 {
		t.Fatalf("want one line, have %d", len(lines))
	}
	line := lines[0]
	if line[0] != line[len(line)-1] {
		t.Errorf("not closed: from %v to %v", line[0], line[len(line)-1])
	}
	// The nodes are exact for a parabola; between nodes δ apart linear interpolation
	// is off by z″δ²/8. In x δ is the widest cell of those within the ellipse over
	// the parts it is cut into, in y the uniform one.
	k := float64((fineNodes + 25) / 26)
	dx := maxWidth(x, 1) / k
	dy := 0.1 / float64((fineNodes+21)/22)
	tol := math.Max(2*dx*dx, 8*dy*dy)/8 + 1e-12 // and round-off
	for _, q := range line {
		if z := q[0]*q[0] + 4*q[1]*q[1]; math.Abs(z-1) > tol {
			t.Errorf("at %v z = %v, want 1 to %.2g", q, z, tol)
		}
	}
}

// maxWidth returns the widest of the cells that reach into [−r, r], or touch one
// that does: centres are as far apart.
func maxWidth(a Axis, r float64) float64 {
	var w float64
	for i := range a.cells() {
		if a.Edges[max(i-1, 0)] <= r && a.Edges[min(i+2, a.cells())] >= -r {
			w = math.Max(w, a.width(i))
		}
	}
	return w
}

// Every crossing belongs to exactly one line, and open lines end on the border,
// on any data: random values have saddles everywhere.
func TestContoursAreClosedOrEndOnTheBorder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const nx, ny = 31, 23
	l := lattice{x: centers(uniform("", 0, nx, nx).Edges), y: centers(uniform("", 0, ny, ny).Edges), z: randomValues(r, nx*ny)}
	const level = 0.5
	crossings := 0
	for j := range ny {
		for i := range nx {
			here := l.z[j*nx+i] > level
			if i+1 < nx && here != (l.z[j*nx+i+1] > level) {
				crossings++
			}
			if j+1 < ny && here != (l.z[(j+1)*nx+i] > level) {
				crossings++
			}
		}
	}
	border := func(q [2]float64) bool {
		return q[0] == l.x[0] || q[0] == l.x[nx-1] || q[1] == l.y[0] || q[1] == l.y[ny-1]
	}
	for _, line := range l.contour(level) {
		first, last := line[0], line[len(line)-1]
		crossings -= len(line)
		if first == last {
			crossings++
		} else if !border(first) || !border(last) {
			t.Errorf("open line from %v to %v", first, last)
		}
	}
	if crossings != 0 {
		t.Errorf("%d crossings are not on one line each", crossings)
	}
}

// Monotonic data whose steps differ by less than the limiter's threefold give a
// curve through them; a parabola is reproduced on any spacing.
func TestInterpolateReproducesParabolas(t *testing.T) {
	a := graded("x", -1, 2, 12, func(s float64) float64 { return s * s * (2 - s) })
	f := func(x float64) float64 { return 0.3 - x + 0.7*x*x }
	v := sample([]Axis{a}, func(x []float64) float64 { return f(x[0]) })
	c := centers(a.Edges)
	var at []float64
	for i := range 200 { // between the outer centres
		at = append(at, c[0]+(c[len(c)-1]-c[0])*float64(i)/199)
	}
	for i, got := range interpolate(centers(a.Edges), v, at) {
		// Divided differences over the least distance of centres, 0.02, lose that factor.
		if math.Abs(got-f(at[i])) > 100*ulp/0.02 {
			t.Errorf("at %v: %v, want %v", at[i], got, f(at[i]))
		}
	}
}

// Beside a cliff, from 2 to 700 nats, the curve stays with the data.
func TestInterpolateDoesNotSwingAtCliffs(t *testing.T) {
	a := uniform("x", 0, 6, 6)
	v := []float64{0, 1, 2, 700, 701, 702}
	at := nodesOf(a)
	for i, got := range interpolate(centers(a.Edges), v, at) {
		// The slope beyond Fritsch and Carlson's, 2 per cell, times max t²(1−t) = 4/27,
		// at either end; straight lines to the walls leave by half a step of 1.
		if got < -0.5-4*4.0/27 || got > 702.5+4*4.0/27 {
			t.Errorf("at %v: %v", at[i], got)
		}
	}
}

// Lines end at squares with a corner that has no value; all their points are numbers.
func TestContoursEndWhereThereIsNoValue(t *testing.T) {
	l := lattice{x: []float64{0, 1, 2, 3}, y: []float64{0, 1, 2}, z: []float64{0, 0, 0, 0, 1, 1, math.NaN(), 1, 1, 1, 1, 1}}
	lines := l.contour(0.5)
	// What is left of y = 1/2 is its first third: the others touch the node (2, 1).
	if len(lines) != 1 || len(lines[0]) != 2 {
		t.Fatalf("lines %v, want one of two points", lines)
	}
	for _, q := range lines[0] {
		if q[1] != 0.5 || !(q[0] >= 0 && q[0] <= 1) {
			t.Errorf("point %v", q)
		}
	}
}
