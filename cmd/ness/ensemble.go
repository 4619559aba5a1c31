package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/fp"
)

// This file has the flags of commands that run walkers, and what they begin with.

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

// open checks flags, folder and file, and whether the file will do, where that is asked.
func (fl *walkerFlags) open(name string, will func(*fp.File) error) (*input, error) {
	if err := fl.check(fl.given); err != nil {
		return nil, err
	}
	return openInput(name, &fl.inputFlags, &fl.outputFlags, will)
}

var processNames = []string{"auto", "sgd", "euler-maruyama", "platen"}

func (fl *ensembleFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&fl.process, "process", "auto", "`NAME` of what the walkers do: sgd, euler-maruyama or platen (the stochastic differential equation to weak order 1 or 2); auto is sgd where the file has it, else platen")
	f.Float64Var(&fl.step, "step", 0, "time step `H` of the stochastic differential equation (default: a fiftieth of the fastest relaxation)")
	f.IntVar(&fl.walkers, "walkers", 4096, "`NUMBER` of independent walkers")
	fl.burnIn = -1
	f.Var((*whole)(&fl.steps), "steps", "`NUMBER` of steps of each walker after the burn-in (default: found by a pilot run)")
	f.Var((*whole)(&fl.burnIn), "burn-in", "`NUMBER` of steps before anything is counted (default: found by a pilot run)")
	f.IntVar(&fl.every, "every", 0, "count each walker after so many steps, `N` (default: a tenth of the relaxation time, at most 24)")
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
