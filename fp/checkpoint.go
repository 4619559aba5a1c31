package fp

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/ness-fp/ness/fp/checkpoint"
)

// evolutionMagic begins saved evolutions: their numbers are those of the state and the masses. Its last byte
// is the version: since 2, fingerprints begin with hints.
const evolutionMagic = "nessevo\x02"

// Save writes the state, from which [Evolution.Restore] goes on with the same bits.
func (e *Evolution) Save(w io.Writer) error {
	s := e.state
	return checkpoint.Write(w, evolutionMagic, e.fingerprint(), func(do func(any) error) error { return s.numbers(e.u, do) })
}

// IsSavedEvolution says whether a saved evolution, of any version, is what r begins with.
func IsSavedEvolution(r io.Reader) bool {
	head := make([]byte, len(evolutionMagic))
	_, err := io.ReadFull(r, head)
	last := len(head) - 1
	return err == nil && string(head[:last]) == evolutionMagic[:last]
}

// Restore sets the state to one that was saved by an evolution of the same course, start and
// options, but for Output, Progress and MaxSteps. Courses are told apart by coefficients at
// some points and times. On an error, those of [checkpoint.Read] with what differs, e is unchanged.
func (e *Evolution) Restore(r io.Reader) error {
	var s EvolutionState
	u := make([]float64, len(e.u))
	err := checkpoint.Read(r, evolutionMagic, e.fingerprint(), func(do func(any) error) error { return s.numbers(u, do) })
	var other *checkpoint.OtherError
	if errors.As(err, &other) {
		return e.otherThan(other)
	}
	if err != nil {
		return err
	}
	e.state, e.u = s, u
	e.apply(e.rates, e.u) // of another time, where coefficients change, until the next step
	return nil
}

// numbers calls do for all numbers of the state and for the masses.
func (s *EvolutionState) numbers(u []float64, do func(any) error) error {
	counts := []int64{int64(s.Steps), int64(s.Rejected), int64(s.Iterations)}
	for _, v := range []any{
		counts, &s.Time, &s.Step, &s.Error, &s.Rate, &s.Distance, &s.Entropy,
		&s.Mass, &s.Negative, &s.Repaired, &s.next, &s.pace, u,
	} {
		if err := do(v); err != nil {
			return err
		}
	}
	s.Steps, s.Rejected, s.Iterations = int(counts[0]), int(counts[1]), int(counts[2])
	return nil
}

// A trait is something that has to be the same in an evolution that goes on.
type trait struct {
	name string
	of   []any
}

// traits returns all that has to be the same. Those that are sampled on the grid come last, and the
// coefficients after what says at which times they are sampled.
func (e *Evolution) traits() []trait {
	o := &e.opt
	var axes, coefficients []any
	for a := range e.grid.Dim() {
		ax := e.grid.Axis(a)
		axes = append(axes, ax.Edges(), int64(ax.Lower()), int64(ax.Upper()))
	}
	for _, t := range fingerprintTimes(o.End) {
		if p, err := e.course(t); err == nil { // formulas may end within the last step
			for _, list := range e.sampled(p) {
				coefficients = append(coefficients, list)
			}
		}
	}
	return []trait{
		{"order", []any{int64(o.Order)}},
		{"end", []any{o.End, o.StationaryTol}},
		{"output times", []any{o.Times}},
		{"error or length of a step", []any{o.Tol, o.InitialStep, o.MaxStep}},
		{"grid", axes},
		{"initial density", []any{e.first.Values}},
		{"coefficients", coefficients},
	}
}

// hintSize is the number of bytes of a fingerprint that are for one trait.
const hintSize = 2

// fingerprint tells evolutions apart, and is made once: of each trait the beginning of its hash, to tell
// what differs, and then the beginning of the hash of all, which is some hundred bits.
func (e *Evolution) fingerprint() [sha256.Size]byte {
	if e.mark != nil {
		return *e.mark
	}
	var mark [sha256.Size]byte
	all := sha256.New()
	_ = binary.Write(all, binary.LittleEndian, e.known) // a hash takes anything
	hints := mark[:0]
	for _, t := range e.traits() {
		hash := sha256.New()
		for _, v := range t.of {
			_ = binary.Write(hash, binary.LittleEndian, v)
		}
		sum := hash.Sum(nil)
		hints = append(hints, sum[:hintSize]...)
		all.Write(sum)
	}
	copy(mark[len(hints):], all.Sum(nil))
	e.mark = &mark
	return mark
}

// otherThan returns the error of a state that is another evolution's, with the traits that differ; what
// is sampled on another grid, or to another end, always does.
func (e *Evolution) otherThan(other *checkpoint.OtherError) error {
	var names []string
	have := e.fingerprint()
	for k, t := range e.traits() {
		i := k * hintSize
		sampled := t.name == "initial density" || t.name == "coefficients"
		if bytes.Equal(have[i:i+hintSize], other.Mark[i:i+hintSize]) ||
			sampled && slices.Contains(names, "grid") || t.name == "coefficients" && slices.Contains(names, "end") {
			continue
		}
		names = append(names, t.name)
	}
	if len(names) == 0 {
		return other
	}
	return fmt.Errorf("%w: other %s", other, strings.Join(names, ", other "))
}

// fingerprintPoints is the number of points at which coefficients are compared at most.
const fingerprintPoints = 1024

// fingerprintTimes returns the times at which they are compared, up to an end, 0 for none: 0 and,
// so that no period hides a difference, multiples of the golden ratio.
func fingerprintTimes(end float64) []float64 {
	times := []float64{0}
	for k := 1; end > 0 && k <= 64; k++ {
		_, f := math.Modf(float64(k) * math.Phi)
		times = append(times, end*f)
	}
	return times
}

// sampled returns all components of the problem at centres of cells all over the grid.
func (e *Evolution) sampled(p *Problem) [][]float64 {
	n := min(e.grid.Cells(), fingerprintPoints)
	x := block(e.grid.Dim(), n)
	at := make([]float64, e.grid.Dim())
	for k := range n {
		e.grid.Center(at, k*(e.grid.Cells()-1)/max(1, n-1))
		for a, v := range at {
			x[a][k] = v
		}
	}
	all := block(p.Equation.components(), n)
	p.Equation.Eval(all, x)
	return all
}
