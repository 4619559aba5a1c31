package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file tells what a comparison found, in the summary and on the screen.

// compareSummary is what summary.json of `ness compare` holds.
type compareSummary struct {
	Program  string            `json:"program"`
	Command  string            `json:"command"`
	Problem  problemSummary    `json:"problem"`
	Ensemble ensembleSummary   `json:"ensemble"`
	Compare  comparisonSummary `json:"compare"`
	Warnings []string          `json:"warnings"`
	Files    []string          `json:"files"`
}

type comparisonSummary struct {
	Within  output.Float `json:"within"`
	Verdict string       `json:"verdict"` // of the first candidate
	// Wasserstein says how Wasserstein-1 is taken: exactly, or as a mean along directions.
	Wasserstein string             `json:"wasserstein"`
	Candidates  []candidateSummary `json:"candidates"`
	Study       *studySummary      `json:"eta_study"` // null where it was not asked for, or has fewer than two learning rates
}

type candidateSummary struct {
	Key     string       `json:"key"`
	Name    string       `json:"name"`
	Formula string       `json:"formula"`
	Error   output.Float `json:"error"` // numerical, relative L1
	Verdict string       `json:"verdict"`
	Failure string       `json:"failure"` // why there is no comparison, else empty

	TV           distanceSummary   `json:"total_variation"`
	KL           distanceSummary   `json:"kullback_leibler"`
	Hellinger    distanceSummary   `json:"hellinger"`
	Wasserstein1 distanceSummary   `json:"wasserstein_1"`
	ChiSquare    *chiSquareSummary `json:"chi_square"`
	Moments      *scoresSummary    `json:"moments"`
}

// distanceSummary is [compare.Distance].
type distanceSummary struct {
	Value output.Float `json:"value"`
	Error output.Float `json:"error"`
	Floor output.Float `json:"floor"`
}

func summarizeDistance(d compare.Distance) distanceSummary {
	return distanceSummary{output.Float(d.Value), output.Float(d.Err), output.Float(d.Floor)}
}

func (d distanceSummary) String() string {
	if math.IsInf(float64(d.Value), 1) {
		return "infinite"
	}
	return plusMinus(d.Value, d.Error)
}

// plusMinus writes a number to the first digit of its error, but three digits at least, and no zeros behind.
func plusMinus(value, err output.Float) string {
	digits := 3
	if v, e := math.Abs(float64(value)), float64(err); e > 0 && e < v {
		digits = min(max(digits, 1+int(math.Floor(math.Log10(v))-math.Floor(math.Log10(e)))), 15)
	}
	return fmt.Sprintf("%.*g±%.1g", digits, float64(value), float64(err))
}

// chiSquareSummary is [compare.ChiSquare].
type chiSquareSummary struct {
	Statistic output.Float `json:"statistic"`
	Freedom   int          `json:"freedom"`
	Groups    int          `json:"groups"`
	P         output.Float `json:"p"`
	Z         output.Float `json:"z"`
}

// scoresSummary is [compare.MomentScores].
type scoresSummary struct {
	Mean        []output.Float   `json:"mean"`
	Covariance  [][]output.Float `json:"covariance"`
	MeanZ       []output.Float   `json:"mean_z"`
	CovarianceZ [][]output.Float `json:"covariance_z"`
}

// largest returns the largest deviation; periodic axes have none, and it is NaN where there is no other.
func (s *scoresSummary) largest() float64 {
	z := math.NaN()
	for _, row := range append(s.CovarianceZ, s.MeanZ) {
		for _, v := range row {
			if a := math.Abs(float64(v)); a > z || math.IsNaN(z) {
				z = a
			}
		}
	}
	return z
}

// largestText writes it.
func (s *scoresSummary) largestText() string {
	z := s.largest()
	if math.IsNaN(z) {
		return none
	}
	return fmt.Sprintf("%.1f", z)
}

func (c *comparison) summarize(f *fp.File, g *grid.Grid, notes []string) *compareSummary {
	sum := &compareSummary{Program: "ness", Command: "compare", Problem: summarizeProblem(f, g, notes)}
	sum.Ensemble, sum.Warnings = summarizeEnsemble(c.walk)
	sum.Compare = comparisonSummary{
		Within: output.Float(c.within), Verdict: c.rows[0].verdict.String(),
		Wasserstein: [...]string{"exact", "mean along 16 directions", "mean along 32 directions"}[g.Dim()-1],
	}
	for _, r := range c.rows {
		sum.Compare.Candidates = append(sum.Compare.Candidates, r.summarize())
	}
	if c.study != nil {
		if c.study.fits() {
			sum.Compare.Study = c.study.summarize()
		}
		sum.Warnings = append(sum.Warnings, c.study.warnings...)
	}
	if sum.Ensemble.Outside > 0 {
		sum.Warnings = append(sum.Warnings, "|z| is of the moments of all walkers, also of those outside the box, and a density has none there: what is cut off counts as a difference")
	}
	if c.missed != "" {
		sum.Warnings = append(sum.Warnings, fmt.Sprintf("no walker came to the stable point %s, where the density is large: no verdict; let some start there (initial: {points: …})", c.missed))
	}
	if h := c.walk.Histogram(); h.Total() > 0 && coarse(h) {
		sum.Warnings = append(sum.Warnings, "one cell has more than a fifth of the counts: cells hide differences, and none can be said to be within; give more --cells or a smaller box")
	}
	if !c.mixed(c.walk.Moments()) {
		sum.Warnings = append(sum.Warnings, "walkers have not mixed: no verdict")
	}
	return sum
}

