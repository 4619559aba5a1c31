package audit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// Σ without injected noise has its own least eigenvalue: 0 of noise along one direction, ½ of [[1, ½], [½, 1]],
// that of the loss with batches of samples, whatever they are and however drawn. Where it is 0 the sentence says that
// injected noise alone makes the tensor definite.
func TestNoiseIsToldWithoutWhatIsInjected(t *testing.T) {
	plane := "variables: [x, y]\nsgd: {loss: x^2/2 + y^2, noise_covariance: [[1, %g], [%g, 1]], learning_rate: 0.1, batch_size: 4%s}\ndomain: {x: {min: -1.4, max: 1.4, cells: 32}, y: {min: -1.4, max: 1.4, cells: 32}}"
	data := mean(40, 10, 1, "")
	f, _ := problemOf(t, data)
	noise := f.SGD().Loss.Evaluator()
	noise.Eval([]float64{0.5})
	for _, c := range []struct {
		name, src string
		want      float64 // NaN: not told
		alone     bool
	}{
		{"rank 1", fmt.Sprintf(plane, 1.0, 1.0, ", injected_noise: 0.5"), 0, true},
		{"definite", fmt.Sprintf(plane, 0.5, 0.5, ", injected_noise: 0.5"), 0.5, false},
		{"small beside what is injected", strings.Replace(fmt.Sprintf(plane, 0.5, 0.5, ", injected_noise: 1e8"), "min: -1.4, max: 1.4", "min: -1e4, max: 1e4", 2), 0.5, false},
		{"nothing injected", fmt.Sprintf(plane, 0.5, 0.5, ""), math.NaN(), false},
		{"samples", mean(40, 10, 1, ", injected_noise: 0.1"), noise.NoiseCov[0], false},
		{"samples without replacement", mean(40, 10, 1, ", injected_noise: 0.1, sampling: without-replacement"), noise.NoiseCov[0], false},
		{"all samples", strings.Replace(mean(40, 40, 1, ", injected_noise: 0.1, sampling: full-batch"), "batch_size: 40, ", "", 1), math.NaN(), false},
		{"without noise in places", "variables: [x]\nsgd: {loss: x^2/2, noise_covariance: x^2, learning_rate: 0.1, batch_size: 1, injected_noise: 0.2}\ndomain: {x: {min: -0.6, max: 0.6, cells: 63}}", 0, true},
	} {
		f, g := problemOf(t, c.src)
		s, err := newSubject(f, g, quick.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		got := &s.definiteness()[0]
		if told := slices.ContainsFunc(got.Statistics, func(s Statistic) bool { return s.Key == "least-alone" }); told == math.IsNaN(c.want) {
			t.Errorf("%s: statistics %v", c.name, got.Statistics)
		} else if told {
			// Where Σ is not constant but x² the middle cell has 0.
			if v, e := statistic(t, got, "least-alone"), errorOf(t, got, "least-alone"); math.Abs(v-c.want) > e || !(e < 1e-13) {
				t.Errorf("%s: %g ± %.1g, want %g", c.name, v, e, c.want)
			}
		}
		if strings.Contains(got.Sentence, "injected noise makes it so") != c.alone || got.Verdict != fp.Holds {
			t.Errorf("%s: %v: %s", c.name, got.Verdict, got.Sentence)
		}
	}
}

// What injected noise makes is said only of a tensor that has an inverse: of Σ along (1, 1) and so much noise s
// the ratio of eigenvalues is s/(2 + s), and limits are 1e-6 and 1e-10.
func TestInjectedNoiseMakesOnlyWhatIsDefinite(t *testing.T) {
	sigma := fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 1, 1, 1 })
	for injected, want := range map[float64]fp.Verdict{1e-2: fp.Holds, 1e-7: fp.CannotTell, 1e-12: fp.Violated} {
		s := tensorSubject(t, [][]float64{{1 + injected}, {1}, {1 + injected}})
		s.sgd = &fp.SGD{Formula: &fp.LossFormula{Dim: 2, NoiseCov: sigma}, InjectedNoise: injected}
		f := s.definiteness()[0]
		if f.Verdict != want || strings.Contains(f.Sentence, "injected noise makes it so") != (want == fp.Holds) {
			t.Errorf("%g: %v: %s", injected, f.Verdict, f.Sentence)
		}
	}
}
