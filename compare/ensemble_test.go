package compare

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/checkpoint"
	"github.com/ness-fp/ness/fp/loss"
	"github.com/ness-fp/ness/grid"
)

// fourWells is the drift of the quadruple well (x²−1)²/4 + (y²−1)²/4: ten operations.
func fourWells(dst, x [][]float64) {
	for a := range dst {
		for i, v := range x[a] {
			dst[a][i] = v * (1 - v*v)
		}
	}
}

// tensor is a diffusion that varies, with a covariance.
func tensor(dst, x [][]float64) {
	for i, v := range x[0] {
		dst[0][i], dst[1][i], dst[2][i] = 0.1*(1+v*v), 0.02, 0.1
	}
}

// everyKind returns processes of all samplings, models and schemes in two dimensions.
func everyKind(t *testing.T) map[string]Process {
	l := someLoss(t, loss.LinearRegression, 2, 40)
	list := map[string]Process{}
	for _, s := range []fp.Sampling{fp.WithReplacement, fp.WithoutReplacement, fp.Epochs} {
		list["linear "+s.String()] = &SGD{Loss: l, Schedule: fp.InverseSqrtRate(0.2), Batch: 7, Sampling: s}
	}
	list["three indices of a word"] = &SGD{Loss: someLoss(t, loss.LinearRegression, 2, 20000), Schedule: fp.ConstantRate(0.1), Batch: 2}
	list["words"] = &SGD{Loss: l, Schedule: fp.ConstantRate(0.1), Batch: 8}
	list["full batch"] = &SGD{Loss: l, Schedule: fp.ConstantRate(0.01), Sampling: fp.FullBatch, InjectedNoise: 0.1}
	list["momentum"] = &SGD{Loss: l, Schedule: fp.ConstantRate(0.05), Batch: 8, Momentum: 0.7, InjectedNoise: 0.1}
	for _, m := range []loss.Model{loss.LogisticRegression, loss.TanhNeuron, loss.DeepLinear} {
		list[m.String()] = &SGD{Loss: someLoss(t, m, 2, 40), Schedule: fp.ConstantRate(0.05), Batch: 5}
	}
	list["formula"] = &SGD{Formula: quadratic([]float64{1, 0.3, 0.5}, []float64{1, -0.4, 0.8}, 0.1), Schedule: fp.ConstantRate(0.1), Batch: 4, InjectedNoise: 0.1}
	for _, s := range []Scheme{EulerMaruyama, Platen} {
		for _, i := range []Increments{Gaussian, ThreePoint} {
			list[fmt.Sprint(s, i)] = &SDE{Dim: 2, Drift: fourWells, Diffusion: tensor, Step: 0.01, Scheme: s, Increments: i}
			list[fmt.Sprint(s, i, "constant")] = &SDE{Dim: 2, Drift: fourWells, ConstantDiffusion: []float64{0.1, 0, 0.2}, Step: 0.01, Scheme: s, Increments: i}
		}
	}
	return list
}

func everyOption(t *testing.T, p Process) (Initial, Options) {
	opt := Options{Walkers: 300, Seed: 4, BurnIn: 30, Every: 5, Grid: box(t, 10, 2, 2), MaxOutside: 1, Groups: 5}
	if s, ok := p.(*SGD); ok && s.Loss != nil {
		opt.NoiseLags = 3
	}
	return Initial{Points: [][]float64{{0, 0.1}, {0.2, 0.3}}, Cov: []float64{0.1, 0.02, 0.05}}, opt
}

