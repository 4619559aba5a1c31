package main

import (
	"slices"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
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
	Divergence        output.Float           `json:"divergence"`
	Mass              output.Float           `json:"mass"`
	MinDensity        output.Float           `json:"min_density"`
	NegativeMass      output.Float           `json:"negative_mass"`
	ErrorEstimate     *errorSummary          `json:"error_estimate"`
	PecletMax         output.Float           `json:"peclet_max"`
	Unknowns          int                    `json:"unknowns"`
	Iterations        int                    `json:"iterations"`
	Seconds           map[string]float64     `json:"seconds"`
	EntropyProduction measuredSummary        `json:"entropy_production"`
	Irreversibility   irreversibilitySummary `json:"irreversibility"`
	Circulation       circulationSummary     `json:"circulation"`
	Split             splitSummary           `json:"split"`
	DetailedBalance   balanceSummary         `json:"detailed_balance"`
	Moments           momentSummary          `json:"moments"`
	Warnings          []string               `json:"warnings"`
	Files             []string               `json:"files"`

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

type momentSummary struct {
	Mean []output.Float `json:"mean"`
	// CircularMean is null of axes that are not periodic, and where there is none.
	CircularMean []*output.Float  `json:"circular_mean"`
	Covariance   [][]output.Float `json:"covariance"`
}

func summarize(f *fp.File, s *fp.Stationary, a *account, e *fp.ErrorEstimate, notes []string) *summary {
	g := s.Density.Grid
	sum := &summary{
		Program:      "ness",
		Problem:      summarizeProblem(f, g, notes),
		Method:       s.Scheme.String(),
		Order:        s.Order.String(),
		Chosen:       append([]string{}, s.Why...),
		Solver:       solverOf(s),
		Residual:     output.Float(s.Residual),
		Entrywise:    output.Float(s.EntryResidual),
		Divergence:   output.Float(s.DivergenceResidual(a.current)),
		Mass:         output.Float(s.Density.Integral()),
		MinDensity:   output.Float(slices.Min(s.Density.Values)),
		NegativeMass: output.Float(s.NegativeMass()),
		PecletMax:    output.Float(s.Coefficients.MaxPeclet()),
		Unknowns:     g.Cells(),
		Iterations:   max(1, s.Solver.Multigrid.Cycles+s.Solver.Krylov.Iterations),
		Warnings:     append([]string{}, s.Warnings...),
	}
	if e != nil {
		sum.ErrorEstimate = &errorSummary{output.Float(e.Density), output.Float(e.Current)}
	}
	sum.addAccount(f.Problem.Variables, a)
	sum.addMoments(s)
	return sum
}

func summarizeProblem(f *fp.File, g *grid.Grid, notes []string) problemSummary {
	p := problemSummary{
		Title: f.Problem.Title, Variables: f.Problem.Variables, Calculus: f.Problem.Calculus.String(),
		Cells: g.Shape(), Notes: append([]string{}, notes...),
	}
	for a := range g.Dim() {
		p.Min = append(p.Min, output.Float(g.Axis(a).Min()))
		p.Max = append(p.Max, output.Float(g.Axis(a).Max()))
	}
	return p
}

// addMoments adds the moments of the density.
func (sum *summary) addMoments(s *fp.Stationary) {
	g := s.Density.Grid
	for a := range g.Dim() {
		sum.periodic = append(sum.periodic, g.Axis(a).IsPeriodic())
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

// accurate says whether the density is the accurate operator's.
func (s *summary) accurate() bool { return s.Order != fp.OrderMonotone.String() }
