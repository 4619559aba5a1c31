package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/compare/audit"
)

// This file tells what an audit found, on the screen and in files.

// auditSummary is what summary.json of `ness audit` holds, and what --json prints.
type auditSummary struct {
	Program  string           `json:"program"`
	Command  string           `json:"command"`
	Problem  problemSummary   `json:"problem"`
	Verdict  string           `json:"verdict"`
	Seed     uint64           `json:"seed"`
	Alarm    output.Float     `json:"false_alarm"` // of all tests together
	Findings []findingSummary `json:"findings"`
	Ranking  []effectSummary  `json:"ranking"`
	Unranked []reasonSummary  `json:"unranked"`
	Warnings []string         `json:"warnings"`
	Files    []string         `json:"files"`
}

// findingSummary is [audit.Finding].
type findingSummary struct {
	Key        string             `json:"key"`
	Name       string             `json:"name"`
	Kind       string             `json:"kind"`
	Claim      string             `json:"claim"`
	Applies    bool               `json:"applies"`
	Verdict    string             `json:"verdict"`
	Sentence   string             `json:"sentence"`
	Statistics []statisticSummary `json:"statistics"`
	Rule       string             `json:"rule"`
	Limit      output.Float       `json:"limit"`
	Level      output.Float       `json:"level"`
	Figures    []string           `json:"figures"` // that are written
}

type statisticSummary struct {
	Key   string       `json:"key"`
	Name  string       `json:"name"`
	Value output.Float `json:"value"`
	Error output.Float `json:"error"`
}

// effectSummary is [audit.Effect].
type effectSummary struct {
	Key       string       `json:"key"`
	Name      string       `json:"name"`
	How       string       `json:"how"`
	Sampled   bool         `json:"sampled"`
	First     int          `json:"first_place"` // that errors leave open
	Last      int          `json:"last_place"`
	Resolved  bool         `json:"resolved"` // the total variation, beyond its error
	TV        shiftSummary `json:"total_variation"`
	Hellinger shiftSummary `json:"hellinger"`
}

// Place writes the places that errors leave open.
func (e effectSummary) Place() string {
	if e.First == e.Last {
		return fmt.Sprint(e.First)
	}
	return fmt.Sprintf("%d–%d", e.First, e.Last)
}

// Moved writes the total variation, and whether that is nothing but its error.
func (e effectSummary) Moved() string {
	if e.Resolved {
		return e.TV.String()
	}
	return e.TV.String() + ", within its error"
}

// reasonSummary is [audit.Unranked].
type reasonSummary struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Why  string `json:"why"`
}

type shiftSummary struct {
	Value output.Float `json:"value"`
	Error output.Float `json:"error"`
	Floor output.Float `json:"floor"`
}

func shiftOf(s audit.Shift) shiftSummary {
	return shiftSummary{output.Float(s.Value), output.Float(s.Error), output.Float(s.Floor)}
}

// withError writes a number and its error, where that is known and not 0; in words what is no number.
func withError(format string, value, err output.Float) string {
	v, e := float64(value), float64(err)
	switch {
	case math.IsNaN(v):
		return "not resolved"
	case math.IsInf(v, 0):
		return "without bound"
	case math.IsInf(e, 1):
		return fmt.Sprintf(format+", of unbounded error", v)
	case e > 0:
		return fmt.Sprintf(format+" ± %.1g", v, e)
	}
	return fmt.Sprintf(format, v)
}

// String writes a distance, and its error as at most 1: no distance is larger.
func (s shiftSummary) String() string {
	t := withError("%.3g", s.Value, min(s.Error, 1))
	if f := float64(s.Floor); f > 0 {
		t += fmt.Sprintf(" (sampling alone %.2g)", f)
	}
	return t
}

func (s statisticSummary) String() string { return withError("%.4g", s.Value, s.Error) }

// verdictText returns the verdict, – where the claim does not apply, which the sentence says.
func (f *findingSummary) verdictText() string {
	if !f.Applies {
		return "–"
	}
	return f.Verdict
}

func summarizeAudit(in *input, r *audit.Report, seed uint64) *auditSummary {
	s := &auditSummary{
		Program: "ness", Command: "audit", Problem: summarizeProblem(in.file, in.grid, in.notes), Verdict: verdictOf(r).String(),
		Seed: seed, Alarm: audit.FalseAlarm, Warnings: r.Warnings, Findings: []findingSummary{}, Ranking: []effectSummary{}, Unranked: []reasonSummary{},
		Files: []string{},
	}
	for k := range r.Findings {
		f := &r.Findings[k]
		q := findingSummary{
			Key: f.Key, Name: f.Name, Kind: f.Kind.String(), Claim: f.Claim, Applies: f.Applies, Verdict: f.Verdict.String(), Sentence: f.Sentence,
			Rule: f.Rule.Text, Limit: output.Float(f.Rule.Limit), Level: output.Float(f.Rule.Level),
			Statistics: []statisticSummary{}, Figures: []string{},
		}
		for _, t := range f.Statistics {
			q.Statistics = append(q.Statistics, statisticSummary{t.Key, t.Name, output.Float(t.Value), output.Float(t.Error)})
		}
		s.Findings = append(s.Findings, q)
	}
	for _, e := range r.Ranking {
		s.Ranking = append(s.Ranking, effectSummary{e.Key, e.Name, e.How, e.Sampled, e.First, e.Last, e.Resolved(), shiftOf(e.TV), shiftOf(e.Hellinger)})
	}
	for _, u := range r.Unranked {
		s.Unranked = append(s.Unranked, reasonSummary(u))
	}
	return s
}

