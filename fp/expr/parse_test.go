package expr

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/expr-lang/expr/parser"
)

// must parses a formula of the variables, and of c = 0.3.
func must(t testing.TB, src string, variables ...string) Expr {
	t.Helper()
	e, err := Parse(src, Names{Variables: variables, Constants: map[string]float64{"c": 0.3}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// at evaluates a formula at one point.
func at(e Expr, variables []string, point ...float64) float64 {
	x := make([][]float64, len(point))
	for a := range x {
		x[a] = point[a : a+1]
	}
	dst := outputs(1, 1)
	Compile([]Expr{e}, variables).Eval(dst, x)
	return dst[0][0]
}

// outputs returns k slices of n points.
func outputs(k, n int) [][]float64 {
	out := make([][]float64, k)
	for i := range out {
		out[i] = make([]float64, n)
	}
	return out
}

func TestPrecedenceIsThatOfMathematics(t *testing.T) {
	const x, y = 1.7, -0.6
	for _, c := range []struct {
		src  string
		want float64
	}{
		{"-x^2", -(x * x)},
		{"(-x)^2", x * x},
		{"-2^2", -4},
		{"2^3^2", 512},
		{"(2^3)^2", 64},
		{"2**3**2", 512},
		{"2^-1", 0.5},
		{"2^-x", 1 / math.Pow(2, x)},
		{"2^-1^2", 0.5},
		{"1/3", 1.0 / 3},
		{"7/2", 3.5},
		{"8/4/2", 1},
		{"8/(4/2)", 4},
		{"2-3-4", -5},
		{"2-(3-4)", 3},
		{"x/y*x", x / y * x},
		{"x*y/x", x * y / x},
		{"-x*y", -x * y},
		{"x*-y", x * -y},
		{"x--y", x - -y},
		{"2*3+4*5", 26},
		{"(2+3)*4", 20},
		{"2*x^2", 2 * (x * x)},
		{"--2", 2},
		{"+x", x},
		{"1e-3*1E3", 1},
		{".5*2.", 1},
		{"min(2, 3) + max(2, 3)", 5},
		{"abs(-c)", 0.3},
		{"pow(x, 2) - x^2", 0},
		{"atan2(1, -1)", 3 * math.Pi / 4},
		{"cos(pi)", -1},
		{"log(e)", 1},
		{"e^x", math.Exp(x)},
		{"\tx\n+\r\n y ", x + y},
	} {
		// 4 roundings at most, here and there.
		if got := at(must(t, c.src, "x", "y"), []string{"x", "y"}, x, y); math.Abs(got-c.want) > 8*0x1p-53*math.Abs(c.want) {
			t.Errorf("%s = %v, want %v", c.src, got, c.want)
		}
	}
}

func TestErrorsNameWhatIsWrongAndWhere(t *testing.T) {
	for _, c := range []struct {
		src    string
		line   int
		column int
		want   string
	}{
		{"", 1, 1, "want a formula; found nothing"},
		{" \n ", 1, 1, "want a formula; found nothing"},
		{"x + q", 1, 5, `undefined name "q"; defined are x, c, kappa, pi, e`},
		{"2*kapa", 1, 3, `; did you mean "kappa"?`},
		{"PI*x", 1, 1, `; did you mean "pi"?`},
		{"x\n+\n  q*x", 3, 3, "undefined name"},
		{"κ + q", 1, 1, "undefined name"},
		{"1.0 + λ + x", 1, 7, "undefined name"},
		{"sine(x)", 1, 1, `there is no function "sine"; there are sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, asinh, acosh, atanh, exp, expm1, log, log1p, sqrt, erf, abs, sign, min, max, pow; did you mean "sin"?`},
		{"ln(x)", 1, 1, `did you mean "log"?`},
		{"x + len(x)", 1, 5, `there is no function "len"`},
		{"sum(x)", 1, 1, `there is no function "sum"`},
		{"x(2)", 1, 1, "x is no function; a product is written x*("},
		{"sin(x, x)", 1, 1, "sin wants 1 argument; found 2"},
		{"2*min(x)", 1, 3, "min wants 2 arguments; found 1"},
		{"sin()", 1, 1, "sin wants 1 argument; found 0"},
		{"2 + sin", 1, 5, "the function sin wants its arguments in parentheses"},
		{"2 + sin x", 1, 5, "the function sin wants its arguments in parentheses"},
		{"x +", 1, 4, "want a number, a name, a function or (; the formula ends here"},
		{"x + ", 1, 4, "the formula ends here"},
		{"x * (2 + (x)", 1, 5, "this ( is never closed"},
		{"(x", 1, 1, "this ( is never closed"},
		{"x\n+ sin(x\n", 2, 6, "this ( is never closed"},
		{"x) + 1", 1, 2, "this ) closes nothing"},
		{"(x, 2)", 1, 3, "a comma stands only between the arguments"},
		{"max(x, )", 1, 8, `want an argument; found ")"`},
		{"max(, x)", 1, 5, `want a number, a name, a function or (; found ","`},
		{"x + * 2", 1, 5, `want a number, a name, a function or (; found "*"`},
		{"()", 1, 2, `want a number, a name, a function or (; found ")"`},
		{"x kappa", 1, 3, `want an operator before "kappa"; a product is written with *`},
		{"2 (x)", 1, 3, `want an operator before "("; a product is written with *`},
		{"1 + 2x", 1, 5, `"2x" is no number; a product is written 2*x`},
		{"2exp(x)", 1, 1, `"2exp" is no number; a product is written 2*exp`},
		{"0x1F", 1, 1, `"0x1F" is no number`},
		{"1_000", 1, 1, `"1_000" is no number`},
		{"1e", 1, 1, `"1e" is no number`},
		{"x + 1.2.3", 1, 5, `"1.2.3" is no number`},
		{"1..2", 1, 1, `"1..2" is no number`},
		{"x + 1e400", 1, 5, "the number 1e400 is beyond double precision"},
		{"x + 99999999999999999999", 1, 5, "write it with a decimal point, 99999999999999999999.0"},
		{"x + 1/(2-2)", 1, 6, "1/0 has no finite value"},
		{"log(-1)", 1, 1, "log((-1)) has no finite value"},
		{"1e308*10", 1, 6, "has no finite value"},
		{"pow(0, -1)", 1, 1, "has no finite value"},
		{"x²", 1, 2, `"²" has no meaning in a formula: a square is written ^2`},
		{"2·x", 1, 2, "a product is written with *"},
		{"x − 2", 1, 3, "minus is written with -"},
		{"[1, 2]", 1, 1, `"[" has no meaning in a formula: parts are grouped with ( )`},
		{"{x: 1}", 1, 1, "parts are grouped with ( )"},
		{"x[0]", 1, 2, "parts are grouped with ( )"},
		{"x.y", 1, 2, `"." has no meaning in a formula`},
		{"let z = 3; z*x", 1, 1, `"let" has no meaning in a formula`},
		{"x > 0 ? 1 : 2", 1, 3, "formulas have no conditions"},
		{"x ? 1 : 2", 1, 3, "formulas have no conditions"},
		{"x | sin", 1, 3, "formulas have no conditions"},
		{"x == 1", 1, 3, "formulas have no conditions"},
		{"if x {1} else {2}", 1, 1, `"if" has no meaning in a formula`},
		{"x and not x", 1, 3, `"and" has no meaning in a formula`},
		{"true", 1, 1, `"true" has no meaning in a formula`},
		{"2*nil", 1, 3, `"nil" has no meaning in a formula`},
		{"x // 2", 1, 3, `"//" has no meaning in a formula: formulas have no comments`},
		{"x /* half */", 1, 3, `"/*" has no meaning in a formula`},
		{"x # half", 1, 3, `"#" has no meaning in a formula`},
		{"x % 2", 1, 3, `"%" has no meaning in a formula; want numbers`},
		{"x; x", 1, 2, `";" has no meaning in a formula`},
		{"x + 'a'", 1, 5, "formulas have no text"},
		{"$env", 1, 1, `"$" has no meaning in a formula`},
		{"x + \xff", 1, 5, "has no meaning in a formula"},
		{strings.Repeat("(", 300) + "x" + strings.Repeat(")", 300), 1, 201, "nested deeper than 200 parentheses"},
		{strings.Repeat("x+", maxLength) + "x", 1, maxLength + 1, "a formula of 20001 characters; want at most 10000"},
	} {
		_, err := Parse(c.src, Names{Variables: []string{"x"}, Constants: map[string]float64{"c": 1, "kappa": 2}})
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Msg, c.want) || e.Line != c.line || e.Column != c.column || e.Src != strings.ToValidUTF8(c.src, "\ufffd") {
			t.Errorf("%.40q: %v\n\twant %q in line %d, column %d", c.src, err, c.want, c.line, c.column)
		}
	}
}

func TestErrorShowsTheLine(t *testing.T) {
	long := strings.Repeat("x + ", 50) + "q" + strings.Repeat(" + x", 50)
	for src, want := range map[string]string{
		"x + q":          `undefined name "q"; defined are x, pi, e, in column 5 of "x + q"`,
		"x\n + q\n":      `undefined name "q"; defined are x, pi, e, in line 2, column 4 of " + q"`,
		long:             `undefined name "q"; defined are x, pi, e, in column 201 of "…` + long[170:230] + `…"`,
		long[:201]:       `undefined name "q"; defined are x, pi, e, in column 201 of "…` + long[141:201] + `"`,
		"q" + long[201:]: `undefined name "q"; defined are x, pi, e, in column 1 of "` + ("q" + long[201:])[:60] + `…"`,
	} {
		_, err := Parse(src, Names{Variables: []string{"x"}})
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// The walk over the parser's tree takes what it knows and nothing else, whatever the
// scan before it let through.
func TestWalkRefusesWhatIsNoFormula(t *testing.T) {
	for _, src := range []string{
		"[1, 2]", "{a: 1}", "x.y", "x?.y", "x[0]", "x[1:2]", "let z = 3; z*x", "x ? 1 : 2", "x; x", "'a'", `b"a"`, "true", "nil",
		"not x", "!x", "x > 0", "x == 1", "x and x", "x in [1]", "1..2", "x % 2", "x ?? 1", "len(x)", "x | len()", "map([x], #)",
		"x.f(x)", "if x {1} else {2}", "-'a'", "sin(true)", "x^[2]", "max(x, x.y)", "all([x], # > 0)", "$env", "::len(x)",
	} {
		tree, err := parser.Parse(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		b := builder{[]rune(src), Names{Variables: []string{"x"}}}
		var e *Error
		if v, err := b.build(tree.Node); !errors.As(err, &e) {
			t.Errorf("%s gives %v, %v; want an *Error", src, v, err)
		}
	}
}

// Recursion goes as deep as a formula is long, and no deeper.
func TestLongChains(t *testing.T) {
	for _, src := range []string{
		strings.Repeat("-", maxLength-1) + "x",
		strings.Repeat("x+", maxLength/2-1) + "x",
		strings.Repeat("x-", maxLength/2-1) + "x",
		strings.Repeat("1^", maxLength/2-1) + "x",
		strings.Repeat("x^", maxLength/2-1) + "1",
		strings.Repeat("x/", maxLength/2-1) + "x",
		strings.Repeat("sin(", maxNesting) + "x" + strings.Repeat(")", maxNesting),
	} {
		e := must(t, src, "x")
		if v := at(e.Diff("x"), []string{"x"}, 1); math.IsNaN(v) {
			t.Errorf("%.20s…: slope %v at 1", src, v)
		}
	}
}

func TestNamesAreChecked(t *testing.T) {
	for _, c := range []struct {
		names Names
		want  string
	}{
		{Names{Variables: []string{"x", "e"}}, `variable "e": the name has a meaning of its own`},
		{Names{Variables: []string{"x", "x"}}, `variable "x": declared twice`},
		{Names{Variables: []string{"in"}}, `variable "in": the name has a meaning`},
		{Names{Variables: []string{"2x"}}, `variable "2x": want a name of letters, digits and _, not starting with a digit; found '2'`},
		{Names{Variables: []string{"x y"}}, `found ' '`},
		{Names{Variables: []string{""}}, `variable "": want a name`},
		{Names{Constants: map[string]float64{"sin": 1}}, `constant "sin": the name has a meaning`},
		{Names{Constants: map[string]float64{"c": math.Inf(1)}}, `constant "c": want a finite number, have +Inf`},
		{Names{Variables: []string{"c"}, Constants: map[string]float64{"c": 1}}, `constant "c": a variable has this name`},
	} {
		_, err := Parse("1", c.names)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.names, err, c.want)
		}
	}
	for _, name := range []string{"len", "sum", "b", "θ_1", "_"} { // words of the parser that are names all the same
		if v := at(must(t, "2*"+name+"^2", name), []string{name}, 3); v != 18 {
			t.Errorf("2*%s^2 at 3 is %v, want 18", name, v)
		}
	}
}
