package multigrid

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// This file takes several steps over a level in one pass through memory. A step works on
// one layer of cells after the other, a row of the plane or a plane of the box, and needs
// of the step before no more than that it is done with the same layer, the next one, and
// those behind. So every step follows the one before at a distance of some layers.
//
// For several cores the columns of axis 0 are cut into strips, one for each goroutine.
// Steps go through the strips alternately to the right and to the left, so that Gauss–Seidel
// sweeps find the same numbers as on one core. Time is counted in ticks: in each a strip
// takes one batch of layers through every step, and it begins when both strips next to it
// are done with the tick before. Step k takes batch b in strip s of S at tick
//
//	b + kS + s  for even k,   b + kS + S−1−s  for odd k,
//
// when batch b in the strips next to it, and batch b+1 in all three, have been through
// step k−1, and neither can be reached by step k+1.

// A strip is a range of columns of axis 0.
type strip struct {
	lo, hi int
	number int
}

// A step does something to the cells of a strip in one layer. On the way up and down alike
// even steps may use what they left in the strip on the left, odd ones on the right.
type step func(layer int, s strip)

const (
	minStrip = 64      // columns worth a goroutine
	minCells = 1 << 14 // cells worth several
)

// last returns the axis along which layers follow each other.
func (l *level) last() int {
	if l.n[2] > 1 {
		return 2
	}
	return 1
}

// strips cuts the columns, at multiples of 16: between blocks of cells and pairs of columns.
func (l *level) strips() []strip {
	n := l.n[0]
	count := min(runtime.GOMAXPROCS(0), n/minStrip)
	if l.cells() < minCells || count < 1 {
		count = 1
	}
	strips := make([]strip, count)
	for s := range strips {
		strips[s].number = s
		if s > 0 {
			cut := s * n / count / 16 * 16
			strips[s-1].hi, strips[s].lo = cut, cut
		}
	}
	strips[count-1].hi = n
	return strips
}

// march takes the steps over all layers, in ascending or descending order, as if one after
// the other.
func (l *level) march(ascending bool, steps ...step) {
	if !l.ring[l.last()] {
		l.pass(ascending, steps)
		return
	}
	for k := range steps { // the first layer needs the last
		alone := make([]step, k+1)
		alone[k] = steps[k]
		l.pass(ascending, alone)
	}
}

// pass takes the steps over all layers in one go. A step that is nil does nothing.
func (l *level) pass(ascending bool, steps []step) {
	layers := l.n[l.last()]
	batch := max(1, 4096*layers/l.cells())
	batches := (layers + batch - 1) / batch
	strips := l.strips()
	ticks := batches + len(strips)*len(steps) - 1
	tick := func(t int, s strip) {
		for k, do := range steps {
			at := t - k*len(strips) - s.number
			if k%2 == 1 {
				at = t - (k+1)*len(strips) + 1 + s.number
			}
			if do == nil || at < 0 || at >= batches {
				continue
			}
			for i := at * batch; i < min((at+1)*batch, layers); i++ {
				if ascending {
					do(i, s)
				} else {
					do(layers-1-i, s)
				}
			}
		}
	}
	if len(strips) == 1 {
		for t := range ticks {
			tick(t, strips[0])
		}
		return
	}
	inStep(strips, ticks, tick)
}

// inStep runs tick for every strip on its own goroutine, none more than one tick ahead of
// those next to it, going round.
func inStep(strips []strip, ticks int, tick func(t int, s strip)) {
	type counter struct {
		atomic.Int64
		_ [56]byte // to itself in a line of the cache
	}
	done := make([]counter, len(strips))
	var wg sync.WaitGroup
	for k, s := range strips {
		before, after := around(k, len(strips))
		wg.Go(func() {
			for t := range ticks {
				await(&done[before].Int64, int64(t))
				await(&done[after].Int64, int64(t))
				tick(t, s)
				done[k].Store(int64(t + 1))
			}
		})
	}
	wg.Wait()
}

// await returns when c has come to t. Others are at work for some microseconds, unless the
// machine is busy: then waiting must not keep them from it.
func await(c *atomic.Int64, t int64) {
	for spins := 1; c.Load() < t; spins++ {
		switch {
		case spins > 1<<14:
			time.Sleep(20 * time.Microsecond)
		case spins%256 == 0:
			runtime.Gosched()
		}
	}
}
