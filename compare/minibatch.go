package compare

import (
	"fmt"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp"
)

// buffered is how many steps are drawn ahead. It is a multiple of 2, 3 and 4, so that no
// word of random bits is used in part, and part of what fixes a walker's path. Half as many
// cost the fastest kernels 2 % of the time.
const buffered = 48

const _ uint = -(buffered % 12) // which is too small for a uint, unless it is 0

// sources are where the random numbers of some walkers come from.
type sources struct {
	now   []random.Stream
	epoch []random.Stream // as they were before the orders of samples were drawn that are in use
}

func newSources(walkers int) sources {
	return sources{make([]random.Stream, walkers), make([]random.Stream, walkers)}
}

// of returns those of some of the walkers.
func (s sources) of(lo, hi int) sources { return sources{s.now[lo:hi], s.epoch[lo:hi]} }

// set makes them what others are.
func (s sources) set(to sources) {
	copy(s.now, to.now)
	copy(s.epoch, to.epoch)
}

// batches are the samples of the next steps of a block: either indices, in the order
// [walker][step][batch], or words with four indices each. Indices of as many walkers as are woven
// are in the order [step][batch][walker], those of the next ones behind them; walkers that are left
// are not woven.
type batches struct {
	indices []uint32
	words   []uint64
	size    int // B
	n       uint64
	woven   int // or 0
}

// each is how many indices of a walker there are.
func (b *batches) each() int { return buffered * b.size }

// wovenAt returns the first index of step k of woven walkers.
func (b *batches) wovenAt(k int) *uint32 { return &b.indices[k*b.size*b.woven] }

// at returns the indices of step k from a walker on that is not woven, those of the next one following
// stride further on. There are none beyond the last walker.
func (b *batches) at(k, walker int) (indices []uint32, stride int) {
	stride = b.each()
	return b.indices[min(walker*stride+k*b.size, len(b.indices)):], stride
}

// A sampler fills in the batches of the steps from start on, a multiple of buffered.
type sampler interface {
	// resume prepares for walkers other than those before.
	resume(from sources, start int)
	draw(b *batches, from sources, start int)
}

func newSampler(s fp.Sampling, n, batch int, words bool) sampler {
	switch {
	case s == fp.WithReplacement && words:
		return &wordSampler{random.NewUniform(n)}
	case s == fp.WithReplacement:
		return &uniform{random.NewUniform(n)}
	case s == fp.WithoutReplacement:
		return &subsets{random.NewSubset(n)}
	case s == fp.Epochs:
		return &epochs{perEpoch: n / batch, identity: random.Identity(n)}
	case s == fp.FullBatch:
		return noSampler{}
	}
	panic(fmt.Sprintf("compare: no sampling %d", s))
}

// uniform draws with replacement.
type uniform struct{ random.Uniform }

func (s *uniform) resume(sources, int) {}

func (s *uniform) draw(b *batches, from sources, _ int) {
	each, dst, g := b.each(), b.indices, from.now
	for b.woven > 0 && len(g) >= b.woven {
		n := each * b.woven
		s.Weave(dst[:n], each, g[:b.woven])
		dst, g = dst[n:], g[b.woven:]
	}
	s.FillEach(dst[:each*len(g)], each, g)
}

// subsets draws without replacement.
type subsets struct{ subset *random.Subset }

func (s *subsets) resume(sources, int) {}

func (s *subsets) draw(b *batches, from sources, _ int) {
	dst := b.indices
	for w, g := range from.now {
		for range buffered {
			g = s.subset.Fill(dst[:b.size], g)
			dst = dst[b.size:]
		}
		from.now[w] = g
	}
}

// wordSampler draws with replacement and leaves it to the kernel to take words apart.
type wordSampler struct{ uniform random.Uniform }

func (s *wordSampler) resume(sources, int) {}

func (s *wordSampler) draw(b *batches, from sources, _ int) {
	perWalker := b.each() / 4
	for w, g := range from.now {
		from.now[w] = s.uniform.Words(b.words[w*perWalker:][:perWalker], g)
	}
}

// epochs keeps an order of the samples per walker of the block. It is drawn starting from
// the identity, so that sources.epoch is enough to find it again.
type epochs struct {
	perEpoch int
	identity []uint32
	orders   [][]uint32
	streams  []random.Stream // scratch
}

func (s *epochs) resume(from sources, start int) {
	for len(s.orders) < len(from.now) {
		s.orders = append(s.orders, make([]uint32, len(s.identity)))
	}
	if start%s.perEpoch == 0 {
		return // draw begins with a new order
	}
	s.streams = append(s.streams[:0], from.epoch...)
	s.reorder(s.streams)
}

func (s *epochs) draw(b *batches, from sources, start int) {
	stride := b.each()
	at := start % s.perEpoch
	for done := 0; done < stride; at = 0 {
		if at == 0 {
			s.renew(from)
		}
		n := min(stride-done, (s.perEpoch-at)*b.size)
		for w := range from.now {
			copy(b.indices[w*stride+done:][:n], s.orders[w][at*b.size:])
		}
		done += n
	}
}

// renew draws a new order for each walker.
func (s *epochs) renew(from sources) {
	copy(from.epoch, from.now)
	s.reorder(from.now)
}

// reorder draws orders from streams.
func (s *epochs) reorder(from []random.Stream) {
	orders := s.orders[:len(from)]
	for _, o := range orders {
		copy(o, s.identity)
	}
	random.ShuffleEach(orders, from)
}

type noSampler struct{}

func (noSampler) resume(sources, int)         {}
func (noSampler) draw(*batches, sources, int) {}
