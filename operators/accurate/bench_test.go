package accurate

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// BenchmarkApply times the operator. ns/cell is the median of all calls, best-ns/cell the
// shortest one, triad-ns/cell the median of x = y + 3z over as many bytes as Apply has to
// read and write, run after every call; workers are set with -cpu.
func BenchmarkApply(b *testing.B) {
	for _, c := range []struct {
		d, n, order int
		tensor      string
	}{
		{2, 128, 8, "full"},
		{2, 512, 2, "full"},
		{2, 512, 4, "full"},
		{2, 512, 6, "full"},
		{2, 512, 8, "full"},
		{2, 1024, 8, "full"},
		{2, 512, 8, "diagonal"},
		{2, 512, 8, "blended"},
		{2, 1024, 8, "blended"},
		{1, 1 << 18, 8, "diagonal"},
		{3, 64, 6, "full"},
		{3, 64, 8, "full"},
	} {
		b.Run(fmt.Sprintf("d=%d/n=%d/order=%d/tensor=%s", c.d, c.n, c.order, c.tensor), func(b *testing.B) {
			o, arrays := benchOperator(b, c.d, c.n, c.order, c.tensor)
			cells := o.Grid.Cells()
			p, dst := make([]float64, cells), make([]float64, cells)
			for i := range p {
				p[i] = 1 + math.Sin(float64(i))
			}
			t := newTriad(cells * (arrays + 2))
			o.Apply(dst, p)
			var own, triad []float64
			for b.Loop() {
				own = append(own, seconds(func() { o.Apply(dst, p) }))
				triad = append(triad, seconds(t.run))
			}
			slices.Sort(own)
			slices.Sort(triad)
			each := 1e9 / float64(cells)
			b.ReportMetric(own[len(own)/2]*1e9, "ns/op")
			b.ReportMetric(own[len(own)/2]*each, "ns/cell")
			b.ReportMetric(own[0]*each, "best-ns/cell")
			b.ReportMetric(triad[len(triad)/2]*each, "triad-ns/cell")
		})
	}
}

// benchOperator returns an operator with walls and its number of arrays of coefficients.
func benchOperator(b *testing.B, d, n, order int, tensor string) (o *Operator, arrays int) {
	axes := make([]grid.Axis, d)
	for a := range axes {
		ax, err := grid.Uniform(0, 1, n, grid.Reflecting, grid.Reflecting)
		if err != nil {
			b.Fatal(err)
		}
		axes[a] = ax
	}
	o = New(grid.New(axes...), order)
	field := func(a int, base float64) []float64 {
		f := make([]float64, o.Grid.Faces(a))
		for i := range f {
			f[i] = base + 0.1*math.Cos(float64(i))
		}
		arrays++
		return f
	}
	for a := range d {
		o.Drift[a] = field(a, 0)
		for c := range d {
			if a == c || tensor != "diagonal" {
				o.Diffusion[a][c] = field(a, 0.1)
			}
		}
		if tensor == "blended" {
			o.Damping[a], o.Up[a], o.Down[a] = field(a, 0.2), field(a, 0.2), field(a, 0.2)
		}
	}
	return o, arrays
}

func seconds(do func()) float64 {
	start := time.Now()
	do()
	return time.Since(start).Seconds()
}

// A triad is x = y + 3z.
type triad struct{ x, y, z []float64 }

// newTriad returns a triad over so many numbers in all.
func newTriad(numbers int) *triad {
	n := numbers / 3
	return &triad{make([]float64, n), make([]float64, n), make([]float64, n)}
}

func (t *triad) run() {
	pieces.Run(len(t.x), 1<<14, func(_, lo, hi int) {
		x, y, z := t.x[lo:hi], t.y[lo:hi], t.z[lo:hi]
		for i := range x {
			x[i] = y[i] + 3*z[i]
		}
	})
}

// BenchmarkTransposed times the transpose; the metric applies is its time over that of the operator
// itself, both the medians of calls in turn.
func BenchmarkTransposed(b *testing.B) {
	for _, n := range []int{128, 256, 1024} {
		for _, tensor := range []string{"full", "diagonal"} {
			b.Run(fmt.Sprintf("n=%d/tensor=%s", n, tensor), func(b *testing.B) {
				o, _ := benchOperator(b, 2, n, 8, tensor)
				t := o.Transposed()
				u, dst := make([]float64, o.Grid.Cells()), make([]float64, o.Grid.Cells())
				for i := range u {
					u[i] = math.Sin(float64(i))
				}
				var own, there []float64
				for b.Loop() {
					own = append(own, seconds(func() { t.Apply(dst, u) }))
					there = append(there, seconds(func() { o.Apply(dst, u) }))
				}
				slices.Sort(own)
				slices.Sort(there)
				b.ReportMetric(own[len(own)/2]*1e9, "ns/op")
				b.ReportMetric(own[len(own)/2]/there[len(there)/2], "applies")
			})
		}
	}
}
