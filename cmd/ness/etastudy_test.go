package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
)

// fileOf reads a problem file.
func fileOf(t *testing.T, text string) *fp.File {
	t.Helper()
	f, err := fp.ReadProblem(strings.NewReader(text), fp.ReadOptions{Name: "f.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Without replacement the noise has the factor n−B as well, which grows as B is halved: the order is
// off by ln((n−B/2ᵏ)/(n−B))/ln 2ᵏ.
func TestStudiesWithoutReplacementWantManySamples(t *testing.T) {
	for _, c := range []struct {
		sampling                string
		samples, batch, halving int
		want                    string // the error of the order, "" where it is small
	}{
		{"without-replacement", 16, 8, 1, "0.58"},   // ln(12/8)/ln 2
		{"without-replacement", 16, 16, 1, "+Inf"},  // no noise at all
		{"without-replacement", 256, 8, 1, "0.023"}, // ln(252/248)/ln 2
		{"without-replacement", 256, 8, 3, ""},      // ln(255/248)/ln 8 = 0.0134
		{"without-replacement", 256, 4, 1, ""},      // ln(254/252)/ln 2 = 0.0114
		{"with-replacement", 16, 16, 1, ""},
	} {
		f := fileOf(t, fmt.Sprintf("version: 1\nvariables: [x]\nsgd: {data: {generate: {samples: %d, weights: [1], noise: 0.5}}, model: linear-regression, learning_rate: 0.1, batch_size: %d, sampling: %s}\ndomain: {x: {min: 0, max: 2, cells: 64}}\n", c.samples, c.batch, c.sampling))
		fl := compareFlags{study: c.halving}
		fl.process, fl.walkers = "auto", 4096
		err := fl.checkStudy(f)
		if c.want == "" && err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if want := "the order would be off by " + c.want + ", want at most 0.02; want sampling with-replacement"; c.want != "" && (err == nil || !strings.HasSuffix(err.Error(), want)) {
			t.Errorf("have %v, want %q", err, want)
		}
	}
}

// The figure of a study draws as a limit what the table says is below one, whatever its error.
func TestFiguresOfStudiesFollowTheTable(t *testing.T) {
	picture := func(resolved bool) []byte {
		s := etaStudy{series: []studySeries{{name: "one", fit: compare.WeakOrder{
			Order: math.NaN(), Rates: []float64{0.2, 0.1}, Errors: []float64{0.8, 0.4}, ErrorsErr: []float64{0.1, 0.1}, Resolved: []bool{true, resolved},
		}}}}
		var b bytes.Buffer
		if err := s.draw(&b, "title"); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if bytes.Equal(picture(false), picture(true)) {
		t.Error("the figure does not tell a limit from an error")
	}
}

// Studies of neighbouring seeds share no ensemble with one another, nor with the comparisons they are part of.
func TestStudiesOfNeighbouringSeedsShareNoEnsemble(t *testing.T) {
	const seeds, halvings = 32, 20
	seen := map[uint64]bool{}
	for seed := range uint64(seeds) {
		seen[seed] = true
		for k := range halvings + 1 {
			seen[studySeed(seed, k)] = true
		}
	}
	if have, want := len(seen), seeds*(1+halvings+1); have != want {
		t.Errorf("%d ensembles have %d seeds", want, have)
	}
}

// Too few walkers to fit an order to are refused before any walks: 10 for each of 9 functionals in
// three dimensions.
func TestStudiesWantTheirWalkersAtOnce(t *testing.T) {
	f := fileOf(t, "version: 1\nvariables: [x, y, z]\nsgd: {loss: x^2 + y^2 + z^2, noise_covariance: 1, learning_rate: 0.1, batch_size: 2}\ndomain: auto\n")
	for walkers, want := range map[int]string{89: "--walkers: want at least 90, 10 for each mean and covariance of the --eta-study, have 89", 90: ""} {
		fl := compareFlags{study: 1}
		fl.process, fl.walkers = "auto", walkers
		if err := fl.checkStudy(f); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%d walkers: have %v, want %q", walkers, err, want)
		}
	}
}

// studied runs a small comparison, and a study of one halving in the context given.
func studied(t *testing.T, ctx context.Context, text string) (*fp.File, *comparison) {
	t.Helper()
	fl := compareFlags{within: 0.5, studySamples: 1000, samplesGiven: true}
	fl.ensembleFlags = ensembleFlags{process: "auto", walkers: 64, steps: 20, burnIn: 10, every: 1, seed: 7, outside: 1}
	f, g, c := ranComparison(t, text, &fl)
	fl.study = 1
	c.study = fl.etaStudy(ctx, f, g, c, io.Discard)
	return f, c
}

// parabola is a quadratic loss, of which studies are quick.
const parabola = "version: 1\nvariables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1, learning_rate: 0.4, batch_size: 2}\ndomain: {x: {min: -3, max: 3, cells: 32}}\n"

// A study shows a table and a figure, unless it was interrupted before two learning rates were done:
// then it says so in words.
func TestStudiesWithoutTwoRatesShowNothing(t *testing.T) {
	cancelled, stop := context.WithCancel(context.Background())
	stop()
	for _, c := range []struct {
		ctx   context.Context
		shown bool
	}{{context.Background(), true}, {cancelled, false}} {
		f, found := studied(t, c.ctx, parabola)
		var text bytes.Buffer
		found.summarize(f, found.walk.Histogram().Grid, nil).print(&text)
		_, drawn := found.figures(f.Problem)["eta_study.png"]
		table := strings.Contains(text.String(), "as the learning rate is halved")
		words := strings.Contains(text.String(), "study: interrupted before two learning rates were done")
		if drawn != c.shown || table != c.shown || words == c.shown || strings.Contains(text.String(), "want at least two") {
			t.Errorf("drawn %v, table %v, words %v:\n%s", drawn, table, words, &text)
		}
	}
}

// The ensembles of a study have seeds of their own.
func TestStudiesHaveSeedsOfTheirOwn(t *testing.T) {
	_, c := studied(t, context.Background(), parabola)
	if len(c.study.walks) != 2 {
		t.Fatalf("have %d walks: %v", len(c.study.walks), c.study.err)
	}
	for k, r := range c.study.walks {
		if have, want := r.options.Seed, studySeed(c.walk.options.Seed, k); have != want {
			t.Errorf("learning rate %d: seed %d, want %d", k, have, want)
		}
	}
}

// A study ends where a pilot run does not mix, of the comparison or at a learning rate: nobody can tell
// then what was asked, whatever holds of the comparison, but for what is violated.
func TestStudiesEndWherePilotsDoNotMix(t *testing.T) {
	f := fileOf(t, parabola)
	fl := compareFlags{study: 1}
	c := &comparison{walk: &walk{plan: &plan{relaxation: &compare.Relaxation{Steps: 256, Length: 512}}}, rows: make([]comparisonRow, 1)}
	c.study = fl.etaStudy(context.Background(), f, nil, c, io.Discard)
	if want := "have not mixed at learning rate 0.4 in 512 steps"; !errors.Is(c.study.err, errUnmixed) || len(c.study.warnings) != 1 || !strings.Contains(c.study.warnings[0], want) {
		t.Errorf("have %v and warnings %q, want %q", c.study.err, c.study.warnings, want)
	}
	for verdict, want := range map[fp.Verdict]int{fp.Holds: statusNotConverged, fp.Violated: statusViolated, fp.CannotTell: statusNotConverged} {
		c.rows[0].verdict = verdict
		if have := status(c.judged()); have != want {
			t.Errorf("%v: status %d, want %d", verdict, have, want)
		}
	}
	if testing.Short() {
		t.Skip("long: a pilot run to its end")
	}
	_, c = studied(t, context.Background(), strings.Replace(parabola, "0.4", "1e-5", 1)) // 1e5 steps, want 50 of them in half of 1e6
	if !errors.Is(c.study.err, errUnmixed) || len(c.study.walks) != 0 {
		t.Errorf("have %v after %d walks", c.study.err, len(c.study.walks))
	}
}
