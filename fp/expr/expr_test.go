package expr

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/num/dual"
)

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
	dst := [][]float64{make([]float64, 1)}
	Compile([]Expr{e}, variables).Eval(dst, x)
	return dst[0][0]
}

func TestPrecedenceIsThatOfMathematics(t *testing.T) {
	for src, want := range map[string]float64{
		"-2^2": -4, "2^3^2": 512, "2^-1": 0.5, "1/3": 1.0 / 3, "8/4/2": 1, "2-3-4": -5,
		"-3*-2": 6, "2*3+4*5": 26, "(2+3)*4": 20, "2**3": 8, "--2": 2, "1e-3*1e3": 1,
		"min(2, 3)+max(2, 3)": 5, "abs(-c)": 0.3, "cos(pi)": -1, "log(e)": 1, "+2": 2, ".5*2": 1,
	} {
		if got := at(must(t, src), nil); math.Abs(got-want) > 1e-15*math.Abs(want) { // one rounding of the literal
			t.Errorf("%s = %v, want %v", src, got, want)
		}
	}
}

// Derivatives of every function against dual numbers; a few units of round-off.
func TestDerivativesAgreeWithDualNumbers(t *testing.T) {
	for _, c := range []struct {
		src string
		f   func(dual.Number) dual.Number
	}{
		{"sin(x)", dual.Sin},
		{"cos(x)", dual.Cos},
		{"tan(x)", dual.Tan},
		{"asin(x)", dual.Asin},
		{"acos(x)", dual.Acos},
		{"atan(x)", dual.Atan},
		{"sinh(x)", dual.Sinh},
		{"cosh(x)", dual.Cosh},
		{"tanh(x)", dual.Tanh},
		{"exp(x)", dual.Exp},
		{"log(x)", dual.Log},
		{"log1p(x)", func(x dual.Number) dual.Number { return dual.Log(dual.Add(dual.Number{Real: 1}, x)) }},
		{"expm1(x)", func(x dual.Number) dual.Number { return dual.Sub(dual.Exp(x), dual.Number{Real: 1}) }},
		{"sqrt(x)", dual.Sqrt},
		{"abs(x)", dual.Abs},
		{"x^3.7", func(x dual.Number) dual.Number { return dual.PowReal(x, 3.7) }},
		{"x^2.5", func(x dual.Number) dual.Number { return dual.PowReal(x, 2.5) }},
		{"x^-3", func(x dual.Number) dual.Number { return dual.PowReal(x, -3) }},
		{"x^x", func(x dual.Number) dual.Number { return dual.Pow(x, x) }},
		{"x*sin(x)/(1+x)", func(x dual.Number) dual.Number {
			return dual.Mul(dual.Mul(x, dual.Sin(x)), dual.Inv(dual.Add(dual.Number{Real: 1}, x)))
		}},
	} {
		e := must(t, c.src, "x")
		for _, x := range []float64{0.1, 0.35, 0.8} {
			want := c.f(dual.Number{Real: x, Emag: 1})
			got, slope := at(e, []string{"x"}, x), at(e.Diff("x"), []string{"x"}, x)
			if math.Abs(got-want.Real) > 4e-15*(1+math.Abs(want.Real)) || math.Abs(slope-want.Emag) > 4e-15*(1+math.Abs(want.Emag)) {
				t.Errorf("%s at %g: %v and slope %v, want %v and %v", c.src, x, got, slope, want.Real, want.Emag)
			}
		}
	}
	// erf, min, max have no dual: central differences, error h² f‴/6 + 2⁻⁵³/h ≈ 1e-10.
	for _, src := range []string{"erf(x)", "min(x^2, x)", "max(x^2, x)", "sign(x)*x"} {
		e := must(t, src, "x")
		for _, x := range []float64{0.2, 0.7} {
			const h = 1e-5
			v := []string{"x"}
			want := (at(e, v, x+h) - at(e, v, x-h)) / (2 * h)
			if got := at(e.Diff("x"), v, x); math.Abs(got-want) > 1e-9 {
				t.Errorf("slope of %s at %g is %v, want %v", src, x, got, want)
			}
		}
	}
}

func TestErrorsNameWhatIsWrongAndWhere(t *testing.T) {
	for _, c := range []struct {
		src, want string
		column    int
	}{
		{"x + q", `undefined name "q"; defined are x, c, pi, e`, 5},
		{"[1, 2]", "something else", 1},
		{"x.y", "something else", 3},
		{"let z = 3; z*x", "something else", 5},
		{"x > 0 ? 1 : 2", "something else", 13},
		{"len(x)", `no function "len"`, 1},
		{"x % 2", `"%" has no meaning`, 3},
		{"sin(x, x)", "sin wants 1 argument(s), has 2", 1},
		{"sin", "wants its argument", 1},
		{"", "an empty formula", 1},
		{"x +", "unexpected token", 3},
		{"'a'", "something else", 1},
		{"not x", `"not" has no meaning`, 1},
		{strings.Repeat("(", 300) + "x" + strings.Repeat(")", 300), "nested deeper", 201},
	} {
		_, err := Parse(c.src, Names{Variables: []string{"x"}, Constants: map[string]float64{"c": 1}})
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Msg, c.want) || e.Column != c.column {
			t.Errorf("%.20q: %v; want %q in column %d", c.src, err, c.want, c.column)
		}
	}
}

