package compare

import (
	"fmt"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp"
)

// buffered is how many steps are drawn ahead. It is a multiple of 2, 3 and 4, so that no
// word of random bits is used in part, and part of what fixes a walker's path.
const buffered = 24

// A source is where the random numbers of a walker come from.
type source struct {
	now   random.Stream
	epoch random.Stream // as it was before the order of samples was drawn that is in use
}

// batches are the samples of the next steps of a block: either indices, in the order
// [walker][step][batch], or words with four indices each.
type batches struct {
	indices []uint32
	words   []uint64
	size    int // B
	n       uint64
}

// at returns the indices of step k from a walker on, those of the next one following
// stride further on. There are none beyond the last walker.
func (b *batches) at(k, walker int) (indices []uint32, stride int) {
	stride = buffered * b.size
	return b.indices[min(walker*stride+k*b.size, len(b.indices)):], stride
}

// A sampler fills in the batches of the steps from start on, a multiple of buffered.
type sampler interface {
	// resume prepares for walkers other than those before.
	resume(from []source, start int)
	draw(b *batches, from []source, start int)
}

func newSampler(s fp.Sampling, n, batch int, words bool) sampler {
	switch {
	case s == fp.WithReplacement && words:
		return &wordSampler{random.NewUniform(n)}
	case s == fp.WithReplacement:
		return &uniform{indices: random.NewUniform(n)}
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
type uniform struct {
	indices random.Uniform
	streams []random.Stream
}

func (s *uniform) resume([]source, int) {}

func (s *uniform) draw(b *batches, from []source, _ int) {
	s.fill(b.indices, buffered*b.size, from)
}

// fill fills dst with indices, each of every walker.
func (s *uniform) fill(dst []uint32, each int, from []source) {
	s.streams = s.streams[:0]
	for w := range from {
		s.streams = append(s.streams, from[w].now)
	}
	s.indices.FillEach(dst[:each*len(from)], each, s.streams)
	for w := range from {
		from[w].now = s.streams[w]
	}
}

// subsets draws without replacement.
type subsets struct{ subset *random.Subset }

func (s *subsets) resume([]source, int) {}

func (s *subsets) draw(b *batches, from []source, _ int) {
	dst := b.indices
	for w := range from {
		g := from[w].now
		for range buffered {
			g = s.subset.Fill(dst[:b.size], g)
			dst = dst[b.size:]
		}
		from[w].now = g
	}
}

// wordSampler draws with replacement and leaves it to the kernel to take words apart.
type wordSampler struct{ uniform random.Uniform }

func (s *wordSampler) resume([]source, int) {}

func (s *wordSampler) draw(b *batches, from []source, _ int) {
	perWalker := buffered * b.size / 4
	for w := range from {
		from[w].now = s.uniform.Words(b.words[w*perWalker:][:perWalker], from[w].now)
	}
}

// epochs keeps an order of the samples per walker of the block. It is drawn starting from
// the identity, so that source.epoch is enough to find it again.
type epochs struct {
	perEpoch int
	identity []uint32
	orders   [][]uint32
	streams  []random.Stream // that orders are drawn from
}

func (s *epochs) resume(from []source, start int) {
	for len(s.orders) < len(from) {
		s.orders = append(s.orders, make([]uint32, len(s.identity)))
	}
	if start%s.perEpoch == 0 {
		return // draw begins with a new order
	}
	s.streams = s.streams[:0]
	for w := range from {
		s.streams = append(s.streams, from[w].epoch)
	}
	s.reorder()
}

func (s *epochs) draw(b *batches, from []source, start int) {
	stride := buffered * b.size
	at := start % s.perEpoch
	for done := 0; done < stride; at = 0 {
		if at == 0 {
			s.renew(from)
		}
		n := min(stride-done, (s.perEpoch-at)*b.size)
		for w := range from {
			copy(b.indices[w*stride+done:][:n], s.orders[w][at*b.size:])
		}
		done += n
	}
}

// renew draws a new order for each walker.
func (s *epochs) renew(from []source) {
	s.streams = s.streams[:0]
	for w := range from {
		from[w].epoch = from[w].now
		s.streams = append(s.streams, from[w].now)
	}
	s.reorder()
	for w := range from {
		from[w].now = s.streams[w]
	}
}

// reorder draws orders from the streams.
func (s *epochs) reorder() {
	orders := s.orders[:len(s.streams)]
	for _, o := range orders {
		copy(o, s.identity)
	}
	random.ShuffleEach(orders, s.streams)
}

type noSampler struct{}

func (noSampler) resume([]source, int)         {}
func (noSampler) draw(*batches, []source, int) {}
