package hodge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
)

func testAxis(t *testing.T, kind byte, n int, scale float64) grid.Axis {
	t.Helper()
	ax, err := grid.Uniform(0, 3, n, grid.Reflecting, grid.Reflecting)
	switch kind {
	case 'p':
		ax, err = grid.Uniform(0, 3, n, grid.Periodic, grid.Periodic)
	case 'g':
		ax, err = grid.Sinh(0, 3, n, grid.Reflecting, grid.Reflecting, 1, scale)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ax
}

// dense returns the Laplacian K and the mass M of an axis, written down entry by entry:
// on cells with no flow through walls, or on edges with 0 on walls.
func dense(ax grid.Axis, onEdges bool) (k *mat.SymDense, m []float64) {
	n := ax.Cells()
	c := ax.Centers()
	var apart []float64 // distances of neighbours
	switch {
	case ax.IsPeriodic():
		for range n {
			m, apart = append(m, ax.Width(0)), append(apart, ax.Width(0))
		}
	case onEdges:
		for i := 1; i < n; i++ {
			m, apart = append(m, c[i]-c[i-1]), append(apart, ax.Width(i))
		}
		apart = apart[:n-2]
	default:
		for i := range n {
			m = append(m, ax.Width(i))
			if i > 0 {
				apart = append(apart, c[i]-c[i-1])
			}
		}
	}
	k = mat.NewSymDense(len(m), nil)
	bump := func(i, j int, v float64) { k.SetSym(i, j, k.At(i, j)+v) }
	for i, d := range apart {
		j := (i + 1) % len(m)
		bump(i, i, 1/d)
		bump(j, j, 1/d)
		bump(i, j, -1/d)
	}
	if onEdges && !ax.IsPeriodic() {
		bump(0, 0, 1/ax.Width(0))
		bump(len(m)-1, len(m)-1, 1/ax.Width(n-1))
	}
	return k, m
}

// Transforms diagonalise: backward(λ · forward(M x)) = M⁻¹ K x for any x, and
// backward(forward(M x)) = x.
func TestTransformsDiagonalise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, kind := range []byte("wpg") {
		for _, n := range []int{3, 4, 5, 16, 31, 60, 512, 513} {
			for _, onEdges := range []bool{false, true} {
				ax := testAxis(t, kind, n, 0.3)
				b := newBasis(ax, onEdges)
				k, m := dense(ax, onEdges)
				if len(b.values) != len(m) {
					t.Fatalf("%c, n = %d, edges %v: %d eigenvalues for %d unknowns", kind, n, onEdges, len(b.values), len(m))
				}
				const rows = 3 // odd: the last one has no partner
				x := make([]float64, rows*len(m))
				for i := range x {
					x[i] = r.NormFloat64()
				}
				top := b.values[0]
				for _, v := range b.values {
					top = math.Max(top, v)
				}
				plain, twice := append([]float64(nil), x...), make([]float64, len(x))
				for i := range plain {
					plain[i] *= m[i%len(m)]
				}
				f := b.make()
				f.forward(plain)
				for i, v := range plain {
					twice[i] = v * b.values[i%len(m)]
				}
				f.backward(plain)
				f.backward(twice)
				// Roundings: some 6 for small factors of n, but a few times the factor for large
				// ones, n for sines (their transform is a recurrence), and for a matrix n and
				// what its vectors lack in orthogonality. Up to 1.4 n + 7 were seen.
				tol := 4 * float64(n+8) * 0x1p-52
				for row := range rows {
					at := x[row*len(m):][:len(m)]
					var kx mat.VecDense
					kx.MulVec(k, mat.NewVecDense(len(m), at))
					for i, v := range at {
						if d := plain[row*len(m)+i] - v; !(math.Abs(d) <= tol) {
							t.Fatalf("%c, n = %d, edges %v: there and back is off by %.3g", kind, n, onEdges, d)
						}
						if d := twice[row*len(m)+i] - kx.AtVec(i)/m[i]; !(math.Abs(d) <= tol*top) {
							t.Fatalf("%c, n = %d, edges %v: the Laplacian is off by %.3g", kind, n, onEdges, d)
						}
					}
				}
			}
		}
	}
}

// Eigenvectors stay orthonormal, and eigenvalues right relative to themselves, where cells
// differ by eight orders of magnitude. The vectors are tested by the Rayleigh quotient of
// their differences, which are sums of squares.
func TestModesOfASteeplyGradedAxis(t *testing.T) {
	for _, onEdges := range []bool{false, true} {
		ax := testAxis(t, 'g', 200, 1e-8)
		values, u := modes(ax, onEdges)
		c := cellChain(ax)
		if onEdges {
			c = edgeChain(ax)
		}
		n := len(values)
		var worst, off float64
		for i := range n {
			for j := range i + 1 {
				var dot float64
				for k, m := range c.mass {
					dot += m * u[k*n+i] * u[k*n+j]
				}
				if i == j {
					dot--
				}
				worst = math.Max(worst, math.Abs(dot))
			}
			energy := c.first*u[i]*u[i] + c.final*u[(n-1)*n+i]*u[(n-1)*n+i]
			for k, w := range c.link {
				d := u[(k+1)*n+i] - u[k*n+i]
				energy += w * d * d
			}
			// Where λ is small the differences of u are lost in u: those are not compared.
			if values[i] > 1e-6*values[n-1] {
				off = math.Max(off, math.Abs(energy/values[i]-1))
			}
		}
		// 2⁻⁵² over the least relative gap; the second solution of a Poisson problem makes
		// up for anything far below 1.
		if !(worst <= 1e-10) {
			t.Errorf("edges %v: orthonormal to %.3g", onEdges, worst)
		}
		if !(off <= 1e-10) {
			t.Errorf("edges %v: Rayleigh quotients off by %.3g", onEdges, off)
		}
	}
}

