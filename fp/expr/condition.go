package expr

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// A Condition says of every point whether it is in a set, as x < -0.8 and x^2 + y^2 < 4 do.
// It is safe for concurrent use.
type Condition struct {
	tape  *Tape // differences of the two sides of comparisons
	holds func(differences [][]float64) bool
}

// ParseCondition reads a condition: comparisons < <= > >= of formulas, also in a row, as in
// 0 < x < 1, with "and", "or", "not" and parentheses. Where a side is not a number, as in
// log(x) < 1 at x < 0, its comparison does not hold. Errors are those of [Parse].
func ParseCondition(src string, names Names) (*Condition, error) {
	if err := names.Check(); err != nil {
		return nil, err
	}
	b := conditionBuilder{builder: builder{[]rune(src), names}}
	if err := scan(b.src, true); err != nil {
		return nil, err
	}
	tree, err := parser.Parse(src)
	if err != nil {
		return nil, b.parserError(err)
	}
	holds, err := b.condition(tree.Node)
	if err != nil {
		return nil, err
	}
	return &Condition{Compile(b.differences, names.Variables), holds}, nil
}

// Holds says whether the condition does at a point, one number per variable.
func (c *Condition) Holds(point []float64) bool {
	x, d := make([][]float64, len(point)), make([][]float64, len(c.tape.outputs))
	for a := range x {
		x[a] = point[a : a+1]
	}
	values := make([]float64, len(d))
	for k := range d {
		d[k] = values[k : k+1]
	}
	c.tape.Eval(d, x)
	return c.holds(d)
}

// A conditionBuilder turns the parser's tree into a function of differences.
type conditionBuilder struct {
	builder
	differences []Expr
}

// holder says from the differences whether something holds.
type holder = func(d [][]float64) bool

func (b *conditionBuilder) condition(n ast.Node) (holder, error) {
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			of, err := b.condition(n.Node)
			return func(d [][]float64) bool { return !of(d) }, err
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			l, r, err := b.both(n)
			return func(d [][]float64) bool { return l(d) && r(d) }, err
		case "or", "||":
			l, r, err := b.both(n)
			return func(d [][]float64) bool { return l(d) || r(d) }, err
		case "<", "<=", ">", ">=":
			return b.comparison(n)
		case "==", "!=":
			_, err := b.fail(n, "%q leaves a set without volume, or all; want < <= > >=", n.Operator)
			return nil, err
		}
	}
	if _, err := b.build(n); err != nil {
		return nil, err
	}
	_, err := b.fail(n, "want a condition, as in x < 1; found a formula")
	return nil, err
}

func (b *conditionBuilder) both(n *ast.BinaryNode) (l, r holder, err error) {
	if l, err = b.condition(n.Left); err == nil {
		r, err = b.condition(n.Right)
	}
	return l, r, err
}

func (b *conditionBuilder) comparison(n *ast.BinaryNode) (holder, error) {
	sides, err := b.buildAll(n.Left, n.Right)
	if err != nil {
		return nil, err
	}
	if n.Operator[0] == '>' {
		slices.Reverse(sides)
	}
	k := len(b.differences)
	b.differences = append(b.differences, Sub(sides[1], sides[0]))
	if len(n.Operator) == 2 {
		return func(d [][]float64) bool { return d[k][0] >= 0 }, nil
	}
	return func(d [][]float64) bool { return d[k][0] > 0 }, nil
}
