package expr

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
)

// The drift, the tensor and its divergence of a problem with full tensor and a known
// current: potential φ, weight W that vanishes at the walls, D below, and
//
//	b = −D∇φ + ∇·D + e^φ (∂_y(qW e^−φ), −∂_x(qW e^−φ)).
const (
	phi    = "((x^2-1)^2/4 + y^2/2 + 0.3*x*y)"
	weight = "0.3*(1-(x/3)^2)^2*(1-(y/3)^2)^2" // qW
	d00    = "0.2*(1+0.5*x^2)"
	d01    = "0.06*sin(x+y)"
	d11    = "0.2*(1+0.5*cos(y)^2)"
)

// circulating returns b (2), D (3) and ∇·D (2), with derivatives by Diff: literally, as
// the formula above stands, or with the exponentials cancelled, e^φ ∂(qW e^−φ) = ∂(qW) − qW ∂φ.
func circulating(t testing.TB, literal bool) []Expr {
	p, w := must(t, phi, "x", "y"), must(t, weight, "x", "y")
	d := []Expr{must(t, d00, "x", "y"), must(t, d01, "x", "y"), must(t, d11, "x", "y")}
	px, py := p.Diff("x"), p.Diff("y")
	div := []Expr{Add(d[0].Diff("x"), d[1].Diff("y")), Add(d[1].Diff("x"), d[2].Diff("y"))}
	turn := []Expr{Sub(w.Diff("y"), Mul(w, py)), Sub(Mul(w, px), w.Diff("x"))}
	if literal {
		stream := must(t, weight+"*exp(-"+phi+")", "x", "y")
		up := must(t, "exp("+phi+")", "x", "y")
		turn = []Expr{Mul(up, stream.Diff("y")), Neg(Mul(up, stream.Diff("x")))}
	}
	b0 := Add(Sub(div[0], Add(Mul(d[0], px), Mul(d[1], py))), turn[0])
	b1 := Add(Sub(div[1], Add(Mul(d[1], px), Mul(d[2], py))), turn[1])
	return []Expr{b0, b1, d[0], d[1], d[2], div[0], div[1]}
}

// circulatingByHand is the same, derived on paper.
func circulatingByHand(x, y float64) [7]float64 {
	px, py := x*(x*x-1)+0.3*y, y+0.3*x
	u, v := 1-x*x/9, 1-y*y/9
	w, wx, wy := 0.3*u*u*v*v, -0.3*4./9*x*u*v*v, -0.3*4./9*y*v*u*u
	d := [3]float64{0.2 + 0.1*x*x, 0.06 * math.Sin(x+y), 0.2 + 0.1*math.Cos(y)*math.Cos(y)}
	div0 := 0.2*x + 0.06*math.Cos(x+y)
	div1 := 0.06*math.Cos(x+y) - 0.1*math.Sin(2*y)
	return [7]float64{
		div0 - d[0]*px - d[1]*py + wy - w*py, div1 - d[1]*px - d[2]*py - wx + w*px,
		d[0], d[1], d[2], div0, div1,
	}
}

func TestTapeAgreesWithClosures(t *testing.T) {
	for _, literal := range []bool{false, true} {
		tape := Compile(circulating(t, literal), []string{"x", "y"})
		const n = 1301
		x, y, dst := make([]float64, n), make([]float64, n), outputs(7, n)
		for i := range x {
			x[i], y[i] = -3+6*float64(i)/n, 3*math.Sin(float64(i))
		}
		tape.Eval(dst, [][]float64{x, y})
		for i := range x {
			for k, want := range circulatingByHand(x[i], y[i]) {
				// |D∇φ| < 40, 20 roundings; the exponent of the literal form is below 25,
				// and its error goes into both exponentials: 50 more.
				if got := dst[k][i]; math.Abs(got-want) > 40*70*0x1p-53 {
					t.Fatalf("literal=%v: output %d at (%g, %g): %v, want %v", literal, k, x[i], y[i], got, want)
				}
			}
		}
	}
}

