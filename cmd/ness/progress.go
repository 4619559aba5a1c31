package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A progress shows how far work has come: a bar on a terminal, and elsewhere a line every
// ten seconds. Its zero value shows nothing.
type progress struct {
	label string
	total int64
	unit  string  // of what is done per second
	each  float64 // units in one step
	since time.Time
	first int64 // where it began

	container *mpb.Progress
	bar       *mpb.Bar
	log       *slog.Logger
	logged    time.Time
}

// startProgress begins with so many steps done.
func startProgress(w io.Writer, label string, done, total int, unit string, each float64) *progress {
	p := &progress{label: label, total: int64(total), unit: unit, each: each, since: time.Now(), first: int64(done)}
	p.logged = p.since
	if !isTerminal(w) {
		if w != io.Discard {
			p.log = slog.New(slog.NewTextHandler(w, nil))
		}
		return p
	}
	p.container = mpb.New(mpb.WithOutput(w), mpb.WithWidth(40))
	p.bar = p.container.New(p.total, mpb.BarStyle(),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(label+" "), decor.Percentage()),
		mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return p.rate(s.Current) }), decor.Name(", left "), decor.AverageETA(decor.ET_STYLE_GO)),
	)
	p.bar.SetCurrent(p.first)
	return p
}

// isTerminal says whether somebody looks on.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// rate says how much has been done per second.
func (p *progress) rate(done int64) string {
	return fmt.Sprintf("%.3g %s/s", float64(done-p.first)*p.each/time.Since(p.since).Seconds(), p.unit)
}

// set says that so many steps are done.
func (p *progress) set(done int) {
	const between = 10 * time.Second
	switch {
	case p.bar != nil:
		p.bar.SetCurrent(int64(done))
	case p.log != nil && time.Since(p.logged) >= between:
		p.logged = time.Now()
		left := time.Duration(float64(time.Since(p.since)) * float64(p.total-int64(done)) / float64(int64(done)-p.first))
		p.log.Info(p.label, "step", done, "of", p.total, "rate", p.rate(int64(done)), "left", left.Round(time.Second))
	}
}

// stop removes the bar.
func (p *progress) stop() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.container.Wait()
	}
}
