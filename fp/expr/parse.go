package expr

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// Names are what a formula may refer to besides pi, e and the functions, which no
// name may hide.
type Names struct {
	Variables []string
	Constants map[string]float64
}

// An Error says what is wrong with a formula, and in which column.
type Error struct {
	Src    string
	Column int // of the first character concerned, from 1
	Msg    string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s, in column %d of %q", e.Msg, e.Column, e.Src)
}

const (
	maxLength  = 10000 // characters
	maxNesting = 200   // parentheses
)

// Reserved says whether a name has a meaning of its own in formulas.
func Reserved(name string) bool {
	return name == "pi" || name == "e" || slices.Contains(Functions(), name)
}

// Parse reads a formula. Errors are of type *[Error].
func Parse(src string, names Names) (Expr, error) {
	if err := checkSize(src); err != nil {
		return Expr{}, err
	}
	tree, err := parser.Parse(src)
	if err != nil {
		var at *file.Error
		if errors.As(err, &at) {
			return Expr{}, &Error{src, at.From + 1, at.Message}
		}
		return Expr{}, &Error{src, 1, err.Error()}
	}
	b := builder{src, names}
	return b.build(tree.Node)
}

func checkSize(src string) error {
	if len(src) > maxLength {
		return &Error{src[:40] + "…", maxLength, fmt.Sprintf("a formula of %d characters; want at most %d", len(src), maxLength)}
	}
	if strings.TrimSpace(src) == "" {
		return &Error{src, 1, "an empty formula"}
	}
	// Chains like 2^2^… and --x recurse in the parser as parentheses do.
	depth, chain := 0, strings.Count(src, "^")+strings.Count(src, "**")+strings.Count(src, "-")+strings.Count(src, "+")
	for i, r := range src {
		switch r {
		case '(', '[', '{', '?':
			depth++
		case ')', ']', '}':
			depth--
		}
		if depth > maxNesting {
			return &Error{src, i + 1, fmt.Sprintf("nested deeper than %d parentheses", maxNesting)}
		}
	}
	if chain > 4000 {
		return &Error{src[:40] + "…", 1, fmt.Sprintf("%d operators in one formula; want at most 4000", chain)}
	}
	return nil
}

// A builder turns the parser's tree into an Expr and refuses what is no formula.
type builder struct {
	src   string
	names Names
}

func (b *builder) fail(n ast.Node, format string, args ...any) (Expr, error) {
	return Expr{}, &Error{b.src, n.Location().From + 1, fmt.Sprintf(format, args...)}
}

func (b *builder) build(n ast.Node) (Expr, error) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return Num(float64(n.Value)), nil
	case *ast.FloatNode:
		if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) {
			return b.fail(n, "a number beyond double precision")
		}
		return Num(n.Value), nil
	case *ast.IdentifierNode:
		return b.name(n)
	case *ast.UnaryNode:
		a, err := b.build(n.Node)
		switch {
		case err != nil || n.Operator == "+":
			return a, err
		case n.Operator == "-":
			return Neg(a), nil
		}
		return b.fail(n, "%q has no meaning in a formula", n.Operator)
	case *ast.BinaryNode:
		return b.binary(n)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return b.call(n, callee.Value, n.Arguments)
		}
		return b.fail(n, "want the name of a function before (")
	case *ast.BuiltinNode:
		return b.call(n, n.Name, n.Arguments)
	}
	return b.fail(n, "want numbers, variables, + - * / ^ and functions; this is something else")
}

var infixOps = map[string]func(a, b Expr) Expr{"+": Add, "-": Sub, "*": Mul, "/": Div, "^": Pow, "**": Pow}

func (b *builder) binary(n *ast.BinaryNode) (Expr, error) {
	combine, ok := infixOps[n.Operator]
	if !ok {
		return b.fail(n, "%q has no meaning in a formula; want + - * / ^", n.Operator)
	}
	x, err := b.build(n.Left)
	if err != nil {
		return Expr{}, err
	}
	y, err := b.build(n.Right)
	if err != nil {
		return Expr{}, err
	}
	return combine(x, y), nil
}

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
	if slices.Contains(Functions(), n.Value) {
		return b.fail(n, "the function %s wants its argument in parentheses", n.Value)
	}
	return b.fail(n, "undefined name %q; defined are %s", n.Value, strings.Join(b.defined(), ", "))
}

// defined lists the variables, then the constants in alphabetical order.
func (b *builder) defined() []string {
	var constants []string
	for name := range b.names.Constants {
		constants = append(constants, name)
	}
	slices.Sort(constants)
	return slices.Concat(b.names.Variables, constants, []string{"pi", "e"})
}

func (b *builder) call(n ast.Node, name string, args []ast.Node) (Expr, error) {
	o := slices.IndexFunc(functions[:], func(f function) bool { return f.name == name })
	if o < 0 || name == "" {
		return b.fail(n, "there is no function %q; there are %s", name, strings.Join(Functions(), ", "))
	}
	f := functions[o]
	if len(args) != f.arity {
		return b.fail(n, "%s wants %d argument(s), has %d", name, f.arity, len(args))
	}
	x, err := b.build(args[0])
	if err != nil || f.arity == 1 {
		if err != nil {
			return Expr{}, err
		}
		return apply(op(o), x), nil
	}
	y, err := b.build(args[1])
	if err != nil {
		return Expr{}, err
	}
	return apply(op(o), x, y), nil
}