func TestPowersAreAccurate(t *testing.T) {
	for _, x := range []float64{0.3, 1.0001, 1.7} {
		for twice := -2 * maxPower; twice <= 2*maxPower; twice++ {
			y := float64(twice) / 2
			got, want := at(Pow(Var("x"), Num(y)), []string{"x"}, x), math.Pow(x, y)
			// The bound of the package, and 2 units for math.Pow.
			if math.Abs(got-want) > (math.Abs(y)+3+2)*0x1p-53*want {
				t.Errorf("%g^%g = %v, want %v", x, y, got, want)
			}
			if folded, _ := Pow(Num(x), Num(y)).Const(); folded != got {
				t.Errorf("%g^%g: folded %v, on the tape %v", x, y, folded, got)
			}
		}
	}
}

// everyOperation returns formulas with each operation on variables and numbers.
func everyOperation(t testing.TB) []Expr {
	list := circulating(t, true)
	for _, f := range Functions() {
		for _, arg := range []string{"x", "y"} {
			if f.Arguments == 2 {
				list = append(list, must(t, f.Name+"(x, y)", "x", "y"), must(t, f.Name+"("+arg+", 0.7)", "x", "y"), must(t, f.Name+"(0.7, "+arg+")", "x", "y"))
			} else {
				list = append(list, must(t, f.Name+"("+arg+")", "x", "y"))
			}
		}
	}
	for _, o := range []string{"+", "-", "*", "/", "^"} {
		for _, src := range []string{"x%sy", "y%sx", "x%s0.3", "0.3%sx", "y%s0.3", "0.3%sy", "x%s4", "-x%sy"} {
			list = append(list, must(t, fmt.Sprintf(src, o), "x", "y"))
		}
	}
	return append(list, Var("x"), Var("y"), Num(2.5), Add(Var("x"), Var("y")))
}

func TestSharedVariableGivesTheSameBits(t *testing.T) {
	list := everyOperation(t)
	tape := Compile(list, []string{"x", "y"})
	const n = 2*blockSize + 76
	x, y := make([]float64, n), make([]float64, n)
	for i := range x {
		x[i], y[i] = -3+6*float64(i)/n, 0.7
	}
	shared, spread, single := outputs(len(list), n), outputs(len(list), n), outputs(len(list), 1)
	tape.Eval(shared, [][]float64{x, y[:1]})
	tape.Eval(spread, [][]float64{x, y})
	for i := range x {
		tape.Eval(single, [][]float64{x[i : i+1], y[:1]})
		for k := range list {
			a, b, c := shared[k][i], spread[k][i], single[k][0]
			if math.Float64bits(a) != math.Float64bits(b) || math.Float64bits(a) != math.Float64bits(c) {
				t.Fatalf("%v at (%v, 0.7): %v shared, %v spread, %v alone", list[k], x[i], a, b, c)
			}
		}
	}
	// The other way round: what was shared in the call before is not now.
	tape.Eval(shared, [][]float64{y[:1], x})
	tape.Eval(spread, [][]float64{y, x})
	for k := range list {
		if !slices.EqualFunc(shared[k], spread[k], func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
			t.Errorf("%v: x shared differs from x spread", list[k])
		}
	}
}

func TestCommonPartsAreComputedOnce(t *testing.T) {
	for _, c := range []struct {
		list []string
		want int // instructions, numbers among them
	}{
		{[]string{"sin(x+y)", "2*sin(y+x)", "cos(x+y)"}, 5},
		{[]string{"x^2", "x*x", "x^4", "x^5"}, 3},
		{[]string{"x^-3"}, 4},
		{[]string{"x/4", "0.25*x"}, 2},
		{[]string{"x", "y", "x"}, 0},
	} {
		var list []Expr
		for _, src := range c.list {
			list = append(list, must(t, src, "x", "y"))
		}
		if got := len(Compile(list, []string{"x", "y"}).code); got != c.want {
			t.Errorf("%q: %d instructions, want %d", c.list, got, c.want)
		}
	}
	// A doubling 200 levels deep is 200 sums, not 2^200.
	e := Var("x")
	for range 200 {
		e = Add(e, e)
	}
	if got := at(e.Diff("x"), []string{"x"}, 1); got != 0x1p200 || !slices.Equal(e.Variables(), []string{"x"}) || !e.Equal(e) {
		t.Errorf("slope of x doubled 200 times is %v, want 2^200", got)
	}
}

