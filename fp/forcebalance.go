package fp

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
)

// This file tests detailed balance by the thermodynamic force u = D⁻¹v, before any solve.
// Where D ≻ 0, J = 0 means u = ∇ ln p: between walls that there is such a p if and only if
// ∂_a u_b = ∂_b u_a everywhere; and on a periodic axis that ∮u_a dx_a = 0 besides. Beside a
// potential u = −∇φ + D⁻¹w, and D⁻¹w takes the place of u.

// probesAlong is the number of points along each axis where the force is differenced, by dimension.
var probesAlong = [...]int{2: 64, 3: 16}

// stepShares are the steps tried, relative to the box, until one decides. Between points the
// first two in a plane, the first in space, leave no gap: a jump of the force, with all of its curl in
// a line, is not overlooked. Shorter ones can only show a violation.
var stepShares = []float64{1.0 / 100, 1.0 / 400, 1.0 / 1600, 1.0 / 6400}

// fewestCurls is the number of points that have to share a curl for it to be one: of a single point
// at a kink of the potential the differences may be anything.
const fewestCurls = 16

// secondStep is the step, relative to the first, whose curl tells the error of the first's:
// short enough for a difference of order 8 to be 60 times as good, where round-off is not
// 60 times as large.
const secondStep = 0.6

// ForceBalance tests detailed balance by the coefficients alone, at 4096 points, dense where the
// grid's are. The statistic is the larger of
//
//   - Σ |∂_a u_b − ∂_b u_a| over Σ (|∂_a u_b| + |∂_b u_a| + |u_b|/L_a + |u_a|/L_b), sums over
//     points and pairs of axes, L the lengths of axes: the curl against the derivatives that
//     a force of that size has which changes by itself across the box;
//   - Σ |∮u_a dx_a| over Σ ∮|u_a| dx_a for every periodic axis.
//
// Errors are differences between two steps, and between three sets of nodes; round-off is in
// both. A drift with errors of its own, as of differences, is judged as it is. In one
// dimension between walls detailed balance holds always.
//
// Where D is singular there is no force. If it is so everywhere and v leaves its range, no
// density is in detailed balance, and the statistic is the part of v that does. If D is
// singular at some of the points, others can show a violation, but not that there is none.
func ForceBalance(p *Problem, g *grid.Grid) BalanceTest { return forceBalance(p, g, nil) }

// ForceBalance is the function of that name with points weighted by their probability in the
// sums of the curl.
func (s *Stationary) ForceBalance() BalanceTest {
	return forceBalance(s.Problem, s.Density.Grid, s.Density)
}

func forceBalance(p *Problem, g *grid.Grid, density *grid.Field) BalanceTest {
	d := g.Dim()
	f := newForceTest(p, g, density)
	var parts []BalanceTest
	if d > 1 {
		if t, ok := f.degenerate(); ok {
			return t
		}
		parts = append(parts, f.curl())
	}
	for a := range d {
		if g.Axis(a).IsPeriodic() {
			parts = append(parts, f.round(a))
		}
	}
	if parts == nil {
		return balanced("in one dimension between walls there is nowhere to flow round")
	}
	return together(parts)
}

// A forceTest is a problem with the points where its force is looked at.
type forceTest struct {
	problem *Problem
	grid    *grid.Grid
	xi      [][]float64 // along each axis, in cells; the points are their product
	weight  []float64   // of the points: 1, or the density times the volume of a cell there
}

func newForceTest(p *Problem, g *grid.Grid, density *grid.Field) *forceTest {
	d := g.Dim()
	f := &forceTest{problem: p, grid: g, xi: make([][]float64, d)}
	if d == 1 {
		return f
	}
	m, points := probesAlong[d], 1
	for a := range f.xi {
		for k := range m {
			f.xi[a] = append(f.xi[a], (float64(k)+0.5)*float64(g.Axis(a).Cells())/float64(m))
		}
		points *= m
	}
	f.weight = make([]float64, points)
	for i := range f.weight {
		f.weight[i] = 1
		if density != nil {
			var cell int
			for a, xi := range pointAt(f.xi, i) {
				cell += int(xi) * g.Stride(a)
			}
			f.weight[i] = density.Values[cell] * g.Volume(cell)
		}
	}
	return f
}

// degenerate returns the test where D is singular everywhere, and whether it is.
func (f *forceTest) degenerate() (BalanceTest, bool) {
	d := f.grid.Dim()
	e := &f.problem.Equation
	all := tabulate(e.Eval, e.components(), newProbes(f.grid, f.xi, 0).coords)
	v, tensor := make([]float64, d), mat.NewSymDense(d, nil)
	var leaves int
	var out, size float64
	for i := range all[0] {
		for a := range d {
			v[a] = all[a][i]
			for b := a; b < d; b++ {
				tensor.SetSym(a, b, all[d+operators.Packed(d, a, b)][i])
			}
		}
		across, ok := outOfRange(tensor, v)
		if !ok {
			return BalanceTest{}, false
		}
		if across > 1e-6*floats.Norm(v, 2) {
			leaves++
		}
		out += across
		size += floats.Norm(v, 2)
	}
	if leaves < len(all[0])-len(all[0])/100 {
		return undecided("D is singular, and there is no force D⁻¹v"), true
	}
	return judged(out/size, singular, "D is singular, and the part of the drift that no noise acts along is"), true
}

