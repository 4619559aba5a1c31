package random

import (
	"encoding/binary"
	"hash/crc64"
	"math"
	"math/rand/v2"
	"testing"
)

// The layers have equal areas and meet the top of the curve: what is left over of the last
// is round-off in tailFrom, which has 17 digits.
func TestLayersCoverTheCurve(t *testing.T) {
	v := layers[0].scale * 0x1p56 * layers[0].upper
	for j := 1; j < 256; j++ {
		if area := layers[j].scale * 0x1p56 * (layers[j].upper - layers[j].lower); math.Abs(area/v-1) > 1e-11 {
			t.Errorf("layer %d has area %g, want %g", j, area, v)
		}
	}
	if top := layers[255].upper; top != 1 {
		t.Errorf("the top is at %g", top)
	}
}

// The area of each layer is that of all, by the standard library's functions.
func TestAreaIsThatUnderTheCurve(t *testing.T) {
	want := tailFrom*math.Exp(-tailFrom*tailFrom/2) + math.Sqrt(math.Pi/2)*math.Erfc(tailFrom/math.Sqrt2)
	if math.Abs(area/want-1) > 1e-13 { // of the square in the exponent, 6.7, and of some functions
		t.Errorf("the area is %.17g, want %.17g", area, want)
	}
}

// Our exponential is within some rounding errors of the standard library's, which has one unit in the last place.
func TestExponentialIsExact(t *testing.T) {
	for x := 0.0; x > -20; x -= 0.000777 {
		if have, want := exp(x), math.Exp(x); math.Abs(have/want-1) > 1e-15 {
			t.Fatalf("exp(%g) is %.17g, want %.17g", x, have, want)
		}
	}
}

// Deviates are the same, bit for bit, on all processors, and part of what fixes a walker's path: whoever changes them
// makes saved ensembles another version.
func TestDeviatesAreTheSameEverywhere(t *testing.T) {
	z := make([]float64, 100000) // a thousand of them from outside the layers' sure parts, some thirty from the tail
	Normals(z, New(1, 2))
	sum := crc64.New(crc64.MakeTable(crc64.ECMA))
	for _, v := range z {
		_ = binary.Write(sum, binary.LittleEndian, v)
	}
	if have, want := sum.Sum64(), uint64(0x612f909a83e6afc6); have != want {
		t.Errorf("deviates have the sum %#x, want %#x", have, want)
	}
}

// normalStatistics returns deviations of moments, of tails, and of χ² in 200 bins of equal
// probability.
func normalStatistics(fill func(dst []float64)) map[string]float64 {
	const rounds, size = 5000, 1000
	const n = float64(rounds * size)
	z := make([]float64, size)
	bins := make([]int, 200)
	var m [5]float64
	var tail, far float64
	for range rounds {
		fill(z)
		for _, x := range z {
			for k, p := 1, x; k <= 4; k++ {
				m[k] += p
				p *= x
			}
			if math.Abs(x) > 3 {
				tail++
			}
			if math.Abs(x) > tailFrom {
				far++
			}
			bins[min(int(200*0.5*math.Erfc(-x/math.Sqrt2)), 199)]++
		}
	}
	beyond := func(count, x float64) float64 {
		p := math.Erfc(x / math.Sqrt2)
		return (count - n*p) / math.Sqrt(n*p)
	}
	return map[string]float64{
		"mean": m[1] / math.Sqrt(n), "variance": (m[2] - n) / math.Sqrt(2*n),
		"third": m[3] / math.Sqrt(15*n), "fourth": (m[4] - 3*n) / math.Sqrt(96*n),
		"beyond 3": beyond(tail, 3), "beyond the layers": beyond(far, tailFrom), "bins": chiSquared(bins),
	}
}

// Each statistic lies within 5 deviations: a false alarm has a chance of 4e-6 in all. The
// standard library's deviates pass the same test.
func TestNormalsAreNormal(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic")
	}
	g := New(11, 12)
	rng := rand.New(rand.NewPCG(11, 12))
	for name, fill := range map[string]func([]float64){
		"ziggurat": func(dst []float64) { g = Normals(dst, g) },
		"math/rand": func(dst []float64) {
			for i := range dst {
				dst[i] = rng.NormFloat64()
			}
		},
	} {
		for what, z := range normalStatistics(fill) {
			if math.Abs(z) > 5 {
				t.Errorf("%s: %s: %.1f deviations", name, what, z)
			}
		}
	}
}

// Deviates that lie apart are those that follow each other, also where a tail takes more words, and nothing between
// them is touched.
func TestNormalsEveryIsNormals(t *testing.T) {
	const count, every = 10000, 3
	want, got := make([]float64, count), make([]float64, count*every-1)
	after := Normals(want, New(5, 6))
	if NormalsEvery(got, every, New(5, 6)) != after {
		t.Error("the stream is elsewhere")
	}
	for i, v := range got {
		if i%every != 0 && v != 0 || i%every == 0 && v != want[i/every] {
			t.Fatalf("number %d is %g", i, v)
		}
	}
}

// The same test finds a variance that is 1 % too large, and tails that are cut off.
func TestStatisticsFindWrongNormals(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic")
	}
	g := New(11, 12)
	wide := normalStatistics(func(dst []float64) {
		g = Normals(dst, g)
		for i := range dst {
			dst[i] *= 1.005
		}
	})
	if wide["variance"] < 5 {
		t.Error("a variance of 1.01 passes")
	}
	cut := normalStatistics(func(dst []float64) {
		g = Normals(dst, g)
		for i := range dst {
			dst[i] = max(-tailFrom, min(tailFrom, dst[i]))
		}
	})
	if cut["beyond the layers"] > -5 {
		t.Error("a distribution without tails passes")
	}
}
