package plot

import (
	"math"
	"testing"
)

// circles is rotation about (cx, cy), undefined within 1e-3 of it.
type circles struct{ cx, cy float64 }

func (c circles) at(x, y float64) (ux, uy, strength float64, ok bool) {
	x, y = x-c.cx, y-c.cy
	r := math.Hypot(x, y)
	return -y / r, x / r, 1, r > 1e-3
}

// A turn around the unit circle in n steps comes back late by order h⁴, and off the
// circle by order h⁵: mirrored at the x axis, the circle run backwards is the circle
// run forwards, so that the radius after a step is even in h, with an error of order
// h⁶ where the place has one of h⁵; a turn is 2π/h steps.
func TestTurnClosesWithTheOrderOfTheStep(t *testing.T) {
	turn := func(n int) (radius, late float64) {
		f := circles{}
		v, _ := start(f, 1, 0)
		for range n {
			v, _ = step(f, v, 2*math.Pi/float64(n))
		}
		return math.Abs(math.Hypot(v.x, v.y) - 1), math.Abs(math.Atan2(v.y, v.x))
	}
	// The next term of the radius is h² smaller, and 0.016 of the order at the first
	// pair. That of the delay is only h smaller and halves: the order is 3.86 at
	// 160 → 320 and 3.93 after. Round-off, 640 steps of 2⁻⁵³, is 7e-14 of 2e-12.
	r20, _ := turn(20)
	r40, _ := turn(40)
	if order := math.Log2(r20 / r40); math.Abs(order-5) > 0.03 {
		t.Errorf("radius: error %.3g after %.3g, order %.3f, want 5", r40, r20, order)
	}
	_, l320 := turn(320)
	_, l640 := turn(640)
	if order := math.Log2(l320 / l640); math.Abs(order-4) > 0.1 {
		t.Errorf("delay: error %.3g after %.3g, order %.3f, want 4", l640, l320, order)
	}
}

// In a rotation every line of the placer is a circle, closed unless it ends at a
// wall, and keeps its radius.
func TestRotationGivesClosedCircles(t *testing.T) {
	const w, h, d, dt = 100, 80, 6, 0.1
	f := circles{50, 40}
	closed := 0
	for _, l := range place(f, sheet{w: w, h: h}, d, dt, 50, 15) {
		r0 := math.Hypot(l.pts[0].x-f.cx, l.pts[0].y-f.cy)
		for _, v := range l.pts {
			// 2π r/h steps, each off by at most r (h/r)⁵, r ≥ d/3.
			r := math.Hypot(v.x-f.cx, v.y-f.cy)
			if tol := 2 * math.Pi * r0 * math.Pow(dt/(d/3), 4); math.Abs(r-r0) > tol {
				t.Fatalf("radius %v became %v, tolerance %.2g", r0, r, tol)
			}
		}
		switch {
		case l.closed:
			closed++
		case r0 < 40-d: // a circle clear of the walls
			t.Errorf("radius %.2f: not closed", r0)
		}
	}
	// Radii from the seed's 25 both ways, d apart: 7, 13, 19, 25, 31, 37, perhaps 1.
	if closed < 6 || closed > 7 {
		t.Errorf("%d closed circles, want 6 or 7", closed)
	}
}

// spiral flows in from everywhere; all lines meet at the centre.
type spiral struct{ cx, cy float64 }

func (s spiral) at(x, y float64) (ux, uy, strength float64, ok bool) {
	x, y = x-s.cx, y-s.cy
	r := math.Hypot(x, y)
	return (-y - 0.3*x) / (r * math.Hypot(1, 0.3)), (x - 0.3*y) / (r * math.Hypot(1, 0.3)), 1, r > 1e-2
}

// Lines stay in the box and a third of the distance apart, where they run
// together too.
func TestStreamlinesKeepTheirDistanceAndTheBox(t *testing.T) {
	const w, h, d, dt = 90, 70, 5, 0.1
	for name, f := range map[string]flow{"rotation": circles{20, 30}, "spiral": spiral{60, 30}} {
		lines := place(f, sheet{w: w, h: h}, d, dt, 10, 10)
		if len(lines) < 5 {
			t.Fatalf("%s: only %d lines", name, len(lines))
		}
		for i, a := range lines {
			for _, v := range a.pts {
				if v.x < 0 || v.x > w || v.y < 0 || v.y > h {
					t.Fatalf("%s: line %d leaves the box at (%v, %v)", name, i, v.x, v.y)
				}
				for k, b := range lines[:i] {
					for _, u := range b.pts {
						// The last vertex is up to a stretch of steps past the last test.
						if dist := math.Hypot(u.x-v.x, u.y-v.y); dist < d/3.0-stepsPerVertex*dt {
							t.Fatalf("%s: lines %d and %d are %.3f apart", name, k, i, dist)
						}
					}
				}
			}
		}
	}
}

// The streamlines of a gridded current stay in the panel, and away from where
// the density or the current means nothing.
func TestFieldEndsWhereItMeansNothing(t *testing.T) {
	axes := []Axis{sinhGraded("x", -3, 3, 64), uniform("y", -3, 3, 64)}
	p := sample(axes, limitCycle)
	jx := sample(axes, func(x []float64) float64 { return -x[1] * limitCycle(x) })
	jy := sample(axes, func(x []float64) float64 { return x[0] * limitCycle(x) })
	f := newField(newPanel(0, 0, 900, 900, -3, 3, -3, 3), axes[0], axes[1], p, jx, jy, strongest(jx, jy))
	var reach float64
	for _, l := range f.streamlines(f.distance()) {
		for _, v := range l.pts {
			if v.x < 0 || v.x > f.w || v.y < 0 || v.y > f.h || v.strength < minCurrent {
				t.Fatalf("vertex %+v", v)
			}
			reach = math.Max(reach, math.Hypot(v.x/f.sx-3, v.y/f.sy-3))
		}
	}
	// |J|/max = 1e-4 at r = 1.80, by bisection of r exp(−(r⁴/4−r²/2)/0.1) over its
	// maximum; lines are 9 points, 0.21, apart, and bilinear interpolation of a steep
	// tail on cells 0.1–0.2 wide reaches out by up to a cell.
	if reach < 1.5 || reach > 2.0 {
		t.Errorf("lines reach out to %.3f, want 1.6 to 2.0", reach)
	}
}

