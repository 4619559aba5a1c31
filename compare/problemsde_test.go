package compare

import (
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// onThePlane returns the mean and covariance of p ∝ e^{ln p} on all of the plane, and the part
// of it in the case's box, by the midpoint rule over [−8, 8]² with 800² points, which is exact
// to round-off for a smooth function that has faded there.
func onThePlane(c *exact.Case) (mean []float64, cov *mat.SymDense, inside float64) {
	const n, half = 800, 8.0
	var total float64
	mean, cov = make([]float64, 2), mat.NewSymDense(2, nil)
	for i := range n {
		for j := range n {
			x := []float64{half * (2*float64(i) + 1 - n) / n, half * (2*float64(j) + 1 - n) / n}
			p := c.PointDensity(x)
			total += p
			for a := range mean {
				mean[a] += p * x[a]
				for b := a; b < 2; b++ {
					cov.SetSym(a, b, cov.At(a, b)+p*x[a]*x[b])
				}
			}
		}
	}
	for a := range mean {
		mean[a] /= total
	}
	for a := range mean {
		for b := a; b < 2; b++ {
			cov.SetSym(a, b, cov.At(a, b)/total-mean[a]*mean[b])
		}
	}
	return mean, cov, 1 / (total * (2 * half / n) * (2 * half / n))
}

// A2 and A4 as stochastic differential equations have the densities that their equations are
// known to have. There are no walls: that of A4 goes on, unchanged, beyond its box. Platen's
// scheme has errors of (λh)² = 0.6 % of a variance on A2 and less on A4, where h is twice and
// four times smaller, and standard errors are 1.5 %.
func TestProblemsHaveTheirDensityAsSDE(t *testing.T) {
	skipLong(t)
	for _, c := range []struct {
		exact *exact.Case
		step  float64
		tau   int // relaxation time in steps, as Pilot finds it, rounded up
	}{{exact.Rotation2D(1), 0.0247, 32}, {exact.FullTensor(), 0.06, 72}} {
		s, err := NewSDE(c.exact.Problem, nil, c.step)
		if err != nil {
			t.Fatal(err)
		}
		s.Scheme = Platen
		g := c.exact.Grid(32)
		e := run(t, s, Initial{Points: [][]float64{{-1, 0}, {1, 0}, {0, 0}}}, Options{Walkers: 512, BurnIn: 14 * c.tau, Every: c.tau / 10, Grid: g}, 34*c.tau)
		m := e.Moments()
		mean, cov, inside := onThePlane(c.exact)
		checkMoments(t, c.exact.Name, m, mean, cov)
		q := c.exact.Density(g)
		for i := range q.Values {
			q.Values[i] *= inside
		}
		d, err := e.Histogram().Distances(q)
		if err != nil {
			t.Fatal(err)
		}
		if d.TV.Judge(0) == fp.Violated {
			t.Errorf("%s: total variation %g ± %g, floor %g", c.exact.Name, d.TV.Value, d.TV.Err, d.TV.Floor)
		}
		if doubts := m.Doubts([]string{"x", "y", "z"}, false); doubts != nil {
			t.Errorf("%s: %q", c.exact.Name, doubts)
		}
	}
}

// A4 given by its potential has the drift that it has in the sense of Itô, to the error of
// differences over 7.4e-4·6, (4.4e-3)⁴/30 = 1e-11 of fifth derivatives below 100.
func TestDriftOfAPotentialIsThatOfIto(t *testing.T) {
	length := []float64{6, 6}
	ito, err := NewSDE(exact.FullTensor().Problem, length, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	gibbs, err := NewSDE(exact.FullTensorGibbs().Problem, length, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		x := []float64{4*rng.Float64() - 2, 4*rng.Float64() - 2}
		for what, pair := range map[string][2][][]float64{
			"drift":     {valuesAt(ito.Drift, 2, x), valuesAt(gibbs.Drift, 2, x)},
			"diffusion": {valuesAt(ito.Diffusion, 3, x), valuesAt(gibbs.Diffusion, 3, x)},
		} {
			for k, want := range pair[0] {
				if got := pair[1][k][0]; !(math.Abs(got-want[0]) < 1e-9) {
					t.Errorf("%s[%d] at %v: %.12g, want %.12g", what, k, x, got, want[0])
				}
			}
		}
	}
}

// The fastest rate of A2 is √(9 + 3/2) = |λ| of its complex pair, det A = 10.5.
func TestDefaultStep(t *testing.T) {
	p := exact.Rotation2D(1).Problem
	if got, want := DefaultStep(p, nil, [][]float64{{0, 0}, {1, 2}}), 0.02/math.Sqrt(10.5); math.Abs(got/want-1) > 1e-9 {
		t.Errorf("%g, want %g", got, want)
	}
	// The drift x − x³ has the rates 1 and 2 at 0 and 1: the largest counts.
	well := &fp.Problem{Variables: []string{"x"}, Equation: fp.HanggiKlimontovich(1,
		fp.Pointwise(func(dst, x []float64) { dst[0] = x[0] - x[0]*x[0]*x[0] }), fp.Pointwise(func(dst, _ []float64) { dst[0] = 0.1 }))}
	for _, points := range [][][]float64{{{0}, {1}}, {{1}, {0}}} {
		if got := DefaultStep(well, []float64{2}, points); math.Abs(got/0.01-1) > 1e-9 {
			t.Errorf("%g, want 0.01", got)
		}
	}
}

// Every problem file with an equation becomes an SDE, and runs with its default step; between
// walls walkers stay.
func TestProblemFilesRunAsSDE(t *testing.T) {
	dir := filepath.Join("..", "testdata", "problems")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	constant := map[string]bool{"a2_rotating_ou.yaml": true, "a3_multi_well.yaml": true, "a5_tilted_periodic.yaml": true, "a7_limit_cycle.yaml": true, "ou_3d.yaml": true}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(src), "\nequation:") {
			continue
		}
		base := filepath.Base(name)
		f, err := fp.ReadProblem(strings.NewReader(string(src)), fp.ReadOptions{Name: base, Open: func(path string) (io.ReadCloser, error) { return os.Open(filepath.Join(dir, path)) }})
		if err != nil {
			t.Fatal(err)
		}
		g, err := f.Domain.Grid(f.Problem.Variables)
		if err != nil {
			t.Fatal(err)
		}
		start, length := make([]float64, g.Dim()), make([]float64, g.Dim())
		for a := range start {
			length[a] = g.Axis(a).Length()
			start[a] = g.Axis(a).Min() + 0.4*length[a]
		}
		s, err := NewSDE(f.Problem, length, DefaultStep(f.Problem, length, [][]float64{start}))
		if err != nil {
			t.Errorf("%s: %v", base, err)
			continue
		}
		if (s.ConstantDiffusion != nil) != constant[base] {
			t.Errorf("%s: constant diffusion %v", base, s.ConstantDiffusion)
		}
		for _, s.Scheme = range []Scheme{EulerMaruyama, Platen} {
			run(t, s, Initial{Points: [][]float64{start}}, Options{Walkers: 64, BurnIn: 100, Grid: g}, 400)
		}
	}
}

func TestNewSDESaysWhatIsWrong(t *testing.T) {
	p := exact.Rotation2D(1).Problem
	if _, err := NewSDE(p, nil, 0); err == nil {
		t.Error("no step: no error")
	}
	if _, err := NewSDE(p, []float64{1}, 0.1); err == nil {
		t.Error("one length: no error")
	}
}
