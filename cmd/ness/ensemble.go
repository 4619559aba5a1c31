package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file plans and runs ensembles of walkers.

// ensembleFlags say which ensemble to run.
type ensembleFlags struct {
	process       string
	step          float64
	walkers       int
	steps, burnIn int // 0 and −1: found by a pilot run
	every         int // 0: likewise
	seed          uint64
	outside       float64
	resume        bool
}

// walkerFlags are those of commands that run walkers.
type walkerFlags struct {
	inputFlags
	ensembleFlags
	outputFlags
}

func (fl *walkerFlags) add(cmd *cobra.Command) {
	fl.inputFlags.add(cmd)
	fl.ensembleFlags.add(cmd)
	fl.outputFlags.add(cmd)
}

// An input is what a command that runs walkers begins with.
type input struct {
	name          string
	folder        *output.Folder // nil without -o
	file          *fp.File
	grid          *grid.Grid
	notes, doubts []string
}

// open checks flags, folder and file, and whether the file will do, where that is asked.
func (fl *walkerFlags) open(name string, will func(*fp.File) error) (*input, error) {
	if err := fl.check(fl.given); err != nil {
		return nil, err
	}
	in := &input{name: name}
	var err error
	if in.folder, err = fl.prepare(); err != nil {
		return nil, err
	}
	if in.file, err = fl.read(name); err != nil {
		return nil, err
	}
	if will != nil {
		if err := will(in.file); err != nil {
			return nil, err
		}
	}
	if in.grid, in.notes, in.doubts, err = box(name, in.file); err != nil {
		return nil, err
	}
	return in, nil
}

// abort removes what has been staged and not moved into place.
func (in *input) abort() {
	if in.folder != nil {
		_ = in.folder.Abort() // nothing the user could do about it
	}
}

var processNames = []string{"auto", "sgd", "euler-maruyama", "platen"}

func (fl *ensembleFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&fl.process, "process", "auto", "`NAME` of what the walkers do: sgd, euler-maruyama or platen (the stochastic differential equation to weak order 1 or 2); auto is sgd where the file has it, else platen")
	f.Float64Var(&fl.step, "step", 0, "time step `H` of the stochastic differential equation (default: a fiftieth of the fastest relaxation)")
	f.IntVar(&fl.walkers, "walkers", 4096, "`NUMBER` of independent walkers")
	f.IntVar(&fl.steps, "steps", 0, "`NUMBER` of steps of each walker after the burn-in (default: found by a pilot run)")
	f.IntVar(&fl.burnIn, "burn-in", -1, "`NUMBER` of steps before anything is counted (default: found by a pilot run)")
	f.IntVar(&fl.every, "every", 0, "count each walker after so many steps, `N` (default: a tenth of the relaxation time)")
	f.Uint64Var(&fl.seed, "seed", 1, "`SEED` of all random numbers; results are the same bits for any number of cores")
	f.Float64Var(&fl.outside, "max-outside", 0.01, "`FRACTION` of counts outside the box that is an error")
	f.BoolVar(&fl.resume, "resume", false, "go on with the interrupted ensemble in DIR")
}

// check says what is wrong with the flags, given whether there is a folder for results.
func (fl *ensembleFlags) check(folder bool) error {
	const most = 1 << 24
	switch {
	case !slices.Contains(processNames, fl.process):
		return fmt.Errorf("--process: want one of %s, have %q", strings.Join(processNames, ", "), fl.process)
	case fl.resume && !folder:
		return errors.New("--resume: wants -o DIR, where the interrupted ensemble is")
	case fl.walkers < 64 || fl.walkers > most:
		return fmt.Errorf("--walkers: want 64 to %d, have %d", most, fl.walkers)
	case fl.steps < 0:
		return fmt.Errorf("--steps: want at least 1, have %d", fl.steps)
	case fl.burnIn < -1:
		return fmt.Errorf("--burn-in: want at least 0, have %d", fl.burnIn)
	case fl.every < 0:
		return fmt.Errorf("--every: want at least 1, have %d", fl.every)
	case fl.step < 0 || math.IsNaN(fl.step) || math.IsInf(fl.step, 0):
		return fmt.Errorf("--step: want a time > 0, have %g", fl.step)
	case !(fl.outside > 0 && fl.outside <= 1):
		return fmt.Errorf("--max-outside: want a fraction above 0, and 1 to accept all, have %g", fl.outside)
	}
	return nil
}

