//go:build !purego

package compare

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// otherLanes are numbers of lanes that the processor has, but not its most, and 0.
func otherLanes() (others []int) {
	for _, n := range []int{4, 2, 0} {
		if n < lanes {
			others = append(others, n)
		}
	}
	return others
}

// setLanes sets their number and returns what sets it back.
func setLanes(n int) func() {
	before := lanes
	lanes = n
	return func() { lanes = before }
}

// With any number of lanes and with none ensembles walk the same, bit for bit, also those that
// take indices from words without them: the 31 walkers of a block fill lanes in pairs and once more, and leave some.
func TestLanesChangeNoBit(t *testing.T) {
	others := otherLanes()
	for _, c := range models {
		for _, s := range []fp.Sampling{fp.WithReplacement, fp.Epochs} {
			for batch, momentum := range map[int]float64{1: 0, 3: 0.5, 8: 0} {
				walked := func(n int) [][]float64 {
					defer setLanes(n)()
					p := &SGD{Loss: someLoss(t, c.model, c.d, 500), Schedule: fp.InverseSqrtRate(0.05), Batch: batch, Sampling: s, Momentum: momentum}
					start := make([]float64, c.d) // not where gradients of products vanish
					for a := range start {
						start[a] = 0.3 + 0.2*float64(a)
					}
					e, err := New(p, Initial{Points: [][]float64{start}}, Options{Walkers: 62, Groups: 2, Workers: 1})
					if err != nil {
						t.Fatal(err)
					}
					for _, step := range []int{31, 101} {
						if err := e.Run(context.Background(), step); err != nil {
							t.Fatal(err)
						}
					}
					return e.Theta()
				}
				want := walked(lanes)
				for _, n := range others {
					for a, x := range walked(n) {
						if !slices.Equal(x, want[a]) {
							t.Errorf("%v d=%d B=%d %v: %d lanes change coordinate %d", c.model, c.d, batch, s, n, a)
						}
					}
				}
			}
		}
	}
}

// Where there are kernels, draws with replacement of models that have one are woven.
func TestKernelsGetWovenIndices(t *testing.T) {
	numbers := append(otherLanes(), lanes)
	defer setLanes(lanes)()
	for _, lanes = range numbers {
		for _, c := range []struct {
			model loss.Model
			d     int
			s     fp.Sampling
			want  bool
		}{
			{loss.LinearRegression, 1, fp.WithReplacement, true},
			{loss.LinearRegression, 2, fp.WithReplacement, true},
			{loss.LinearRegression, 3, fp.WithReplacement, true},
			{loss.DeepLinear, 2, fp.WithReplacement, true},
			{loss.LinearRegression, 2, fp.Epochs, false},
			{loss.LinearRegression, 4, fp.WithReplacement, false},
			{loss.LogisticRegression, 2, fp.WithReplacement, false},
		} {
			want := 0
			if c.want {
				want = lanes
			}
			p := &SGD{Loss: someLoss(t, c.model, c.d, 20), Schedule: fp.ConstantRate(0.1), Batch: 3, Sampling: c.s}
			if got := newMinibatches(p).batches.woven; got != want {
				t.Errorf("%d lanes, %v d=%d %v: indices of %d walkers are woven, want %d", lanes, c.model, c.d, c.s, got, want)
			}
		}
	}
}

// What is for AVX2 does without AVX-512, and what is for all processors with SSE2 (a processor that is told to hide
// instructions runs them all the same). No kernel mixes SSE2 and AVX, or returns with upper halves of registers in use,
// which slows down what follows.
func TestKernelsUseNothingLater(t *testing.T) {
	allowed := map[string]string{"By8": "AVX, AVX2, AVX512F", "By4": "AVX, AVX2", "By2": "SSE, SSE2"}
	kernel := regexp.MustCompile(`(?s)^\S+(By\d)\(.*?\n// Requires: (.*?)\n(.*)`)
	later := regexp.MustCompile(`\b[XYZ](1[6-9]|2\d|3[01])\b|\b[ZK]\d`)
	last := regexp.MustCompile(`\t([^\n]*)\n\tRET`)
	kernels := map[string]int{}
	for _, name := range []string{"lanes_amd64.s", "random/lanes_amd64.s", "../fp/loss/lanes_amd64.s"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range strings.Split(string(text), "\n// func ")[1:] {
			title, _, _ := strings.Cut(k, "(")
			parts := kernel.FindStringSubmatch(k)
			if parts == nil {
				t.Fatalf("%s: %s does not say what it needs", name, title)
			}
			width, body := parts[1], parts[3]
			kernels[width]++
			may := strings.Split(allowed[width], ", ")
			if strings.HasSuffix(title, "Of52By8") {
				may = append(may, "AVX512DQ", "AVX512IFMA")
			}
			for _, needed := range strings.Split(parts[2], ", ") {
				if !slices.Contains(may, needed) {
					t.Errorf("%s: %s needs %s", name, title, needed)
				}
			}
			if found := later.FindString(body); found != "" && width != "By8" {
				t.Errorf("%s: %s uses registers of others, %s", name, title, found)
			}
			for _, end := range last.FindAllStringSubmatch(body, -1) {
				if cleared := end[1] == "VZEROUPPER"; cleared != (width != "By2") {
					t.Errorf("%s: before %s returns it does %s", name, title, end[1])
				}
			}
		}
	}
	if kernels["By4"] < 20 || kernels["By8"] != kernels["By4"]+2 || kernels["By2"] != kernels["By4"]-2 {
		t.Errorf("there are %v kernels: of all but those for sigmoids and tangents, and by 52 bits, there are three", kernels)
	}
}