const a4Phi = "((x^2-1)^2/4 + y^2/2 + 0.3*x*y)"

// a4 returns drift, tensor and ∇·D of a full-tensor problem, with derivatives by Diff.
func a4(t testing.TB) []Expr {
	phi := must(t, a4Phi, "x", "y")
	w := must(t, "0.3*(1-(x/3)^2)^2*(1-(y/3)^2)^2", "x", "y")
	d := []Expr{must(t, "0.2*(1+0.5*x^2)", "x", "y"), must(t, "0.06*sin(x+y)", "x", "y"), must(t, "0.2*(1+0.5*cos(y)^2)", "x", "y")}
	px, py := phi.Diff("x"), phi.Diff("y")
	wx, wy := w.Diff("x"), w.Diff("y")
	div0 := Add(d[0].Diff("x"), d[1].Diff("y"))
	div1 := Add(d[1].Diff("x"), d[2].Diff("y"))
	b0 := Add(Sub(div0, Add(Mul(d[0], px), Mul(d[1], py))), Sub(wy, Mul(w, py)))
	b1 := Sub(Sub(div1, Add(Mul(d[1], px), Mul(d[2], py))), Sub(wx, Mul(w, px)))
	return []Expr{b0, b1, d[0], d[1], d[2], div0, div1}
}

func TestSharedVariableGivesTheSameBits(t *testing.T) {
	tape := Compile(a4(t), []string{"x", "y"})
	const n = 1100 // more than two blocks
	x, y := make([]float64, n), make([]float64, n)
	for i := range x {
		x[i], y[i] = -3+6*float64(i)/n, 0.7
	}
	shared, spread := outputs(7, n), outputs(7, n)
	tape.Eval(shared, [][]float64{x, y[:1]})
	tape.Eval(spread, [][]float64{x, y})
	for k := range shared {
		for i := range shared[k] {
			if shared[k][i] != spread[k][i] {
				t.Fatalf("output %d, point %d: %v and %v", k, i, shared[k][i], spread[k][i])
			}
		}
	}
	if allocs := testing.AllocsPerRun(10, func() { tape.Eval(shared, [][]float64{x, y[:1]}) }); allocs > 1 { // the slice of slices here
		t.Errorf("%v allocations per call, want none", allocs)
	}
}

func outputs(k, n int) [][]float64 {
	out := make([][]float64, k)
	for i := range out {
		out[i] = make([]float64, n)
	}
	return out
}

func BenchmarkTape(b *testing.B) {
	const n = 1024
	tape := Compile(a4(b), []string{"x", "y"})
	x, y := make([]float64, n), []float64{0.7}
	for i := range x {
		x[i] = -3 + 6*(float64(i)+0.5)/n
	}
	out := outputs(7, n)
	b.Run(fmt.Sprintf("case=A4/instructions=%d", len(tape.code)), func(b *testing.B) {
		for b.Loop() {
			tape.Eval(out, [][]float64{x, y})
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/point")
	})
}

// A formula that parses prints as one that parses to the same values, and neither
// parsing nor differentiating panics.
func FuzzExpr(f *testing.F) {
	for _, s := range []string{"x^2-1", "-x^2*3", "sin(x)/(1+x^2)", "2^-x", "x-(y-1)", "x/(y/2)", "abs(min(x, y))", "1e400", "((", "-(-(-x))", "x^(y^2)", "(x^y)^2", "(-x)^2", "2*(-3)^x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		names := Names{Variables: []string{"x", "y"}}
		e, err := Parse(src, names)
		if err != nil {
			return
		}
		again, err := Parse(e.String(), names)
		if err != nil {
			if len(e.String()) > maxLength || strings.ContainsAny(e.String(), "IN") { // longer, or folded to Inf or NaN
				return
			}
			t.Fatalf("%q prints as %q: %v", src, e, err)
		}
		v, w := at(e, names.Variables, 0.3, -1.2), at(again, names.Variables, 0.3, -1.2)
		if v != w && !(math.IsNaN(v) && math.IsNaN(w)) {
			t.Fatalf("%q is %v, printed as %q it is %v", src, v, e, w)
		}
		e.Diff("x")
	})
}
