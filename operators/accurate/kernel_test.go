package accurate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ness-fp/ness/grid"
)

// withKernels runs do with k as the processor's, nil for none.
func withKernels(k *kernels, do func()) {
	old := processor
	processor = k
	defer func() { processor = old }()
	do()
}

// drawing draws numbers and lengths for a kernel.
type drawing struct {
	*rapid.T
	rand *rand.Rand
}

func draw(t *rapid.T) drawing {
	return drawing{t, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))}
}

// row returns n numbers at any alignment.
func (d drawing) row(n int, name string) []float64 {
	skip := rapid.IntRange(0, 7).Draw(d.T, "alignment of "+name)
	s := make([]float64, n+skip)[skip:]
	for i := range s {
		s[i] = 2*d.rand.Float64() - 1
	}
	return s
}

// Sums of rows and along rows, of any length and with any number of taps, are those of the
// plain path to round-off of their additions, and nothing beside dst changes.
func TestKernelsAgreeWithThePlainPath(t *testing.T) {
	for name, k := range available() {
		t.Run(name, func(t *testing.T) {
			withKernels(k, func() { rapid.Check(t, checkSums) })
		})
	}
}

func checkSums(t *rapid.T) {
	d := draw(t)
	n := rapid.IntRange(0, 150).Draw(t, "n")
	taps := rapid.IntRange(0, 23).Draw(t, "taps")
	stride := rapid.IntRange(0, 200).Draw(t, "stride")
	rows := rapid.IntRange(1, 5).Draw(t, "rows")
	src := d.row(n+(rows+max(taps, 1)-2)*stride, "src")
	a, b := d.row(rows*n, "a"), d.row(rows*n, "b")
	v, w := d.row(taps, "v"), d.row(taps, "w")
	before := d.row(rows*n+2, "dst")
	for name, run := range map[string]func(dst []float64){
		"combine":  func(dst []float64) { combine(dst, src, n, stride, w) },
		"flux":     func(dst []float64) { flux(dst, a, b, src, n, stride, v, w) },
		"subtract": func(dst []float64) { subtract(dst, a, src, n, stride, w) },
	} {
		got, want := slices.Clone(before), slices.Clone(before)
		run(got[1 : rows*n+1])
		withKernels(nil, func() { run(want[1 : rows*n+1]) })
		// All numbers are below 1: two sums of so many products, each rounded twice.
		bound := float64(2*(2*taps+2)) * float64(2*taps+1) * 0x1p-53
		for i := range got {
			if math.Abs(got[i]-want[i]) > bound || (i == 0 || i == rows*n+1) && got[i] != before[i] {
				t.Fatalf("%s: [%d] is %v, want %v", name, i-1, got[i], want[i])
			}
		}
	}
}

// The plain path is the sum as it is written.
func TestPlainPathIsTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		n := rapid.IntRange(1, 3*part).Draw(t, "n")
		taps := rapid.IntRange(1, 23).Draw(t, "taps")
		stride := rapid.IntRange(0, 200).Draw(t, "stride")
		src, w := d.row(n+(taps-1)*stride, "src"), d.row(taps, "w")
		dst := make([]float64, n)
		withKernels(nil, func() { combine(dst, src, n, stride, w) })
		for i, got := range dst {
			var want float64
			for m := range w {
				want += w[m] * src[i+m*stride]
			}
			if math.Abs(got-want) > float64(taps*(taps+1))*0x1p-52 {
				t.Fatalf("[%d] is %v, want %v", i, got, want)
			}
		}
	})
}

// A trial is a problem with random coefficients; sizes of 0 are the least that there may be.
type trial struct {
	name  string
	sizes []int
	walls [][2]grid.Wall
	blend bool
}

var (
	reflectingAxis = [2]grid.Wall{grid.Reflecting, grid.Reflecting}
	absorbingAxis  = [2]grid.Wall{grid.Absorbing, grid.Absorbing}
	mixedAxis      = [2]grid.Wall{grid.Absorbing, grid.Reflecting}
	ringAxis       = [2]grid.Wall{grid.Periodic, grid.Periodic}
)

