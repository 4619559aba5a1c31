package fp_test

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// autoBox chooses a box for an equation of one or two variables.
func autoBox(t *testing.T, equation, variables string) (box []fp.Interval, doubts []string, err error) {
	t.Helper()
	src := "version: 1\nvariables: " + variables + "\nequation: " + equation + "\ndomain: auto\n"
	f, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	box, _, doubts, err = fp.FindBox(f.Problem, f.Domain.Cells)
	return box, doubts, err
}

// N(m, D/a) beyond eight standard deviations is 1e-15, beyond six 2e-9.
func TestBoxHoldsAGaussian(t *testing.T) {
	box, _, err := autoBox(t, `{drift: ["2-x", "-100*(y+1)"], diffusion: [[0.25, 0], [0, 0.01]]}`, "[x, y]")
	if err != nil {
		t.Fatal(err)
	}
	for a, want := range []struct{ mean, sd float64 }{{2, 0.5}, {-1, 0.01}} {
		lo, hi := (want.mean-box[a].Min)/want.sd, (box[a].Max-want.mean)/want.sd
		if !(lo > 6 && lo < 12 && hi > 6 && hi < 12) {
			t.Errorf("axis %d: %g … %g is %.1f and %.1f deviations from the mean", a, box[a].Min, box[a].Max, lo, hi)
		}
	}
}

// Wells of exp(−((x−3)²−4)²/(16·0.1)) at 1 and 5, one of them far from every start.
func TestBoxHoldsEveryWell(t *testing.T) {
	box, notes, err := autoBox(t, `{drift: ["-(x-3)*((x-3)^2-4)/4"], diffusion: 0.1}`, "[x]")
	if err != nil {
		t.Fatal(err)
	}
	if !(box[0].Min < 0 && box[0].Min > -2 && box[0].Max > 6 && box[0].Max < 8) {
		t.Errorf("box %g … %g; %q", box[0].Min, box[0].Max, notes)
	}
}

// Two equal wells far from each other and from 0 are both in the box.
func TestBoxHoldsFarWells(t *testing.T) {
	for _, l := range []string{"20", "40"} {
		box, notes, err := autoBox(t, `{potential: "min(x^2/2, (x-`+l+`)^2/2)", diffusion: 1}`, "[x]")
		if err != nil {
			t.Fatal(err)
		}
		far, _ := strconv.ParseFloat(l, 64)
		if !(box[0].Min < -5 && box[0].Max > far+5) {
			t.Errorf("wells at 0 and %s: box %g … %g; %q", l, box[0].Min, box[0].Max, notes)
		}
	}
}

// With D = (1+x²)/4 and b = −x the density is ∝ (1+x²)⁻³, of which 0.34 L⁻⁵ lies
// beyond ±L: 1e-8 at L = 32, and a box that ends before has to say so.
func TestBoxOfHeavyTails(t *testing.T) {
	box, notes, err := autoBox(t, `{drift: ["-x"], diffusion: "(1+x^2)/4"}`, "[x]")
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Contains(strings.Join(notes, "\n"), "heavy tails")
	if l := min(-box[0].Min, box[0].Max); l < 10 || said != (l < 32) {
		t.Errorf("box %g … %g, notes %q", box[0].Min, box[0].Max, notes)
	}
}

// A drift of −x/200 with D = 1 leaves a standard deviation of √200, far more than the unit that
// the box starts with where a direction looks free: mass in the outer ring stays level at
// first, while the box is within the density.
func TestBoxGrowsToAWideGaussian(t *testing.T) {
	box, doubts, err := autoBox(t, `{drift: ["-x/200"], diffusion: 1}`, "[x]")
	if sd := math.Sqrt(200); err != nil || len(doubts) > 0 || !(min(-box[0].Min, box[0].Max) > 6*sd && box[0].Max < 12*sd) {
		t.Errorf("box %v, %q, %v", box, doubts, err)
	}
}

