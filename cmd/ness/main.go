// Command ness solves stationary densities and currents of stochastic gradient descent.
package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/compare/verify"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/operators/krylov"
)

func main() {
	watchInterrupts(os.Stderr)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// Exit statuses.
const (
	statusDone         = 0
	statusViolated     = 1
	statusBadInput     = 2
	statusNotConverged = 3
	statusInterrupted  = 130
)

// statuses is what help says of them.
const statuses = `Exit status:
  0    done; of what is judged: it holds, or has passed
  1    violated (audit, balance, compare, noise) or failed (verify)
  2    bad usage or input
  3    no convergence, not to the tolerance or no end, or nobody can tell (audit, balance, compare, noise)
  130  interrupted`

func run(args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "ness",
		Long:          "Stationary densities and currents of stochastic gradient descent\n\n" + statuses,
		SilenceUsage:  true,
		SilenceErrors: true,

		DisableSuggestions: true, // noSuchCommand makes them, in the same line
	}
	root.AddCommand(solveCommand(), evolveCommand(), modesCommand(), passageCommand(), checkCommand(), balanceCommand(), simulateCommand(), compareCommand(), noiseCommand(), auditCommand(), verifyCommand(verify.All))
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		nameInterrupted(cmd.CommandPath())
		return noEmptyValues(cmd, args)
	}
	root.SetFlagErrorFunc(flagError)
	root.SetArgs(args)
	out := &watched{w: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	cmd, err := root.ExecuteC()
	if _, _, unknown := root.Find(args); unknown != nil && err != nil {
		err = noSuchCommand(root, unknown, args[0])
	}
	if out.err != nil {
		err = errors.Join(err, fmt.Errorf("writing what is to be printed: %w", out.err))
		fmt.Fprintf(stderr, "%s: %v\n", cmd.CommandPath(), err)
		return statusBadInput
	}
	var verdict *verdictError
	if err != nil && !errors.As(err, &verdict) { // a verdict has been printed
		fmt.Fprintf(stderr, "%s: %v\n", cmd.CommandPath(), err)
	}
	return status(err)
}

// watched is a writer that remembers the first error.
type watched struct {
	w   io.Writer
	err error
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

func status(err error) int {
	var diverged *fp.ConvergenceError
	var rough *fp.ToleranceError
	var endless *fp.StepError
	var verdict *verdictError
	var linear *krylov.ConvergenceError
	var spectrum *krylov.SpectrumError
	var modes *fp.ModesError
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &verdict):
		if verdict.verdict == fp.Violated {
			return statusViolated
		}
		return statusNotConverged
	case errors.As(err, &diverged), errors.As(err, &rough), errors.As(err, &endless),
		errors.As(err, &linear), errors.As(err, &spectrum), errors.As(err, &modes):
		return statusNotConverged
	case errors.Is(err, errInterrupted), errors.Is(err, errStopped):
		return statusInterrupted
	}
	return statusBadInput
}

// A verdictError says by its status that something does not hold, or that nobody can tell.
// It is no failure: the verdict has been printed.
type verdictError struct {
	of      string
	verdict fp.Verdict
}

// judged returns the error of a verdict, nil of what holds.
func judged(of string, v fp.Verdict) error {
	if v == fp.Holds {
		return nil
	}
	return &verdictError{of, v}
}

func (e *verdictError) Error() string { return e.of + ": " + e.verdict.String() }

// inputFlags are the flags that change what a problem file says.
type inputFlags struct {
	set   []string
	cells []int
}

func (f *inputFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "override a constant of the file, `name=value`; may be repeated")
	cmd.Flags().IntSliceVar(&f.cells, "cells", nil, "cells per axis: one number `N`, or one for each axis")
	replacing(cmd, "cells")
}

// read opens a problem file; data files are looked up beside it.
func (f *inputFlags) read(path string) (*fp.File, error) {
	set := map[string]float64{}
	for _, s := range f.set {
		name, value, ok := strings.Cut(s, "=")
		v, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("--set %s: want name=number", s)
		}
		set[name] = v
	}
	src, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	return fp.ReadProblem(src, fp.ReadOptions{
		Name: path, Set: set, Cells: f.cells,
		Open: func(data string) (io.ReadCloser, error) {
			if !filepath.IsAbs(data) {
				data = filepath.Join(filepath.Dir(path), data)
			}
			return os.Open(data)
		},
	})
}

// outputFlags say where a result goes.
type outputFlags struct {
	dir            string
	given          bool // whether dir was
	force, noPlots bool
	quiet          bool
	goesOn         bool // with a recording or saved ensemble that is in dir
}

func (fl *outputFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&fl.dir, "output", "o", "", "folder `DIR` for summary, arrays and figures; without it only the summary is printed")
	cmd.Flags().BoolVar(&fl.force, "force", false, "write into a folder that holds something else, or lose a recording or saved ensemble there")
	cmd.Flags().BoolVar(&fl.noPlots, "no-plots", false, "write no figures")
	cmd.Flags().BoolVarP(&fl.quiet, "quiet", "q", false, "print nothing but errors")
}

// prepare returns the folder that the user gave by a flag, nil without one.
func (fl *outputFlags) prepare(flag string) (*output.Folder, error) {
	if !fl.given {
		return nil, nil
	}
	folder, err := output.Prepare(flag, fl.dir, fl.force)
	if err != nil || fl.force || fl.goesOn {
		return folder, err
	}
	for _, name := range []string{recordName, stateName} {
		if path := filepath.Join(fl.dir, name); !missing(path) {
			return nil, fmt.Errorf("%s: %s took long to make, and this would remove it: name another folder, or give --force to lose it", flag, path)
		}
	}
	return folder, nil
}
