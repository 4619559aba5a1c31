package expr

import (
	"math"
	"slices"
	"sync"
)

// blockSize is the number of points that go through the tape at a time: its
// registers then stay in the caches, and the cost of an instruction is shared.
const blockSize = 512

// A Tape evaluates some formulas for blocks of points. Parts that the formulas have
// in common are computed once. It is safe for concurrent use.
type Tape struct {
	variables int
	code      []instruction
	registers int
	outputs   []int // register of each formula
	scratch   sync.Pool
}

// An instruction sets register dst from the registers a and b. The first registers
// are the variables.
type instruction struct {
	op        op
	dst, a, b int
	val       float64 // of opNum, and the exponent of opPow by a constant (b < 0)
}

// Compile returns the tape of the formulas, whose variables are numbered as given.
// It panics where a formula uses another.
func Compile(exprs []Expr, variables []string) *Tape {
	c := compiler{variables: variables, known: map[key]int{}, seen: map[*node]int{}}
	t := &Tape{variables: len(variables)}
	for _, e := range exprs {
		t.outputs = append(t.outputs, c.emit(e.n))
	}
	t.code = c.code
	t.registers = len(variables) + len(c.code)
	t.share()
	t.scratch.New = func() any { return t.newScratch() }
	return t
}

// A compiler numbers values: two nodes with the same operation on the same values
// are one.
type compiler struct {
	variables []string
	code      []instruction
	known     map[key]int
	seen      map[*node]int
}

type key struct {
	op   op
	val  uint64
	a, b int
}

// emit returns the register of n.
func (c *compiler) emit(n *node) int {
	if r, ok := c.seen[n]; ok {
		return r
	}
	r := c.value(n)
	c.seen[n] = r
	return r
}

func (c *compiler) value(n *node) int {
	if n.op == opVar {
		r := slices.Index(c.variables, n.name)
		if r < 0 {
			panic("expr: Compile: a formula uses the variable " + n.name)
		}
		return r
	}
	in := instruction{op: n.op, val: n.val, a: -1, b: -1}
	if n.a != nil {
		in.a = c.emit(n.a)
	}
	if n.b != nil {
		if y, ok := (Expr{n.b}).Const(); ok && n.op == opPow {
			in.val = y
		} else {
			in.b = c.emit(n.b)
		}
	}
	k := key{in.op, math.Float64bits(in.val), in.a, in.b}
	if r, ok := c.known[k]; ok {
		return r
	}
	in.dst = len(c.variables) + len(c.code)
	c.code = append(c.code, in)
	c.known[k] = in.dst
	return in.dst
}

// share renames registers, so that one is used again when its value has been read
// for the last time. Outputs are kept to the end.
func (t *Tape) share() {
	last := make([]int, t.registers)
	for i, in := range t.code {
		for _, r := range [2]int{in.a, in.b} {
			if r >= 0 {
				last[r] = i
			}
		}
	}
	for _, r := range t.outputs {
		last[r] = len(t.code)
	}
	name := make([]int, t.registers)
	for v := range t.variables {
		name[v] = v
	}
	var free []int
	used := t.variables
	for i := range t.code {
		in := &t.code[i]
		value := in.dst
		if n := len(free); n > 0 {
			name[value], free = free[n-1], free[:n-1]
		} else {
			name[value] = used
			used++
		}
		for k, r := range [2]int{in.a, in.b} {
			if r >= t.variables && last[r] == i && (k == 0 || r != in.a) {
				free = append(free, name[r])
			}
		}
		in.dst = name[value]
		if in.a >= 0 {
			in.a = name[in.a]
		}
		if in.b >= 0 {
			in.b = name[in.b]
		}
	}
	for k, r := range t.outputs {
		t.outputs[k] = name[r]
	}
	t.registers = used
}

// scratch is what one call of Eval works on.
type scratch struct {
	store [][]float64 // blockSize numbers per register
	reg   [][]float64 // the values at hand: one, or one per point
}

func (t *Tape) newScratch() *scratch {
	s := &scratch{store: make([][]float64, t.registers), reg: make([][]float64, t.registers)}
	for r := t.variables; r < t.registers; r++ {
		s.store[r] = make([]float64, blockSize)
	}
	return s
}

