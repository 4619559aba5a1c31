package compare

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp/checkpoint"
)

// A state is all that changes when an ensemble runs.
type state struct {
	done            []int64 // steps of each block
	indefinite      []int64 // of each block, see [Ensemble.Indefinite]
	sources         sources
	theta, velocity [][]float64
	moments         momentSums
	counter         *counter
	counts          [][]uint64 // per group: cells, and those outside
	noise           noiseSums
}

func (e *Ensemble) newState() *state {
	d, walkers := e.process.dim(), e.opt.Walkers
	s := &state{
		done: make([]int64, e.blocks()), indefinite: make([]int64, e.blocks()), sources: newSources(walkers),
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
const savedMagic = "nessens\x06"

// Save writes the state, from which [Ensemble.Restore] goes on with the same bits.
func (e *Ensemble) Save(w io.Writer) error {
	return checkpoint.Write(w, savedMagic, e.fingerprint(), e.numbers)
}

// Restore sets the state to one that was saved by an ensemble made of the same process,
// start and options, but for Workers, MaxOutside, Record and Progress; functions are told
// apart by their values at the first starting point. On an error, those of [checkpoint.Read] with what differs,
// e is unchanged.
func (e *Ensemble) Restore(r io.Reader) error {
	s := e.newState()
	err := checkpoint.Read(r, savedMagic, e.fingerprint(), s.numbers)
	var other *checkpoint.OtherError
	if errors.As(err, &other) {
		return e.otherThan(other)
	}
	if err != nil {
		return err
	}
	e.state = s
	return nil
}

// numbers calls do for every slice of numbers of the state.
func (s *state) numbers(do func(any) error) error {
	words := make([]uint64, 8*len(s.sources.now))
	for w := range s.sources.now {
		now, epoch := s.sources.now[w].State(), s.sources.epoch[w].State()
		copy(words[8*w:], now[:])
		copy(words[8*w+4:], epoch[:])
	}
	list := []any{s.done, s.indefinite, words}
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
	for w := range s.sources.now {
		s.sources.now[w], s.sources.epoch[w] = random.FromState([4]uint64(words[8*w:])), random.FromState([4]uint64(words[8*w+4:]))
	}
	return nil
}

// A trait is something that has to be the same in an ensemble that goes on.
type trait struct {
	name string
	text string
}

// traits returns all that has to be the same.
func (e *Ensemble) traits() []trait {
	o := &e.opt
	var axes strings.Builder
	if o.Grid != nil {
		for a := range o.Grid.Dim() {
			fmt.Fprintf(&axes, "%x %v\n", o.Grid.Axis(a).Edges(), o.Grid.Axis(a).IsPeriodic())
		}
	}
	traits := []trait{
		{"start", fmt.Sprintf("%x %x", e.initial.Points, e.initial.Cov)},
		{"walkers", fmt.Sprint(o.Walkers)},
		{"seed", fmt.Sprint(o.Seed)},
		{"burn-in", fmt.Sprint(o.BurnIn)},
		{"every", fmt.Sprint(o.Every)},
		{"groups", fmt.Sprint(o.Groups)},
		{"noise lags", fmt.Sprint(o.NoiseLags)},
		{"grid", axes.String()},
	}
	return append(e.process.traits(e.initial.Points[0]), traits...)
}

// mostTraits is how many traits leave 128 bits of a fingerprint to the hash of all.
const mostTraits = sha256.Size / 2

// fingerprint tells ensembles apart: of each trait a byte of its hash, to tell what differs, and then the beginning of
// the hash of all.
func (e *Ensemble) fingerprint() (mark [sha256.Size]byte) {
	all := sha256.New()
	for k, t := range e.traits() {
		sum := sha256.Sum256([]byte(t.text))
		mark[k] = sum[0]
		all.Write(sum[:])
	}
	copy(mark[mostTraits:], all.Sum(nil))
	return mark
}

// otherThan returns the error of a state that is another ensemble's, with the traits that differ: for one in 256 that
// is not seen. Those of another kind of process are not compared.
func (e *Ensemble) otherThan(other *checkpoint.OtherError) error {
	var names []string
	have := e.fingerprint()
	for k, t := range e.traits() {
		if have[k] != other.Mark[k] {
			names = append(names, t.name)
		}
		if k == 0 && len(names) > 0 {
			break
		}
	}
	if len(names) == 0 {
		return other
	}
	return fmt.Errorf("%w: other %s", other, strings.Join(names, ", other "))
}
