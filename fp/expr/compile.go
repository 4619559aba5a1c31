package expr

import (
	"math"
	"slices"
)

// An instruction computes a value from the values a and b, which are numbered: first the
// variables, then the instructions. b, or both, are −1 where there are fewer operands.
type instruction struct {
	op       op
	a, b     int
	val      float64 // of opNum
	register int     // where the values of a block go; none for opNum
}

// Compile returns the tape of the formulas. Variable a of the tape is variables[a]. Parts
// that the formulas have in common, or that occur in one of them several times, are
// computed once. It panics where a formula uses another variable.
func Compile(exprs []Expr, variables []string) *Tape {
	c := newCompiler(variables)
	t := &Tape{variables: len(variables)}
	for _, e := range exprs {
		t.outputs = append(t.outputs, c.emit(e.n))
	}
	t.code = c.code
	t.assignRegisters()
	t.scratch.New = func() any { return newScratch(t) }
	return t
}

// A compiler numbers values: two nodes with the same operation on the same values have
// the same number. Numbers depend on the formulas alone, as no map is walked.
type compiler struct {
	variables []string
	code      []instruction
	known     map[key]int
	seen      map[*node]int
}

// A key tells instructions apart; by the bits of a number, for 0 and −0.
type key struct {
	op   op
	a, b int
	bits uint64
}

func newCompiler(variables []string) *compiler {
	return &compiler{variables: variables, known: map[key]int{}, seen: map[*node]int{}}
}

// emit returns the number of the value of n.
func (c *compiler) emit(n *node) int {
	if v, ok := c.seen[n]; ok {
		return v
	}
	v := c.value(n)
	c.seen[n] = v
	return v
}

func (c *compiler) value(n *node) int {
	switch {
	case n.op == opNum:
		return c.number(n.val)
	case n.op == opVar:
		v := slices.Index(c.variables, n.name)
		if v < 0 {
			panic("expr: Compile: a formula uses the variable " + n.name)
		}
		return v
	case n.b == nil:
		return c.add(n.op, c.emit(n.a), -1)
	case n.b.op == opNum && n.op == opPow:
		return c.power(n)
	case n.b.op == opNum && n.op == opDiv && powerOfTwo(n.b.val):
		return c.add(opMul, c.emit(n.a), c.number(1/n.b.val)) // the same bits, faster
	}
	return c.add(n.op, c.emit(n.a), c.emit(n.b))
}

// power emits x^y for a number y with the operations of the function power.
func (c *compiler) power(n *node) int {
	x, y := c.emit(n.a), n.b.val
	digits, half, ok := splitPower(y)
	if !ok {
		return c.add(opPow, x, c.number(y))
	}
	v := -1 // the empty product
	times := func(factor int) {
		if v < 0 {
			v = factor
		} else {
			v = c.add(opMul, v, factor)
		}
	}
	for square := x; digits > 0; digits >>= 1 {
		if digits&1 == 1 {
			times(square)
		}
		if digits > 1 {
			square = c.add(opMul, square, square)
		}
	}
	if half {
		times(c.add(opSqrt, x, -1))
	}
	if y < 0 {
		return c.add(opDiv, c.number(1), v)
	}
	return v
}

func (c *compiler) number(v float64) int {
	return c.intern(instruction{op: opNum, a: -1, b: -1, val: v})
}

// add returns the number of op(a, b). Sums and products are the same, to the last bit,
// in either order.
func (c *compiler) add(o op, a, b int) int {
	if (o == opAdd || o == opMul) && a > b {
		a, b = b, a
	}
	return c.intern(instruction{op: o, a: a, b: b})
}

func (c *compiler) intern(in instruction) int {
	k := key{in.op, in.a, in.b, math.Float64bits(in.val)}
	if v, ok := c.known[k]; ok {
		return v
	}
	v := len(c.variables) + len(c.code)
	c.code = append(c.code, in)
	c.known[k] = v
	return v
}

// powerOfTwo says whether 1/v is exact and normal.
func powerOfTwo(v float64) bool {
	fraction, exponent := math.Frexp(v)
	return math.Abs(fraction) == 0.5 && -1000 < exponent && exponent < 1000
}

// assignRegisters gives every instruction a register, one again where the value it held
// has been read for the last time: few registers stay in the caches. An instruction may
// overwrite its own operand, as it goes point by point. Outputs are kept to the end.
func (t *Tape) assignRegisters() {
	last := make([]int, t.variables+len(t.code))
	for i, in := range t.code {
		for _, v := range [2]int{in.a, in.b} {
			if v >= 0 {
				last[v] = i
			}
		}
	}
	for _, v := range t.outputs {
		last[v] = len(t.code)
	}
	var free []int
	for i := range t.code {
		in := &t.code[i]
		if in.op == opNum {
			continue
		}
		if t.hasRegister(in.a) && last[in.a] == i {
			free = append(free, t.code[in.a-t.variables].register)
		}
		if t.hasRegister(in.b) && last[in.b] == i && in.b != in.a {
			free = append(free, t.code[in.b-t.variables].register)
		}
		if len(free) == 0 {
			free = append(free, t.registers)
			t.registers++
		}
		in.register, free = free[len(free)-1], free[:len(free)-1]
	}
}

// hasRegister says whether value v is computed point by point.
func (t *Tape) hasRegister(v int) bool {
	return v >= t.variables && t.code[v-t.variables].op != opNum
}