func trials() (list []trial) {
	for _, blend := range []bool{false, true} {
		for _, w := range [][3][2]grid.Wall{
			{reflectingAxis, reflectingAxis, reflectingAxis},
			{absorbingAxis, mixedAxis, reflectingAxis},
			{ringAxis, reflectingAxis, absorbingAxis},
			{mixedAxis, ringAxis, ringAxis},
			{ringAxis, ringAxis, mixedAxis},
			{reflectingAxis, absorbingAxis, ringAxis},
		} {
			for _, sizes := range [][]int{{41}, {23, 37}, {21, 22, 20}, {0}, {0, 0}, {0, 0, 0}} {
				walls := w[:len(sizes)]
				name := fmt.Sprintf("sizes=%v/walls=%v/blend=%v", sizes, walls, blend)
				list = append(list, trial{name, sizes, walls, blend})
			}
		}
	}
	return list
}

// operator returns the operator of a trial, with a density.
func (c trial) operator(t *testing.T, order int) (o *Operator, p []float64) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 0))
	axes := make([]grid.Axis, len(c.sizes))
	for a, n := range c.sizes {
		if n == 0 {
			n = LeastCells(order, c.walls[a] == ringAxis)
		}
		ax, err := grid.Uniform(0, 1, n, c.walls[a][0], c.walls[a][1])
		if err != nil {
			t.Fatal(err)
		}
		axes[a] = ax
	}
	o = New(grid.New(axes...), order)
	for a := range c.sizes {
		field := func() []float64 { return randomFaces(r, o, a) }
		o.Drift[a] = field()
		for b := range c.sizes {
			o.Diffusion[a][b] = field()
		}
		if c.blend {
			o.Damping[a], o.Up[a], o.Down[a] = field(), field(), field()
		}
	}
	p = make([]float64, o.Grid.Cells())
	for i := range p {
		p[i] = r.Float64()
	}
	return o, p
}

// randomFaces returns numbers between 0 and 1 on the faces across axis a, the same on the
// first and the last ones of a ring.
func randomFaces(r *rand.Rand, o *Operator, a int) []float64 {
	f := make([]float64, o.Grid.Faces(a))
	for i := range f {
		f[i] = r.Float64()
	}
	if !o.axes[a].ring() {
		return f
	}
	step := o.Grid.FaceStride(a)
	block := step * (o.n[a] + 1)
	for at := 0; at < len(f); at += block {
		copy(f[at+block-step:at+block], f[at:])
	}
	return f
}

// Rates and fluxes are those built point by point, for any number of dimensions, walls and
// coefficients, with all kernels.
func TestApplyAgreesWithSumsPointByPoint(t *testing.T) {
	paths := available()
	paths["plain"] = nil
	for _, c := range trials() {
		t.Run(c.name, func(t *testing.T) {
			for _, order := range Orders {
				o, p := c.operator(t, order)
				want := newReference(o, p)
				for name, k := range paths {
					withKernels(k, func() {
						got := make([]float64, len(p))
						o.Apply(got, p)
						f := o.Flow(p)
						want.compare(t, fmt.Sprintf("order %d, %s: R", order, name), got, want.rates)
						for a := range c.sizes {
							want.compare(t, fmt.Sprintf("order %d, %s: f[%d]", order, name, a), f.Point[a], want.point[a])
							want.compare(t, fmt.Sprintf("order %d, %s: H[%d]", order, name, a), f.Numerical[a], want.numerical[a])
						}
					})
				}
			}
		})
	}
}

// A reference is the fluxes and the rates of a density, point by point.
type reference struct {
	point, numerical [][]float64
	rates            []float64
}

