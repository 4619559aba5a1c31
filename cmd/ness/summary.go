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
	"github.com/ness-fp/ness/operators"
)

// summary is what summary.json holds. Keys are stable.
type summary struct {
	Program   string         `json:"program"`
	Problem   problemSummary `json:"problem"`
	Method    string         `json:"method"`
	Order     string         `json:"order"`
	Chosen    []string       `json:"chosen"` // why this method, where others were tried
	Solver    solverSummary  `json:"solver"`
	Converged bool           `json:"converged"`
	Residual  output.Float   `json:"residual"`
	Entrywise output.Float   `json:"residual_entrywise"`
	// Divergence is the largest |∇·J| V over the largest turnover of a cell.
	Divergence        output.Float       `json:"divergence"`
	Mass              output.Float       `json:"mass"`
	MinDensity        output.Float       `json:"min_density"`
	NegativeMass      output.Float       `json:"negative_mass"`
	ErrorEstimate     *errorSummary      `json:"error_estimate"`
	PecletMax         output.Float       `json:"peclet_max"`
	Unknowns          int                `json:"unknowns"`
	Iterations        int                `json:"iterations"`
	Seconds           map[string]float64 `json:"seconds"`
	EntropyProduction entropySummary     `json:"entropy_production"`
	DetailedBalance   balanceSummary     `json:"detailed_balance"`
	Moments           momentSummary      `json:"moments"`
	Warnings          []string           `json:"warnings"`
	Files             []string           `json:"files"`

	periodic []bool // axes
}

// solverSummary tells how the null vector was found. Work units are sweeps over the
// finest grid; all but the name are 0 where nothing was iterated.
type solverSummary struct {
	Name       string       `json:"name"`
	Cycles     int          `json:"cycles"`
	Krylov     int          `json:"krylov_iterations"`
	Factor     output.Float `json:"convergence_factor"`
	Correction output.Float `json:"coarse_correction"`
	WorkUnits  output.Float `json:"work_units"`
}

type problemSummary struct {
	Title     string         `json:"title"`
	Variables []string       `json:"variables"`
	Calculus  string         `json:"calculus"`
	Cells     []int          `json:"cells"`
	Min       []output.Float `json:"min"`
	Max       []output.Float `json:"max"`
	Notes     []string       `json:"notes"`
}

type errorSummary struct {
	Density output.Float `json:"density"`
	Current output.Float `json:"current"`
}

type entropySummary struct {
	Value output.Float  `json:"value"`
	Error *output.Float `json:"error"`
}

type balanceSummary struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
}

type momentSummary struct {
	Mean []output.Float `json:"mean"`
	// CircularMean is null of axes that are not periodic, and where there is none.
	CircularMean []*output.Float  `json:"circular_mean"`
	Covariance   [][]output.Float `json:"covariance"`
}

