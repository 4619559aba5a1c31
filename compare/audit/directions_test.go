package audit

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// normalFinding judges gradients of samples in the plane, rows of two.
func normalFinding(t *testing.T, x []float64, batch int) (f Finding) {
	t.Helper()
	file, _ := problemOf(t, mean(len(x)/2, batch, 1, ""))
	s := &subject{file: file, sgd: file.SGD(), opt: Options{Seed: 1}.withDefaults()}
	s.judgeNormal(&f, [][][]float64{whitened(x, 2)})
	return f
}

// Uncorrelated numbers with normal marginal laws, 3u and ±u of one u with another sign inside |u| < 1.538,
// are no normal vector: means of four of them along the diagonals are far from normal.
func TestNormalMarginalsAreNotEnough(t *testing.T) {
	skipShort(t)
	rng := rand.New(rand.NewPCG(15, 16))
	x := make([]float64, 2*4000)
	for i := 0; i < len(x); i += 2 {
		u := rng.NormFloat64()
		x[i], x[i+1] = 3*u, u
		if math.Abs(u) < 1.538 {
			x[i+1] = -u
		}
	}
	if f := normalFinding(t, x, 4); f.Verdict != fp.Violated {
		t.Errorf("%v: %s", f.Verdict, f.Sentence)
	}
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	if f := normalFinding(t, x, 4); f.Verdict != fp.Holds {
		t.Errorf("normal: %v: %s", f.Verdict, f.Sentence)
	}
}

// Vectors with a normal vector's lengths in five directions have its moments up to the fourth order, so that
// along each direction they look normal: that they are none leaves the question open.
func TestOnlyTheTestOfVectorsRejects(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	x := make([]float64, 2*4000)
	for i := 0; i < len(x); i += 2 {
		sin, cos := math.Sincos(2 * math.Pi * float64(rng.IntN(5)) / 5)
		r := math.Sqrt(2 * rng.ExpFloat64())
		x[i], x[i+1] = r*cos, r*sin
	}
	f := normalFinding(t, x, 16)
	if f.Verdict != fp.CannotTell || !strings.Contains(f.Sentence, "as vectors") {
		t.Errorf("%v: %s", f.Verdict, f.Sentence)
	}
}

// Directions are unit vectors, no two along one line, as many as said.
func TestDirectionsAreUnitVectors(t *testing.T) {
	for d, want := range map[int]int{1: 0, 2: 6, 3: 10} {
		list := fan(d)
		if len(list) != want {
			t.Errorf("d = %d: %d directions, want %d", d, len(list), want)
		}
		for a := range d {
			e := make([]float64, d)
			e[a] = 1
			list = append(list, e)
		}
		for i, u := range list {
			for j, v := range list[:i+1] {
				var dot float64
				for a := range d {
					dot += u[a] * v[a]
				}
				// Round-off; the closest two in the plane are 22.5° apart, cos 22.5° = 0.924.
				if i == j && math.Abs(dot-1) > 1e-15 || i != j && math.Abs(dot) > 0.93 {
					t.Errorf("d = %d: %v·%v = %g", d, u, v, dot)
				}
			}
		}
	}
}

// Chances of many normal vectors are uniform in whatever order they are: of 200 sets 2 below 0.01 on
// average, and more than 9 in 5e-5 of all cases.
func TestChancesDoNotDependOnTheOrder(t *testing.T) {
	skipShort(t)
	rng := rand.New(rand.NewPCG(19, 20))
	for _, sorted := range []bool{false, true} {
		few := 0
		for set := range 200 {
			z := [][]float64{make([]float64, 4000), make([]float64, 4000)}
			for _, axis := range z {
				for i := range axis {
					axis[i] = rng.NormFloat64()
				}
			}
			if sorted {
				slices.Sort(z[0])
			}
			if jointChance(z, 1, uint64(set)) < 0.01 {
				few++
			}
		}
		if few > 9 {
			t.Errorf("sorted %v: %d of 200 chances are below 0.01, want some 2", sorted, few)
		}
	}
}
