package plot

import (
	"math"
	"slices"
)

// This file places streamlines after Jobard and Lefer (1997): a new line starts
// at distance d from an old one, and ends where it comes within d/3 of any. Lines
// that come back to their start are closed, so that cycles look like cycles. A line
// that leaves by a side that wraps goes on at the opposite one.

// A streamline is a sequence of vertices along the flow.
type streamline struct {
	pts    []vertex
	closed bool // the last vertex is the first
}

// arcs returns the length of the polygon up to each vertex, in points.
func (l streamline) arcs() []float64 {
	s := make([]float64, len(l.pts))
	for i := 1; i < len(s); i++ {
		s[i] = s[i-1]
		if d := apart(l.pts[i-1], l.pts[i]); d < leap {
			s[i] += d
		}
	}
	return s
}

// evenly returns vertices at equal distances, about as given; the first is a fraction
// shift of them, below 1, from the beginning of the line.
func (l streamline) evenly(distance, shift float64) (out []vertex) {
	arcs := l.arcs()
	length := arcs[len(arcs)-1]
	count := max(1, int(length/distance+0.5))
	for i, s := range arcs {
		if len(out) < count && s >= (float64(len(out))+shift)*length/float64(count) {
			out = append(out, l.pts[i])
		}
	}
	return out
}

// pieces returns the runs of vertices that a pen draws without being lifted.
func (l streamline) pieces() [][]vertex {
	var out [][]vertex
	lo := 0
	for i := 1; i < len(l.pts); i++ {
		if apart(l.pts[i-1], l.pts[i]) >= leap {
			out = append(out, l.pts[lo:i])
			lo = i
		}
	}
	return append(out, l.pts[lo:])
}

func apart(a, b vertex) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }

// leap is a distance of neighbouring vertices, in points, that only a line has that
// goes on at the other side of the box: others have less than the distance of lines.
const leap = 2 * maxDistance

// extent returns the diagonal of the box around the line, in points.
func (l streamline) extent() float64 {
	x0, x1, y0, y1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, v := range l.pts {
		x0, x1 = math.Min(x0, v.x), math.Max(x1, v.x)
		y0, y1 = math.Min(y0, v.y), math.Max(y1, v.y)
	}
	return math.Hypot(x1-x0, y1-y0)
}

// A mark is a vertex of a line that holds its surroundings.
type mark struct {
	x, y, arc float64 // arc: signed length from the line's seed
	line      int
}

// A placer covers a sheet with streamlines a distance d apart.
type placer struct {
	sheet
	f      flow
	d      float64 // distance of neighbours
	dt     float64 // length of a step
	nx, ny int
	bins   [][]mark // d×d squares
	lines  []streamline
}

// stepsPerVertex thins what is kept of a line: its sagitta over 0.8 points is
// below a pixel wherever the radius of curvature is above 0.3 points.
const stepsPerVertex = 8

// place returns streamlines of f on the sheet, a distance d apart, of steps dt,
// beginning with one through (x, y).
func place(f flow, b sheet, d, dt, x, y float64) []streamline {
	pl := &placer{sheet: b, f: f, d: d, dt: dt}
	pl.nx, pl.ny = int(b.w/d)+1, int(b.h/d)+1
	pl.bins = make([][]mark, pl.nx*pl.ny)
	done := 0
	grow := func() {
		for ; done < len(pl.lines); done++ {
			pl.seedBeside(pl.lines[done])
		}
	}
	pl.try(x, y)
	grow()
	// Regions that the first family did not reach.
	for j := range 2 * pl.ny {
		for i := range 2 * pl.nx {
			pl.try((float64(i)+0.5)*d/2, (float64(j)+0.5)*d/2)
			grow()
		}
	}
	return pl.lines
}

// seedBeside tries a seed on either side of every few vertices.
func (pl *placer) seedBeside(l streamline) {
	const side = 1.001 // just outside of the distance that try asks for
	for _, v := range l.pts {
		for _, s := range []float64{side, -side} {
			pl.try(v.x-s*pl.d*v.uy, v.y+s*pl.d*v.ux)
		}
	}
}