// A plan is an ensemble that is ready to run.
type plan struct {
	process compare.Process
	name    string
	start   string // where walkers start, in words

	variables []string
	descent   int // steps to burn in at least
	initial   compare.Initial
	// relaxation is what the pilot run found, nil without one.
	relaxation *compare.Relaxation
	options    compare.Options
	steps      int // after the burn-in
	stepsFound bool
	warnings   []string
}

// fewRelaxations is how many relaxation times walkers are counted for where nothing asks for more:
// they leave half as many independent samples of each.
const fewRelaxations = 500

// plan chooses what the flags leave open: as many relaxation times as are wanted, unless steps
// are given. A context that is done is its error.
func (fl *ensembleFlags) plan(ctx context.Context, f *fp.File, g *grid.Grid, relaxations float64) (*plan, error) {
	p := &plan{steps: fl.steps, stepsFound: fl.steps == 0, variables: f.Problem.Variables}
	p.initial, p.start = startOf(f, g, fl)
	if err := fl.choose(p, f, g); err != nil {
		return nil, err
	}
	p.options = compare.Options{
		Walkers: fl.walkers, Seed: fl.seed, BurnIn: fl.burnIn, Every: fl.every, Grid: g, MaxOutside: fl.outside,
	}
	if sgd := f.SGD(); sgd != nil && fl.isSGD(f) {
		if _, constant := sgd.Schedule.(fp.ConstantRate); !constant {
			p.withoutPilot()
			return p, p.check()
		}
	}
	if err := fl.pilot(ctx, p, g, relaxations); err != nil {
		return nil, err
	}
	return p, p.check()
}

// check says whether anything would be counted.
func (p *plan) check() error {
	if p.steps < p.options.Every {
		return fmt.Errorf("--steps: want at least --every, %d, have %d", p.options.Every, p.steps)
	}
	return nil
}

// withoutPilot fills in what is open where the learning rate changes, so that no relaxation
// time is one for all steps.
func (p *plan) withoutPilot() {
	o := &p.options
	if p.stepsFound {
		p.steps = 10000
	}
	if o.BurnIn < 0 {
		o.BurnIn = 0
	}
	if o.Every == 0 {
		o.Every = 1
	}
}

// pilot fills in what is open by the relaxation time.
func (fl *ensembleFlags) pilot(ctx context.Context, p *plan, g *grid.Grid, relaxations float64) error {
	o := &p.options
	if !p.stepsFound && o.BurnIn >= 0 && o.Every > 0 {
		return nil
	}
	periods := make([]float64, g.Dim())
	for a := range periods {
		if g.Axis(a).IsPeriodic() {
			periods[a] = g.Axis(a).Length()
		}
	}
	r, err := compare.Pilot(ctx, p.process, p.initial, compare.PilotOptions{Seed: ^fl.seed, Periods: periods})
	if err != nil {
		return err
	}
	p.relaxation = &r
	if r.Steps == 0 {
		p.warnings = append(p.warnings, "nothing moves: there is no noise where walkers start")
	} else if !r.Mixed {
		p.warnings = append(p.warnings, fmt.Sprintf("in %d steps the walkers of a pilot run did not forget where they started: the relaxation time is longer than %.3g steps, and so should the burn-in be", r.Length, r.Steps))
	}
	if most := int(p.most() / 2); o.BurnIn < 0 {
		if o.BurnIn = max(r.BurnIn(), p.descent); o.BurnIn > most {
			p.warnings = append(p.warnings, fmt.Sprintf("a burn-in of %d steps would be right; %d are as many as are done without being asked for: see --burn-in", o.BurnIn, most))
			o.BurnIn = most
		}
	}
	if o.Every == 0 {
		o.Every = r.Every()
		if !p.stepsFound {
			o.Every = max(1, min(o.Every, p.steps/fewestCounts))
		}
	}
	if p.stepsFound {
		p.enough(relaxations * r.Steps)
	}
	return nil
}

// fewestCounts is how often each walker is counted at least, where that is not said.
const fewestCounts = 10

// enough bounds the steps that are planned without being asked for.
func (p *plan) enough(steps float64) {
	every := p.options.Every
	if most := p.most(); steps > most {
		p.warnings = append(p.warnings, fmt.Sprintf("%.3g steps would be right; %.3g are as many as are done without being asked for: see --steps", steps, most))
		steps = most
	}
	p.steps = max(fewestCounts, int(steps)/every) * every
}

