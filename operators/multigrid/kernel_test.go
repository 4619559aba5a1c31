package multigrid

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// kernels are those that this processor can run, and none.
var kernels = map[string]kernel{"none": 0}

// withKernels runs do once with each kernel as the processor's.
func withKernels(t *testing.T, do func(t *testing.T)) {
	old := processor
	defer func() { processor = old }()
	for name, k := range kernels {
		processor = k
		t.Run("kernel="+name, do)
	}
}

// Sums over groups, rates and corrections have the same bits with any kernel and none: their
// sums and products are the same in the same order. (Without kernels some processors fuse
// them, to round-off of some operations.)
func TestKernelsAgreeWithThePlainPath(t *testing.T) {
	for _, dims := range [][]int{{64, 40}, {50, 30}, {47, 33}, {36, 10, 12}} {
		for _, ring := range []bool{false, true} {
			for _, along := range []float64{1, 0.01} { // in pairs along rows, and not
				want := map[string][]float64{}
				old := processor
				processor = 0
				everyStep(dims, ring, along, func(name string, x []float64) { want[name] = slices.Clone(x) })
				processor = old
				withKernels(t, func(t *testing.T) {
					everyStep(dims, ring, along, func(name string, x []float64) {
						for i, v := range x {
							if w := want[name][i]; math.Abs(v-w) > 16*0x1p-53*math.Abs(w) {
								t.Fatalf("%v, ring %v, rates along rows %g: %s[%d] is %v, want %v", dims, ring, along, name, i, v, w)
							}
						}
					})
				})
			}
		}
	}
}

// everyStep calls show with what the steps between levels make of some masses, where rates along
// rows are so many times those across.
func everyStep(dims []int, ring bool, along float64, show func(name string, x []float64)) {
	a := noise(dims, ring, 5)
	floats.Scale(along, a.Up[0])
	floats.Scale(along, a.Down[0])
	l := finest(a)
	l.hierarchy()
	if p := &l.plan.axis[0]; along < 1 && !p.single() {
		panic("rows are coarsened")
	}
	for i := range l.x {
		l.x[i] = 1 + math.Sin(float64(i))/2
	}
	c := l.plan.coarse
	for r := range c.rows() {
		l.gather(r)
		for a := range dims {
			s := l.plan.sums(r, a)
			show(fmt.Sprint("flows up ", a, " row ", r), s.forth)
			show(fmt.Sprint("flows down ", a, " row ", r), s.back)
			show(fmt.Sprint("resistances up ", a, " row ", r), s.upper)
			show(fmt.Sprint("resistances down ", a, " row ", r), s.lower)
		}
	}
	show("sums", c.x)
	l.coarsenAll()
	for a := range dims {
		show(fmt.Sprint("rates up ", a), c.up[a])
		show(fmt.Sprint("rates down ", a), c.dn[a])
	}
	show("inverses", c.inv)
	for i := range c.old {
		c.old[i] = 1 + math.Cos(float64(i))/3
	}
	added := slices.Clone(l.x)
	l.eachLayer(func(layer int) { l.interpolate(layer, c.old, added) })
	show("sums with corrections", l.x)
	l.eachLayer(l.correct)
	show("products with corrections", l.x)
	l.rhs, c.rhs = make([]float64, len(l.x)), make([]float64, len(c.x))
	for i, v := range l.x {
		l.rhs[i] = -8 * v / l.inv[i] // so that nothing cancels
	}
	l.eachGroup(l.restrictDefect)
	show("defects", c.rhs)
}

// Where a group or the one next to it is not to be trusted there are no rates, with any kernel.
func TestNoRatesOfGroupsThatAreNotTrusted(t *testing.T) {
	withKernels(t, func(t *testing.T) {
		const n = 19
		up, dn, x := make([]float64, n), make([]float64, n), make([]float64, n+1)
		s := sums{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
		for i := range up {
			s.forth[i], s.back[i], x[i] = 2, 1, 1e260
		}
		x[3], x[9], x[n] = 0, 0, 1e260
		s.rates(up, dn, x[:n], x[1:], s.lower)
		for i := range up {
			trusted := x[i] > 0 && x[i+1] > 0
			if (up[i] > 0) != trusted || (dn[i] > 0) != trusted {
				t.Errorf("rates %v and %v between inverse masses %v and %v", up[i], dn[i], x[i], x[i+1])
			}
		}
	})
}

// Ratios are those of numbers above bounds, with any kernel.
func TestRatios(t *testing.T) {
	withKernels(t, func(t *testing.T) {
		x, y, q := make([]float64, 19), make([]float64, 19), make([]float64, 19)
		for i := range x {
			x[i], y[i] = float64(i%4)-1, float64(i%5)
		}
		ratios(q, x, y, -0.5, 0.5, 7)
		for i, v := range q {
			want := 7.0
			if x[i] > -0.5 && y[i] > 0.5 {
				want = x[i] / y[i]
			}
			if v != want {
				t.Errorf("ratio of %v to %v is %v, want %v", x[i], y[i], v, want)
			}
		}
	})
}

// Masses that are not numbers are not hidden by the floor.
func TestCorrectionsKeepNaN(t *testing.T) {
	withKernels(t, func(t *testing.T) {
		l := finest(noise([]int{64, 64}, false, 5))
		l.hierarchy()
		for i := range l.x {
			l.x[i] = math.NaN()
		}
		fillOnes(l.plan.coarse.old)
		l.eachLayer(l.correct)
		for i, v := range l.x {
			if !math.IsNaN(v) {
				t.Fatalf("cell %d is %v", i, v)
			}
		}
	})
}
