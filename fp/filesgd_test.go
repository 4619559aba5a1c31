package fp_test

import (
	"io"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// Of L = x² + xy + 2y² with constant noise all variants are linear: with H = [[2, 1], [1, 4]],
// D = (η/2B) Σ they are −(H + ηH²/2)x and (1 + ηH/2) D (1 + ηH/2), written out here.
func TestVariantsOfAQuadratic(t *testing.T) {
	f := read(t, "variables: [x, y]\nsgd: {loss: x^2 + x*y + 2*y^2, noise_covariance: [[1, 0.3], [0.3, 2]], learning_rate: 0.4, batch_size: 8}")
	const eta, batch = 0.1, 2.0
	x := []float64{0.7, -0.4}
	d := [2][2]float64{{eta / 2 / batch, 0.3 * eta / 2 / batch}, {0.3 * eta / 2 / batch, 2 * eta / 2 / batch}}
	h := [2][2]float64{{2, 1}, {1, 4}}
	for _, c := range []struct {
		order   int
		correct bool
	}{{1, false}, {2, false}, {2, true}} {
		p, err := f.Variant(fp.SGDVariant{Rate: eta, Batch: batch, Order: c.order, CorrectNoise: c.correct}, someGrid(t))
		if err != nil {
			t.Fatal(err)
		}
		m := [2][2]float64{{1, 0}, {0, 1}}
		var drift [2]float64
		for i := range 2 {
			for j := range 2 {
				a := h[i][j]
				if c.order == 2 {
					a += eta / 2 * (h[i][0]*h[0][j] + h[i][1]*h[1][j])
				}
				drift[i] -= a * x[j]
				if c.correct {
					m[i][j] += eta / 2 * h[i][j]
				}
			}
		}
		var want []float64
		want = append(want, drift[:]...)
		for _, ij := range [][2]int{{0, 0}, {0, 1}, {1, 1}} {
			var s float64
			for k := range 2 {
				for l := range 2 {
					s += m[ij[0]][k] * d[k][l] * m[l][ij[1]]
				}
			}
			want = append(want, s)
		}
		for k, v := range evaluate(&p.Equation, x) {
			if math.Abs(v-want[k]) > 1e-10 { // differenced Hessians of a quadratic: round-off over 1e-3
				t.Errorf("%+v: component %d is %v, want %v", c, k, v, want[k])
			}
		}
	}
	if _, err := read(t, "variables: [w]\nsgd: {data: {file: ../data/diabetes.csv, features: [bmi], target: progression}, model: linear-regression, learning_rate: 0.1, batch_size: 1}").Variant(fp.SGDVariant{Rate: 0.1, Batch: 443, Order: 1}, nil); err == nil {
		t.Error("a batch of more samples than there are is accepted")
	}
}

// Where the curvature varies, b' = −L' − (η/2)(L″L' − D L‴) and D' = (1 + ηL″/2)² D, on a line
// and likewise in the plane, written out for L = x⁴ + x²y.
func TestCorrectedNoiseWhereCurvatureVaries(t *testing.T) {
	f := read(t, "variables: [x, y]\nsgd: {loss: x^4 + x^2*y, noise_covariance: [[1, 0.3], [0.3, 2]], learning_rate: 0.1, batch_size: 2}")
	const eta = 0.1
	p, err := f.Variant(fp.SGDVariant{Rate: eta, Batch: 2, Order: 1, CorrectNoise: true}, someGrid(t))
	if err != nil {
		t.Fatal(err)
	}
	d := [2][2]float64{{eta / 4, 0.3 * eta / 4}, {0.3 * eta / 4, eta / 2}}
	tensor := func(x, y float64) (c [2][2]float64) { // M D M
		m := [2][2]float64{{1 + eta/2*(12*x*x+2*y), eta / 2 * 2 * x}, {eta / 2 * 2 * x, 1}}
		for i := range 2 {
			for j := range 2 {
				for k := range 2 {
					for l := range 2 {
						c[i][j] += m[i][k] * d[k][l] * m[l][j]
					}
				}
			}
		}
		return c
	}
	x, y := 0.7, -0.4
	gx, gy := 4*x*x*x+2*x*y, x*x
	hxx, hxy := 12*x*x+2*y, 2*x
	b := [2]float64{
		-gx - eta/2*(hxx*gx+hxy*gy-(d[0][0]*24*x+2*d[0][1]*2)), // third derivatives xxx 24x, xxy 2
		-gy - eta/2*(hxy*gx-d[0][0]*2),
	}
	const h = 1e-4
	var want []float64
	for i := range 2 {
		right, left, above, under := tensor(x+h, y), tensor(x-h, y), tensor(x, y+h), tensor(x, y-h)
		want = append(want, b[i]-(right[i][0]-left[i][0])/(2*h)-(above[i][1]-under[i][1])/(2*h))
	}
	c := tensor(x, y)
	want = append(want, c[0][0], c[0][1], c[1][1])
	for k, v := range evaluate(&p.Equation, []float64{x, y}) {
		// central differences over 1/64 of D' − D, a cubic of coefficients up to η² · 12² · 4
		if math.Abs(v-want[k]) > 1e-5 {
			t.Errorf("component %d is %v, want %v", k, v, want[k])
		}
	}
}

// Of L = x² + xy + 2y², ηλ/(1−μ)² has the larger root λ = 3 + √2 of its Hessian; of x⁴/4, 3x², that of the
// steepest of the points.
func TestInertia(t *testing.T) {
	const sgd = ", noise_covariance: 1, learning_rate: 0.1, batch_size: 1, momentum: 0.75}"
	quadratic := read(t, "variables: [x, y]\nsgd: {loss: x^2 + x*y + 2*y^2"+sgd)
	quartic := read(t, "variables: [x]\nsgd: {loss: x^4/4"+sgd)
	for _, c := range []struct {
		have, want float64
	}{
		{quadratic.Inertia([][]float64{{0, 0}}), 1.6 * (3 + math.Sqrt2)},
		{quartic.Inertia([][]float64{{1}, {-2}, {0}}), 1.6 * 12},
		{read(t, "variables: [x]\nsgd: {loss: x^2, noise_covariance: 1, learning_rate: 0.1, batch_size: 1}").Inertia(nil), 0},
	} {
		if math.Abs(c.have-c.want) > 1e-5*c.want { // differences over (1 + |θ|)/1000, off by h²/6 of fourth derivatives
			t.Errorf("ηλ/(1−μ)² is %v, want %v", c.have, c.want)
		}
	}
	if x := quartic.Inertia(nil); !math.IsNaN(x) {
		t.Errorf("of no points it is %v", x)
	}
}

// Data of 1e200, whose squares overflow, are not said to want a rate below 0; with one point of finite
// curvature that decides.
func TestCurvatureThatIsNotFinite(t *testing.T) {
	const sgd = "learning_rate: 0.5, batch_size: 1}"
	const want = "f.yaml:3:6: sgd: the curvature of the loss is not finite at its minima, or where walkers start"
	data := func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("u,v,y\n1e200,1,1\n-2e200,0,3\n")), nil
	}
	for _, c := range []struct {
		src    string
		points [][]float64
		want   string
	}{
		{"[w]\nsgd: {data: {file: d.csv, features: [u], target: y}, model: linear-regression, " + sgd, [][]float64{{0}}, want},
		{"[w, z]\nsgd: {data: {file: d.csv, features: [u, v], target: y}, model: linear-regression, " + sgd, [][]float64{{0, 0}, {1, 1}}, want},
		{"[w]\nsgd: {loss: 1e300*w^4, noise_covariance: 1, " + sgd, [][]float64{{1e10}}, want},
		{"[w]\nsgd: {loss: 1e300*w^4, noise_covariance: 1, " + sgd, [][]float64{{1e10}, {0}}, "SGD diverges: want less than 5e-295"}, // 2/λ: differences over ±h = 1e-3 make 4e300 h² of 12e300 w²
		{"[w]\nsgd: {loss: w^2, noise_covariance: 1, " + sgd, [][]float64{{0}}, ""},
	} {
		src := "version: 1\nvariables: " + c.src + "\ndomain: auto\n"
		f, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{Name: "f.yaml", Open: data})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.CheckStable(c.points); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %s", src, err, c.want)
		}
	}
}

// Of a Jacobian that is not finite no eigenvalues are looked for, which would have no end, and no such point is stable.
func TestJacobiansThatAreNotFinite(t *testing.T) {
	data := func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("u,v,y\n1e200,1,1\n-2e200,0,3\n")), nil
	}
	src := "version: 1\nvariables: [w, z]\nsgd: {data: {file: d.csv, features: [u, v], target: y}, model: linear-regression, learning_rate: 0.5, batch_size: 1}\ndomain: auto\n"
	f, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{Open: data})
	if err != nil {
		t.Fatal(err)
	}
	if points := f.Problem.StablePoints(); points != nil {
		t.Errorf("stable points %v", points)
	}
}
