package compare

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp/checkpoint"
)

// A state is all that changes when an ensemble runs.
type state struct {
	done            []int64 // steps of each block
	sources         []source
	theta, velocity [][]float64
	moments         momentSums
	counter         *counter
	counts          [][]uint64 // per group: cells, and those outside
	noise           noiseSums
}

func (e *Ensemble) newState() *state {
	d, walkers := e.process.dim(), e.opt.Walkers
	s := &state{
		done: make([]int64, e.blocks()), sources: make([]source, walkers),
		theta:   columns(d, walkers),
		moments: momentSums{columns(d, walkers), columns(segments*d, walkers), columns(packed(d), walkers)},
	}
	if e.process.hasVelocity() {
		s.velocity = columns(d, walkers)
	}
	if g := e.opt.Grid; g != nil {
		s.counter = newCounter(g)
		s.counts = make([][]uint64, e.opt.Groups)
		for k := range s.counts {
			s.counts[k] = make([]uint64, g.Cells()+1)
		}
	}
	if e.opt.NoiseLags > 0 {
		ring := e.opt.NoiseLags + 1
		s.noise = noiseSums{make([]float64, walkers*ring*d), make([]float64, walkers*ring*d*d)}
	}
	return s
}

// savedMagic begins saved ensembles.
const savedMagic = "nessens\x01"

// Save writes the state, from which [Ensemble.Restore] goes on with the same bits.
func (e *Ensemble) Save(w io.Writer) error {
	return checkpoint.Write(w, savedMagic, e.fingerprint(), e.numbers)
}

// Restore sets the state to one that was saved by an ensemble made of the same process,
// start and options, but for Workers, MaxOutside, Record and Progress; functions are told
// apart by their values at the first starting point. On an error, those of [checkpoint.Read], e is
// unchanged.
func (e *Ensemble) Restore(r io.Reader) error {
	s := e.newState()
	if err := checkpoint.Read(r, savedMagic, e.fingerprint(), s.numbers); err != nil {
		return err
	}
	e.state = s
	return nil
}

// numbers calls do for every slice of numbers of the state.
func (s *state) numbers(do func(any) error) error {
	words := make([]uint64, 8*len(s.sources))
	for w, from := range s.sources {
		now, epoch := from.now.State(), from.epoch.State()
		copy(words[8*w:], now[:])
		copy(words[8*w+4:], epoch[:])
	}
	list := []any{s.done, words}
	for _, columns := range [][][]float64{s.theta, s.velocity, s.moments.origin, s.moments.first, s.moments.second, {s.noise.recent, s.noise.sums}} {
		for _, c := range columns {
			list = append(list, c)
		}
	}
	for _, c := range s.counts {
		list = append(list, c)
	}
	for _, v := range list {
		if err := do(v); err != nil {
			return err
		}
	}
	for w := range s.sources {
		s.sources[w] = source{random.FromState([4]uint64(words[8*w:])), random.FromState([4]uint64(words[8*w+4:]))}
	}
	return nil
}

// fingerprint is a hash of all that has to be the same.
func (e *Ensemble) fingerprint() [sha256.Size]byte {
	o := &e.opt
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n%d %d %d %d %d %d\n%x %x\n", e.process.fingerprint(e.initial.Points[0]),
		o.Walkers, o.Seed, o.BurnIn, o.Every, o.Groups, o.NoiseLags, e.initial.Points, e.initial.Cov)
	if o.Grid != nil {
		for a := range o.Grid.Dim() {
			fmt.Fprintf(&b, "%x %v\n", o.Grid.Axis(a).Edges(), o.Grid.Axis(a).IsPeriodic())
		}
	}
	return sha256.Sum256(b.Bytes())
}
