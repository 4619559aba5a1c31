package audit

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// stationaryCovariance solves A S + S Aᵀ + Q = 0.
func stationaryCovariance(t *testing.T, a, q *mat.Dense) *mat.Dense {
	t.Helper()
	n, _ := a.Dims()
	system, right := mat.NewDense(n*n, n*n, nil), mat.NewVecDense(n*n, nil)
	for i := range n {
		for j := range n {
			row := i*n + j
			right.SetVec(row, -q.At(i, j))
			for k := range n {
				system.Set(row, k*n+j, system.At(row, k*n+j)+a.At(i, k))
				system.Set(row, i*n+k, system.At(row, i*n+k)+a.At(j, k))
			}
		}
	}
	var s mat.VecDense
	if err := s.SolveVec(system, right); err != nil {
		t.Fatal(err)
	}
	return mat.NewDense(n, n, s.RawVector().Data)
}

// normalsTV is the total variation distance of two normal laws in the plane of mean 0.
func normalsTV(s, r mat.Matrix) (tv float64) {
	density := func(s mat.Matrix) func(x, y float64) float64 {
		a, b, c := s.At(0, 0), s.At(0, 1), s.At(1, 1)
		det := a*c - b*b
		return func(x, y float64) float64 {
			return math.Exp(-(c*x*x-2*b*x*y+a*y*y)/(2*det)) / (2 * math.Pi * math.Sqrt(det))
		}
	}
	p, q := density(s), density(r)
	const n, w = 800, 8.0 // deviations of at most 1.5
	h := 2 * w / n
	for i := range n {
		for j := range n {
			x, y := (float64(i)+0.5)*h-w, (float64(j)+0.5)*h-w
			tv += h * h / 2 * math.Abs(p(x, y)-q(x, y))
		}
	}
	return tv
}

// On the quadratic x²/2 + 2y² with constant noise that does not commute with it both covariances are those of
// linear equations: of the kinetic one in four variables, and of its limit in two. Walkers are ranked by their
// distance, within the error, of data and formulas.
func TestWalkersOfTheKineticEquationInThePlane(t *testing.T) {
	skipShort(t)
	const gamma, mu, xx, xy, yy = 0.5, 0.8, 1.0, 1.6, 4.0
	eta := math.Pow((1-mu)/gamma, 2)
	heat := mat.NewDense(2, 2, []float64{xx, xy, xy, yy})
	limit := stationaryCovariance(t, mat.NewDense(2, 2, []float64{-1, 0, 0, -4}), mat.NewDense(2, 2, []float64{2 * xx, 2 * xy, 2 * xy, 2 * yy}))
	kinetic := mat.NewDense(4, 4, nil)
	noise := mat.NewDense(4, 4, nil)
	for a, h := range []float64{1, 4} {
		kinetic.Set(a, 2+a, 1)
		kinetic.Set(2+a, a, -h)
		kinetic.Set(2+a, 2+a, -gamma)
		for b := range 2 {
			noise.Set(2+a, 2+b, 2*gamma*heat.At(a, b))
		}
	}
	want := normalsTV(limit, stationaryCovariance(t, kinetic, noise))
	scale := 2 * (1 - mu) / eta // of Σ over D
	src := fmt.Sprintf("variables: [x, y]\nsgd: {loss: x^2/2 + 2*y^2, noise_covariance: [[%.17g, %.17g], [%.17g, %.17g]], learning_rate: %.17g, batch_size: 1, momentum: %g}\ndomain: {x: {min: -7, max: 7, cells: 64}, y: {min: -7, max: 7, cells: 64}}",
		scale*xx, scale*xy, scale*xy, scale*yy, eta, mu)
	r := audited(t, src, Options{MaxPoints: 1, Points: 1, NoiseSteps: 8, Walkers: 512, Relaxations: 200})
	e := effect(t, r, "kinetic")
	if least, most := e.Range(); least > want || most < want || least < want/3 || !e.Sampled {
		t.Errorf("%.4f ± %.1g with a floor of %.2g, want %.4f", e.TV.Value, e.TV.Error, e.TV.Floor, want)
	}
	f := find(t, r, "no-momentum")
	if statistic(t, f, "kinetic-tv") != e.TV.Value || statistic(t, f, "kinetic-floor") != e.TV.Floor || !strings.Contains(f.Sentence, fmt.Sprintf("are %.2g from it in total variation, of which sampling and time steps", e.TV.Value)) {
		t.Errorf("%+v: %s", f.Statistics, f.Sentence)
	}
}

