package main

import (
	_ "embed" // the template
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/ness-fp/ness/compare/audit"
)

// This file makes one page of an audit: pictures and all in one file, that needs nothing else to be
// read.

//go:embed audit.html.tmpl
var pageSource string

var page = template.Must(template.New("audit").Parse(pageSource))

// pageData is what the template shows.
type pageData struct {
	*auditSummary
	Title    string
	Cells    string
	Facts    [][2]string
	Groups   []pageGroup
	Effects  []pageEffect
	Violated int
	Holds    int
	Unknown  int
}

type pageGroup struct {
	Name     string
	Findings []pageFinding
}

type pageFinding struct {
	*findingSummary
	Text, Class string // of the verdict
	Pictures    []pagePicture
}

type pagePicture struct {
	Data template.URL
	Alt  string
}

type pageEffect struct {
	effectSummary
	Percent float64 // of the longest bar: of total variation beyond what sampling makes
}

// classOf returns the class of a verdict on the page.
func classOf(f *findingSummary) string {
	switch {
	case !f.Applies:
		return "none"
	case f.Verdict == "holds":
		return "holds"
	case f.Verdict == "violated":
		return "violated"
	}
	return "unknown"
}

// writePage writes the page, with the pictures that there are.
func writePage(w io.Writer, in *input, r *audit.Report, sum *auditSummary, pictures map[string][]byte) error {
	d := &pageData{auditSummary: sum, Title: in.file.Problem.Title, Facts: in.file.Facts, Effects: pageEffects(r, sum)}
	d.Cells = strings.Trim(strings.ReplaceAll(fmt.Sprint(sum.Problem.Cells), " ", " × "), "[]")
	if d.Title == "" {
		d.Title = in.name
	}
	for _, kind := range []audit.Kind{audit.Assumption, audit.Formula} {
		g := pageGroup{Name: map[audit.Kind]string{audit.Assumption: "Assumptions", audit.Formula: "Formulas"}[kind]}
		for k := range r.Findings {
			if r.Findings[k].Kind != kind {
				continue
			}
			f := pageFinding{findingSummary: &sum.Findings[k], Text: sum.Findings[k].verdictText(), Class: classOf(&sum.Findings[k])}
			for _, p := range figuresOf(in, &r.Findings[k]) {
				if data, ok := pictures[p.name]; ok {
					f.Pictures = append(f.Pictures, pagePicture{template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(data)), p.alt})
				}
			}
			if kind == audit.Assumption {
				d.count(f.Class)
			}
			g.Findings = append(g.Findings, f)
		}
		d.Groups = append(d.Groups, g)
	}
	return page.Execute(w, d)
}

// pageEffects returns the rows of the ranking, with bars.
func pageEffects(r *audit.Report, sum *auditSummary) (list []pageEffect) {
	var most float64
	for _, e := range r.Ranking {
		most = max(most, e.TV.Beyond())
	}
	for k, e := range r.Ranking {
		p := pageEffect{effectSummary: sum.Ranking[k]}
		if most > 0 {
			p.Percent = 100 * e.TV.Beyond() / most
		}
		list = append(list, p)
	}
	return list
}

func (d *pageData) count(class string) {
	switch class {
	case "holds":
		d.Holds++
	case "violated":
		d.Violated++
	case "unknown":
		d.Unknown++
	}
}
