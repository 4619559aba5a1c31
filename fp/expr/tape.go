package expr

import "sync"

// blockSize is the number of points that go through the tape at a time: the registers
// then stay in the caches, and the cost of decoding an instruction is spread.
const blockSize = 512

// A Tape evaluates formulas for many points. It is safe for concurrent use.
type Tape struct {
	variables int
	code      []instruction
	registers int
	outputs   []int // value of each formula
	scratch   sync.Pool
}

// scratch is what one call of Eval works on.
type scratch struct {
	shared []bool      // per value: it is the same at all points
	scalar []float64   // per value: what it is, if shared
	block  [][]float64 // per value: what it is at the points of the block, if not shared
	store  [][]float64 // per register: blockSize numbers
}

func newScratch(t *Tape) *scratch {
	values := t.variables + len(t.code)
	s := &scratch{make([]bool, values), make([]float64, values), make([][]float64, values), make([][]float64, t.registers)}
	for r := range s.store {
		s.store[r] = make([]float64, blockSize)
	}
	return s
}

// Eval sets dst[k][i] to formula k at point i. x[a] holds variable a: as many numbers as
// there are points, or one that all points share. What depends on shared variables alone
// is computed once. The numbers of slices are those of Compile; dst must not overlap x.
func (t *Tape) Eval(dst, x [][]float64) {
	if len(dst) != len(t.outputs) || len(x) != t.variables {
		panic("expr: Eval: want one slice per formula and one per variable")
	}
	if len(dst) == 0 {
		return
	}
	points := len(dst[0])
	checkLengths(dst, x, points)
	s := t.scratch.Get().(*scratch)
	s.runShared(t, x)
	for lo := 0; lo < points; lo += blockSize {
		hi := min(lo+blockSize, points)
		s.runBlock(t, x, lo, hi)
		for k, v := range t.outputs {
			if s.shared[v] {
				fill(dst[k][lo:hi], s.scalar[v])
			} else {
				copy(dst[k][lo:hi], s.block[v])
			}
		}
	}
	clear(s.block[:t.variables]) // keeps nothing of the caller's
	t.scratch.Put(s)
}

func checkLengths(dst, x [][]float64, points int) {
	for _, v := range dst {
		if len(v) != points {
			panic("expr: Eval: want as many points in every slice of dst")
		}
	}
	for _, v := range x {
		if len(v) != points && len(v) != 1 {
			panic("expr: Eval: want one number per variable or one per point")
		}
	}
}

// runShared finds and computes what is the same at all points.
func (s *scratch) runShared(t *Tape, x [][]float64) {
	for a, v := range x {
		s.shared[a] = len(v) == 1
		if s.shared[a] {
			s.scalar[a] = v[0]
		}
	}
	for i := range t.code {
		in, v := &t.code[i], t.variables+i
		switch {
		case in.op == opNum:
			s.shared[v], s.scalar[v] = true, in.val
		case in.b < 0:
			if s.shared[v] = s.shared[in.a]; s.shared[v] {
				s.scalar[v] = in.op.value(s.scalar[in.a], 0)
			}
		default:
			if s.shared[v] = s.shared[in.a] && s.shared[in.b]; s.shared[v] {
				s.scalar[v] = in.op.value(s.scalar[in.a], s.scalar[in.b])
			}
		}
	}
}

// runBlock computes the rest for the points from lo to hi.
func (s *scratch) runBlock(t *Tape, x [][]float64, lo, hi int) {
	for a, v := range x {
		if !s.shared[a] {
			s.block[a] = v[lo:hi]
		}
	}
	for i := range t.code {
		in, v := &t.code[i], t.variables+i
		if s.shared[v] {
			continue
		}
		dst := s.store[in.register][:hi-lo]
		s.block[v] = dst
		switch {
		case in.b < 0:
			mapVector(in.op, dst, s.block[in.a])
		case s.shared[in.a]:
			scalarVector(in.op, dst, s.scalar[in.a], s.block[in.b])
		case s.shared[in.b]:
			vectorScalar(in.op, dst, s.block[in.a], s.scalar[in.b])
		default:
			vectors(in.op, dst, s.block[in.a], s.block[in.b])
		}
	}
}

func fill(dst []float64, v float64) {
	for i := range dst {
		dst[i] = v
	}
}