// saved returns all that an ensemble is.
func saved(t *testing.T, e *Ensemble) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := e.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Everything that changes, down to the last bit, is the same with 1, 2 and 5 workers, when
// the run is cut anywhere, and when it goes on from a saved state.
func TestBitsDependOnNothingButSeedAndSteps(t *testing.T) {
	for name, p := range everyKind(t) {
		initial, opt := everyOption(t, p)
		opt.Workers = 1
		want := saved(t, run(t, p, initial, opt, 131))
		for _, workers := range []int{2, 5} {
			opt.Workers = workers
			if !bytes.Equal(saved(t, run(t, p, initial, opt, 131)), want) {
				t.Errorf("%s: other bits with %d workers", name, workers)
			}
		}
		e := run(t, p, initial, opt, 1)
		for _, step := range []int{23, buffered, 61, 101} {
			if err := e.Run(context.Background(), step); err != nil {
				t.Fatal(err)
			}
			again, err := New(p, initial, opt)
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Restore(bytes.NewReader(saved(t, e))); err != nil {
				t.Fatal(err)
			}
			e = again
		}
		if err := e.Run(context.Background(), 131); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(saved(t, e), want) {
			t.Errorf("%s: other bits when it is cut", name)
		}
		if e.Step() != 131 {
			t.Errorf("%s: step %d", name, e.Step())
		}
		opt.Seed++
		if bytes.Equal(saved(t, run(t, p, initial, opt, 131))[40:], want[40:]) {
			t.Errorf("%s: another seed changes nothing", name)
		}
	}
}

// How many walkers move together is no part of the answer.
func TestBitsDoNotDependOnTheSizeOfBlocks(t *testing.T) {
	for name, p := range everyKind(t) {
		initial, opt := everyOption(t, p)
		e := run(t, p, initial, opt, 100)
		f, err := New(p, initial, opt)
		if err != nil {
			t.Fatal(err)
		}
		f.lanes = 7
		f.state.done, f.state.indefinite = make([]int64, f.blocks()), make([]int64, f.blocks())
		if err := f.Run(context.Background(), 100); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(e.theta, f.theta) || !reflect.DeepEqual(e.moments, f.moments) || !reflect.DeepEqual(e.noise, f.noise) ||
			!reflect.DeepEqual(e.Histogram().Counts, f.Histogram().Counts) {
			t.Errorf("%s: other bits in blocks of 7", name)
		}
	}
}

// A saved state that is cut, or changed in one bit anywhere, is an
// error and leaves the ensemble as it was.
func TestDamagedStatesAreErrors(t *testing.T) {
	p := everyKind(t)["momentum"]
	initial, opt := everyOption(t, p)
	opt.Walkers, opt.Groups = 40, 2
	e := run(t, p, initial, opt, 50)
	good := saved(t, e)
	for at := 0; at < len(good); at += 97 {
		if err := e.Restore(bytes.NewReader(good[:at])); !errors.Is(err, checkpoint.ErrDamaged) {
			t.Fatalf("cut at %d: %v", at, err)
		}
		bad := bytes.Clone(good)
		bad[at] ^= 1 << (at % 8)
		if err := e.Restore(bytes.NewReader(bad)); !errors.Is(err, checkpoint.ErrDamaged) && !errors.Is(err, checkpoint.ErrOther) {
			t.Fatalf("changed at %d: %v", at, err)
		}
	}
	if !bytes.Equal(saved(t, e), good) {
		t.Error("a failed Restore changes the ensemble")
	}
}

// A state of another ensemble is refused with what differs, by itself.
func TestStatesOfOtherEnsemblesAreRefused(t *testing.T) {
	p := everyKind(t)["linear epochs"]
	initial, opt := everyOption(t, p)
	good := saved(t, run(t, p, initial, opt, 50))
	for _, c := range []struct {
		trait  string
		change func(*SGD, *Initial, *Options)
	}{
		{"momentum", func(s *SGD, _ *Initial, _ *Options) { s.Momentum = 0.71 }},
		{"start", func(_ *SGD, i *Initial, _ *Options) { i.Cov = []float64{0.1, 0.02, 0.06} }},
		{"start", func(_ *SGD, i *Initial, _ *Options) { i.Points = i.Points[:1] }},
		{"walkers", func(_ *SGD, _ *Initial, o *Options) { o.Walkers++ }},
		{"seed", func(_ *SGD, _ *Initial, o *Options) { o.Seed++ }},
		{"burn-in", func(_ *SGD, _ *Initial, o *Options) { o.BurnIn++ }},
		{"every", func(_ *SGD, _ *Initial, o *Options) { o.Every++ }},
		{"groups", func(_ *SGD, _ *Initial, o *Options) { o.Groups++ }},
		{"noise lags", func(_ *SGD, _ *Initial, o *Options) { o.NoiseLags++ }},
		{"grid", func(_ *SGD, _ *Initial, o *Options) { o.Grid = box(t, 11, 2, 2) }},
	} {
		other, start, options := *p.(*SGD), initial, opt
		c.change(&other, &start, &options)
		checkRefused(t, &other, start, options, good, ": other "+c.trait)
	}
	unseen := opt // with the same first byte of its hash
	for unseen.Seed++; sha256.Sum256(fmt.Append(nil, unseen.Seed))[0] != sha256.Sum256(fmt.Append(nil, opt.Seed))[0]; {
		unseen.Seed++
	}
	checkRefused(t, p, initial, unseen, good, "another version")
	opt.NoiseLags = 0
	sde := &SDE{Dim: 2, Drift: fourWells, ConstantDiffusion: []float64{0.1, 0, 0.2}, Step: 0.01}
	checkRefused(t, sde, initial, opt, good, ": other process")
}

