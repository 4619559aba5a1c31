package expr

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/num/dual"
	"gonum.org/v1/gonum/num/hyperdual"
)

// functionPoints are points inside the domain of each function, and closures with its
// value and its derivatives by the first and the second argument, written by hand in a
// form other than that of the program where there is one.
var functionPoints = map[string]struct {
	points [][2]float64
	value  func(x, y float64) float64
	slopes func(x, y float64) (byX, byY float64)
}{
	"sin":  {some, func(x, _ float64) float64 { return math.Sin(x) }, func(x, _ float64) (float64, float64) { return math.Sin(math.Pi/2 - x), 0 }},
	"cos":  {some, func(x, _ float64) float64 { return math.Cos(x) }, func(x, _ float64) (float64, float64) { return -math.Sin(x), 0 }},
	"tan":  {some, func(x, _ float64) float64 { return math.Sin(x) / math.Cos(x) }, func(x, _ float64) (float64, float64) { return math.Pow(math.Cos(x), -2), 0 }},
	"asin": {inner, func(x, _ float64) float64 { return math.Atan2(x, math.Sqrt(1-x*x)) }, func(x, _ float64) (float64, float64) { return math.Pow(1-x*x, -0.5), 0 }},
	"acos": {inner, func(x, _ float64) float64 { return math.Atan2(math.Sqrt(1-x*x), x) }, func(x, _ float64) (float64, float64) { return -math.Pow(1-x*x, -0.5), 0 }},
	"atan": {some, func(x, _ float64) float64 { return math.Atan2(x, 1) }, func(x, _ float64) (float64, float64) { return math.Pow(math.Cos(math.Atan(x)), 2), 0 }},
	"atan2": {append(some, [2]float64{-1, -2}, [2]float64{0.5, -3}), math.Atan2, func(x, y float64) (float64, float64) {
		r := math.Hypot(x, y)
		return y / r / r, -x / r / r
	}},
	"sinh":  {some, func(x, _ float64) float64 { return (math.Exp(x) - math.Exp(-x)) / 2 }, func(x, _ float64) (float64, float64) { return (math.Exp(x) + math.Exp(-x)) / 2, 0 }},
	"cosh":  {some, func(x, _ float64) float64 { return (math.Exp(x) + math.Exp(-x)) / 2 }, func(x, _ float64) (float64, float64) { return (math.Exp(x) - math.Exp(-x)) / 2, 0 }},
	"tanh":  {some, func(x, _ float64) float64 { return 1 - 2/(math.Exp(2*x)+1) }, func(x, _ float64) (float64, float64) { return 4 / math.Pow(math.Exp(x)+math.Exp(-x), 2), 0 }},
	"asinh": {some, func(x, _ float64) float64 { return math.Log(x + math.Hypot(1, x)) }, func(x, _ float64) (float64, float64) { return 1 / math.Hypot(1, x), 0 }},
	"acosh": {[][2]float64{{1.5, 0}, {3, 0}}, func(x, _ float64) float64 { return math.Log(x + math.Sqrt(x*x-1)) }, func(x, _ float64) (float64, float64) { return math.Pow(x*x-1, -0.5), 0 }},
	"atanh": {inner, func(x, _ float64) float64 { return math.Log((1+x)/(1-x)) / 2 }, func(x, _ float64) (float64, float64) { return 1 / (1 - x*x), 0 }},
	"exp":   {some, func(x, _ float64) float64 { return math.Pow(math.E, x) }, func(x, _ float64) (float64, float64) { return math.Pow(math.E, x), 0 }},
	"expm1": {some, func(x, _ float64) float64 { return math.Exp(x) - 1 }, func(x, _ float64) (float64, float64) { return math.Exp(x), 0 }},
	"log":   {positive, func(x, _ float64) float64 { return math.Log2(x) * math.Ln2 }, func(x, _ float64) (float64, float64) { return 1 / x, 0 }},
	"log1p": {inner, func(x, _ float64) float64 { return math.Log(1 + x) }, func(x, _ float64) (float64, float64) { return 1 / (1 + x), 0 }},
	"sqrt":  {positive, func(x, _ float64) float64 { return math.Pow(x, 0.5) }, func(x, _ float64) (float64, float64) { return 0.5 * math.Pow(x, -0.5), 0 }},
	"erf":   {some, func(x, _ float64) float64 { return 1 - math.Erfc(x) }, func(x, _ float64) (float64, float64) { return 2 / math.Sqrt(math.Pi) * math.Exp(-x*x), 0 }},
	"abs":   {some, func(x, _ float64) float64 { return math.Max(x, -x) }, func(x, _ float64) (float64, float64) { return math.Copysign(1, x), 0 }},
	"sign":  {some, func(x, _ float64) float64 { return math.Copysign(1, x) }, func(float64, float64) (float64, float64) { return 0, 0 }},
	"min":   {some, math.Min, func(x, y float64) (float64, float64) { return oneIf(x < y), oneIf(y < x) }},
	"max":   {some, math.Max, func(x, y float64) (float64, float64) { return oneIf(x > y), oneIf(y > x) }},
	"pow":   {positive, math.Pow, func(x, y float64) (float64, float64) { return y / x * math.Pow(x, y), math.Log(x) * math.Pow(x, y) }},
}