func TestCompileIsDeterministic(t *testing.T) {
	a, b := Compile(everyOperation(t), []string{"x", "y"}), Compile(everyOperation(t), []string{"x", "y"})
	if !slices.Equal(a.code, b.code) || !slices.Equal(a.outputs, b.outputs) {
		t.Error("the same formulas gave two different tapes")
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"x*y + 1", "1 + y*x", true},
		{"x^2", "x*x", true},
		{"x - y", "y - x", false},
		{"(x + y) + 1", "x + (y + 1)", false},
		{"c*x", "0.3*x", true},
		{"x", "y", false},
	} {
		if got := must(t, c.a, "x", "y").Equal(must(t, c.b, "x", "y")); got != c.want {
			t.Errorf("%s equals %s: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestConcurrentEvalGivesTheSameBits(t *testing.T) {
	tape := Compile(circulating(t, false), []string{"x", "y"})
	const n = 700
	x := make([]float64, n)
	for i := range x {
		x[i] = -3 + 6*float64(i)/n
	}
	row := func(j int) [][]float64 {
		out := outputs(7, n)
		tape.Eval(out, [][]float64{x, {float64(j) / 10}})
		return out
	}
	var want, got [16][][]float64
	var wg sync.WaitGroup
	for j := range want {
		want[j] = row(j)
	}
	for j := range got {
		wg.Go(func() { got[j] = row(j) })
	}
	wg.Wait()
	for j := range want {
		for k := range want[j] {
			if !slices.Equal(want[j][k], got[j][k]) {
				t.Fatalf("row %d, output %d differs between one goroutine and 16", j, k)
			}
		}
	}
}

func TestSlipsPanic(t *testing.T) {
	tape := Compile([]Expr{Var("x")}, []string{"x"})
	one, two, three := make([]float64, 1), make([]float64, 2), make([]float64, 3)
	twoOutputs := Compile([]Expr{Var("x"), Num(1)}, []string{"x"})
	for name, slip := range map[string]func(){
		"unknown variable": func() { Compile([]Expr{Var("z")}, []string{"x"}) },
		"missing output":   func() { tape.Eval(nil, [][]float64{two}) },
		"missing variable": func() { tape.Eval([][]float64{two}, nil) },
		"short variable":   func() { tape.Eval([][]float64{three}, [][]float64{two}) },
		"long variable":    func() { tape.Eval([][]float64{one}, [][]float64{two}) },
		"uneven outputs":   func() { twoOutputs.Eval([][]float64{two, three}, [][]float64{one}) },
		"infinite number":  func() { Num(math.Inf(1)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			slip()
		}()
	}
	tape.Eval([][]float64{nil}, [][]float64{one}) // no points is no slip,
	Compile(nil, nil).Eval(nil, nil)              // nor no formulas
}

// BenchmarkTape evaluates 7 formulas on rows of 1024 points with y shared.
func BenchmarkTape(b *testing.B) {
	const n = 1024
	x := make([]float64, n)
	for i := range x {
		x[i] = -3 + 6*(float64(i)+0.5)/n
	}
	for _, form := range []string{"cancelled", "literal"} {
		tape := Compile(circulating(b, form == "literal"), []string{"x", "y"})
		out, in := outputs(7, n), [][]float64{x, {0.7}}
		b.Run(fmt.Sprintf("form=%s/instructions=%d", form, len(tape.code)), func(b *testing.B) {
			for b.Loop() {
				tape.Eval(out, in)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/point")
		})
	}
}
