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
func otherLanes(t *testing.T) (others []int) {
	for _, n := range []int{4, 2, 0} {
		if n < lanes {
			others = append(others, n)
		}
	}
	if len(others) == 0 {
		t.Skip("the processor has no kernels")
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

// Instructions of AVX, for one half of its registers, and those that are used of AVX2 and of AVX with whole ones.
const (
	ofAVX = "VADDPD VANDPD VCMPPD VCVTTPD2DQX VMOVAPD VMOVDDUP VMOVDQU VMOVMSKPD VMOVMSKPS VMOVQ VMOVUPD VMULPD VPADDQ " +
		"VPCMPEQD VPMINUD VPMULUDQ VPOR VPSLLQ VPSRLQ VPSUBQ VPXOR VROUNDPD VSHUFPS VSUBPD VUNPCKHPD VUNPCKLPD VZEROUPPER "
	ofAVX2 = "VBLENDVPD VBROADCASTF128 VBROADCASTSD VCVTTPD2DQY VDIVPD VEXTRACTF128 VEXTRACTI128 VGATHERQPD VINSERTF128 " +
		"VMAXPD VPAND VPBROADCASTQ VPERMQ "
)

// What is for AVX2 does without registers and instructions of AVX-512, and what is for AVX without those of AVX2, which
// assemblers take without a word. (A processor that is told to hide them runs them all the same.) No kernel returns
// with registers in use that slow down what follows.
func TestKernelsUseNothingLater(t *testing.T) {
	later := regexp.MustCompile(`\b[XYZ](1[6-9]|2\d|3[01])\b|\b[ZK]\d`)
	vector := regexp.MustCompile(`(?m)^\tV[A-Z0-9]+`)
	without := regexp.MustCompile(`(?:^|\n)\t[^\n]*\n\tRET`)
	allowed := map[string]string{"By4": ofAVX + ofAVX2, "By2": ofAVX}
	kernels := map[string]int{}
	for _, name := range []string{"lanes_amd64.s", "random/lanes_amd64.s", "../fp/loss/lanes_amd64.s"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, kernel := range strings.Split(string(text), "TEXT ·")[1:] {
			title, body, _ := strings.Cut(kernel, "(")
			lanes := title[len(title)-3:]
			kernels[lanes]++
			for _, end := range without.FindAllString(body, -1) {
				if !strings.Contains(end, "VZEROUPPER") {
					t.Errorf("%s: %s returns with upper halves in use", name, title)
				}
			}
			if lanes == "By8" {
				continue
			}
			if found := later.FindString(body); found != "" || lanes == "By2" && strings.Contains(body, "Y0") {
				t.Errorf("%s: %s uses registers of others, %s", name, title, found)
			}
			for _, instruction := range vector.FindAllString(body, -1) {
				if !strings.Contains(allowed[lanes], instruction[1:]+" ") {
					t.Errorf("%s: %s uses %s", name, title, instruction[1:])
				}
			}
		}
	}
	if kernels["By8"] < 23 || kernels["By4"] != kernels["By8"] || kernels["By2"] != kernels["By4"]-2 {
		t.Errorf("there are %v kernels: of all but those for sigmoids and tangents there are three", kernels)
	}
}
