package multigrid

import (
	"runtime"

	"github.com/ness-fp/ness/grid/pieces"
)

// This file takes several steps over a level in one pass through memory. A step works on
// one layer of cells after the other, a row of the plane or a plane of the box, and needs
// of the step before no more than that it is done with the same layer, the next one, and
// those behind. So every step follows the one before at a distance of one layer.
//
// On several cores the second sweep, or where there is more to do after it that alone, follows
// on another core. That changes nothing: what is ahead never looks at what the steps behind
// have been at, however far ahead it is. Cutting the layers into blocks for the cores instead, with what was there
// before beyond the seams, is a third faster, but where probability goes round a narrow
// ridge takes ten times as many iterations of GMRES.

// manyCells is the number of cells of a level that is worth two cores: with half as many, waiting
// and passing layers from cache to cache leave a gain of a tenth or less for a seventh more
// processor time in all. Tests lower it.
var manyCells = 1 << 19

// chunkCells is the number of cells after which the first core says how far it is.
const chunkCells = 1 << 13

// last returns the axis along which layers follow each other.
func (l *level) last() int {
	if l.n[2] > 1 {
		return 2
	}
	return 1
}

// layers returns the number of layers.
func (l *level) layers() int { return l.n[l.last()] }

// layerCells returns the number of cells in a layer.
func (l *level) layerCells() int { return l.cells() / l.layers() }

// layer returns a layer of a field.
func (l *level) layer(f []float64, k int) []float64 {
	n := l.layerCells()
	return f[k*n : (k+1)*n]
}

// A sweep goes through the layers of a level in ascending order, to the right and to the
// left, or in descending order, to the left and to the right: the first goes through memory
// in one direction.
type sweep struct {
	*level
	ascending bool
	before    func(layer int) // done to every layer first, or nil
	after     func(group int) // done to groups of layers that are one on the next level, when they and the layers next to them are swept; nil in descending order
}

// sweep sweeps through the level, see there.
func (l *level) sweep(ascending bool, before func(layer int), after func(group int)) {
	s := &sweep{l, ascending, before, after}
	if l.ring[l.last()] {
		s.closeRing()
	}
	if l.cells() < manyCells || runtime.GOMAXPROCS(0) == 1 {
		for t := range l.layers() + 3 {
			s.first(t)
			s.second(t - 2)
			s.finish(t - 3)
		}
	} else {
		s.onTwoCores()
	}
}

// onTwoCores lets steps follow those ahead on another core.
func (s *sweep) onTwoCores() {
	n, chunk := s.layers(), max(1, chunkCells/s.layerCells())
	// The second sweep of a turn needs two more turns of the first, what comes after it one more
	// of the second.
	ahead, behind, lag := s.first, s.second, 2
	if s.after != nil {
		ahead, behind, lag = func(t int) { s.first(t); s.second(t - 2) }, s.finish, 3
	}
	ready := make(chan int, (n+3)/chunk+2) // turns that are taken ahead
	go func() {
		for t := range n + 3 {
			ahead(t)
			if t%chunk == 0 || t == n+2 {
				ready <- t
			}
		}
		close(ready)
	}()
	turn := 0
	for done := range ready {
		for ; turn <= done-lag; turn++ {
			behind(turn)
		}
	}
}

// at returns the layer of a turn.
func (s *sweep) at(turn int) int {
	if s.ascending {
		return turn
	}
	return s.layers() - 1 - turn
}

// first does what is done before to the layer of a turn, and the first sweep to that of the turn before.
func (s *sweep) first(turn int) {
	if turn > s.layers() {
		return
	}
	if k := s.at(turn); s.before != nil && turn < s.layers() && !s.isEnd(k) {
		s.before(k)
	}
	switch k := s.at(turn - 1); {
	case turn == 0:
	case s.ascending:
		s.sweepRight(k)
	default:
		s.sweepLeft(k)
	}
	if turn == 1 && s.roundAbove != nil {
		s.keepFirst()
	}
}

// second does the second sweep to the layer of a turn, which the first has been to and to the
// next.
func (s *sweep) second(turn int) {
	switch k := s.at(turn); {
	case turn < 0 || turn >= s.layers():
	case s.ascending:
		s.sweepLeft(k)
	default:
		s.sweepRight(k)
	}
}

// finish completes the group that ends with the layer of a turn, when the second sweep has been
// to the next layer.
func (s *sweep) finish(turn int) {
	if s.after == nil || turn < 0 {
		return
	}
	p := &s.plan.axis[s.last()]
	k := p.group(turn)
	if ring := s.roundAbove != nil && p.groups() > 1; turn+1 == p.start[k+1] && !(ring && k == 0) {
		s.after(k)
		if ring && k == p.groups()-1 { // the first one needs the last
			s.after(0)
		}
	}
}

// isEnd says whether a layer is next to the seam of a ring.
func (s *sweep) isEnd(k int) bool { return s.roundAbove != nil && (k == 0 || k == s.layers()-1) }

// closeRing makes the layers at the ends ready, and copies of them for those at the other ends to
// see: the first sweep takes the last layer as it was and the first one as it left it, the second
// the last layer as it was before both.
func (s *sweep) closeRing() {
	if s.roundAbove == nil {
		s.roundBelow, s.roundAbove = make([]float64, s.layerCells()), make([]float64, s.layerCells())
	}
	n := s.layers()
	if s.before != nil {
		s.before(0)
		if n > 1 {
			s.before(n - 1)
		}
	}
	copy(s.roundBelow, s.layer(s.x, n-1))
	copy(s.roundAbove, s.layer(s.x, 0))
}

// keepFirst copies the layer that was swept first.
func (s *sweep) keepFirst() {
	if s.ascending {
		copy(s.roundAbove, s.layer(s.x, 0))
	} else {
		copy(s.roundBelow, s.layer(s.x, s.layers()-1))
	}
}

// eachGroup does something to all groups of layers that are one on the next level, in parallel.
func (l *level) eachGroup(do func(group int)) {
	groups := l.plan.axis[l.last()].groups()
	l.parallel(groups, l.cells()/groups, do)
}

// eachLayer does something to all layers, in parallel.
func (l *level) eachLayer(do func(layer int)) { l.parallel(l.layers(), l.layerCells(), do) }

// eachRow does something to all rows, in parallel.
func (l *level) eachRow(do func(r int)) { l.parallel(l.rows(), l.n[0], do) }

// parallel calls do for 0 ≤ k < n, each of some cells, on several cores where that is worth it.
func (l *level) parallel(n, cells int, do func(k int)) {
	l.inPieces(n, cells, func(_, lo, hi int) {
		for k := lo; k < hi; k++ {
			do(k)
		}
	})
}

// inPieces is [pieces.Run] for n things of some cells each.
func (l *level) inPieces(n, cells int, do func(k, lo, hi int)) {
	pieces.Run(n, pieceOf(cells), do)
}

// pieceOf returns how many things of so many cells make a piece that is worth a goroutine.
func pieceOf(cells int) int { return max(1, pieceCells/cells) }

const pieceCells = 1 << 15 // cells worth a goroutine