func TestBoxOfADriftThatLeavesIsAnError(t *testing.T) {
	for equation, want := range map[string]string{
		`{drift: ["x"], diffusion: 1}`:                   "no stable point",
		`{drift: ["-x/(1+x^2)"], diffusion: 0.6}`:        "outer sixteenth along x; give min and max", // p ∝ (1+x²)^(−5/6): 99.9 % of it would take ±1e4
		`{drift: ["-x/(1+x^2)"], diffusion: 2}`:          "does not fall off along x",                 // p ∝ (1+x²)^(−1/4), no density on the line
		`{drift: ["-x", "0"], diffusion: [[1,0],[0,1]]}`: "does not fall off along y",
	} {
		_, notes, err := autoBox(t, equation, map[bool]string{true: "[x, y]", false: "[x]"}[strings.Contains(equation, "[[")])
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q; %q", equation, err, want, notes)
		}
	}
}

// The arms of the valley a b = const are thinner than a generator resolves on any trial grid.
// On 400² cells between ±8 the accurate operator finds 2e-8 of the probability beyond
// a = −5.2 and 1e-10 beyond −5.6; by symmetry as much at each of the four ends. All of the
// valley is minima of the loss; only the two points where the noise drives it count.
func TestBoxHoldsThinArms(t *testing.T) {
	skipLong(t)
	f := shipped(t, "deep_linear.yaml", 64)
	box, notes, doubts, err := fp.FindBox(f.Problem, []int{64, 64})
	if err != nil || len(doubts) > 0 {
		t.Fatal(doubts, err)
	}
	for _, in := range box {
		if !(min(-in.Min, in.Max) > 5.3 && max(-in.Min, in.Max) < 8) {
			t.Errorf("box %g … %g", in.Min, in.Max)
		}
	}
	if !strings.Contains(notes[0], "around 2 stable point(s)") {
		t.Errorf("notes %q", notes)
	}
}

// A learning rate ten times lower makes the arms thinner, as its root, and no shorter.
func TestBoxOfADensityTooThinSaysSo(t *testing.T) {
	skipLong(t)
	src, err := os.ReadFile(filepath.Join(problems, "deep_linear.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	thin := strings.Replace(string(src), "learning_rate: 0.1", "learning_rate: 0.01", 1)
	f, err := fp.ReadProblem(strings.NewReader(thin), fp.ReadOptions{Open: open})
	if err != nil {
		t.Fatal(err)
	}
	box, _, doubts, err := fp.FindBox(f.Problem, []int{64, 64})
	if err != nil {
		t.Fatal(err)
	}
	if box[0].Max > 30 || !strings.Contains(strings.Join(doubts, "\n"), "too thin") {
		t.Errorf("box %v, doubts %q", box, doubts)
	}
}

// Where the tanh saturates nothing drives w, and the injected noise spreads it evenly: its
// marginal is 0.75 % of the largest at w = 100, 200 and 390 alike, and no box holds it. That is of every
// fifth row of the data; of all of them it is 0.5 %, and takes five times as long.
func TestNoBoxHoldsATanhNeuron(t *testing.T) {
	skipLong(t)
	f := shippedOn(t, "tanh_neuron.yaml", 64, everyFifthRow)
	box, _, _, err := fp.FindBox(f.Problem, []int{64, 64})
	if err == nil || !strings.Contains(err.Error(), "does not fall off along w") {
		t.Errorf("box %v, %v", box, err)
	}
}

// everyFifthRow opens a table of testdata without four of five rows, whose first has the names.
func everyFifthRow(path string) (io.ReadCloser, error) {
	src, err := os.ReadFile(filepath.Join(problems, path))
	if err != nil {
		return nil, err
	}
	var kept strings.Builder
	for i, row := range strings.SplitAfter(string(src), "\n") {
		if i%5 == 0 {
			kept.WriteString(row)
		}
	}
	return io.NopCloser(strings.NewReader(kept.String())), nil
}

// Where no box is found as the density is wide, its deviation is told: of x²/2 at the rate 0.1/(1 − μ) = 10⁶ it is
// √(10⁶/2) = 707.
func TestBoxErrorsTellWideDensities(t *testing.T) {
	for src, want := range map[string]string{
		"sgd: {loss: x^2/2, noise_covariance: 1, learning_rate: 0.1, batch_size: 1, momentum: 0.9999999}": "the standard deviation along x is 707; give min and max",
		"sgd: {loss: 3, noise_covariance: 1, learning_rate: 0.1, batch_size: 1}":                          "the drift so weak, that",
	} {
		f := read(t, "variables: [x]\n"+src)
		if _, _, _, err := fp.FindBox(f.Problem, f.Domain.Cells); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", src, err, want)
		}
	}
}
