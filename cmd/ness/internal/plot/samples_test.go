package plot

import (
	"bytes"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var out = flag.String("out", "", "folder for the sample figures, to look at")

// uniform returns n equal cells.
func uniform(name string, lo, hi float64, n int) Axis {
	return graded(name, lo, hi, n, func(t float64) float64 { return t })
}

// sinhGraded returns n cells that are finest in the middle.
func sinhGraded(name string, lo, hi float64, n int) Axis {
	return graded(name, lo, hi, n, func(t float64) float64 {
		return 0.5 + 0.5*math.Sinh(3*(2*t-1))/math.Sinh(3)
	})
}

func graded(name string, lo, hi float64, n int, g func(float64) float64) Axis {
	a := Axis{Name: name, Edges: make([]float64, n+1)}
	for i := range a.Edges {
		a.Edges[i] = lo + (hi-lo)*g(float64(i)/float64(n))
	}
	return a
}

// sample returns f at the cell centres, axis 0 fastest.
func sample(axes []Axis, f func(x []float64) float64) []float64 {
	n := 1
	var c [][]float64
	for _, a := range axes {
		n *= a.cells()
		c = append(c, centers(a.Edges))
	}
	v := make([]float64, n)
	x := make([]float64, len(axes))
	for i := range v {
		k := i
		for d := range axes {
			x[d] = c[d][k%len(c[d])]
			k /= len(c[d])
		}
		v[i] = f(x)
	}
	return v
}

func doubleWell(x []float64) float64 {
	return math.Exp(-((x[0]*x[0]-1)*(x[0]*x[0]-1)/4 + x[1]*x[1]/2 - 0.1*x[0]) / 0.1)
}

// limitCycle is a ring; J = (−y, x) p turns on it.
func limitCycle(x []float64) float64 {
	r2 := x[0]*x[0] + x[1]*x[1]
	return math.Exp(-(r2*r2/4 - r2/2) / 0.1)
}

type figure struct {
	name string
	draw func(io.Writer, Format) error
}

// figures are what the package is for, one of each.
func figures() []figure {
	sq := func(n int) []Axis { return []Axis{uniform("θ₁", -2, 2, n), uniform("θ₂", -2, 2, n)} }
	well := []Axis{uniform("bmi", -1.8, 1.8, 128), uniform("s5", -1.2, 1.2, 96)}
	fine := []Axis{sinhGraded("x", -3, 3, 200), sinhGraded("v", -3, 3, 200)}
	ridge := []Axis{uniform("θ₁", -1, 1, 1024), uniform("θ₂", -1, 1, 1024)}
	narrow := func(x []float64) float64 {
		u, v := x[0]+x[1], x[0]-x[1]
		return math.Exp(-u*u/2e-4 - v*v/0.3)
	}
	coarse := sq(16)
	long := []Axis{uniform("position", 0, 1e-4, 80), uniform("momentum", -300, 300, 60)}
	cube := []Axis{uniform("θ₁", -2, 2, 48), uniform("θ₂", -1.5, 1.5, 40), sinhGraded("θ₃", -2, 2, 44)}
	line := []Axis{uniform("θ", -2, 2, 120)}
	ring := sq(128)
	torus := []Axis{uniform("φ₁", 0, 2*math.Pi, 64), uniform("φ₂", 0, 2*math.Pi, 64)}
	ring1 := []Axis{uniform("φ", -math.Pi, math.Pi, 100)}
	gauss3 := func(x []float64) float64 {
		return math.Exp(-2*(x[0]*x[0]+x[1]*x[1]) - 3*(x[2]-0.5*x[0])*(x[2]-0.5*x[0]))
	}
	torus[0].Periodic, torus[1].Periodic = true, true
	turn := func(axes []Axis, p func([]float64) float64) (jx, jy []float64) {
		jx = sample(axes, func(x []float64) float64 { return -x[1] * p(x) })
		jy = sample(axes, func(x []float64) float64 { return x[0] * p(x) })
		return jx, jy
	}
	// A tilted double well under shear: J = (∂ψ/∂y, −∂ψ/∂x) of ψ = p² is divergence-free.
	eddies := func(axes []Axis) (jx, jy []float64) {
		const h = 1e-4
		psi := func(x, y float64) float64 { p := doubleWell([]float64{x, y}); return p * p * 0.01 }
		jx = sample(axes, func(x []float64) float64 { return (psi(x[0], x[1]+h) - psi(x[0], x[1]-h)) / (2 * h) })
		jy = sample(axes, func(x []float64) float64 { return -(psi(x[0]+h, x[1]) - psi(x[0]-h, x[1])) / (2 * h) })
		return jx, jy
	}
	return append(comparisons(), []figure{
		{"density-well", func(w io.Writer, f Format) error {
			return Density(w, f, "Stationary density, η = 0.1, B = 8", well, sample(well, doubleWell))
		}},
		{"log-well", func(w io.Writer, f Format) error {
			return LogDensity(w, f, "Effective potential, η = 10⁻³", well, sample(well, doubleWell))
		}},
		{"current-ring", func(w io.Writer, f Format) error {
			jx, jy := turn(ring, limitCycle)
			loss := sample(ring, func(x []float64) float64 { return x[0]*x[0]/2 + x[1]*x[1]/4 })
			return Current(w, f, "Stationary current, ∇·J = 0", ring, sample(ring, limitCycle), jx, jy, loss)
		}},
		{"current-eddies", func(w io.Writer, f Format) error {
			jx, jy := eddies(well)
			loss := sample(well, func(x []float64) float64 { return -0.1 * math.Log(doubleWell(x)) })
			return Current(w, f, "Two eddies, ∇·J = 0", well, sample(well, doubleWell), jx, jy, loss)
		}},
		{"current-coarse", func(w io.Writer, f Format) error {
			jx, jy := turn(coarse, limitCycle)
			return Current(w, f, "16² cells", coarse, sample(coarse, limitCycle), jx, jy, nil)
		}},
		{"current-periodic", func(w io.Writer, f Format) error {
			p := sample(torus, func(x []float64) float64 { return 0.02 * (1 + 0.6*math.Cos(x[0])*math.Sin(x[1])) })
			jx := sample(torus, func(x []float64) float64 { return 0.01 * (1 + 1.5*math.Sin(x[1])) })
			jy := sample(torus, func(x []float64) float64 { return 0.01 * (0.4 + 0.9*math.Cos(x[0])) })
			return Current(w, f, "A torus", torus, p, jx, jy, nil)
		}},
		{"current-none", func(w io.Writer, f Format) error {
			return Current(w, f, "Detailed balance", ring, sample(ring, limitCycle), nil, nil, nil)
		}},
		{"density-coarse", func(w io.Writer, f Format) error {
			return Density(w, f, "16² cells", coarse, sample(coarse, limitCycle))
		}},
		{"log-coarse", func(w io.Writer, f Format) error {
			return LogDensity(w, f, "16² cells", coarse, sample(coarse, limitCycle))
		}},
		{"density-graded", func(w io.Writer, f Format) error {
			return Density(w, f, "Axes graded as sinh", fine, sample(fine, limitCycle))
		}},
		{"log-graded", func(w io.Writer, f Format) error {
			return LogDensity(w, f, "Axes graded as sinh", fine, sample(fine, limitCycle))
		}},
		{"density-ridge", func(w io.Writer, f Format) error {
			return Density(w, f, "A ridge 10⁻² wide, 1024² cells", ridge, sample(ridge, narrow))
		}},
		{"current-ridge", func(w io.Writer, f Format) error {
			jx := sample(ridge, func(x []float64) float64 { return (x[0] + x[1] + 0.3*(x[0]-x[1])) * narrow(x) })
			jy := sample(ridge, func(x []float64) float64 { return (x[0] + x[1] - 0.3*(x[0]-x[1])) * narrow(x) })
			return Current(w, f, "A ridge 10⁻² wide, 1024² cells", ridge, sample(ridge, narrow), jx, jy, nil)
		}},
		{"density-units", func(w io.Writer, f Format) error {
			return Density(w, f, "Ranges of 10⁻⁴ and 600", long, sample(long, func(x []float64) float64 {
				return 1e7 * math.Exp(-math.Pow((x[0]-3e-5)/1e-5, 2)-x[1]*x[1]/2e4)
			}))
		}},
		{"density-1d", func(w io.Writer, f Format) error {
			return Density1D(w, f, "Double well in one dimension", line[0], sample(line, func(x []float64) float64 {
				return 1.3 * doubleWell([]float64{x[0], 0})
			}))
		}},
		{"current-1d", func(w io.Writer, f Format) error {
			j := sample(line, func(x []float64) float64 { return 1.234e-3 + 1e-9*x[0] })
			return Current1D(w, f, "A tilted ring", line[0], sample(line, func(x []float64) float64 {
				return 0.25 + 0.1*math.Sin(x[0]*math.Pi/2)
			}), j, nil, nil)
		}},
		{"current-1d-parts", func(w io.Writer, f Format) error {
			p := sample(ring1, func(x []float64) float64 { return (1 + 0.6*math.Cos(x[0])) / (2 * math.Pi) })
			diffusion := sample(ring1, func(x []float64) float64 { return 0.3 * 0.6 * math.Sin(x[0]) / (2 * math.Pi) })
			j := sample(ring1, func([]float64) float64 { return 0.05 })
			drift := sample(ring1, func(x []float64) float64 { return 0.05 - 0.3*0.6*math.Sin(x[0])/(2*math.Pi) })
			return Current1D(w, f, "A tilted ring", ring1[0], p, j, drift, diffusion)
		}},
		{"current-3d", func(w io.Writer, f Format) error {
			p := sample(cube, gauss3)
			var j [3][]float64
			j[0] = sample(cube, func(x []float64) float64 { return -x[1] * gauss3(x) })
			j[1] = sample(cube, func(x []float64) float64 { return (x[0] - 0.5*x[2]) * gauss3(x) })
			j[2] = sample(cube, func(x []float64) float64 { return (0.5*x[1] + 0.3*x[0]) * gauss3(x) })
			return Current3D(w, f, "Current in three dimensions", cube, p, j)
		}},
		{"split", func(w io.Writer, f Format) error {
			return Split(w, f, "Helmholtz split of the drift", well, "v", "θT⁻¹", [3]Part{
				{sample(well, func(x []float64) float64 { return x[0] - x[0]*x[0]*x[0] }), sample(well, func(x []float64) float64 { return -x[1] }), 0.834},
				{sample(well, func(x []float64) float64 { return -x[1] * 0.5 }), sample(well, func(x []float64) float64 { return 0.5 * x[0] }), 0.166},
				{nil, nil, 3e-31},
			})
		}},
		{"split-torus", func(w io.Writer, f Format) error {
			return Split(w, f, "Helmholtz split on a torus", torus, "J", "θ⁻¹T⁻¹", [3]Part{
				{nil, nil, 0},
				{sample(torus, func(x []float64) float64 { return math.Sin(x[1]) }), sample(torus, func(x []float64) float64 { return math.Cos(x[0]) }), 0.6},
				{sample(torus, func([]float64) float64 { return 0.8 }), sample(torus, func([]float64) float64 { return 0.3 }), 0.4},
			})
		}},
		{"vorticity", func(w io.Writer, f Format) error {
			return Vorticity(w, f, "Vorticity of the current", ring, sample([]Axis{dual(ring[0]), dual(ring[1])}, func(x []float64) float64 {
				r2 := x[0]*x[0] + x[1]*x[1]
				return limitCycle(x) * (2 - 10*(r2*r2-r2))
			}))
		}},
		{"entropy", func(w io.Writer, f Format) error {
			return EntropyProduction(w, f, "Density of entropy production", ring, sample(ring, func(x []float64) float64 {
				return (x[0]*x[0] + x[1]*x[1]) * limitCycle(x) / 0.1
			}))
		}},
		{"entropy-linear", func(w io.Writer, f Format) error {
			return EntropyProduction(w, f, "Density of entropy production", torus, sample(torus, func(x []float64) float64 {
				return 2 + math.Sin(x[0])*math.Cos(x[1])
			}))
		}},
		{"stream", func(w io.Writer, f Format) error {
			corner := func(a Axis) Axis { // centres at the edges of a
				h := a.width(0)
				return uniform(a.Name, a.lo()-h/2, a.hi()+h/2, a.cells()+1)
			}
			return StreamFunction(w, f, "Stream function of the current", well, sample([]Axis{corner(well[0]), corner(well[1])}, func(x []float64) float64 {
				p := doubleWell([]float64{x[0], x[1]})
				return 0.01 * p * p * x[0]
			}))
		}},
		{"angle", func(w io.Writer, f Format) error {
			jx, jy := eddies(well)
			angle := sample(well, func(x []float64) float64 {
				p := doubleWell(x)
				jx, jy := -p*(x[1]+0.4*x[0]), p*(x[0]*(x[0]*x[0]-1)-0.1)
				gx, gy := x[0]*(x[0]*x[0]-1)-0.1+0.3*x[1], x[1]+0.7*x[0]
				return math.Acos((jx*gx + jy*gy) / (math.Hypot(jx, jy) * math.Hypot(gx, gy)))
			})
			return Angle(w, f, "Current against the gradient of the loss", well, sample(well, doubleWell), jx, jy, angle)
		}},
		{"marginals", func(w io.Writer, f Format) error {
			return Marginals3D(w, f, "Marginals of the stationary density", cube, sample(cube, func(x []float64) float64 {
				return doubleWell(x[:2]) * math.Exp(-4*math.Pow(x[2]-0.5*x[0], 2))
			}))
		}},
	}...)
}

// The same input gives the same bytes, and every label has its glyphs. SVG has all that a figure consists
// of, the colours as PNG; of the rasteriser a few figures are witness enough.
func TestFiguresAreDeterministic(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	rasterised := map[string]bool{"log-well": true, "current-coarse": true, "density-1d": true}
	for _, fig := range figures() {
		t.Run(fig.name, func(t *testing.T) {
			t.Parallel()
			svg := twice(t, fig, SVG)
			save(t, fig.name+".svg", svg)
			written := labels(svg)
			if len(written) < fewestLabels {
				t.Errorf("only %d labels found: %q", len(written), written)
			}
			wantGlyphs(t, strings.Join(written, ""))
			if rasterised[fig.name] || *out != "" {
				save(t, fig.name+".png", twice(t, fig, PNG))
			}
		})
	}
}

// fewestLabels are those of a title, two axes with four numbers each and a scale.
const fewestLabels = 10

// twice draws a figure two times and compares.
func twice(t *testing.T, fig figure, f Format) []byte {
	t.Helper()
	var a, b bytes.Buffer
	for _, w := range []io.Writer{&a, &b} {
		if err := fig.draw(w, f); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("format %d: two drawings differ: %d and %d bytes", f, a.Len(), b.Len())
	}
	return a.Bytes()
}

// save writes a figure into the folder of -out, if there is one.
func save(t *testing.T, name string, data []byte) {
	if *out == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*out, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}
