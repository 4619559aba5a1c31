package main

import (
	"bytes"
	"fmt"
	"image/gif"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// evolving is an evolution of some thousand steps that saves its state every few of them.
func evolving(t *testing.T, out string, more ...string) *exec.Cmd {
	args := []string{
		"evolve", filepath.Join(testdata(t), "problems", "a4_full_tensor.yaml"), "--cells", "24", "--order", "monotone",
		"--times", "0:5:6", "--tol", "1e-9", "--checkpoint-every", "1ms", "--no-plots", "-q", "-o", out,
	}
	return program(append(args, more...)...)
}

// sameEvolutions says whether two folders hold the same bits.
func sameEvolutions(t *testing.T, a, b string) {
	t.Helper()
	want, errA := os.ReadFile(filepath.Join(a, "evolution.npz"))
	have, errB := os.ReadFile(filepath.Join(b, "evolution.npz"))
	if errA != nil || errB != nil || !bytes.Equal(want, have) {
		t.Fatalf("not the same evolution: %v, %v", errA, errB)
	}
}

// An evolution that is killed at any moment goes on from its saved state, and ends with the same
// bits as one that is not.
func TestKilledEvolutionsGoOn(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	const kills = 100
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	if out, err := evolving(t, whole).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	random := rand.New(rand.NewPCG(1, 2))
	resumed, complete := 0, 0
	patience := 1.0 // more where programs take long to start
	for killed := 0; killed < kills; {
		var more []string
		if _, err := os.Stat(statePath(parts)); err == nil {
			more = []string{"--resume"}
			resumed++
		}
		var printed bytes.Buffer
		cmd := evolving(t, parts, more...)
		cmd.Stderr = &printed
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(patience * float64(10+random.IntN(50)) * float64(time.Millisecond)))
		_ = cmd.Process.Kill() // it may have ended
		err := cmd.Wait()
		switch {
		case err == nil:
			complete++
			sameEvolutions(t, whole, parts)
		case cmd.ProcessState.ExitCode() != -1:
			t.Fatalf("after %d kills: %v: %s", killed, err, printed.String())
		default:
			killed++
			if _, err := os.Stat(statePath(parts)); err != nil {
				patience *= 1.2
			}
		}
	}
	if resumed < kills/2 {
		t.Errorf("%d of %d runs went on from a saved state, want half at least", resumed, kills+complete)
	}
	more := "--resume"
	if _, err := os.Stat(statePath(parts)); err != nil { // killed before the first state
		more = "--quiet"
	}
	if out, err := evolving(t, parts, more).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sameEvolutions(t, whole, parts)
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if name := entry.Name(); strings.HasSuffix(name, ".state") {
			t.Errorf("%s is left of a complete evolution", name)
		}
	}
}

// An interrupt saves the state; another problem's, a damaged and a cut one are refused.
func TestInterruptedEvolutions(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	state := statePath(out)
	slow := []string{"--tol", "1e-11", "--checkpoint-every", "1h"} // so that only the interrupt saves
	for tries := 1; ; tries++ {
		var printed bytes.Buffer
		cmd := evolving(t, out, slow...)
		cmd.Stderr = &printed
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(100*tries) * time.Millisecond) // before the first step there is nothing to save
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if _, err := os.Stat(state); err == nil {
			if c := cmd.ProcessState.ExitCode(); c != statusInterrupted || !strings.Contains(printed.String(), "--resume goes on from "+state) {
				t.Errorf("status %d, want %d: %s", c, statusInterrupted, printed.String())
			}
			break
		}
		if tries == 20 {
			t.Fatal("no run was interrupted in time")
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("an interrupted evolution leaves a result")
	}
	saved, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(at int) []byte {
		data := slices.Clone(saved)
		data[at] ^= 1
		return data
	}
	for what, c := range map[string]struct {
		state []byte
		flag  string
		want  string
	}{
		"damaged":           {flipped(300), "--resume", "damaged or cut short"},
		"damaged in a step": {flipped(len(saved) - 8*24*24 - 100), "--resume", "damaged or cut short"},
		"cut":               {saved[:len(saved)-1], "--resume", "damaged or cut short"},
		"longer":            {append(slices.Clone(saved), 0), "--resume", "damaged or cut short"},
		"empty":             {nil, "--resume", "damaged or cut short"},
		"other cells":       {saved, "--cells=25", "another process, other options or another version"},
		"other tolerance":   {saved, "--tol=1e-6", "another process, other options or another version"},
		"other times":       {saved, "--times=6", "another process, other options or another version"},
		"another constant":  {saved, "--set=q=0.31", "another process, other options or another version"},
		"other operator":    {saved, "--order=4", "another process, other options or another version"},
	} {
		if err := os.WriteFile(state, c.state, 0o666); err != nil {
			t.Fatal(err)
		}
		printed, err := evolving(t, out, append(slow, "--resume", c.flag)...).CombinedOutput()
		if err == nil || !strings.Contains(string(printed), c.want) {
			t.Errorf("%s: have %v, %s; want %q", what, err, printed, c.want)
		}
	}
}

