package expr

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// FuzzExpr: Parse gives a formula or an *Error inside the source, and never panics. A
// formula that parses prints as one of the same bits, and its derivative integrates to it.
func FuzzExpr(f *testing.F) {
	for _, s := range []string{
		"x^2-1", "-x^2*3", "sin(x)/(1+x^2)", "2^-x", "x-(y-1)", "x/(y/2)", "abs(min(x, y))", "1e400", "((", "-(-(-x))",
		"x^(y^2)", "(x^y)^2", "(-x)^2", "2*(-3)^x", "e^(-x^2/2)*erf(y)", "atan2(y, x)", "pow(x, 2.5)+x^-1.5", "max(x, 0.5)^2",
		"x\n +\ty", "x+-+-y", "[1, 2]", "x ? y : 1", "let z = 3; z*x", "x.y", "len(x)", "'a'", "x // y", "x²", "\xff", "1/0",
		"0x1", "1_0", "1e", "2x", "1..2", "sin", "sin(", "sin(x,)", "x not in y", "x | sin()", "tanh(log1p(x))*asinh(y)", "(x^2-1)^2/4 + y^2/2 + 0.3*x*y",
	} {
		f.Add(s)
	}
	names := Names{Variables: []string{"x", "y"}}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := Parse(src, names)
		if err != nil {
			checkPlace(t, err, src)
			return
		}
		checkPrinted(t, e, names)
		checkSlope(t, e, names)
	})
}

func checkPlace(t *testing.T, err error, src string) {
	var at *Error
	if !errors.As(err, &at) {
		t.Fatalf("%q: %v is no *Error", src, err)
	}
	lines := strings.Split(at.Src, "\n")
	if at.Line < 1 || at.Line > len(lines) || at.Column < 1 || at.Column > len([]rune(lines[at.Line-1]))+1 {
		t.Fatalf("%q: line %d, column %d is outside", src, at.Line, at.Column)
	}
}

func checkPrinted(t *testing.T, e Expr, names Names) {
	printed := e.String()
	again, err := Parse(printed, names)
	if err != nil && len(printed) > 4*maxNesting { // may be too long or nested too deep
		return
	}
	if err != nil {
		t.Fatalf("prints as %q: %v", printed, err)
	}
	v, w := at(e, names.Variables, 0.3, -1.2), at(again, names.Variables, 0.3, -1.2)
	if math.Float64bits(v) != math.Float64bits(w) && !(math.IsNaN(v) && math.IsNaN(w)) {
		t.Fatalf("%v, but printed as %q %v", v, printed, w)
	}
}

// checkSlope compares f(x+h) − f(x−h) with Simpson's rule for f′ where f has no kink or
// jump, f′ is constant to 1 %, and no part of either exceeds 1000, so that neither
// round-off nor a detail smaller than h can show: then the slopes agree to 10⁻³.
func checkSlope(t *testing.T, e Expr, names Names) {
	const h = 1e-3
	d := e.Diff("x")
	if calls(e, opSign, opAbs, opMin, opMax, opAtan2) {
		return
	}
	var f, slope [3]float64
	for k, x := range []float64{0.3 - h, 0.3, 0.3 + h} {
		f[k], slope[k] = at(e, names.Variables, x, -1.2), at(d, names.Variables, x, -1.2)
		if !(largest(names.Variables, []float64{x, -1.2}, e, d) < 1e3) || math.Abs(slope[k]-slope[0]) > 0.01*math.Abs(slope[0]) {
			return
		}
	}
	got, want := (slope[0]+4*slope[1]+slope[2])*h/3, f[2]-f[0]
	if math.Abs(got-want) > 1e-3*h*math.Abs(slope[1])+1e-9 {
		t.Fatalf("%v: the integral of the slopes %v is %v, the difference %v", e, slope, got, want)
	}
}

// parts returns the formulas that occur in others, each once.
func parts(list ...Expr) []Expr {
	var found []Expr
	seen := map[*node]bool{nil: true}
	var visit func(n *node)
	visit = func(n *node) {
		if !seen[n] {
			seen[n] = true
			found = append(found, Expr{n})
			visit(n.a)
			visit(n.b)
		}
	}
	for _, e := range list {
		visit(e.n)
	}
	return found
}

func calls(e Expr, ops ...op) bool {
	return slices.ContainsFunc(parts(e), func(p Expr) bool { return slices.Contains(ops, p.n.op) })
}

// largest returns the largest magnitude of all parts at a point, or NaN.
func largest(variables []string, point []float64, list ...Expr) float64 {
	all := parts(list...)
	dst := outputs(len(all), 1)
	Compile(all, variables).Eval(dst, [][]float64{point[:1], point[1:]})
	var v float64
	for _, d := range dst {
		v = max(v, math.Abs(d[0]))
	}
	return v
}
