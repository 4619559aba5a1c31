package fp

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/ness-fp/ness/fp/checkpoint"
)

// evolutionMagic begins saved evolutions: their numbers are those of the state and the masses.
const evolutionMagic = "nessevo\x01"

// Save writes the state, from which [Evolution.Restore] goes on with the same bits.
func (e *Evolution) Save(w io.Writer) error {
	s := e.state
	return checkpoint.Write(w, evolutionMagic, e.fingerprint(), func(do func(any) error) error { return s.numbers(e.u, do) })
}

// IsSavedEvolution says whether a saved evolution is what r begins with.
func IsSavedEvolution(r io.Reader) bool {
	head := make([]byte, len(evolutionMagic))
	_, err := io.ReadFull(r, head)
	return err == nil && string(head) == evolutionMagic
}

// Restore sets the state to one that was saved by an evolution of the same course, start and
// options, but for Output, Progress and MaxSteps. Courses are told apart by coefficients at
// some points and times. On an error, those of [checkpoint.Read], e is unchanged.
func (e *Evolution) Restore(r io.Reader) error {
	var s EvolutionState
	u := make([]float64, len(e.u))
	if err := checkpoint.Read(r, evolutionMagic, e.fingerprint(), func(do func(any) error) error { return s.numbers(u, do) }); err != nil {
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

// fingerprint is a hash of all that has to be the same, made once.
func (e *Evolution) fingerprint() [sha256.Size]byte {
	if e.mark != nil {
		return *e.mark
	}
	hash := sha256.New()
	o := &e.opt
	fmt.Fprintf(hash, "%v %x %x %x %x %x %x\n", o.Order, o.End, o.StationaryTol, o.Times, o.Tol, o.InitialStep, o.MaxStep)
	for a := range e.grid.Dim() {
		ax := e.grid.Axis(a)
		fmt.Fprintf(hash, "%x %v %v\n", ax.Edges(), ax.Lower(), ax.Upper())
	}
	lists := [][]float64{e.initial, e.known}
	for _, t := range fingerprintTimes(o.End) {
		if p, err := e.course(t); err == nil { // formulas may end within the last step
			lists = append(lists, e.sampled(p)...)
		}
	}
	for _, list := range lists {
		_ = binary.Write(hash, binary.LittleEndian, list) // a hash takes anything
	}
	e.mark = (*[sha256.Size]byte)(hash.Sum(nil))
	return *e.mark
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
