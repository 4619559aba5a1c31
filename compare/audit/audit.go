package audit

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// Options tune [Audit]. The zero value is a good choice.
type Options struct {
	// Seed fixes all random numbers.
	Seed uint64
	// Within is the total variation distance up to which densities agree; 0 means 0.02.
	Within float64
	// Points is the number of typical θ where the law of gradient noise is tested; 0 means 4.
	Points int
	// Walkers is the number of walkers of ensembles, and Relaxations for how many relaxation
	// times they are counted; 0 means 1024 and 200. They leave about half as many independent
	// samples as the product. Where that takes more than 1e9 gradients of samples they are counted for
	// fewer, at least 10.
	Walkers, Relaxations int
	// NoEnsemble leaves out what takes walkers for longer than their noise is watched.
	NoEnsemble bool
	// NoiseWalkers and NoiseSteps are how many walkers' noise is watched for how many steps;
	// 0 means 64 walkers, and whole epochs: a hundred, at least 512 steps, and at most about 8192, or one
	// epoch of up to 32768. Fewer than 4 steps do not tell of memory.
	NoiseWalkers, NoiseSteps int
	// MaxPoints is at most how many values of the loss the volumes of low-loss sets are made
	// of; 0 means 1e7. In three dimensions, and where the minima fill a curved valley, fewer may not do.
	MaxPoints int
	// Solve tunes the solutions.
	Solve fp.StationaryOptions
	// Progress, if set, gets how much of the work is done, a rough estimate from 0 to 1, and what is
	// being done, every now and then.
	Progress func(share float64, doing string)
	// Context ends an audit early, with its error; nil means never.
	Context context.Context
}

func (o Options) withDefaults() Options {
	set := func(to *int, standard int) {
		if *to == 0 {
			*to = standard
		}
	}
	set(&o.Points, 4)
	set(&o.Walkers, 1024)
	set(&o.Relaxations, 200)
	set(&o.NoiseWalkers, 64)
	set(&o.MaxPoints, 1e7)
	if o.Within == 0 {
		o.Within = 0.02
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	return o
}

// FalseAlarm is the chance that an audit calls violated what is not, of all its tests together.
const FalseAlarm = 1e-3

// tests are those that share FalseAlarm: of the law of gradient noise, its tail, its
// autocorrelation, and its formula in epochs. (Those of ensembles, of five standard errors,
// come on top, with some 1e-5.)
const tests = 4

// level is the share of one of them.
const level = FalseAlarm / tests

// Audit measures all assumptions for the problem of a file on a grid. The result is the same
// for the same seed, whatever the number of cores.
//
// Errors are those of [Check], of [fp.SolveStationary], and of the context. Where a schedule changes the
// learning rate, or batches depend on each other, the solution is that of the first rate and of
// independent batches.
func Audit(f *fp.File, g *grid.Grid, opt Options) (*Report, error) {
	if err := Check(f); err != nil {
		return nil, err
	}
	opt = opt.withDefaults()
	s, err := newSubject(f, g, opt)
	if err != nil {
		return nil, err
	}
	r := &Report{Title: f.Problem.Title, Warnings: s.solution.Warnings}
	for _, stage := range []struct {
		name    string
		measure func() []Finding
	}{
		{"law of gradient noise", s.gaussian},
		{"memory of gradient noise", s.memory},
		{"learning rate", s.steps},
		{"eigenvalues of Σ", s.definiteness},
		{"variation of Σ", s.constancy},
		{"detailed balance", s.balance},
		{"formulas", s.forms},
		{"curl of the current", s.droppedTerm},
		{"minima", s.singular},
		{"walkers against the solution", s.walkers},
	} {
		s.work.begin(stage.name, 1)
		if err := opt.Context.Err(); err != nil {
			return nil, err
		}
		r.Findings = append(r.Findings, s.drawable(stage.measure())...)
	}
	s.work.begin("other solutions", otherWork)
	r.Ranking, r.Unranked = s.ranking(r.Findings)
	return r, opt.Context.Err()
}

// Check returns nil where there is a stationary density to audit, and else a *[fp.FileError] that says
// why not. Of SGD with noise there is one, that of its first rate and of independent batches.
func Check(f *fp.File) error {
	if f.SGD() != nil {
		return f.HasNoise()
	}
	return f.HasStationary()
}

// A subject is a problem with its solution and what findings share.
type subject struct {
	file     *fp.File
	problem  *fp.Problem
	sgd      *fp.SGD // nil of equations
	grid     *grid.Grid
	opt      Options
	solution *fp.Stationary
	estimate *fp.ErrorEstimate // nil where there is none
	mass     []float64         // of cells, at least 0, of sum 1
	// noise is the covariance of gradient noise of one sample that D = (η/2B) Σ stands for, with
	// injected noise and the factor of batches without replacement; D itself of equations. It is
	// packed, a slice per component.
	noise      [][]float64
	candidates []compare.Candidate
	kinetic    *kinetic // nil without momentum
	crowds     *crowds
	work       *work
}

func newSubject(f *fp.File, g *grid.Grid, opt Options) (*subject, error) {
	s := &subject{file: f, problem: f.Problem, sgd: f.SGD(), grid: g, opt: opt}
	more := float64(s.walksAhead() * walkWork)
	if s.hasVelocities() {
		more += kineticWork
	}
	s.work = newWork(opt.Progress, more)
	s.work.begin("solution", solveWork)
	var err error
	if s.solution, err = fp.SolveStationary(f.Problem, g, opt.Solve); err != nil {
		return nil, err
	}
	if e, ok, err := s.solution.EstimateError(opt.Solve); ok && err == nil {
		s.estimate = &e
	}
	s.mass = masses(s.solution.Density)
	s.noise = s.solution.Coefficients.Diffusion
	if s.sgd != nil {
		s.noise = scaled(s.noise, 1/s.tensorScale())
	}
	s.work.begin("other densities", otherWork)
	s.candidates = compare.Candidates(f, s.solution, opt.Solve)
	s.crowds = s.runWalkers()
	s.kinetic = s.withVelocities()
	return s, nil
}

// tensorScale returns D over the Σ that it stands for, η/(2B(1−μ)).
func (s *subject) tensorScale() float64 {
	v := s.file.SGDVariant()
	return v.Rate / (1 - s.sgd.Momentum) / float64(v.Batch) / 2
}

// densityError returns the relative L1 error of the solution, NaN where it is not known.
func (s *subject) densityError() float64 {
	if s.estimate == nil {
		return math.NaN()
	}
	return s.estimate.Density
}

// masses returns those of cells, negative ones as 0, divided by their sum.
func masses(p *grid.Field) []float64 {
	m := p.Grid.Volumes()
	var sum float64
	for i, v := range m {
		m[i] = max(0, p.Values[i]*v)
		sum += m[i]
	}
	for i := range m {
		m[i] /= sum
	}
	return m
}

// scaled returns c times each component.
func scaled(x [][]float64, c float64) [][]float64 {
	y := make([][]float64, len(x))
	for k, v := range x {
		y[k] = make([]float64, len(v))
		for i, u := range v {
			y[k][i] = c * u
		}
	}
	return y
}

// tensorAt sets m to the tensor of a cell.
func tensorAt(m *mat.SymDense, packed [][]float64, i int) {
	k := 0
	for a := range m.SymmetricDim() {
		for b := a; b < m.SymmetricDim(); b++ {
			m.SetSym(a, b, packed[k][i])
			k++
		}
	}
}
