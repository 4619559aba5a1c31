package expr

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// Parse reads a formula. What is wrong with the formula is an [*Error]; what is wrong
// with the names, an error of [Names.Check].
func Parse(src string, names Names) (Expr, error) {
	if err := names.Check(); err != nil {
		return Expr{}, err
	}
	b := builder{[]rune(src), names}
	if err := scan(b.src, false); err != nil {
		return Expr{}, err
	}
	tree, err := parser.Parse(src)
	if err != nil {
		return Expr{}, b.parserError(err)
	}
	e, err := b.build(tree.Node)
	if err != nil {
		return Expr{}, err
	}
	return e, nil
}

// A builder turns the parser's tree into an Expr and refuses whatever is not known to
// be a formula.
type builder struct {
	src   []rune
	names Names
}

// parserError puts a complaint of the parser into our words: after the scan, it can only
// be a token that should not be there. The parser places the end of the formula at its
// last character.
func (b *builder) parserError(err error) error {
	at := &file.Error{}
	errors.As(err, &at)
	if strings.HasPrefix(at.Message, "unexpected token EOF") {
		return syntaxError(b.src, len(b.src))
	}
	return syntaxError(b.src, at.From)
}

func (b *builder) fail(n ast.Node, format string, args ...any) (Expr, error) {
	return Expr{}, errorAt(b.src, n.Location().From, format, args...)
}

func (b *builder) build(n ast.Node) (Expr, error) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return Num(float64(n.Value)), nil
	case *ast.FloatNode:
		return Num(n.Value), nil
	case *ast.IdentifierNode:
		return b.name(n)
	case *ast.UnaryNode:
		return b.unary(n)
	case *ast.BinaryNode:
		return b.binary(n)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return b.call(n, callee.Value, n.Arguments)
		}
	case *ast.BuiltinNode:
		return b.call(n, n.Name, n.Arguments)
	}
	return b.fail(n, "want numbers, names, + - * / ^ and functions; found something else")
}

func (b *builder) unary(n *ast.UnaryNode) (Expr, error) {
	a, err := b.build(n.Node)
	switch {
	case err != nil || n.Operator == "+":
		return a, err
	case n.Operator == "-":
		return Neg(a), nil
	}
	return b.fail(n, "%q has no meaning in a formula; want + - * / ^", n.Operator)
}

var infixOps = map[string]func(a, b Expr) Expr{"+": Add, "-": Sub, "*": Mul, "/": Div, "^": Pow, "**": Pow}

func (b *builder) binary(n *ast.BinaryNode) (Expr, error) {
	combine, ok := infixOps[n.Operator]
	if !ok {
		return b.fail(n, "%q has no meaning in a formula; want + - * / ^", n.Operator)
	}
	v, err := b.buildAll(n.Left, n.Right)
	if err != nil {
		return Expr{}, err
	}
	return b.finite(n, combine(v[0], v[1]), v)
}

// buildAll builds several nodes, in order.
func (b *builder) buildAll(nodes ...ast.Node) ([]Expr, error) {
	var v []Expr
	for _, n := range nodes {
		e, err := b.build(n)
		if err != nil {
			return nil, err
		}
		v = append(v, e)
	}
	return v, nil
}

// finite refuses an operation on numbers that was not folded, as its value is not finite.
func (b *builder) finite(n ast.Node, e Expr, operands []Expr) (Expr, error) {
	if _, ok := e.Const(); !ok && !slices.ContainsFunc(operands, notNumber) {
		return b.fail(n, "%s has no finite value", e)
	}
	return e, nil
}

func notNumber(e Expr) bool { return e.n.op != opNum }

func (b *builder) name(n *ast.IdentifierNode) (Expr, error) {
	switch n.Value {
	case "pi":
		return Num(math.Pi), nil
	case "e":
		return Num(math.E), nil
	}
	if slices.Contains(b.names.Variables, n.Value) {
		return Var(n.Value), nil
	}
	if v, ok := b.names.Constants[n.Value]; ok {
		return Num(v), nil
	}
	if slices.Contains(functionNames(), n.Value) {
		return b.fail(n, "the function %s wants its arguments in parentheses", n.Value)
	}
	defined := b.names.defined()
	return b.fail(n, "undefined name %q; defined are %s%s", n.Value, strings.Join(defined, ", "), didYouMean(n.Value, defined))
}

func (b *builder) call(n ast.Node, name string, args []ast.Node) (Expr, error) {
	o := slices.IndexFunc(functions[:], func(f function) bool { return f.Name == name })
	if name == "" || o < 0 {
		return b.noFunction(n, name)
	}
	if want := functions[o].Arguments; len(args) != want {
		return b.fail(n, "%s wants %s; found %d", name, []string{1: "1 argument", 2: "2 arguments"}[want], len(args))
	}
	v, err := b.buildAll(args...)
	if err != nil {
		return Expr{}, err
	}
	if op(o) == opPowCall {
		return b.finite(n, Pow(v[0], v[1]), v)
	}
	return b.finite(n, apply(op(o), v[0], v[1:]...), v)
}

func (b *builder) noFunction(n ast.Node, name string) (Expr, error) {
	if slices.Contains(b.names.defined(), name) {
		return b.fail(n, "%s is no function; a product is written %s*(…)", name, name)
	}
	known := functionNames()
	return b.fail(n, "there is no function %q; there are %s%s", name, strings.Join(known, ", "), didYouMean(name, known))
}