// try traces a line through (x, y), both ways, and keeps it if it reaches far
// enough not to be a blot.
func (pl *placer) try(x, y float64) {
	x, y, ok := pl.enter(x, y)
	if !ok || pl.taken(x, y, pl.d) {
		return
	}
	seed, ok := start(pl.f, x, y)
	if !ok {
		return
	}
	pl.put(seed, 0)
	forward, closed := pl.trace(seed, pl.dt)
	line := streamline{closed: closed}
	if closed {
		line.pts = append([]vertex{seed}, forward...)
	} else {
		back, _ := pl.trace(seed, -pl.dt)
		slices.Reverse(back)
		line.pts = slices.Concat(back, []vertex{seed}, forward)
	}
	if line.extent() < 1.4*pl.d {
		pl.forget()
		return
	}
	pl.lines = append(pl.lines, line)
}

// trace follows the flow from seed until it ends, leaves the box, comes too
// close to a line or to itself, or closes. The seed is not part of the result.
func (pl *placer) trace(seed vertex, dt float64) (pts []vertex, closed bool) {
	// No line that keeps its distance from itself is longer than this.
	steps := int(4 * pl.w * pl.h / (pl.d * math.Abs(dt)))
	v, last := seed, seed
	for k := 1; k <= steps; k++ {
		next, ok := step(pl.f, v, dt)
		if !ok {
			break
		}
		outside := !pl.contains(next.x, next.y)
		if outside {
			if next.x, next.y, ok = pl.enter(next.x, next.y); !ok {
				break
			}
			pts = append(pts, v) // the end of the line on this side
		}
		v = next
		if k%stepsPerVertex != 0 && !outside {
			last = v
			continue
		}
		arc := float64(k) * dt
		if pl.taken(v.x, v.y, pl.d/3) {
			return pts, false
		}
		if m, near := pl.self(v, arc); near {
			return pl.close(pts, seed, v, m, dt)
		}
		pl.put(v, arc)
		pts = append(pts, v)
		last = seed
	}
	if last != seed { // what is left after the last vertex kept
		pts = append(pts, v)
	}
	return pts, false
}

// close ends a line that came back to itself at v, near the mark m: with the seed
// if that is where it is going.
func (pl *placer) close(pts []vertex, seed, v vertex, m mark, dt float64) ([]vertex, bool) {
	dx, dy := seed.x-v.x, seed.y-v.y
	along := (dx*v.ux + dy*v.uy) * math.Copysign(1, dt)
	across := math.Abs(dx*v.uy - dy*v.ux)
	if math.Abs(m.arc) <= pl.d && along >= 0 && across < 0.15*pl.d {
		return append(pts, v, seed), true
	}
	return pts, false
}

func (pl *placer) bin(x, y float64) (i, j int) {
	return min(int(x/pl.d), pl.nx-1), min(int(y/pl.d), pl.ny-1)
}

// put marks v as part of the line being traced.
func (pl *placer) put(v vertex, arc float64) {
	i, j := pl.bin(v.x, v.y)
	b := &pl.bins[j*pl.nx+i]
	*b = append(*b, mark{v.x, v.y, arc, len(pl.lines)})
}

// forget takes the marks of the line being traced away. They are the last of
// their bins.
func (pl *placer) forget() {
	for i, b := range pl.bins {
		n := len(b)
		for n > 0 && b[n-1].line == len(pl.lines) {
			n--
		}
		pl.bins[i] = b[:n]
	}
}

// taken says whether a finished line is within r ≤ d of (x, y).
func (pl *placer) taken(x, y, r float64) bool {
	_, found := pl.nearest(x, y, r, func(m mark) bool { return m.line < len(pl.lines) })
	return found
}

// self returns the mark of the line being traced within d/3 of v that is not
// simply the way v came: by arc at least 2d away.
func (pl *placer) self(v vertex, arc float64) (mark, bool) {
	return pl.nearest(v.x, v.y, pl.d/3, func(m mark) bool {
		return m.line == len(pl.lines) && math.Abs(arc-m.arc) > 2*pl.d
	})
}

// nearest returns the nearest mark within r ≤ d of (x, y) that use accepts.
func (pl *placer) nearest(x, y, r float64, use func(mark) bool) (best mark, found bool) {
	ci, cj := pl.bin(x, y)
	for j := max(cj-1, 0); j <= min(cj+1, pl.ny-1); j++ {
		for i := max(ci-1, 0); i <= min(ci+1, pl.nx-1); i++ {
			for _, m := range pl.bins[j*pl.nx+i] {
				if dist := math.Hypot(m.x-x, m.y-y); dist < r && use(m) {
					best, r, found = m, dist, true
				}
			}
		}
	}
	return best, found
}
