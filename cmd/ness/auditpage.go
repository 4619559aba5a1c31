package main

import (
	_ "embed" // the template
	"encoding/base64"
	"html/template"
	"io"

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
	Pictures    []template.URL
}

type pageEffect struct {
	effectSummary
	Percent float64 // of the longest bar
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

// writePage writes the page; pictures may be nil.
func writePage(w io.Writer, in *input, r *audit.Report, sum *auditSummary, pictures map[string][]byte) error {
	d := &pageData{auditSummary: sum, Title: in.file.Problem.Title, Facts: in.file.Facts}
	if d.Title == "" {
		d.Title = in.name
	}
	for _, kind := range []audit.Kind{audit.Assumption, audit.Formula} {
		g := pageGroup{Name: map[audit.Kind]string{audit.Assumption: "Assumptions", audit.Formula: "Formulas"}[kind]}
		for k := range r.Findings {
			if r.Findings[k].Kind != kind {
				continue
			}
			f := pageFinding{findingSummary: &sum.Findings[k], Text: verdictText(&r.Findings[k]), Class: classOf(&sum.Findings[k])}
			for _, name := range f.Figures {
				if data, ok := pictures[name]; ok {
					f.Pictures = append(f.Pictures, template.URL("data:image/png;base64,"+base64.StdEncoding.EncodeToString(data)))
				}
			}
			if kind == audit.Assumption {
				d.count(f.Class)
			}
			g.Findings = append(g.Findings, f)
		}
		d.Groups = append(d.Groups, g)
	}
	var most float64
	for _, e := range sum.Ranking {
		most = max(most, float64(e.TV.Value))
	}
	for _, e := range sum.Ranking {
		p := pageEffect{effectSummary: e}
		if most > 0 {
			p.Percent = 100 * float64(e.TV.Value) / most
		}
		d.Effects = append(d.Effects, p)
	}
	return page.Execute(w, d)
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