// nameFigures lists the files of figures with each finding.
func (s *auditSummary) nameFigures(in *input, r *audit.Report) {
	for k := range r.Findings {
		for _, p := range figuresOf(in, &r.Findings[k]) {
			s.Findings[k].Figures = append(s.Findings[k].Figures, p.name)
		}
	}
}

// measured writes the statistic that is held against the limit, with its error, and the limit.
func (f *findingSummary) measured() string {
	if len(f.Statistics) == 0 {
		return "–"
	}
	return fmt.Sprintf("%s (%.3g)", f.Statistics[0], float64(f.Limit))
}

func (s *auditSummary) print(w io.Writer) {
	line(w, "rules of verdicts", "in audit.html and summary.json of -o, and in --json")
	for _, kind := range []audit.Kind{audit.Assumption, audit.Formula} {
		heading := "assumptions"
		if kind == audit.Formula {
			heading = "formulas"
		}
		fmt.Fprintf(w, "\n  %s: verdict, what was measured (limit), in words\n", heading)
		var rows [][]string
		for _, f := range s.Findings {
			if f.Kind == kind.String() {
				rows = append(rows, []string{"  " + f.verdictText(), f.Name, f.measured(), f.Sentence})
			}
		}
		printTable(w, rows)
	}
	if len(s.Ranking) > 0 {
		fmt.Fprintf(w, "\n  how far the density moves if it is given up (total variation; Hellinger)\n")
	}
	var rows [][]string
	for _, e := range s.Ranking {
		rows = append(rows, []string{"  " + e.Place(), e.Name, e.Moved(), e.Hellinger.String(), e.How})
	}
	printTable(w, rows)
	if len(s.Unranked) > 0 {
		fmt.Fprintf(w, "\n  not ranked\n")
	}
	rows = nil
	for _, u := range s.Unranked {
		rows = append(rows, []string{"  " + u.Name, u.Why})
	}
	printTable(w, rows)
	fmt.Fprintln(w)
	for _, warning := range s.Warnings {
		line(w, "warning", "%s", warning)
	}
}

// An auditFigure is a picture of a finding.
type auditFigure struct {
	name string // of the file
	alt  string // what it shows, for those who cannot see it
	draw func(io.Writer) error
}

// figuresOf lists the figures of a finding.
func figuresOf(in *input, f *audit.Finding) (list []auditFigure) {
	for _, c := range f.Curves {
		if !isEmpty(c.Y) {
			list = append(list, auditFigure{f.Key + "_" + c.Key + ".png", altOf(&c), func(w io.Writer) error { return plot.Curve(w, plot.PNG, c.Name, seriesOf(c)) }})
		}
	}
	for _, m := range f.Maps {
		if !isEmpty(m.Values) {
			list = append(list, auditFigure{f.Key + "_" + m.Key + ".png", altOfMap(in, &m), drawMap(in, m)})
		}
	}
	return list
}

// altOfMap describes a map: what over which axes, from where to where.
func altOfMap(in *input, m *audit.Map) string {
	names := in.file.Problem.Variables
	if m.Axes != nil {
		names = nil
		for _, a := range m.Axes {
			names = append(names, in.file.Problem.Variables[a])
		}
	}
	lo, hi := finiteRange(m.Values)
	return fmt.Sprintf("map of %s over %s, from %.3g to %.3g", m.Name, strings.Join(names, " and "), lo, hi)
}

// altOf describes a curve: what over what, from where to where.
func altOf(c *audit.Curve) string {
	x0, x1 := finiteRange(c.X)
	y0, y1 := finiteRange(c.Y)
	alt := fmt.Sprintf("%s: %d values of %s from %.3g to %.3g, over %s from %.3g to %.3g", c.Name, len(c.Y), c.YLabel, y0, y1, c.XLabel, x0, x1)
	if c.Reference != nil {
		alt += ", and what is expected"
	}
	return alt
}

// finiteRange returns the least and the largest of the numbers that are finite, NaN for none.
func finiteRange(v []float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, x := range v {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	if lo > hi {
		return math.NaN(), math.NaN()
	}
	return lo, hi
}

// auditFigures lists the pictures of all findings.
func auditFigures(in *input, r *audit.Report) map[string]func(io.Writer) error {
	list := map[string]func(io.Writer) error{}
	for k := range r.Findings {
		for _, p := range figuresOf(in, &r.Findings[k]) {
			list[p.name] = p.draw
		}
	}
	return list
}

// kept returns figures that leave their bytes in a map as well.
func kept(bytesOf map[string][]byte, figures map[string]func(io.Writer) error) map[string]func(io.Writer) error {
	var mu sync.Mutex
	for name, draw := range figures {
		figures[name] = func(w io.Writer) error {
			var b bytes.Buffer
			if err := draw(&b); err != nil {
				return err
			}
			mu.Lock()
			bytesOf[name] = b.Bytes()
			mu.Unlock()
			_, err := w.Write(b.Bytes())
			return err
		}
	}
	return figures
}