var (
	some     = [][2]float64{{0.35, 1.2}, {-1.3, 0.4}, {1.9, -0.7}}
	inner    = [][2]float64{{0.35}, {-0.8}, {0.99}}
	positive = [][2]float64{{0.35, 1.2}, {2.6, -0.8}, {4.4, 2.5}}
)

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func TestEveryFunctionHasItsValueAndDerivatives(t *testing.T) {
	v := []string{"x", "y"}
	for _, f := range Functions() {
		c, ok := functionPoints[f.Name]
		if !ok || f.Doc == "" {
			t.Errorf("%s: no reference or no doc", f.Name)
			continue
		}
		e := must(t, map[int]string{1: f.Name + "(x)", 2: f.Name + "(x, y)"}[f.Arguments], v...)
		for _, p := range c.points {
			byX, byY := c.slopes(p[0], p[1])
			// The closures cancel by a factor 20 at most (tanh, asinh at −1.3), and their own
			// slopes are 50 at most (atanh at 0.99): 20·50 units of 1+|want|.
			for _, q := range []struct {
				what string
				e    Expr
				want float64
			}{{"value", e, c.value(p[0], p[1])}, {"slope by x", e.Diff("x"), byX}, {"slope by y", e.Diff("y"), byY}} {
				if got := at(q.e, v, p[:]...); math.Abs(got-q.want) > 1000*0x1p-53*(1+math.Abs(q.want)) {
					t.Errorf("%v at %v: %s %v, want %v", e, p, q.what, got, q.want)
				}
			}
			// Central differences: h² f‴/6 + 2⁻⁵³|f|/h; f‴ < 20, and grows as (1−|x|)⁻³ near 1.
			const h = 1e-5
			tol := 1e-9 * math.Max(1, math.Pow(1-math.Min(math.Abs(p[0]), 0.999), -3)/20)
			slope := (at(e, v, p[0]+h, p[1]) - at(e, v, p[0]-h, p[1])) / (2 * h)
			if got := at(e.Diff("x"), v, p[:]...); math.Abs(got-slope) > tol {
				t.Errorf("%v at %v: slope %v, difference %v", e, p, got, slope)
			}
		}
	}
}

func TestDerivativesAgreeWithDualNumbers(t *testing.T) {
	one := dual.Number{Real: 1}
	for _, c := range []struct {
		src string
		f   func(x dual.Number) dual.Number
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
		{"asinh(x)", dual.Asinh},
		{"acosh(1+x)", func(x dual.Number) dual.Number { return dual.Acosh(dual.Add(one, x)) }},
		{"atanh(x)", dual.Atanh},
		{"exp(x)", dual.Exp},
		{"expm1(x)", func(x dual.Number) dual.Number { return dual.Sub(dual.Exp(x), one) }},
		{"log(x)", dual.Log},
		{"log1p(x)", func(x dual.Number) dual.Number { return dual.Log(dual.Add(one, x)) }},
		{"sqrt(x)", dual.Sqrt},
		{"abs(x)", dual.Abs},
		{"x^3", func(x dual.Number) dual.Number { return dual.PowReal(x, 3) }},
		{"x^3.7", func(x dual.Number) dual.Number { return dual.PowReal(x, 3.7) }},
		{"x^2.5", func(x dual.Number) dual.Number { return dual.PowReal(x, 2.5) }},
		{"x^-3", func(x dual.Number) dual.Number { return dual.PowReal(x, -3) }},
		{"x^-0.5", func(x dual.Number) dual.Number { return dual.PowReal(x, -0.5) }},
		{"x^x", func(x dual.Number) dual.Number { return dual.Pow(x, x) }},
		{"2^x", func(x dual.Number) dual.Number { return dual.Pow(dual.Number{Real: 2}, x) }},
		{"x*sin(x)/(1+x)", func(x dual.Number) dual.Number {
			return dual.Mul(dual.Mul(x, dual.Sin(x)), dual.Inv(dual.Add(one, x)))
		}},
	} {
		e := must(t, c.src, "x")
		for _, x := range []float64{0.1, 0.35, 0.8} {
			want := c.f(dual.Number{Real: x, Emag: 1})
			got, slope := at(e, []string{"x"}, x), at(e.Diff("x"), []string{"x"}, x)
			// About 10 roundings each, amplified up to 3 times (acosh at 1.1).
			if math.Abs(got-want.Real) > 32*0x1p-53*(1+math.Abs(want.Real)) || math.Abs(slope-want.Emag) > 32*0x1p-53*(1+math.Abs(want.Emag)) {
				t.Errorf("%s at %g: %v and slope %v, want %v and %v", c.src, x, got, slope, want.Real, want.Emag)
			}
		}
	}
}

