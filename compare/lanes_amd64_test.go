package compare

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// otherLanes are numbers of lanes that the processor has, but not its most, and 0.
func otherLanes(t *testing.T) []int {
	switch lanes {
	case 8:
		return []int{4, 0}
	case 4:
		return []int{0}
	}
	t.Skip("the processor has no kernels")
	return nil
}

// setLanes sets their number and returns what sets it back.
func setLanes(n int) func() {
	before := lanes
	lanes = n
	return func() { lanes = before }
}

// With any number of lanes and with none ensembles walk the same, bit for bit, also those that
// take indices from words without them: the 13 walkers of a block fill lanes and leave some.
func TestLanesChangeNoBit(t *testing.T) {
	others := otherLanes(t)
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
					e, err := New(p, Initial{Points: [][]float64{start}}, Options{Walkers: 26, Groups: 2, Workers: 1})
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

// What is for AVX2 does without the registers of AVX-512, which assemblers take without a word. (A processor
// with AVX-512 that is told to hide it runs them all the same.)
func TestKernelsForAVX2UseNoOtherRegisters(t *testing.T) {
	others := regexp.MustCompile(`\b[XYZ](1[6-9]|2\d|3[01])\b|\bZ\d`)
	kernels := 0
	for _, name := range []string{"lanes_amd64.s", "random/lanes_amd64.s", "../fp/loss/lanes_amd64.s"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, kernel := range strings.Split(string(text), "TEXT ·")[1:] {
			if title, body, _ := strings.Cut(kernel, "("); strings.HasSuffix(title, "By4") {
				kernels++
				if found := others.FindString(body); found != "" {
					t.Errorf("%s: %s uses %s", name, title, found)
				}
			}
		}
	}
	if kernels < 16 {
		t.Errorf("%d kernels are for AVX2", kernels)
	}
}