func summarize(f *fp.File, s *fp.Stationary, c *fp.Current, notes []string) *summary {
	g := s.Density.Grid
	ep := s.EntropyProduction(c)
	sum := &summary{
		Program:           "ness",
		Problem:           problemSummary{Title: f.Problem.Title, Variables: f.Problem.Variables, Calculus: f.Problem.Calculus.String(), Cells: g.Shape(), Notes: append([]string{}, notes...)},
		Method:            s.Scheme.String(),
		Order:             s.Order.String(),
		Chosen:            append([]string{}, s.Why...),
		Solver:            solverOf(s),
		Residual:          output.Float(s.Residual),
		Entrywise:         output.Float(s.EntryResidual),
		Divergence:        output.Float(s.DivergenceResidual(c)),
		Mass:              output.Float(s.Density.Integral()),
		MinDensity:        output.Float(slices.Min(s.Density.Values)),
		NegativeMass:      output.Float(s.NegativeMass()),
		PecletMax:         output.Float(s.Coefficients.MaxPeclet()),
		Unknowns:          g.Cells(),
		Iterations:        max(1, s.Solver.Multigrid.Cycles+s.Solver.Krylov.Iterations),
		EntropyProduction: entropySummary{Value: output.Float(ep)},
		Warnings:          append([]string{}, s.Warnings...),
	}
	sum.DetailedBalance = balanceSummary{"cannot tell", "no error estimate"}
	if negligible(s, c) {
		sum.DetailedBalance = balanceSummary{"holds", "every net flow is round-off of the flows to and fro"}
	}
	for a := range g.Dim() {
		sum.periodic = append(sum.periodic, g.Axis(a).IsPeriodic())
		sum.Problem.Min = append(sum.Problem.Min, output.Float(g.Axis(a).Min()))
		sum.Problem.Max = append(sum.Problem.Max, output.Float(g.Axis(a).Max()))
	}
	mean, cov := s.Moments()
	sum.Moments.Mean = output.Floats(mean)
	sum.Moments.CircularMean = make([]*output.Float, len(mean))
	for i := range mean {
		if x, ok := s.CircularMean(i); ok {
			circular := output.Float(x)
			sum.Moments.CircularMean[i] = &circular
		}
		row := make([]output.Float, len(mean))
		for j := range mean {
			lo, hi := min(i, j), max(i, j)
			row[j] = output.Float(cov[operators.Packed(len(mean), lo, hi)])
		}
		sum.Moments.Covariance = append(sum.Moments.Covariance, row)
	}
	return sum
}

// solverName names what found the density: nothing where it was given by a potential.
func solverName(s *fp.Stationary) string {
	switch s.Scheme {
	case fp.SchemeLinear, fp.SchemeLogarithmic:
		return "gmres"
	case fp.SchemeGibbs:
		return "none"
	}
	return s.Solver.Solver.String()
}

func solverOf(s *fp.Stationary) solverSummary {
	m := s.Solver.Multigrid
	return solverSummary{
		Name: solverName(s), Cycles: m.Cycles, Krylov: s.Solver.Krylov.Iterations, WorkUnits: output.Float(m.WorkUnits),
		Factor: output.Float(m.Factor), Correction: output.Float(m.Correction),
	}
}

// addEstimate adds the error estimate, and the verdict on detailed balance that it allows.
func (s *summary) addEstimate(e fp.ErrorEstimate) {
	s.ErrorEstimate = &errorSummary{output.Float(e.Density), output.Float(e.Current)}
	err := output.Float(e.EntropyProduction)
	s.EntropyProduction.Error = &err
	ep := float64(s.EntropyProduction.Value)
	switch {
	case s.DetailedBalance.Verdict == "holds":
	case math.IsInf(ep, 1):
		s.DetailedBalance = balanceSummary{"violated", "probability flows along directions without noise, where entropy production is infinite"}
	case ep > 3*e.EntropyProduction && e.Current < 0.3:
		s.DetailedBalance = balanceSummary{"violated", fmt.Sprintf("entropy is produced at %.4g ± %.2g nats per unit time", ep, e.EntropyProduction)}
	default:
		s.DetailedBalance = balanceSummary{"cannot tell", "the current is within its numerical error"}
	}
}

// accurate says whether the density is the accurate operator's.
func (s *summary) accurate() bool { return s.Order != fp.OrderMonotone.String() }

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
	line(w, "entropy production", "%.6g nats per unit time", s.EntropyProduction.Value)
	line(w, "detailed balance", "%s: %s", s.DetailedBalance.Verdict, s.DetailedBalance.Reason)
	var times []string
	for _, name := range slices.Sorted(maps.Keys(s.Seconds)) {
		times = append(times, fmt.Sprintf("%s %.2f", name, s.Seconds[name]))
	}
	line(w, "seconds", "%s", strings.Join(times, ", "))
	for _, warning := range s.Warnings {
		line(w, "warning", "%s", warning)
	}
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

func numbers(v []output.Float) string {
	s := make([]string, len(v))
	for i, x := range v {
		s[i] = fmt.Sprintf("%12.6g", float64(x))
	}
	return strings.Join(s, " ")
}