// f(x, y) = exp(−x²/2) sin(xy)/√(1+y²) + (x+2)^y: its first and second derivatives, the
// mixed ones too, each by one hyperdual number.
func TestSecondDerivativesAgreeWithHyperdualNumbers(t *testing.T) {
	e := must(t, "e^(-x^2/2)*sin(x*y)/sqrt(1+y^2) + (x+2)^y", "x", "y")
	number := func(v float64) hyperdual.Number { return hyperdual.Number{Real: v} }
	f := func(x, y hyperdual.Number) hyperdual.Number {
		wave := hyperdual.Mul(hyperdual.Exp(hyperdual.Scale(-0.5, hyperdual.Mul(x, x))), hyperdual.Sin(hyperdual.Mul(x, y)))
		wave = hyperdual.Mul(wave, hyperdual.Inv(hyperdual.Sqrt(hyperdual.Add(number(1), hyperdual.Mul(y, y)))))
		return hyperdual.Add(wave, hyperdual.Pow(hyperdual.Add(x, number(2)), y))
	}
	seed := func(value float64, first, second bool) hyperdual.Number {
		return hyperdual.Number{Real: value, E1mag: oneIf(first), E2mag: oneIf(second)}
	}
	v := []string{"x", "y"}
	for _, p := range [][]float64{{0.3, -1.2}, {-0.7, 2.1}, {1.4, 0.6}} {
		for a, first := range v {
			for b, second := range v {
				want := f(seed(p[0], a == 0, b == 0), seed(p[1], a == 1, b == 1))
				got := [3]float64{at(e, v, p...), at(e.Diff(first), v, p...), at(e.Diff(first).Diff(second), v, p...)}
				for k, w := range []float64{want.Real, want.E1mag, want.E1E2mag} {
					if math.Abs(got[k]-w) > 200*0x1p-53*(1+math.Abs(w)) { // about 100 roundings
						t.Errorf("derivative %d by %s, %s at %v: %v, want %v", k, first, second, p, got[k], w)
					}
				}
			}
		}
	}
}

// One side of max must not leave a trace of its rounding in the other.
func TestKinksAreExact(t *testing.T) {
	for _, c := range []struct {
		src     string
		x, want float64
	}{
		{"max(1e-20*x, 1e20*(x-2))", 1, 1e-20},
		{"min(1e-20*x, 1e20*(x-2))", 3, 1e-20},
		{"max(3*x, 5*x)", 0, 4},
		{"min(3*x, 5*x)", 0, 4},
		{"abs(x)", 0, 0},
		{"x*sign(x)", -2, -1},
	} {
		if got := at(must(t, c.src, "x").Diff("x"), []string{"x"}, c.x); got != c.want {
			t.Errorf("slope of %s at %g is %v, want %v", c.src, c.x, got, c.want)
		}
	}
}

func TestDerivativesAreSimplified(t *testing.T) {
	for src, want := range map[string]string{
		"(x^2-1)^2/4 + y^2/2 + c*x*y": "2*(x^2 - 1)*(2*x)/4 + 0.3*y",
		"y":                           "0",
		"3":                           "0",
		"x":                           "1",
		"-x":                          "(-1)",
		"exp(2*x)":                    "exp(2*x)*2",
		"e^-x":                        "-exp(-x)",
		"1/x":                         "-(1/x*(1/x))",
		"x/2":                         "0.5",
		"x^2.5":                       "2.5*x^1.5",
		"2^x":                         "2^x*0.6931471805599453",
		"x + y*0 + 0*log(x)":          "1",
		"max(x, 0)":                   "0.5 + 0.5*sign(x)",
	} {
		if got := must(t, src, "x", "y").Diff("x").String(); got != want {
			t.Errorf("slope of %s is %s, want %s", src, got, want)
		}
	}
}

func TestAlgebraSimplifies(t *testing.T) {
	x, y := Var("x"), Var("y")
	for _, c := range []struct {
		got  Expr
		want string
	}{
		{Mul(Num(1), x), "x"},
		{Mul(x, Num(-1)), "-x"},
		{Mul(Num(-1), x), "-x"},
		{Mul(Neg(x), Neg(y)), "x*y"},
		{Mul(Num(0), x), "0"},
		{Div(x, Num(1)), "x"},
		{Div(x, Num(-1)), "-x"},
		{Div(Num(0), x), "0"},
		{Div(Neg(x), Neg(y)), "x/y"},
		{Add(x, Neg(y)), "x - y"},
		{Sub(x, Neg(y)), "x + y"},
		{Sub(Num(0), x), "-x"},
		{Sub(x, Num(0)), "x"},
		{Add(Num(0), x), "x"},
		{Neg(Neg(x)), "x"},
		{Pow(x, Num(0)), "1"},
		{Pow(x, Num(1)), "x"},
		{Pow(Num(math.E), x), "exp(x)"},
		{Add(Num(1), Num(2)), "3"},
		{Div(Num(1), Num(0)), "1/0"}, // no finite value: not folded
		{Mul(Num(2), Mul(Num(3), x)), "2*(3*x)"},
	} {
		if c.got.String() != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}
