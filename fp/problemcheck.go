package fp

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/optimize"

	"github.com/ness-fp/ness/fp/expr"
	"github.com/ness-fp/ness/grid"
)

// This file looks for what is wrong with a problem only once its box is known, and
// puts errors that speak of points in the file's own words.

// A symmetryCheck holds two formulas that a file gives for the same D_ij.
type symmetryCheck struct {
	key, other   string
	upper, lower expr.Expr
	diagonal     [2]expr.Expr // D_ii and D_jj
}

// A keyedFormula is a formula and where the file gives it.
type keyedFormula struct {
	key     string
	formula expr.Expr
}

// Check looks for tensors that are not symmetric and for poles of formulas in the box.
// Errors are of type *[FileError].
func (f *File) Check(g *grid.Grid) error {
	if err := f.checkSymmetry(g); err != nil {
		return err
	}
	return f.checkPoles(g)
}

// Locate returns an error about the problem at some point as a *[FileError] that names
// the place in the file, and other errors as they are.
func (f *File) Locate(err error) error {
	var coefficient *CoefficientError
	var absorbing *AbsorbingError
	var auto *BoxError
	switch {
	case errors.As(err, &coefficient):
		key := f.keys.diffusion
		if c := coefficient.Component; c >= 0 && c < len(f.keys.drift) {
			key = f.keys.drift[c]
		} else if c == len(f.keys.drift)+len(f.keys.drift)*(len(f.keys.drift)+1)/2 {
			key = f.keys.potential
		}
		return f.fail(key, "%v", coefficient)
	case errors.As(err, &absorbing):
		return f.fail("domain."+absorbing.Variable, "%v", absorbing)
	case errors.As(err, &auto):
		return f.fail("domain", "%v", auto)
	}
	return err
}

// componentKeys are the keys of what an [Equation] evaluates.
type componentKeys struct {
	drift                []string
	diffusion, potential string
}

// checkSymmetry compares, at the cell centres, the formulas that the file gives for the
// two halves of a tensor: to 1e-12 of its diagonal, which leaves room for the round-off
// of equal formulas written in two ways.
func (f *File) checkSymmetry(g *grid.Grid) error {
	coords := centers(g)
	for _, c := range f.symmetry {
		tape := expr.Compile([]expr.Expr{c.upper, c.lower, c.diagonal[0], c.diagonal[1]}, f.Problem.Variables)
		values := tabulate(tape.Eval, 4, coords)
		for i, a := range values[0] {
			b := values[1][i]
			size := math.Abs(a) + math.Abs(values[2][i]) + math.Abs(values[3][i])
			if math.Abs(a-b) > 1e-12*size {
				return f.fail(c.key, "not symmetric: %.6g here, %.6g at %s, at %s", a, b, c.other, pointText(f.Problem.Variables, pointAt(coords, i)))
			}
		}
	}
	return nil
}

// mostCandidates bounds the cells from which a pole is looked for, of each divisor.
const mostCandidates = 32

// checkPoles looks for points inside the box where a formula divides by 0 and grows
// beyond all bounds, which samples at the centres may step over.
func (f *File) checkPoles(g *grid.Grid) error {
	for _, k := range f.formulas {
		for _, divisor := range k.formula.Divisors() {
			tape := expr.Compile([]expr.Expr{divisor, k.formula}, f.Problem.Variables)
			values := tabulate(tape.Eval, 2, centers(g))[0]
			for _, i := range nearZeros(g, values) {
				if x, ok := poleNear(g, tape, i); ok {
					return f.fail(k.key, "has a pole in the box, at %s, where it divides by %v", pointText(f.Problem.Variables, x), divisor)
				}
			}
		}
	}
	return nil
}

// nearZeros returns cells where |f| is not larger than in any neighbour, the smallest first.
func nearZeros(g *grid.Grid, f []float64) []int {
	var list []int
	idx := make([]int, g.Dim())
	for i, v := range f {
		g.Indices(idx, i)
		least := true
		for a, k := range idx {
			for _, side := range []int{-1, 1} {
				if next, ok := g.Axis(a).Wrap(k + side); ok && math.Abs(f[i+(next-k)*g.Stride(a)]) < math.Abs(v) {
					least = false
				}
			}
		}
		if least {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(i, j int) int {
		switch {
		case math.Abs(f[i]) < math.Abs(f[j]):
			return -1
		case math.Abs(f[i]) > math.Abs(f[j]):
			return 1
		}
		return i - j
	})
	return list[:min(len(list), mostCandidates)]
}

// poleNear looks for a zero of the tape's first formula near cell i, inside the box, and
// says whether the second one has a pole there. On a wall one does no harm: nothing is
// evaluated there.
func poleNear(g *grid.Grid, tape *expr.Tape, i int) ([]float64, bool) {
	d := g.Dim()
	center, width, idx := make([]float64, d), make([]float64, d), make([]int, d)
	g.Center(center, i)
	g.Indices(idx, i)
	for a := range width {
		width[a] = g.Axis(a).Width(idx[a])
	}
	at := func(s []float64) (divisor, value float64) { // s in cells from the centre
		x := make([][]float64, d)
		for a := range x {
			x[a] = []float64{center[a] + s[a]*width[a]}
		}
		out := block(2, 1)
		tape.Eval(out, x)
		return out[0][0], out[1][0]
	}
	first, _ := at(make([]float64, d))
	res, _ := optimize.Minimize(optimize.Problem{Func: func(s []float64) float64 {
		v, _ := at(s)
		return math.Abs(v)
	}}, make([]float64, d), &optimize.Settings{FuncEvaluations: 400}, &optimize.NelderMead{SimplexSize: 0.5})
	if res == nil || !(res.F <= 1e-4*math.Abs(first)) {
		return nil, false
	}
	x := make([]float64, d)
	for a, s := range res.X {
		ax := g.Axis(a)
		x[a] = center[a] + s*width[a]
		if !(math.Abs(s) < 2 && x[a] > ax.Min()+1e-3*width[a] && x[a] < ax.Max()-1e-3*width[a]) {
			return nil, false
		}
	}
	if grows(at, res.X) {
		return x, true
	}
	return nil, false
}

// grows says whether the value grows at least tenfold from 1e-3 to 1e-6 cells away: as a
// pole of order 1 does a thousandfold, and a quotient with a limit does not.
func grows(at func(s []float64) (divisor, value float64), zero []float64) bool {
	largest := func(r float64) (most float64) {
		for a := range zero {
			for _, side := range []float64{-r, r} {
				s := slices.Clone(zero)
				s[a] += side
				if _, v := at(s); math.Abs(v) > most || math.IsNaN(v) {
					most = math.Abs(v)
				}
			}
		}
		return most
	}
	return !(largest(1e-6) < 10*largest(1e-3))
}