// checkRefused wants an error that ends so from a state that is of another ensemble.
func checkRefused(t *testing.T, p Process, initial Initial, opt Options, state []byte, end string) {
	t.Helper()
	e, err := New(p, initial, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Restore(bytes.NewReader(state)); !errors.Is(err, checkpoint.ErrOther) || !strings.HasSuffix(err.Error(), end) {
		t.Errorf("%v, want …%s", err, end)
	}
}

// Processes are told apart by each thing that fixes them, by one bit of numbers.
func TestTraitsTellProcessesApart(t *testing.T) {
	data := someLoss(t, loss.TanhNeuron, 2, 40).Data()
	on := func(model loss.Model, x, y []float64) *loss.Loss {
		l, err := loss.New(model, &loss.Data{Features: data.Features, Target: data.Target, X: slices.Clone(x), Y: slices.Clone(y)})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	nudged := func(x []float64) []float64 {
		x = slices.Clone(x)
		x[len(x)/2] = math.Nextafter(x[len(x)/2], math.Inf(1))
		return x
	}
	sgd := func(change func(*SGD)) Process {
		s := &SGD{Loss: on(loss.TanhNeuron, data.X, data.Y), Schedule: fp.StepDecayRate{Initial: 0.1, Factor: 0.5, Every: 60000}, Batch: 8}
		change(s)
		return s
	}
	formula := func(hessian, cov []float64) Process {
		return &SGD{Formula: quadratic(hessian, cov, 0), Schedule: fp.ConstantRate(0.1), Batch: 8}
	}
	sde := func(change func(*SDE)) Process {
		s := &SDE{Dim: 2, Drift: fourWells, ConstantDiffusion: []float64{0.1, 0, 0.2}, Step: 0.01}
		change(s)
		return s
	}
	unit := []float64{1, 0, 1}
	for _, c := range []struct {
		trait       string // none: they are the same
		base, other Process
	}{
		{"", sgd(func(*SGD) {}), sgd(func(*SGD) {})},
		{"data", sgd(func(*SGD) {}), sgd(func(s *SGD) { s.Loss = on(loss.TanhNeuron, nudged(data.X), data.Y) })},
		{"data", sgd(func(*SGD) {}), sgd(func(s *SGD) { s.Loss = on(loss.TanhNeuron, data.X, nudged(data.Y)) })},
		{"loss", sgd(func(*SGD) {}), sgd(func(s *SGD) { s.Loss = on(loss.LinearRegression, data.X, data.Y) })},
		{"learning rate", sgd(func(*SGD) {}), sgd(func(s *SGD) { s.Schedule = fp.StepDecayRate{Initial: 0.1, Factor: 0.5, Every: 60001} })},
		{"learning rate", sgd(func(*SGD) {}), sgd(func(s *SGD) {
			s.Schedule = fp.StepDecayRate{Initial: 0.1, Factor: math.Nextafter(0.5, 1), Every: 60000}
		})},
		{"batch size", sgd(func(*SGD) {}), sgd(func(s *SGD) { s.Batch = 4 })},
		{"sampling", sgd(func(*SGD) {}), sgd(func(s *SGD) { s.Sampling = fp.Epochs })},
		{"momentum", sgd(func(*SGD) {}), sgd(func(s *SGD) { s.Momentum = 0x1p-60 })},
		{"injected noise", sgd(func(*SGD) {}), sgd(func(s *SGD) { s.InjectedNoise = 0x1p-60 })},
		{"", formula(unit, unit), formula(unit, unit)},
		{"loss", formula(unit, unit), formula(nudged([]float64{1, 1, 1}), unit)},
		{"noise covariance", formula(unit, unit), formula(unit, []float64{1, 0, math.Nextafter(1, 2)})},
		{"", sde(func(*SDE) {}), sde(func(*SDE) {})},
		{"step", sde(func(*SDE) {}), sde(func(s *SDE) { s.Step = math.Nextafter(0.01, 1) })},
		{"scheme", sde(func(*SDE) {}), sde(func(s *SDE) { s.Scheme = Platen })},
		{"increments", sde(func(*SDE) {}), sde(func(s *SDE) { s.Increments = ThreePoint })},
		{"drift", sde(func(*SDE) {}), sde(func(s *SDE) {
			s.Drift = func(dst, x [][]float64) {
				fourWells(dst, x)
				for w := range dst[0] {
					dst[0][w] *= 2
				}
			}
		})},
		{"diffusion", sde(func(*SDE) {}), sde(func(s *SDE) { s.ConstantDiffusion = []float64{0.1, 0x1p-60, 0.2} })},
		{"diffusion", sde(func(*SDE) {}), sde(func(s *SDE) { s.ConstantDiffusion, s.Diffusion = nil, tensor })},
	} {
		at := []float64{0.1, 0.2}
		base := c.base.traits(at)
		var names []string
		for k, t := range c.other.traits(at) {
			if t != base[k] {
				names = append(names, t.name)
			}
		}
		if c.trait == "" && names != nil || c.trait != "" && !slices.Equal(names, []string{c.trait}) {
			t.Errorf("%v differ, want %q", names, c.trait)
		}
	}
}

// All traits fit into a fingerprint.
func TestFingerprintsHaveRoom(t *testing.T) {
	for name, p := range everyKind(t) {
		initial, opt := everyOption(t, p)
		e, err := New(p, initial, opt)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(e.traits()); n > mostTraits {
			t.Errorf("%s: %d traits", name, n)
		}
	}
}

// A run that is cancelled keeps what it has, and goes on as if nothing had happened.
func TestCancelledRunsGoOn(t *testing.T) {
	p := everyKind(t)["linear epochs"]
	initial, opt := everyOption(t, p)
	want := saved(t, run(t, p, initial, opt, 500))
	ctx, cancel := context.WithCancel(context.Background())
	var once sync.Once
	opt.Record = func(step, _ int, _ [][]float64) {
		if step > 200 {
			once.Do(cancel)
		}
	}
	e, err := New(p, initial, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Run(ctx, 500); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if e.Step() >= 500 || e.Histogram().Total() == 0 || e.Moments().Tallies == 0 {
		t.Errorf("stopped at %d with %d tallies", e.Step(), e.Moments().Tallies)
	}
	if f := e.Farthest(); f < 200 || f > 500 || f <= e.Step() { // a walker was at step 200 when it was cancelled
		t.Errorf("some walkers are at step %d, others at %d", f, e.Step())
	}
	if int(e.Histogram().Total()) != e.Moments().Tallies {
		t.Errorf("histogram has %d tallies, moments %d", e.Histogram().Total(), e.Moments().Tallies)
	}
	if err := e.Run(context.Background(), 500); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved(t, e), want) {
		t.Error("other bits after being cancelled")
	}
}

// What is recorded is what is tallied: counts, moments and steps, on a grid with a graded
// and a periodic axis too.
func TestTalliesAreThoseRecorded(t *testing.T) {
	p := everyKind(t)["linear with-replacement"]
	graded, err := grid.Sinh(0.6, 2, 7, grid.Reflecting, grid.Reflecting, 0.7, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := grid.Uniform(0, 0.25, 5, grid.Periodic, grid.Periodic)
	if err != nil {
		t.Fatal(err)
	}
	initial, opt := everyOption(t, p)
	opt.Grid = grid.New(graded, ring)
	counts := make([]uint64, opt.Grid.Cells()+1)
	positions := make([][][2]float64, opt.Walkers)
	var mu sync.Mutex
	opt.Record = func(step, first int, theta [][]float64) {
		mu.Lock()
		defer mu.Unlock()
		if step <= opt.BurnIn || (step-opt.BurnIn)%opt.Every != 0 {
			t.Errorf("a tally at step %d", step)
		}
		for w := range theta[0] {
			x, y := theta[0][w], theta[1][w]
			positions[first+w] = append(positions[first+w], [2]float64{x, y})
			i, ok := opt.Grid.Find([]float64{x, y - 0.25*math.Floor(y/0.25)})
			if !ok {
				i = opt.Grid.Cells()
			}
			counts[i]++
		}
	}
	e := run(t, p, initial, opt, 1234)
	h, m := e.Histogram(), e.Moments()
	if !reflect.DeepEqual(h.Counts, counts[:opt.Grid.Cells()]) || h.Outside != counts[opt.Grid.Cells()] || h.Outside == 0 {
		t.Errorf("counts\n%v, want\n%v", h.Counts, counts)
	}
	if inside := h.Density().Integral(); math.Abs(inside+h.OutsideFraction()-1) > 1e-13 {
		t.Errorf("%g inside and %g outside", inside, h.OutsideFraction())
	}
	const each = (1234 - 30) / 5
	var mean, ms [2]float64
	for w, list := range positions {
		if len(list) != each {
			t.Fatalf("walker %d was tallied %d times, want %d", w, len(list), each)
		}
		for a, x := range list[0] { // sums are about the first tally
			if e.moments.origin[a][w] != x {
				t.Errorf("walker %d: sums about %g, want %g", w, e.moments.origin[a][w], x)
			}
		}
		for _, x := range list {
			for a := range x {
				mean[a] += x[a] / float64(each*opt.Walkers)
			}
		}
	}
	between := 0.0
	for _, list := range positions {
		var own float64
		for _, x := range list {
			own += x[0] / each
			for a := range x {
				ms[a] += (x[a] - mean[a]) * (x[a] - mean[a]) / float64(each*opt.Walkers)
			}
		}
		between += (own - mean[0]) * (own - mean[0]) / float64(opt.Walkers-1)
	}
	// Sums of some 7e4 numbers of order 1: 7e4·2⁻⁵³ at most.
	for a := range mean {
		if math.Abs(m.Mean[a]-mean[a]) > 1e-11 || math.Abs(m.Cov[[]int{0, 2}[a]]-ms[a]-m.MeanErr[a]*m.MeanErr[a]) > 1e-11 {
			t.Errorf("coordinate %d: mean %g, want %g; variance %g, want %g", a, m.Mean[a], mean[a], m.Cov[[]int{0, 2}[a]], ms[a])
		}
	}
	if math.Abs(m.Between[0]-between) > 1e-11 || math.Abs(m.Between[0]+m.Within[0]-m.Cov[0]) > 1e-11+2*m.MeanErr[0]*m.MeanErr[0] {
		t.Errorf("between %g, want %g; within %g, covariance %g", m.Between[0], between, m.Within[0], m.Cov[0])
	}
}

// Columns do not overlap, and an odd number of lines of 64 bytes lies between their beginnings.
func TestColumnsLieApart(t *testing.T) {
	for m := 1; m <= 100; m++ {
		c := columns(3, m)
		for k := range 2 {
			between := uintptr(unsafe.Pointer(&c[k+1][0])) - uintptr(unsafe.Pointer(&c[k][0]))
			if between < uintptr(8*m) || between%64 != 0 || between/64%2 == 0 {
				t.Errorf("columns of %d numbers are %d bytes apart", m, between)
			}
		}
	}
}

// The halves of any number of tallies have a third of them at least: with θ_k = k the means of both are known.
func TestSegmentsSplitRuns(t *testing.T) {
	for n := 2; n < 300; n++ {
		m := momentSums{columns(1, 1), columns(segments, 1), columns(1, 1)}
		for k := range n {
			theta := [][]float64{{float64(k)}}
			m.add(m.segment(theta, 0, k), theta, 0, 0)
		}
		var s walkerSums
		s.add(&m, 1, 0, n)
		half := int(math.Round(s.earlyPortion[0] * float64(n)))
		if half < n/3 || half > 2*n/3 {
			t.Fatalf("the first half of %d has %d", n, half)
		}
		if early, late := float64(half-1)/2, float64(half+n-1)/2; math.Abs(s.early[0][0]-early) > 1e-12*float64(n) || math.Abs(s.late[0][0]-late) > 1e-12*float64(n) {
			t.Fatalf("n = %d: halves %g and %g, want %g and %g", n, s.early[0][0], s.late[0][0], early, late)
		}
	}
}

// With L = |θ|²/2 and η = 1 SGD forgets θ at once: every tally is an independent sample,
// and errors, effective numbers and signs of mixing are those of independent samples. The
// density in each cell is within five standard errors of the normal one.
func TestIndependentStepsAreIndependentSamples(t *testing.T) {
	f := quadratic([]float64{1, 0, 1}, []float64{1, 0, 1}, 0)
	g := box(t, 8, 4, 2)
	opt := Options{Walkers: 1024, Every: 1, Grid: g, Groups: 32}
	e := run(t, &SGD{Formula: f, Schedule: fp.ConstantRate(1), Batch: 1}, Initial{Points: [][]float64{{5, 0}}}, opt, 200)
	m, h := e.Moments(), e.Histogram()
	n := float64(m.Tallies)
	for a := range 2 {
		// Relative errors: √(2/1023) from 1024 walkers.
		if r := m.EffectiveSamples[a] / n; math.Abs(r-1) > 5*math.Sqrt(2.0/1023) {
			t.Errorf("effective samples %g of %g", m.EffectiveSamples[a], n)
		}
		if m.SplitRHat[a] > 1.02 || math.Abs(m.Trend[a]) > 5 {
			t.Errorf("R̂ = %g, trend %g", m.SplitRHat[a], m.Trend[a])
		}
	}
	// 31 degrees of freedom for each of some 20 cells that count.
	if r := h.EffectiveSamples() / n; math.Abs(r-1) > 5*math.Sqrt(2.0/31/20) {
		t.Errorf("effective samples of the histogram: %g of %g", h.EffectiveSamples(), n)
	}
	p := func(k int) float64 {
		return 0.5 * (math.Erf(float64(k-3)/math.Sqrt2) - math.Erf(float64(k-4)/math.Sqrt2))
	}
	for i, c := range h.Counts {
		want := n * p(i%8) * p(i/8)
		if math.Abs(float64(c)-want) > 5*math.Sqrt(want)+1 {
			t.Errorf("cell %d: %d, want %g", i, c, want)
		}
	}
}

// Walkers that stay where they are have everything between them, and say so.
func TestWalkersThatDoNotMixAreSeen(t *testing.T) {
	f := quadratic([]float64{1e-9, 0, 1e-9}, []float64{1, 0, 1}, 0)
	opt := Options{Walkers: 512, Every: 1, Grid: box(t, 8, 4, 2)}
	e := run(t, &SGD{Formula: f, Schedule: fp.ConstantRate(1e-3), Batch: 1}, Initial{Points: [][]float64{{-1, 0}, {1, 0}}, Cov: []float64{0.1, 0, 0.1}}, opt, 200)
	m := e.Moments()
	if m.SplitRHat[0] < 10 || math.Abs(m.EffectiveSamples[0]/512-1) > 0.1 || m.Between[0] < 100*m.Within[0] {
		t.Errorf("R̂ = %g, effective samples %g, between %g, within %g", m.SplitRHat[0], m.EffectiveSamples[0], m.Between[0], m.Within[0])
	}
	// Five deviations of an estimate from 31 degrees of freedom in some ten cells.
	if n := e.Histogram().EffectiveSamples(); math.Abs(n/512-1) > 5*math.Sqrt(2.0/31/10) {
		t.Errorf("effective samples of the histogram: %g", n)
	}
	moving := run(t, &SGD{Formula: quadratic([]float64{1, 0, 1}, []float64{1, 0, 1}, 0), Schedule: fp.ConstantRate(1e-3), Batch: 1}, Initial{Points: [][]float64{{1, 0}}}, opt, 200)
	if z := moving.Moments().Trend[0]; z > -5 {
		t.Errorf("a walk to the minimum has trend %g", z)
	}
}

func TestArgumentsAreChecked(t *testing.T) {
	l := someLoss(t, loss.LinearRegression, 2, 40)
	good := SGD{Loss: l, Schedule: fp.ConstantRate(0.1), Batch: 8}
	start := Initial{Points: [][]float64{{0, 0}}}
	for name, c := range map[string]func(s *SGD, i *Initial, o *Options){
		"B > n":         func(s *SGD, _ *Initial, _ *Options) { s.Batch = 41 },
		"no batch":      func(s *SGD, _ *Initial, _ *Options) { s.Batch = 0 },
		"full":          func(s *SGD, _ *Initial, _ *Options) { s.Sampling = fp.FullBatch },
		"no schedule":   func(s *SGD, _ *Initial, _ *Options) { s.Schedule = nil },
		"negative rate": func(s *SGD, _ *Initial, _ *Options) { s.Schedule = fp.ConstantRate(-1) },
		"no decay":      func(s *SGD, _ *Initial, _ *Options) { s.Schedule = fp.StepDecayRate{Initial: 1, Factor: 0.5} },
		"cosine up":     func(s *SGD, _ *Initial, _ *Options) { s.Schedule = fp.CosineRate{Initial: 1, Final: 2, Steps: 10} },
		"momentum":      func(s *SGD, _ *Initial, _ *Options) { s.Momentum = 1 },
		"injected":      func(s *SGD, _ *Initial, _ *Options) { s.InjectedNoise = math.NaN() },
		"both":          func(s *SGD, _ *Initial, _ *Options) { s.Formula = &fp.LossFormula{} },
		"epochs": func(s *SGD, _ *Initial, _ *Options) {
			*s = SGD{Formula: quadratic(make([]float64, 3), make([]float64, 3), 0), Schedule: fp.ConstantRate(1), Batch: 1, Sampling: fp.Epochs}
		},
		"lags": func(s *SGD, _ *Initial, o *Options) {
			*s = SGD{Formula: quadratic(make([]float64, 3), make([]float64, 3), 0), Schedule: fp.ConstantRate(1), Batch: 1}
			o.NoiseLags = 1
		},
		"no start":       func(_ *SGD, i *Initial, _ *Options) { i.Points = nil },
		"short start":    func(_ *SGD, i *Initial, _ *Options) { i.Points = [][]float64{{1}} },
		"infinite start": func(_ *SGD, i *Initial, _ *Options) { i.Points = [][]float64{{1, math.Inf(1)}} },
		"covariance":     func(_ *SGD, i *Initial, _ *Options) { i.Cov = []float64{1, 0, -1} },
		"one walker":     func(_ *SGD, _ *Initial, o *Options) { o.Walkers = 1 },
		"every":          func(_ *SGD, _ *Initial, o *Options) { o.Every = -1 },
		"grid":           func(_ *SGD, _ *Initial, o *Options) { o.Grid = box(t, 4, 1, 3) },
	} {
		s, i, o := good, start, Options{}
		c(&s, &i, &o)
		if _, err := New(&s, i, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, batch := range map[string]int{"full batch": 40, "full batch, by its name alone": 0} {
		s := SGD{Loss: l, Schedule: fp.ConstantRate(0.1), Batch: batch, Sampling: fp.FullBatch}
		if _, err := New(&s, start, Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, batch := range []int{1, 39, 41} {
		s := SGD{Loss: l, Schedule: fp.ConstantRate(0.1), Batch: batch, Sampling: fp.FullBatch}
		if err := s.check(); err == nil || !strings.Contains(err.Error(), "a full batch has all 40 samples") {
			t.Errorf("full batch of %d: %v", batch, err)
		}
	}
	still := func(dst, x [][]float64) {}
	for name, s := range map[string]*SDE{
		"no drift": {Dim: 1, ConstantDiffusion: []float64{1}, Step: 1},
		"no noise": {Dim: 2, Drift: still, Step: 1},
		"no step":  {Dim: 2, Drift: still, ConstantDiffusion: []float64{1, 0, 1}},
		"length":   {Dim: 2, Drift: still, ConstantDiffusion: []float64{1}, Step: 1},
	} {
		if _, err := New(s, start, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