// The film has the frames that were asked for, in colours that are near those of the frames.
func TestFilmsOfEvolutions(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	dir := filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	file := filepath.Join(testdata(t), "problems", "a7_limit_cycle.yaml")
	if status := run([]string{"evolve", file, "--cells", "32", "--times", "0:1:3", "-o", dir, "--animate"}, &stdout, &stderr); status != statusDone {
		t.Fatal(stderr.String())
	}
	data, err := os.ReadFile(filepath.Join(dir, "animation.gif"))
	if err != nil {
		t.Fatal(err)
	}
	film, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(film.Image) != 3 || film.Delay[2] <= film.Delay[1] {
		t.Fatalf("%d frames, delays %v", len(film.Image), film.Delay)
	}
	for k, name := range []string{"frame_0000.png", "frame_0001.png", "frame_0002.png"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := reduced(data)
		if err != nil {
			t.Fatal(err)
		}
		have := film.Image[k]
		if have.Bounds() != want.Bounds() {
			t.Fatalf("%s: %v, in the film %v", name, want.Bounds(), have.Bounds())
		}
		var far int
		for i := range have.Pix {
			r, g, b, _ := have.Palette[have.Pix[i]].RGBA()
			for c, v := range [3]uint32{r, g, b} {
				// Colours of a bucket differ by up to 7 from its mean, and rare ones take a neighbour's.
				if d := int(v>>8) - int(want.Pix[4*i+c]); d > 16 || d < -16 {
					far++
				}
			}
		}
		if far > len(have.Pix)/1000 {
			t.Errorf("%s: %d of %d colours are far off", name, far, len(have.Pix))
		}
	}
}

// Points of a density are as many in every cell as its mass says.
func TestPointsSpreadAsADensity(t *testing.T) {
	ax, err := grid.Uniform(0, 4, 4, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	p := grid.NewField(grid.New(ax))
	copy(p.Values, []float64{0.1, 0, 0.6, 0.3})
	const n = 1000
	var count [4]int
	var sum float64
	for _, x := range spread(p, n) {
		i, ok := ax.Find(x[0])
		if !ok {
			t.Fatalf("%v is outside", x)
		}
		count[i]++
		sum += x[0]
	}
	if count != [4]int{100, 0, 600, 300} {
		t.Errorf("counts %v", count)
	}
	// Within cells the points have the mean of their middle, to the discrepancy of the sequence, some
	// ln n/n.
	if mean, want := sum/n, 0.1*0.5+0.6*2.5+0.3*3.5; mean < want-0.01 || mean > want+0.01 {
		t.Errorf("mean %g, want %g", mean, want)
	}
}

// Mass below 0 at a time that is kept is warned of, though there is none at the end.
func TestNegativeMassAtKeptTimesIsWarnedOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "narrow.yaml")
	text := "version: 1\nvariables: [x]\nequation: {drift: [\"-x\"], diffusion: 0.5}\ndomain: {x: {min: -6, max: 6, cells: 48}}\ninitial: {gaussian: {mean: [1.5], sd: [0.15]}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for times, want := range map[string]bool{"0.001,2": true, "2": false} {
		var stdout, stderr bytes.Buffer
		if status := run([]string{"evolve", path, "--order", "8", "--times", times}, &stdout, &stderr); status != statusDone {
			t.Fatalf("status %d: %s", status, stderr.String())
		}
		if strings.Contains(stdout.String(), "of the mass is below 0 at time 0.001: ") != want || strings.Contains(stdout.String(), "below 0") != want {
			t.Errorf("--times %s: a warning %v, want %v:\n%s", times, !want, want, stdout.String())
		}
	}
}