// Noise that varies round a ring moves the density of one coordinate by what the kinetic equation of that alone says,
// beside one whose noise is constant, which stays that of Gibbs: of independent coordinates the distances are those
// of one. Walkers forget where they start round a ring, too.
func TestWalkersOfTheKineticEquationOnARing(t *testing.T) {
	skipShort(t)
	const gamma, mu = 1, 0.5
	want := effect(t, audited(t, round(gamma, mu).src(), quick), "kinetic").TV.Value
	eta := math.Pow((1-mu)/gamma, 2)
	scale := 2 * (1 - mu) / eta // of Σ over D
	src := fmt.Sprintf("variables: [x, y]\nsgd: {loss: 0.05*(1-cos(x)) + y^2/2, noise_covariance: [[\"%.17g*(1+0.8*sin(x))\", 0], [0, %.17g]], learning_rate: %.17g, batch_size: 1, momentum: %g}\ndomain: {x: {min: 0, max: 2*pi, cells: 48, boundary: periodic}, y: {min: -6, max: 6, cells: 32}}",
		scale, scale, eta, mu)
	r := audited(t, src, Options{MaxPoints: 1, Points: 1, NoiseSteps: 8, Walkers: 4096, Relaxations: 200})
	e := effect(t, r, "kinetic")
	if least, most := e.Range(); least > want || most < want || least < want/2 {
		t.Errorf("%.4f ± %.1g with a floor of %.2g, want %.4f", e.TV.Value, e.TV.Error, e.TV.Floor, want)
	}
	if f := find(t, r, "walkers"); !f.Applies || math.IsNaN(f.Statistics[0].Value) {
		t.Errorf("walkers: %s", f.Sentence)
	}
	if f := find(t, r, "order-in-rate"); f.Applies {
		t.Errorf("order of walkers: %s", f.Sentence)
	}
}

// What walkers follow has the friction and the temperature of SGD, of data too, and steps as short as is
// promised. There is none without momentum, and where the equation is solved.
func TestRollingHasTheKineticEquationOfSGD(t *testing.T) {
	const data = "variables: [x, y]\nsgd: {data: {generate: {samples: 40, weights: [0.5, -1], noise: 1}}, model: linear-regression, learning_rate: 0.1, batch_size: 10, injected_noise: 0.5, %s}\ndomain: {x: {min: -1, max: 2, cells: 16}, y: {min: -2, max: 1, cells: 16}}"
	formula := strings.Replace(isotropic("1 + x^2"), "batch_size: 1", "batch_size: 3, momentum: 0.9", 1)
	for name, src := range map[string]string{
		"with replacement": fmt.Sprintf(data, "momentum: 0.8"),
		"epochs":           fmt.Sprintf(data, "momentum: 0.8, sampling: epochs"),
		"full batches":     strings.Replace(fmt.Sprintf(data, "momentum: 0.8, sampling: full-batch"), "batch_size: 10, ", "", 1),
		"formula":          formula,
		"short steps":      strings.Replace(formula, "learning_rate: 0.02", "learning_rate: 0.001", 1),
	} {
		f, g := problemOf(t, src)
		s, err := newSubject(f, g, quick.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.rolling()
		if err != nil {
			t.Fatal(err)
		}
		eta, rate := f.SGDVariant().Rate, p.Schedule.Rate(0)
		lambda, _ := s.curvature()
		relative := func(got, want float64) float64 { return math.Abs(got/want - 1) }
		const roundOff = 1e-12
		if got, want := (1-p.Momentum)/math.Sqrt(rate), (1-s.sgd.Momentum)/math.Sqrt(eta); relative(got, want) > roundOff {
			t.Errorf("%s: friction %g, want %g", name, got, want)
		}
		mu := s.sgd.Momentum
		if want := min(eta, kineticStep/lambda, eta*math.Pow(kineticFriction/(1-mu), 2)); relative(rate, want) > roundOff {
			t.Errorf("%s: rate %g, want %g", name, rate, want)
		}
		at := [][]float64{{0.3}, {-0.2}}
		heat, noise, slope := [][]float64{{0}, {0}, {0}}, [][]float64{{0}, {0}, {0}}, [][]float64{{0}, {0}}
		s.problem.Diffusion()(heat, at)
		p.Formula.NoiseCov(noise, at)
		p.Formula.Grad(slope, at)
		grad := make([]float64, 2)
		s.problem.Landscape.Grad(grad, []float64{at[0][0], at[1][0]})
		for k := range heat {
			got := noise[k][0] / float64(p.Batch)
			if k != 1 {
				got += p.InjectedNoise
			}
			if got *= rate / (1 - p.Momentum) / 2; !(math.Abs(got-heat[k][0]) <= roundOff*heat[0][0]) {
				t.Errorf("%s: component %d of D is %g, want %g", name, k, got, heat[k][0])
			}
		}
		for a := range grad {
			if !(relative(slope[a][0], grad[a]) <= roundOff) {
				t.Errorf("%s: slope %g, want %g", name, slope[a][0], grad[a])
			}
		}
	}
	for name, src := range map[string]string{"no momentum": isotropic("1"), "solved": line("0.4", ", momentum: 0.9")} {
		f, g := problemOf(t, src)
		s := &subject{file: f, problem: f.Problem, sgd: f.SGD(), grid: g}
		if p, err := s.rolling(); p != nil || err != nil {
			t.Errorf("%s: walkers of the kinetic equation, %v", name, err)
		}
	}
	flat := strings.Replace(isotropic("1"), "x^2/2 + y^2", "-x^2/2 - y^2", 1)
	f, g := problemOf(t, strings.Replace(flat, "batch_size: 1", "batch_size: 1, momentum: 0.5", 1))
	s, err := newSubject(f, g, quick.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.rolling(); p != nil || err == nil {
		t.Errorf("without curvature: %v, %v", p, err)
	}
}