// slanted is a uniform flow.
type slanted struct{ ux, uy float64 }

func (s slanted) at(_, _ float64) (ux, uy, strength float64, ok bool) { return s.ux, s.uy, 1, true }

// Around a sheet with both sides wrapped, a line along (1, 1) of a square closes after
// one crossing; along x it closes where it began. Drawn pieces do not cross the page.
func TestLinesGoOnAcrossSidesThatWrap(t *testing.T) {
	const w, d, dt = 90, 6, 0.1
	for _, f := range []slanted{{1, 0}, {math.Sqrt2 / 2, math.Sqrt2 / 2}, {-0.6, 0.8}} {
		lines := place(f, sheet{w, w, [2]bool{true, true}}, d, dt, 30, 40)
		walled := place(f, sheet{w: w, h: w}, d, dt, 30, 40)
		if len(lines) == 0 || len(lines[0].pieces()) < 2 || len(walled[0].pieces()) != 1 {
			t.Fatalf("%+v: %d lines", f, len(lines))
		}
		if f.uy != 0.8 && !lines[0].closed {
			t.Errorf("%+v: the first line is not closed", f)
		}
		for _, l := range lines {
			for _, piece := range l.pieces() {
				for i, v := range piece {
					if v.x < 0 || v.x > w || v.y < 0 || v.y > w {
						t.Fatalf("%+v: vertex at (%v, %v)", f, v.x, v.y)
					}
					// The way of a straight flow: neighbours lie along it, but for the last
					// stretch of a closed line, up to 0.15 d beside.
					if i > 0 && !(l.closed && i == len(piece)-1) {
						u := piece[i-1]
						if across := math.Abs((v.x-u.x)*f.uy - (v.y-u.y)*f.ux); across > 1e-9 {
							t.Fatalf("%+v: a stretch goes %v off the flow", f, across)
						}
					}
				}
			}
		}
		// A closed line along x is as long as the sheet is wide, but for what is lost
		// at the side, a step, and the stretch that closes it.
		if l := lines[0].arcs(); f.uy == 0 && math.Abs(l[len(l)-1]-w) > dt+1e-9 {
			t.Errorf("length %v, want %v", l[len(l)-1], float64(w))
		}
	}
}

// On a periodic axis the field between the last and the first centre is what lies
// between them on the other side too: the flow of a shifted field is shifted.
func TestPeriodicFieldHasNoSeam(t *testing.T) {
	const n = 32
	f := func(shift float64) *field {
		axes := []Axis{uniform("x", 0, 1, n), uniform("y", 0, 1, 8)}
		axes[0].Periodic = true
		v := func(c float64) []float64 {
			return sample(axes, func(x []float64) float64 { return c + math.Sin(2*math.Pi*(x[0]+shift)) })
		}
		return newField(newPanel(0, 0, 640, 320, 0, 1, 0, 1), axes[0], axes[1], nil, v(2), v(1.5), 3)
	}
	whole, shifted := f(0), f(0.5)
	for i := range 200 {
		x, y := whole.w*float64(i)/200, whole.h*0.3
		ux, uy, s, _ := whole.at(x, y)
		vx, vy, r, _ := shifted.at(x+whole.w/2, y)
		// Sines of arguments up to 10, rounded, over the unit.
		if d := math.Abs(ux-vx) + math.Abs(uy-vy) + math.Abs(s-r); d > 100*ulp*10 {
			t.Fatalf("at %v: off by %g", x, d)
		}
	}
}

// Vertices in faster current have a darker colour, and the same speed has the same
// colour in every line: the tint is a function of strength alone, monotone in it.
func TestFasterIsDarker(t *testing.T) {
	last := 1e9
	for k := range 1001 {
		c := tintColor(tint(float64(k) / 1000))
		l := 0.2126*math.Pow(float64(c.R), 2.2) + 0.7152*math.Pow(float64(c.G), 2.2) + 0.0722*math.Pow(float64(c.B), 2.2)
		if l > last {
			t.Fatalf("strength %v is lighter than a weaker one", float64(k)/1000)
		}
		last = l
	}
	if tint(0) != 0 || tint(1) != tints-1 {
		t.Errorf("tints from %d to %d", tint(0), tint(1))
	}
}

// Runs of one colour cover a line: each starts within the one before it.
func TestRibbonsHaveNoGaps(t *testing.T) {
	var l streamline
	for i := range 50 {
		l.pts = append(l.pts, vertex{x: float64(i), ux: 1, strength: 0.5 + 0.5*math.Sin(float64(i)/4)})
	}
	for lo := 0; lo < len(l.pts)-1; {
		hi, end := run(l.pts, lo)
		if hi <= lo || end < hi || end > len(l.pts)-1 || hi < len(l.pts)-1 && end != hi+1 {
			t.Fatalf("run from %d: next at %d, drawn to %d", lo, hi, end)
		}
		for _, v := range l.pts[lo:hi] {
			if tint(v.strength) != tint(l.pts[lo].strength) {
				t.Fatalf("run from %d has two colours", lo)
			}
		}
		lo = hi
	}
}