// most returns the steps of each walker that take some minutes at most.
func (p *plan) most() float64 {
	all := 2e9
	if _, ok := p.process.(*compare.SDE); ok {
		all = 2e8 // formulas cost more than samples
	}
	return all / float64(p.options.Walkers)
}

func (fl *ensembleFlags) isSGD(f *fp.File) bool {
	return fl.process == "sgd" || fl.process == "auto" && f.SGD() != nil
}

// choose sets the process.
func (fl *ensembleFlags) choose(p *plan, f *fp.File, g *grid.Grid) error {
	if fl.isSGD(f) {
		if f.SGD() == nil {
			return errors.New("--process sgd: the file has no section sgd to draw minibatches for")
		}
		if fl.step != 0 {
			return errors.New("--step: is for stochastic differential equations; the step of SGD is its learning rate")
		}
		p.process, p.name = (*compare.SGD)(f.SGD()), "SGD"
		if f.SGD().Sampling == fp.Epochs { // their anti-correlated noise hides slow modes from pilots
			p.descent = descentSteps(f, p.initial.Points)
		}
		return f.CheckStable(p.initial.Points)
	}
	if err := f.HasStationary(); err != nil {
		return err
	}
	if g.HasWall(grid.Absorbing) {
		p.warnings = append(p.warnings, "walkers know no walls: none is absorbed")
	}
	length := make([]float64, g.Dim())
	for a := range length {
		length[a] = g.Axis(a).Length()
	}
	h := fl.step
	if h == 0 {
		h = compare.DefaultStep(f.Problem, length, stepPoints(g, p.initial.Points))
	}
	if math.IsNaN(h) || math.IsInf(h, 0) {
		return fmt.Errorf("--step: want a time: around %s the drift does not tell one", p.start)
	}
	sde, err := compare.NewSDE(f.Problem, length, h)
	if err != nil {
		return err
	}
	if fl.process != "euler-maruyama" {
		sde.Scheme = compare.Platen
	}
	p.process, p.name = sde, fmt.Sprintf("stochastic differential equation, %v, time step %.4g", sde.Scheme, h)
	return nil
}

// descentSteps returns the steps after which gradient descent has left 1e-6 of where it
// started, ln 10⁶ (1−μ)/(ηλ) for the smallest positive curvature λ at the points.
func descentSteps(f *fp.File, points [][]float64) int {
	sgd, flattest := f.SGD(), math.Inf(1)
	for _, x := range points {
		var eigen mat.EigenSym
		if !eigen.Factorize(f.Problem.Landscape.Hessian(x), false) {
			continue
		}
		values := eigen.Values(nil)
		for _, v := range values {
			if v > 1e-9*values[len(values)-1] { // not round-off
				flattest = min(flattest, v)
			}
		}
	}
	return int(math.Log(1e6) * (1 - sgd.Momentum) / (sgd.Schedule.Rate(0) * flattest))
}

// startOf returns where walkers start, also in words: what the file says, or else the stable
// points in the box, or else its centre.
func startOf(f *fp.File, g *grid.Grid, fl *ensembleFlags) (compare.Initial, string) {
	if s := f.Start; s != nil {
		switch {
		case s.Uniform:
			return compare.Initial{Points: evenly(g, fl.walkers)}, "evenly in the box"
		case s.Cov != nil:
			return compare.Initial{Points: s.Points, Cov: s.Cov}, "a Gaussian around " + pointText(s.Points[0])
		}
		return compare.Initial{Points: s.Points}, pointsText(s.Points)
	}
	var inside [][]float64
	for _, x := range f.Problem.StablePoints() {
		if _, ok := g.Find(x); ok {
			inside = append(inside, x)
		}
	}
	if inside != nil {
		return compare.Initial{Points: inside}, pointsText(inside) + ", stable"
	}
	centre := make([]float64, g.Dim())
	for a := range centre {
		centre[a] = (g.Axis(a).Min() + g.Axis(a).Max()) / 2
	}
	return compare.Initial{Points: [][]float64{centre}}, "the centre of the box, without a stable point in it"
}

// stepPoints returns the points by which a time step is chosen: where walkers start, and with
// periodic axes, round which they come everywhere, also others.
func stepPoints(g *grid.Grid, starts [][]float64) [][]float64 {
	const others = 64
	for a := range g.Dim() {
		if g.Axis(a).IsPeriodic() {
			return slices.Concat(starts, evenly(g, others))
		}
	}
	return starts
}