// outOfRange returns the length of v's projection on the null space of D, and whether D has
// one to round-off.
func outOfRange(tensor *mat.SymDense, v []float64) (length float64, ok bool) {
	var eig mat.EigenSym
	if !eig.Factorize(tensor, true) {
		return 0, false
	}
	var vectors mat.Dense
	eig.VectorsTo(&vectors)
	for k, lambda := range eig.Values(nil) {
		if lambda > singular*mat.Trace(tensor) {
			break
		}
		ok = true
		length = math.Hypot(length, mat.Dot(vectors.ColView(k), mat.NewVecDense(len(v), v)))
	}
	return length, ok
}

// curl tests the curl with shorter and shorter steps until one decides; if none does, by the one
// with the smallest error.
func (f *forceTest) curl() BalanceTest {
	best := undecided("D is singular or the force is not finite, at all points")
	for _, share := range stepShares {
		s := f.curlSums(share)
		switch {
		case s.left == len(f.weight):
			continue
		case s.size == 0:
			return balanced("there is no force but that of the potential")
		}
		t := judged(s.curl/s.size, s.err/s.size, "curl of the force D⁻¹v, relative to its derivatives")
		switch {
		case t.Verdict == Violated && s.curl*s.curl < fewestCurls*s.squares:
			t.Verdict = CannotTell
			t.Reason += "; at a few points only, where the force may jump"
		case 8*share*float64(len(f.xi[0])) < 1:
			t = t.doubted("taken over steps so short that jumps are overlooked")
		}
		if s.left > 0 {
			t = t.doubted(fmt.Sprintf("D is singular or the force not finite at %d of %d points", s.left, len(f.weight)))
		}
		if t.Verdict != CannotTell {
			return t
		}
		if !(t.Error >= best.Error) {
			best = t
		}
	}
	return best
}

// curlSums holds sums of the curl, its error and what it is relative to, of the square of the curl,
// and how many points were left out.
type curlSums struct {
	curl, err, size, squares float64
	left                     int
}

// curlSums sums over the points with steps of a share of the box.
func (f *forceTest) curlSums(share float64) (s curlSums) {
	d := f.grid.Dim()
	probes := newProbes(f.grid, f.xi, share)
	force := f.problem.Equation.force()
	u := tabulate(force, d+1, probes.coords)
	condition := u[d]
	var first, second [3][][]float64
	for a := range d {
		first[a], second[a] = probes.slope(force, d+1, a, 1), probes.slope(force, d+1, a, secondStep)
	}
	f.addPotential(u, probes)
	for i, w := range f.weight {
		var curl, err, size float64
		for a := range d {
			for b := a + 1; b < d; b++ {
				c := first[a][b][i] - first[b][a][i]
				curl += math.Abs(c)
				err += math.Abs(c - (second[a][b][i] - second[b][a][i]))
				size += math.Abs(first[a][b][i]) + math.Abs(first[b][a][i]) +
					math.Abs(u[b][i])/f.grid.Axis(a).Length() + math.Abs(u[a][i])/f.grid.Axis(b).Length()
			}
		}
		err += 4 * 0x1p-53 * condition[i] * size // of coefficients rounded in the same way everywhere
		if math.IsNaN(err) || math.IsInf(err, 0) {
			s.left++
			continue
		}
		s.curl, s.err, s.size = s.curl+w*curl, s.err+w*err, s.size+w*size
		s.squares += w * curl * w * curl
	}
	return s
}

// addPotential adds −∇φ to the force at the points, where there is a potential.
func (f *forceTest) addPotential(u [][]float64, probes *probes) {
	e := &f.problem.Equation
	if !e.Potential {
		return
	}
	for a := range e.Dim {
		slope := probes.slope(e.Eval, e.components(), a, 1)
		floats.Sub(u[a], slope[e.components()-1])
	}
}

// loopNodes is the number of nodes of each of three sets on a loop round a periodic axis, and
// loopPlaces the number of loops for each other axis.
const loopNodes, loopPlaces = 243, 5

// round tests the integral round a periodic axis, with the mean of three sets of nodes.
func (f *forceTest) round(a int) BalanceTest {
	d, ax := f.grid.Dim(), f.grid.Axis(a)
	coords := make([][]float64, d)
	for b := range coords {
		if b == a {
			for k := range 3 * loopNodes {
				coords[b] = append(coords[b], ax.Min()+ax.Length()*(float64(k)+0.5)/(3*loopNodes))
			}
			continue
		}
		n := f.grid.Axis(b).Cells()
		for k := range loopPlaces {
			coords[b] = append(coords[b], f.grid.Axis(b).Center((2*k+1)*n/(2*loopPlaces)))
		}
	}
	u := tabulate(f.problem.Equation.force(), d+1, coords)
	stride := 1
	for _, c := range coords[:a] {
		stride *= len(c)
	}
	var total, err, size float64
	for i := range u[a] {
		if i/stride%(3*loopNodes) != 0 {
			continue
		}
		var set [3]float64
		for k := range 3 * loopNodes {
			v := u[a][i+k*stride] / (3 * loopNodes)
			set[k%3] += v
			size += math.Abs(v)
			err += 4 * 0x1p-53 * u[d][i+k*stride] * math.Abs(v)
		}
		sum := set[0] + set[1] + set[2]
		total += math.Abs(sum)
		err += max(math.Abs(3*set[0]-sum), math.Abs(3*set[1]-sum), math.Abs(3*set[2]-sum))
	}
	what := fmt.Sprintf("force integrated once round %s, relative to its size", f.problem.Variables[a])
	switch {
	case math.IsNaN(err) || math.IsInf(err, 0):
		return undecided(what + ": D is singular or the force not finite on the way")
	case size == 0:
		return balanced("there is no force along " + f.problem.Variables[a] + " but that of the potential")
	}
	return judged(total/size, err/size, what)
}