func (r *comparisonRow) summarize() candidateSummary {
	s := candidateSummary{Key: r.Key, Name: r.Name, Formula: r.Formula, Error: output.Float(r.Candidate.Error), Verdict: r.verdict.String()}
	if r.failure != nil {
		s.Failure = r.failure.Error()
		return s
	}
	d, x := r.distances, r.chiSquare
	s.TV, s.KL = summarizeDistance(d.TV), summarizeDistance(d.KL)
	s.Hellinger, s.Wasserstein1 = summarizeDistance(d.Hellinger), summarizeDistance(d.Wasserstein1)
	s.ChiSquare = &chiSquareSummary{output.Float(x.Statistic), x.Freedom, x.Groups, output.Float(x.P), output.Float(x.Z)}
	m := r.scores
	s.Moments = &scoresSummary{output.Floats(m.Mean), square(m.Cov), output.Floats(m.MeanZ), square(m.CovZ)}
	return s
}

func (s *compareSummary) print(w io.Writer) {
	s.Ensemble.print(w)
	s.Compare.print(w)
	for _, warning := range s.Warnings {
		line(w, "warning", "%s", warning)
	}
}

// print prints the table: a row per density.
func (c *comparisonSummary) print(w io.Writer) {
	rows := [][]string{{"density", "TV", "KL", "Hellinger", "W1", "chi² p", "max |z|", fmt.Sprintf("TV ≤ %g", float64(c.Within))}}
	for _, one := range c.Candidates {
		if one.Failure != "" {
			rows = append(rows, []string{one.Name, one.Failure})
			continue
		}
		rows = append(rows, []string{
			one.Name, one.TV.String(), one.KL.String(), one.Hellinger.String(), one.Wasserstein1.String(),
			fmt.Sprintf("%.2g", float64(one.ChiSquare.P)), one.Moments.largestText(), one.Verdict,
		})
	}
	if one := c.Candidates[0]; one.Failure == "" {
		floor := func(d distanceSummary) string { return fmt.Sprintf("%.3g", float64(d.Floor)) }
		rows = append(rows, []string{"sampling alone", floor(one.TV), floor(one.KL), floor(one.Hellinger), floor(one.Wasserstein1)})
	}
	fmt.Fprintln(w)
	printTable(w, rows)
	fmt.Fprintln(w)
	line(w, "W1", "%s", c.Wasserstein)
	if names := c.infinite(); names != nil {
		line(w, "KL", "infinite where walkers were counted and a density is 0: %s", strings.Join(names, "; "))
		if slices.ContainsFunc(c.Candidates, func(one candidateSummary) bool { return one.solved() && one.isInfinite() }) {
			line(w, "KL", "a Fokker–Planck density is 0 where the numerical solution on this grid is not positive: give more --cells")
		}
	}
	if names := c.withoutChiSquare(); names != nil {
		line(w, "chi²", "NaN where walkers miss some of the boxes of equal probability, or have too few independent samples for two: %s", strings.Join(names, "; "))
	}
	rows = rows[:0]
	for _, one := range c.Candidates {
		rows = append(rows, []string{one.Name, one.Formula})
	}
	printTable(w, rows)
	if c.Study != nil {
		c.Study.print(w)
	}
}

// infinite returns the densities from which the histogram has no finite KL.
func (c *comparisonSummary) infinite() []string {
	return c.names((*candidateSummary).isInfinite)
}

func (c *candidateSummary) isInfinite() bool { return math.IsInf(float64(c.KL.Value), 1) }

// solved says whether the density is a numerical solution, not a formula.
func (c *candidateSummary) solved() bool { return strings.HasPrefix(c.Key, "fokker-planck") }

// withoutChiSquare returns the densities that chi² tells nothing of.
func (c *comparisonSummary) withoutChiSquare() []string {
	return c.names(func(one *candidateSummary) bool {
		return one.Failure == "" && math.IsNaN(float64(one.ChiSquare.P))
	})
}

// names returns those of the densities of which something holds.
func (c *comparisonSummary) names(holds func(*candidateSummary) bool) (names []string) {
	for k := range c.Candidates {
		if one := &c.Candidates[k]; holds(one) {
			names = append(names, one.Name)
		}
	}
	return names
}

// printTable prints columns of the widths that they need; the last cell of a row may be
// wider than its column.
func printTable(w io.Writer, rows [][]string) {
	var width []int
	for _, row := range rows {
		for k, cell := range row {
			if k == len(width) {
				width = append(width, 0)
			}
			if k < len(row)-1 || len(row) == len(rows[0]) {
				width[k] = max(width[k], utf8.RuneCountInString(cell))
			}
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for k, cell := range row {
			b.WriteString("  " + cell + strings.Repeat(" ", max(0, width[k]-utf8.RuneCountInString(cell))))
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