// evenly returns points that fill a box evenly: the additive sequence of the root of
// x^{d+1} = x + 1, see Roberts, The unreasonable effectiveness of quasirandom sequences, 2018.
func evenly(g *grid.Grid, n int) [][]float64 {
	d := g.Dim()
	root := 2.0
	for range 64 {
		root = math.Pow(1+root, 1/float64(d+1))
	}
	points := make([][]float64, n)
	for i := range points {
		x := make([]float64, d)
		for a := range x {
			_, f := math.Modf(0.5 + float64(i)*math.Pow(root, -float64(a+1)))
			x[a] = g.Axis(a).Min() + f*g.Axis(a).Length()
		}
		points[i] = x
	}
	return points
}

func pointsText(points [][]float64) string {
	const most = 4
	var list []string
	for _, x := range points[:min(most, len(points))] {
		list = append(list, pointText(x))
	}
	if more := len(points) - most; more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, ", ")
}

func pointText(x []float64) string {
	list := make([]string, len(x))
	for a, v := range x {
		list[a] = fmt.Sprintf("%.4g", v)
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// A walk is an ensemble that has run, perhaps not to the end.
type walk struct {
	*plan
	*compare.Ensemble
	seconds     float64
	done        int // steps, by this program run
	interrupted bool
}

// run runs the ensemble of a plan, or goes on with a saved one. What comes with the error
// of a context that is done, or of walkers outside the box, is fit to look at.
func (p *plan) run(ctx context.Context, bar io.Writer, saved io.Reader) (*walk, error) {
	var show *progress
	opt := p.options
	opt.Progress = func(step int) { show.set(step) }
	e, err := compare.New(p.process, p.initial, opt)
	if err != nil {
		return nil, err
	}
	if saved != nil {
		if err := e.Restore(saved); err != nil {
			return nil, err
		}
	}
	first, total := e.Step(), p.total()
	show = startProgress(bar, "simulating", first, total, "million walker steps", float64(p.options.Walkers)/1e6)
	defer show.stop()
	began := time.Now()
	err = e.Run(ctx, total)
	r := &walk{plan: p, Ensemble: e, seconds: time.Since(began).Seconds(), done: e.Step() - first, interrupted: ctx.Err() != nil}
	var outside *compare.OutsideError
	if err != nil && !r.interrupted && !errors.As(err, &outside) {
		return nil, err
	}
	return r, err
}

// stateName is the file of an interrupted ensemble.
const stateName = "ensemble.state"

// walk runs the ensemble, from where a previous run was interrupted where that is asked for.
func (fl *ensembleFlags) walk(ctx context.Context, p *plan, command, dir string, bar io.Writer) (*walk, error) {
	if !fl.resume {
		return p.run(ctx, bar, nil)
	}
	if was, err := commandOf(dir); err == nil && was != command {
		return nil, fmt.Errorf("--resume: %s holds a result of ness %s, not of ness %s", dir, was, command)
	}
	path := filepath.Join(dir, stateName)
	saved, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--resume: no interrupted ensemble: %w", err)
	}
	defer saved.Close()
	r, err := p.run(ctx, bar, bufio.NewReader(saved))
	if errors.Is(err, compare.ErrDamaged) || errors.Is(err, compare.ErrOther) {
		return nil, fmt.Errorf("--resume: %s: %w", path, err)
	}
	return r, err
}

// commandOf returns the command that left a result.
func commandOf(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		return "", err
	}
	var s struct {
		Command string `json:"command"`
	}
	err = json.Unmarshal(data, &s)
	return s.Command, err
}

// total returns the steps of each walker, burn-in and all.
func (p *plan) total() int { return p.options.BurnIn + p.steps }

// errStopped says that the user stopped an ensemble; what was gathered is kept.
var errStopped = errors.New("interrupted")

// stopped is the error of an interrupted run.
func (r *walk) stopped(saved bool) error {
	hint := ""
	if saved {
		hint = "; the same command with --resume goes on"
	}
	return fmt.Errorf("%w at step %d of %d%s", errStopped, r.Step(), r.total(), hint)
}

// untilInterrupt returns a context that the user can end, once; a second interrupt kills.
func untilInterrupt() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
