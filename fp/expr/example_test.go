package expr_test

import (
	"fmt"

	"github.com/ness-fp/ness/fp/expr"
)

// The drift −∇φ of a potential, on a row of points that share y.
func Example() {
	names := expr.Names{Variables: []string{"x", "y"}, Constants: map[string]float64{"c": 0.3}}
	phi, err := expr.Parse("(x^2-1)^2/4 + y^2/2 + c*x*y", names)
	if err != nil {
		fmt.Println(err)
		return
	}
	bx, by := expr.Neg(phi.Diff("x")), expr.Neg(phi.Diff("y"))
	fmt.Println(bx)
	tape := expr.Compile([]expr.Expr{bx, by}, names.Variables)
	x, y := []float64{-1, 0, 1, 2}, []float64{0.5}
	b := [][]float64{make([]float64, len(x)), make([]float64, len(x))}
	tape.Eval(b, [][]float64{x, y})
	fmt.Printf("%.2f\n%.2f\n", b[0], b[1])

	_, err = expr.Parse("c*x +\n  kx*y", names)
	fmt.Println(err)
	// Output:
	// -(2*(x^2 - 1)*(2*x)/4 + 0.3*y)
	// [-0.15 -0.15 -0.15 -6.15]
	// [-0.20 -0.50 -0.80 -1.10]
	// undefined name "kx"; defined are x, y, c, pi, e; did you mean "x"?, in line 2, column 3 of "  kx*y"
}

func ExampleFunctions() {
	for _, f := range expr.Functions() {
		fmt.Printf("%-6s %d  %s\n", f.Name, f.Arguments, f.Doc)
	}
	// Output:
	// sin    1  sine, of radians
	// cos    1  cosine, of radians
	// tan    1  tangent, of radians
	// asin   1  inverse sine, in [-pi/2, pi/2]
	// acos   1  inverse cosine, in [0, pi]
	// atan   1  inverse tangent, in (-pi/2, pi/2)
	// atan2  2  atan2(y, x): the angle of the point (x, y), in (-pi, pi]
	// sinh   1  hyperbolic sine
	// cosh   1  hyperbolic cosine
	// tanh   1  hyperbolic tangent
	// asinh  1  inverse hyperbolic sine
	// acosh  1  inverse hyperbolic cosine, x >= 1
	// atanh  1  inverse hyperbolic tangent, |x| < 1
	// exp    1  exponential
	// expm1  1  exp(x) - 1, accurate near 0
	// log    1  natural logarithm, x > 0
	// log1p  1  log(1 + x), accurate near 0
	// sqrt   1  square root, x >= 0
	// erf    1  error function
	// abs    1  absolute value
	// sign   1  -1, 0 or 1
	// min    2  the smaller of two
	// max    2  the larger of two
	// pow    2  pow(x, y): x^y
}