func newReference(o *Operator, p []float64) *reference {
	ref := &reference{rates: make([]float64, len(p))}
	cells := o.n
	for a := range o.dim {
		faces := cells
		faces[a]++
		f := make([]float64, o.Grid.Faces(a))
		value, slope := mapAlong(o.axes[a].interp, p, cells, a), mapAlong(o.axes[a].slope, p, cells, a)
		damp := mapAlong(o.axes[a].damp, p, cells, a)
		for i := range f {
			f[i] = o.Drift[a][i]*value[i] - o.Diffusion[a][a][i]*slope[i]
			if o.Damping[a] != nil {
				f[i] -= o.Damping[a][i] * damp[i]
			}
		}
		for b := range o.dim {
			if b != a {
				t := mapAlong(o.axes[a].interp, mapAlong(o.axes[b].tangent, p, cells, b), cells, a)
				for i := range f {
					f[i] -= o.Diffusion[a][b][i] * t[i]
				}
			}
		}
		h := mapAlong(o.axes[a].flow, f, faces, a)
		ref.addStar(o, h, p, a)
		ref.addStar(o, f, p, a)
		ref.diverge(o, h, a)
		ref.point, ref.numerical = append(ref.point, f), append(ref.numerical, h)
	}
	return ref
}

// mapAlong returns the map of a field of the given shape along axis a, which takes rings
// without what is there twice.
func mapAlong(b *band, src []float64, shape [3]int, a int) []float64 {
	out := shape
	out[a] = len(b.rows)
	dst := make([]float64, out[0]*out[1]*out[2])
	for i := range dst {
		at := [3]int{i % out[0], i / out[0] % out[1], i / (out[0] * out[1])}
		t := b.rows[at[a]]
		for m, w := range t.weights {
			from := at
			from[a] = t.start + m
			if b.ring {
				from[a] = (from[a] + b.in) % b.in
			}
			dst[i] += w * src[from[0]+shape[0]*(from[1]+shape[1]*from[2])]
		}
	}
	return dst
}

// addStar adds up·lower − down·upper to the fluxes across axis a, except on walls.
func (ref *reference) addStar(o *Operator, h, p []float64, a int) {
	if o.Up[a] == nil {
		return
	}
	shape := o.n
	shape[a]++
	for i := range h {
		at := [3]int{i % shape[0], i / shape[0] % shape[1], i / (shape[0] * shape[1])}
		k, n := at[a], o.n[a]
		if !o.axes[a].ring() && (k == 0 || k == n) {
			continue
		}
		cell := func(k int) float64 {
			at[a] = (k + n) % n
			return p[at[0]+o.n[0]*(at[1]+o.n[1]*at[2])]
		}
		h[i] += o.Up[a][i]*cell(k-1) - o.Down[a][i]*cell(k)
	}
}

// diverge takes the flow out across axis a, times the weights of the others, off the rates.
func (ref *reference) diverge(o *Operator, h []float64, a int) {
	weights := o.Weights()
	step := o.Grid.FaceStride(a)
	for i := range ref.rates {
		k := o.Grid.LowerFace(a, i)
		own := o.weight(i/o.Grid.Stride(a)%o.n[a], a)
		ref.rates[i] -= weights[i] / own * (h[k+step] - h[k])
	}
}

// compare compares to round-off: of three maps one after the other with up to 30 taps each,
// whose weights' absolute values add up to less than 300, 3 and 30.
func (ref *reference) compare(t *testing.T, what string, got, want []float64) {
	t.Helper()
	const bound = 3 * 30 * 0x1p-53 * 300 * 3 * 30
	for i := range want {
		if !(math.Abs(got[i]-want[i]) < bound) {
			t.Errorf("%s: [%d] is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

// Any number of workers, each with slabs of its own, finds the same bits.
func TestApplyHasTheSameBitsForAnyNumberOfWorkers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, c := range trials() {
		c.sizes = slices.Clone(c.sizes)
		c.sizes[len(c.sizes)-1] += 50
		o, p := c.operator(t, 8)
		var want []float64
		for _, workers := range []int{1, 2, 3, 8} {
			runtime.GOMAXPROCS(workers)
			got := make([]float64, len(p))
			o.Apply(got, p)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: other bits with %d workers", c.name, workers)
			}
		}
	}
}