// Eval sets dst[k][i] to formula k at point i. x[a] holds variable a: as many numbers
// as there are points, or one that all points share; what depends on shared
// variables alone is computed once. len(dst) and len(x) are those of Compile.
func (t *Tape) Eval(dst, x [][]float64) {
	if len(dst) != len(t.outputs) || len(x) != t.variables {
		panic("expr: Eval: want one slice per formula and per variable")
	}
	if len(dst) == 0 {
		return
	}
	points := len(dst[0])
	s := t.scratch.Get().(*scratch)
	for lo := 0; lo < points; lo += blockSize {
		hi := min(lo+blockSize, points)
		for a, v := range x {
			if len(v) == 1 {
				s.reg[a] = v
			} else {
				s.reg[a] = v[lo:hi]
			}
		}
		for i := range t.code {
			s.run(&t.code[i], hi-lo)
		}
		for k, r := range t.outputs {
			v := s.reg[r]
			if len(v) == 1 {
				fill(dst[k][lo:hi], v[0])
			} else {
				copy(dst[k][lo:hi], v)
			}
		}
	}
	clear(s.reg)
	t.scratch.Put(s)
}

func fill(dst []float64, v float64) {
	for i := range dst {
		dst[i] = v
	}
}

// run executes one instruction for n points.
func (s *scratch) run(in *instruction, n int) {
	store := s.store[in.dst]
	if in.op == opNum {
		store[0] = in.val
		s.reg[in.dst] = store[:1]
		return
	}
	a := s.reg[in.a]
	size := len(a)
	var b []float64
	if in.b >= 0 {
		b = s.reg[in.b]
		size = max(size, len(b))
	}
	if size > 1 {
		size = n
	}
	dst := store[:size]
	s.reg[in.dst] = dst
	switch {
	case in.b >= 0:
		binary(in.op, dst, a, b)
	case in.op == opPow:
		powers(dst, a, in.val)
	case in.op == opNeg:
		for i, v := range a {
			dst[i] = -v
		}
	default:
		unary(in.op, dst, a)
	}
}

// unary applies a function to every point; the frequent ones without a call through a pointer.
func unary(o op, dst, a []float64) {
	dst = dst[:len(a)]
	switch o {
	case opExp:
		for i, v := range a {
			dst[i] = math.Exp(v)
		}
	case opSin:
		for i, v := range a {
			dst[i] = math.Sin(v)
		}
	case opCos:
		for i, v := range a {
			dst[i] = math.Cos(v)
		}
	case opSqrt:
		for i, v := range a {
			dst[i] = math.Sqrt(v)
		}
	default:
		f := functions[o].value
		for i, v := range a {
			dst[i] = f(v, 0)
		}
	}
}

// powers sets dst = a^y by multiplications where y is a small integer.
func powers(dst, a []float64, y float64) {
	dst = dst[:len(a)]
	switch y {
	case 2:
		for i, v := range a {
			dst[i] = v * v
		}
	case 3:
		for i, v := range a {
			dst[i] = v * (v * v)
		}
	default:
		for i, v := range a {
			dst[i] = power(v, y)
		}
	}
}

// binary applies an operation to two registers, either of which may hold one number.
func binary(o op, dst, a, b []float64) {
	switch {
	case len(a) == len(b):
		vectors(o, dst, a, b)
	case len(b) == 1:
		vectorScalar(o, dst, a, b[0])
	default:
		scalarVector(o, dst, a[0], b)
	}
}

func vectors(o op, dst, a, b []float64) {
	dst, b = dst[:len(a)], b[:len(a)]
	switch o {
	case opAdd:
		for i, v := range a {
			dst[i] = v + b[i]
		}
	case opSub:
		for i, v := range a {
			dst[i] = v - b[i]
		}
	case opMul:
		for i, v := range a {
			dst[i] = v * b[i]
		}
	case opDiv:
		for i, v := range a {
			dst[i] = v / b[i]
		}
	default:
		for i, v := range a {
			dst[i] = o.value(v, b[i])
		}
	}
}

func vectorScalar(o op, dst, a []float64, y float64) {
	dst = dst[:len(a)]
	switch o {
	case opAdd:
		for i, v := range a {
			dst[i] = v + y
		}
	case opSub:
		for i, v := range a {
			dst[i] = v - y
		}
	case opMul:
		for i, v := range a {
			dst[i] = v * y
		}
	case opDiv:
		for i, v := range a {
			dst[i] = v / y
		}
	default:
		for i, v := range a {
			dst[i] = o.value(v, y)
		}
	}
}

func scalarVector(o op, dst []float64, x float64, b []float64) {
	dst = dst[:len(b)]
	switch o {
	case opAdd, opMul: // commute, to the last bit
		vectorScalar(o, dst, b, x)
	case opSub:
		for i, v := range b {
			dst[i] = x - v
		}
	case opDiv:
		for i, v := range b {
			dst[i] = x / v
		}
	default:
		for i, v := range b {
			dst[i] = o.value(x, v)
		}
	}
}