// Uniform axes have the eigenvalues 4 sin²(πk/2n)/h² to a few roundings each.
func TestEigenvaluesOfAUniformAxis(t *testing.T) {
	const n = 200
	ax := testAxis(t, 'w', n, 0)
	want := wallValues(n, ax.Width(0))
	for k, v := range edgeChain(ax).eigenvalues() {
		// dqds promises some 4n roundings at the worst.
		if rel := v/want[k+1] - 1; !(math.Abs(rel) <= 4*n*0x1p-52) {
			t.Errorf("λ_%d = %.17g, want %.17g", k+1, v, want[k+1])
		}
	}
}

// Elimination against a dense solution, several shifts side by side, and the singular
// chain by itself.
func TestChainSolves(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	ax := testAxis(t, 'g', 12, 0.2)
	for _, onEdges := range []bool{false, true} {
		c := cellChain(ax)
		if onEdges {
			c = edgeChain(ax)
		}
		k, m := dense(ax, onEdges)
		n := len(m)
		shift := []float64{0.01, 3, 1e6}
		x := make([]float64, n*len(shift))
		for i := range x {
			x[i] = r.NormFloat64()
		}
		want := append([]float64(nil), x...)
		c.solve(x, make([]float64, len(x)), shift)
		for j, mu := range shift {
			full := mat.NewDense(n, n, nil)
			full.Copy(k)
			rhs := mat.NewVecDense(n, nil)
			for i := range n {
				full.Set(i, i, full.At(i, i)+mu*m[i])
				rhs.SetVec(i, want[i*len(shift)+j])
			}
			var sol mat.VecDense
			if err := sol.SolveVec(full, rhs); err != nil {
				t.Fatal(err)
			}
			scale := mat.Norm(&sol, math.Inf(1))
			for i := range n {
				// The condition number is up to 1e5 at the smallest shift: of the reference.
				if d := x[i*len(shift)+j] - sol.AtVec(i); !(math.Abs(d) <= 1e5*0x1p-52*scale) {
					t.Errorf("edges %v, shift %g: off by %.3g of %.3g", onEdges, mu, d, scale)
				}
			}
		}
	}
	// K x for x = 12, 11, …, 1 less the last: the solution whose last number is 0.
	c := cellChain(ax)
	rhs := make([]float64, 12)
	for i, w := range c.link {
		rhs[i] += w
		rhs[i+1] -= w
	}
	c.solve(rhs, make([]float64, 12), []float64{0})
	for i, v := range rhs {
		if want := float64(11 - i); math.Abs(v-want) > 1e3*0x1p-52 {
			t.Errorf("no shift: number %d is %.17g, want %g", i, v, want)
		}
	}
}

// Centres lie half a cell from a wall; on a periodic axis the seam is like any edge.
func TestDistances(t *testing.T) {
	ax := testAxis(t, 'g', 5, 0.5)
	d := distances(ax)
	total := d[0] - ax.Width(0)/2 + d[5] - ax.Width(4)/2
	for k := 1; k < 5; k++ {
		total += d[k] - (ax.Center(k) - ax.Center(k-1))
	}
	if math.Abs(total) > 16*0x1p-52 { // a dozen roundings of numbers below 3
		t.Errorf("distances %v are off by %.3g", d, total)
	}
	for _, v := range distances(testAxis(t, 'p', 4, 0)) {
		if v != 0.75 {
			t.Errorf("periodic: distance %g, want 0.75", v)
		}
	}
}

// Elimination goes along the graded axis with most cells, else along the last with walls.
func TestLastAxis(t *testing.T) {
	for _, c := range []struct {
		kinds string
		cells []int
		want  int
	}{
		{"w", []int{5}, 0},
		{"p", []int{5}, 0},
		{"wwp", []int{5, 5, 5}, 1},
		{"ppp", []int{5, 5, 5}, 2},
		{"gwg", []int{9, 20, 8}, 0},
		{"gpw", []int{5, 5, 5}, 0},
	} {
		axes := make([]grid.Axis, len(c.kinds))
		for a := range axes {
			axes[a] = testAxis(t, c.kinds[a], c.cells[a], 0.3)
		}
		if got := lastAxis(grid.New(axes...)); got != c.want {
			t.Errorf("%s: axis %d, want %d", fmt.Sprint(c.kinds, c.cells), got, c.want)
		}
	}
}
