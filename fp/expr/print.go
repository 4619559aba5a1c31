package expr

import (
	"math"
	"strconv"
	"strings"
)

// infix gives the symbol and the precedence of the operators: of the whole, and what
// each operand must have to go without parentheses.
var infix = [opCount]struct {
	symbol             string
	level, left, right int
}{
	opAdd: {" + ", 1, 1, 2},
	opSub: {" - ", 1, 1, 2},
	opMul: {"*", 2, 2, 3},
	opDiv: {"/", 2, 2, 3},
	opNeg: {"-", 3, 0, 4},
	opPow: {"^", 5, 6, 5},
}

// String returns a formula that [Parse] reads back, with the same variables declared,
// as one of the same bits. Parts that are shared are written out every time. Only two
// kinds do not read back: those longer than Parse takes, and those with a part such as
// log(-2) that has no finite value, which derivatives may have.
func (e Expr) String() string {
	var b strings.Builder
	e.n.write(&b, 0)
	return b.String()
}

// write adds n, in parentheses where it binds less tightly than outer asks.
func (n *node) write(b *strings.Builder, outer int) {
	switch {
	case n.op == opNum:
		writeNumber(b, n.val)
	case n.op == opVar:
		b.WriteString(n.name)
	case infix[n.op].symbol == "":
		b.WriteString(functions[n.op].Name + "(")
		n.a.write(b, 0)
		if n.b != nil {
			b.WriteString(", ")
			n.b.write(b, 0)
		}
		b.WriteString(")")
	case infix[n.op].level < outer:
		b.WriteString("(")
		n.writeInfix(b)
		b.WriteString(")")
	default:
		n.writeInfix(b)
	}
}

func (n *node) writeInfix(b *strings.Builder) {
	form := infix[n.op]
	if n.b == nil {
		b.WriteString(form.symbol)
		n.a.write(b, form.right)
		return
	}
	n.a.write(b, form.left)
	b.WriteString(form.symbol)
	n.b.write(b, form.right)
}

// writeNumber adds the shortest decimal that reads back as v.
func writeNumber(b *strings.Builder, v float64) {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if math.Signbit(v) {
		s = "(" + s + ")"
	}
	b.WriteString(s)
}
