package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
)

// This file prints the summary.

// method describes the method in a line.
func (s *summary) method() string {
	switch s.Method {
	case fp.SchemeLinear.String():
		return fmt.Sprintf("order %s, linear form, %d unknowns", s.Order, s.Unknowns)
	case fp.SchemeLogarithmic.String():
		return fmt.Sprintf("order %s, logarithmic form, %d unknowns", s.Order, s.Unknowns)
	case fp.SchemeGibbs.String():
		return fmt.Sprintf("exp(−potential), exact at %d points: nothing else drives", s.Unknowns)
	}
	return fmt.Sprintf("%s generator, %s solution of %d unknowns", s.Method, s.Solver.Name, s.Unknowns)
}

func (s *summary) print(w io.Writer) {
	line(w, "method", "%s", s.method())
	for _, why := range s.Chosen {
		line(w, "", "because %s", why)
	}
	if s.Solver.Cycles > 0 {
		line(w, "multigrid", "%d cycles, convergence factor %.2g, %.0f work units", s.Solver.Cycles, s.Solver.Factor, s.Solver.WorkUnits)
	}
	if s.Solver.Krylov > 0 {
		line(w, "GMRES", "%d iterations", s.Solver.Krylov)
	}
	if s.accurate() {
		line(w, "residual", "%.2g (divergence of the current %.2g)", s.Residual, s.Divergence)
	} else {
		line(w, "residual", "%.2g (entrywise %.2g, divergence of the current %.2g)", s.Residual, s.Entrywise, s.Divergence)
	}
	line(w, "mass", "%.12g, smallest density %.3g", s.Mass, s.MinDensity)
	if e := s.ErrorEstimate; e != nil {
		label := "half-grid difference"
		if s.accurate() {
			label = "error estimate"
		}
		if s.DetailedBalance.Verdict == "holds" || math.IsNaN(float64(e.Current)) { // the current is round-off, and its changes as large
			line(w, label, "density %.2g (relative L1)", e.Density)
		} else {
			line(w, label, "density %.2g, current %.2g (relative L1)", e.Density, e.Current)
		}
	}
	line(w, "largest Péclet number", "%.3g per cell", s.PecletMax)
	line(w, "mean", "%s", numbers(s.Moments.Mean))
	for i, row := range s.Moments.Covariance {
		label := ""
		if i == 0 {
			label = "covariance"
		}
		line(w, label, "%s", numbers(row))
	}
	s.printCircle(w)
	s.printAccount(w)
	printSeconds(w, s.Seconds)
	for _, warning := range s.Warnings {
		line(w, "warning", "%s", warning)
	}
}

// printSeconds tells how long every stage took.
func printSeconds(w io.Writer, seconds map[string]float64) {
	var times []string
	for _, name := range slices.Sorted(maps.Keys(seconds)) {
		times = append(times, fmt.Sprintf("%s %.2f", name, seconds[name]))
	}
	line(w, "seconds", "%s", strings.Join(times, ", "))
}

// printCircle says of which axes mean and covariance depend on where the circle is cut, and
// what does not.
func (s *summary) printCircle(w io.Writer) {
	for a, name := range s.Problem.Variables {
		if !s.periodic[a] {
			continue
		}
		direction := "none: the density is even around it"
		if x := s.Moments.CircularMean[a]; x != nil {
			direction = fmt.Sprintf("%.6g", *x)
		}
		line(w, "circular mean of "+name, "%s; mean and covariance are those of the circle cut at %.6g", direction, s.Problem.Min[a])
	}
}

// none stands for a number that there is not.
const none = "–"

func numbers(v []output.Float) string {
	s := make([]string, len(v))
	for i, x := range v {
		if s[i] = fmt.Sprintf("%12.6g", float64(x)); math.IsNaN(float64(x)) {
			s[i] = fmt.Sprintf("%12s", none)
		}
	}
	return strings.Join(s, " ")
}
