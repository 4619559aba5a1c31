package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	if !fl.resume {
		if err := fl.keepState(stateName, "--resume to go on from it"); err != nil { // a study's are never without
			return nil, err
		}
	}
	fl.goesOn = fl.resume
	return openInput(name, &fl.inputFlags, &fl.outputFlags, will)
}

// keepState refuses to write over a saved state in the folder, unless that is asked for.
func (fl *outputFlags) keepState(name, way string) error {
	if !fl.given || fl.force {
		return nil
	}
	path := filepath.Join(fl.dir, name)
	if _, err := os.Lstat(path); err != nil {
		return nil // what is wrong with a folder is told where it is opened
	}
	return fmt.Errorf("-o: %s is a saved state: want %s, or --force to begin anew", path, way)
}

var processNames = []string{"auto", "sgd", "euler-maruyama", "platen"}

func (fl *ensembleFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&fl.process, "process", "auto", "`NAME` of what the walkers do: sgd, euler-maruyama or platen (the stochastic differential equation to weak order 1 or 2); auto is sgd where the file has it, else platen")
	f.Float64Var(&fl.step, "step", 0, "time step `H` of the stochastic differential equation (default: a fiftieth of the fastest relaxation)")
	limit(cmd, "step", above0, largest)
	f.Var(newWhole(&fl.walkers, 4096), "walkers", "`NUMBER` of independent walkers, from 64")
	limit(cmd, "walkers", 64, 1<<24)
	f.Var(newWhole(&fl.steps, 0), "steps", "`NUMBER` of steps of each walker after the burn-in (default: found by a pilot run)")
	limit(cmd, "steps", 1, mostSteps)
	f.Var(newWhole(&fl.burnIn, -1), "burn-in", "`NUMBER` of steps before anything is counted (default: found by a pilot run)")
	limit(cmd, "burn-in", 0, mostSteps)
	f.Var(newWhole(&fl.every, 0), "every", "count each walker after so many steps, `N` (default: a tenth of the relaxation time, at most 24)")
	limit(cmd, "every", 1, mostSteps)
	f.Uint64Var(&fl.seed, "seed", 1, "`SEED` of all random numbers; results are the same bits for any number of cores")
	f.Float64Var(&fl.outside, "max-outside", 0.01, "`FRACTION` of counts outside the box that is an error; 1 accepts all, but formulas are checked inside alone: where a variance is negative walkers have no noise, and a warning counts their steps there")
	limit(cmd, "max-outside", above0, 1)
	f.BoolVar(&fl.resume, "resume", false, "go on with the interrupted ensemble in DIR")
}

// check says what is wrong with the flags, given whether there is a folder for results.
func (fl *ensembleFlags) check(folder bool) error {
	switch {
	case !slices.Contains(processNames, fl.process):
		return fmt.Errorf("--process: want one of %s, have %q", strings.Join(processNames, ", "), fl.process)
	case fl.resume && !folder:
		return errors.New("--resume: wants -o DIR, where the interrupted ensemble is")
	}
	return nil
}
