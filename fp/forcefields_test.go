package fp_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// In the sense of Itô b − v = ∇·D; D u = v; and a potential gives the same v and u as its slope.
func TestForceFieldsOfTheFullTensor(t *testing.T) {
	c := exact.FullTensor()
	g := c.Grid(24)
	fields := map[string]*grid.FaceField{}
	for name, get := range map[string]func(*grid.Grid) (*grid.FaceField, error){
		"b": c.Problem.DriftField, "v": c.Problem.EffectiveDriftField, "u": c.Problem.ForceField,
		"v of φ": exact.FullTensorGibbs().Problem.EffectiveDriftField, "u of φ": exact.FullTensorGibbs().Problem.ForceField,
	} {
		f, err := get(g)
		if err != nil {
			t.Fatal(err)
		}
		fields[name] = f
	}
	drift := driftOf(c.Problem)
	x, v := make([]float64, 2), make([]float64, 2)
	h := g.Axis(0).Width(0)
	for a := range 2 {
		eachLowerFace(g, a, func(f int, cell []int) {
			g.Center(x, g.Index(cell))
			x[a] = g.Axis(a).Edges()[cell[a]]
			drift(v, x)
			d := [3]float64{0.2 * (1 + 0.5*x[0]*x[0]), 0.06 * math.Sin(x[0]+x[1]), 0.2 * (1 + 0.5*math.Cos(x[1])*math.Cos(x[1]))}
			off := 0.06 * math.Cos(x[0]+x[1])
			div := [2]float64{0.2*x[0] + off, off - 0.1*math.Sin(2*x[1])}
			det := d[0]*d[2] - d[1]*d[1]
			u := [2]float64{(d[2]*v[0] - d[1]*v[1]) / det, (d[0]*v[1] - d[1]*v[0]) / det}
			for name, want := range map[string]float64{"b": v[a] + div[a], "v": v[a], "u": u[a]} {
				if got := fields[name].Flow[a][f] / h; !(math.Abs(got-want) <= 1e-12*(1+math.Abs(want))) { // of terms of some 10
					t.Fatalf("%s_%d(%v) = %.15g, want %.15g", name, a, x, got, want)
				}
			}
			for name, want := range map[string]float64{"v of φ": v[a], "u of φ": u[a]} {
				// Differences over h/8 are exact for polynomials of degree 4: round-off of φ < 20 over h/8.
				if got := fields[name].Flow[a][f] / h; !(math.Abs(got-want) <= 1e-12*20/h*8) {
					t.Fatalf("%s_%d(%v) = %.15g, want %.15g", name, a, x, got, want)
				}
			}
		})
	}
}

func TestForceNeedsNoiseInEveryDirection(t *testing.T) {
	c := exact.Underdamped()
	_, err := c.Problem.ForceField(c.Grid(16))
	var where *fp.CoefficientError
	if !errors.As(err, &where) || !strings.Contains(err.Error(), "no inverse") {
		t.Errorf("error %v, want one that says that D has no inverse", err)
	}
}

// A seam is two faces with the same number, in one dimension and on a torus.
func TestSeamsAreClosed(t *testing.T) {
	torus := torus()
	for p, g := range map[*fp.Problem]*grid.Grid{torus.p: torus.grid(t, 16), exact.Ratchet().Problem: exact.Ratchet().Grid(16)} {
		f, err := p.ForceField(g)
		if err != nil {
			t.Fatal(err)
		}
		for a := range g.Dim() {
			for i := range g.Stride(a) {
				if lower, upper := f.Flow[a][i], f.Flow[a][i+16*g.Stride(a)]; lower != upper {
					t.Errorf("%s: %g and %g on the two faces of a seam", p.Title, lower, upper)
				}
			}
		}
	}
}

// Problem files keep b: of σ(x) = 1 + x² on both sides of the convention.
func TestDriftOfProblemFiles(t *testing.T) {
	for name, lines := range map[string]string{
		"ito":                  "equation: {drift: [-x], diffusion: [0.5*(1+x^2)^2], calculus: ito}",
		"haenggi-klimontovich": "equation: {drift: [-x], diffusion: [0.5*(1+x^2)^2], calculus: haenggi-klimontovich}",
		"stratonovich":         "equation: {drift: [-x], noise_factor: [[1+x^2]], calculus: stratonovich}",
		"sgd":                  "sgd: {loss: x^2/2, noise_covariance: [(1+x^2)^2], learning_rate: 1, batch_size: 1}",
	} {
		text := "version: 1\nvariables: [x]\n" + lines + "\ndomain: {x: {min: -1, max: 1, cells: 16}}\n"
		file, err := fp.ReadProblem(strings.NewReader(text), fp.ReadOptions{Name: "test.yaml"})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		ax, err := grid.Uniform(-1, 1, 16, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		b, err := file.Problem.DriftField(grid.New(ax))
		if err != nil {
			t.Fatal(err)
		}
		for f, x := range ax.Edges() {
			if math.Abs(b.Flow[0][f]+x) > 4*0x1p-52 {
				t.Errorf("%s: b(%g) = %g, want %g", name, x, b.Flow[0][f], -x)
			}
		}
	}
}