// Where the operator that order auto took breaks down by negative mass the evolution begins again with a
// generator, says so, goes on with that from a saved state, and passes on what makes it doubtful.
func TestEvolutionsBeginAgainWithAGenerator(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	file := filepath.Join(testdata(t), "problems", "diabetes.yaml")
	for _, k := range []struct {
		more   []string
		status int
		steps  string
	}{
		{[]string{"--max-steps", "60"}, statusNotConverged, "steps                  60,"},
		{[]string{"--resume", "--force"}, statusDone, "steps                  74,"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(append([]string{"evolve", file, "--cells", "12", "-o", out, "--no-plots"}, k.more...), &stdout, &stderr)
		if status != k.status {
			t.Fatalf("%v: status %d, want %d: %s", k.more, status, k.status, stderr.String())
		}
		for _, want := range []string{k.steps, "a generator was taken", "order monotone", "negative 0,", "of the stationary density: 54.1 % of the probability is in a single layer"} {
			if !strings.Contains(stdout.String(), want) {
				t.Errorf("%v: want %q in\n%s", k.more, want, stdout.String())
			}
		}
	}
}

// Times come as numbers and as ranges, in order, each once.
func TestParseTimes(t *testing.T) {
	for text, want := range map[string][]float64{
		"1":                {1},
		"2,0,1,1":          {0, 1, 2},
		"0:2:5":            {0, 0.5, 1, 1.5, 2},
		"1:100:3:log":      {1, 10, 100},
		"0,1:4:3:log,3":    {0, 1, 2, 3, 4},
		"0:1:2,0:1:3,0.25": {0, 0.25, 0.5, 1},
	} {
		have, err := parseTimes(strings.Split(text, ","))
		if err != nil || !slices.EqualFunc(have, want, func(a, b float64) bool { return a-b < 1e-13 && b-a < 1e-13 }) { // logarithms and back
			t.Errorf("%s: %v, %v, want %v", text, have, err, want)
		}
	}
	for text, want := range map[string]string{
		"":             "want a time ≥ 0",
		"-1":           "want a time ≥ 0",
		"x":            "want a time ≥ 0",
		"NaN":          "want a time ≥ 0",
		"Inf":          "want a time ≥ 0",
		"1:2":          "FROM:TO:COUNT",
		"1:2:3:4":      "FROM:TO:COUNT",
		"1:2:3:log:5":  "FROM:TO:COUNT",
		"1:2:1":        "want a COUNT from 2",
		"1:2:1.5":      "want a COUNT from 2",
		"1:2:10000000": "want a COUNT from 2",
		"2:1:3":        "want TO after FROM",
		"0:1:3:log":    "want FROM above 0",
	} {
		if _, err := parseTimes([]string{text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := parseTimes([]string{"0:1:9000", "2:3:9000"}); err == nil || !strings.Contains(err.Error(), "at most 10000") {
		t.Errorf("18000 times: %v", err)
	}
}

// On a line order auto is the generator, which serves whatever the cells; where they resolve a normal
// density that relaxes, order 8 is closer to it by more than two orders.
func TestEvolutionsOnALine(t *testing.T) {
	dir := t.TempDir()
	problem := func(name, text string) string {
		path := filepath.Join(dir, name)
		text = "version: 1\nvariables: [x]\n" + text
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	smooth := problem("smooth.yaml", "equation: {drift: [\"-x\"], diffusion: 0.5}\ndomain: {x: {min: -6, max: 6, cells: 48}}\ninitial: {gaussian: {mean: [1.5], sd: [0.5]}}\n")
	step := problem("step.yaml", "equation: {drift: [\"-x + 10*exp(-(x-2.5)^2/0.004)\"], diffusion: 0.1}\ndomain: {x: {min: -5, max: 5, cells: 48}}\ninitial: {gaussian: {mean: [3.5], sd: [0.5]}}\n")
	const end = 0.7
	a, d := mat.NewDense(1, 1, []float64{1}), mat.NewSymDense(1, []float64{0.5})
	mean, cov := exact.Relax(a, d, []float64{1.5}, mat.NewSymDense(1, []float64{0.25}), end)
	ax, err := grid.Uniform(-6, 6, 48, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	want := exact.Normal(grid.New(ax), mean, cov)
	for _, k := range []struct {
		args     []string
		operator string
		lo, hi   float64 // of the error in the L1 norm
	}{
		{[]string{smooth, "--order", "8"}, "order 8", 0, 3e-5}, // half as much again as was measured, 1.9e-5: of cells; steps make 1e-6
		{[]string{smooth}, "order monotone", 3e-3, 2e-2},
		{[]string{step, "--tol", "1e-4"}, "order monotone", 0, math.Inf(1)}, // a drift narrower than a cell; it has no closed form
	} {
		out := filepath.Join(dir, "out")
		var stdout, stderr bytes.Buffer
		args := append([]string{"evolve", "--until", fmt.Sprint(end), "--tol", "1e-7", "-o", out, "--no-plots"}, k.args...)
		if status := run(args, &stdout, &stderr); status != statusDone {
			t.Fatalf("%v: status %d: %s", k.args, status, stderr.String())
		}
		got := grid.L1(&grid.Field{Grid: want.Grid, Values: readNPZ(t, filepath.Join(out, "evolution.npz"))["density"]}, want)
		if !strings.Contains(stdout.String(), k.operator) || !(got >= k.lo && got <= k.hi) {
			t.Errorf("%v: an error of %.2g with\n%s", k.args, got, stdout.String())
		}
	}
}
