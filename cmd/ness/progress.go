package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/ness-fp/ness/compare"
)

// A progress shows how far work has come: a bar on a terminal, and elsewhere a line every
// ten seconds. Its zero value shows nothing.
type progress struct {
	label string
	total int64
	text  func(done int64) string // what else there is to say
	since time.Time
	first int64 // where it began
	open  bool  // it may end before the total, so that nothing is known of the time left

	container *mpb.Progress
	bar       *mpb.Bar
	log       *slog.Logger
	logged    time.Time
}

// startProgress begins with so many steps done of a number, and tells of each that it is so many
// units, as a rate.
func startProgress(w io.Writer, label string, done, total int, unit string, each float64) *progress {
	since := time.Now()
	return begin(w, &progress{label: label, total: int64(total), since: since, first: int64(done), text: func(now int64) string {
		return fmt.Sprintf("step %d of %d, %.3g %s/s", now, total, float64(now-int64(done))*each/time.Since(since).Seconds(), unit)
	}})
}

// startPilot begins a pilot run, which ends as soon as it has seen enough.
func startPilot(w io.Writer) *progress {
	since := time.Now()
	return begin(w, &progress{label: "pilot run", total: compare.PilotSteps, since: since, open: true, text: func(now int64) string {
		return fmt.Sprintf("step %d of at most %d, %.3g million walker steps/s", now, compare.PilotSteps, float64(now)*compare.PilotWalkers/1e6/time.Since(since).Seconds())
	}})
}

// thousandths are the parts of work that is not counted in steps.
const thousandths = 1000

// startStatus begins work that is told of by text.
func startStatus(w io.Writer, label string, text func() string) *progress {
	return begin(w, &progress{label: label, total: thousandths, since: time.Now(), text: func(int64) string { return text() }})
}

// begin shows the bar, or makes ready to log.
func begin(w io.Writer, p *progress) *progress {
	p.logged = p.since
	if !isTerminal(w) {
		if w != io.Discard {
			p.log = slog.New(slog.NewTextHandler(w, nil))
		}
		return p
	}
	p.container = mpb.New(mpb.WithOutput(w), mpb.WithWidth(30))
	told := []decor.Decorator{decor.Any(func(s decor.Statistics) string { return p.text(s.Current) })}
	if !p.open {
		told = append(told, decor.Name(", left "), decor.AverageETA(decor.ET_STYLE_GO))
	}
	p.bar = p.container.New(p.total, mpb.BarStyle(),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(p.label+" "), decor.Percentage()),
		mpb.AppendDecorators(told...),
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

// set says that so much is done.
func (p *progress) set(done int) {
	const between, longest = 10 * time.Second, 1e7 // seconds: longer says nothing
	switch {
	case p.bar != nil:
		p.bar.SetCurrent(int64(done))
	case p.log != nil && time.Since(p.logged) >= between:
		p.logged = time.Now()
		attributes := []any{"at", p.text(int64(done))}
		if share := float64(int64(done)-p.first) / float64(p.total-p.first); share > 0 && !p.open {
			if left := time.Since(p.since).Seconds() * (1/share - 1); left < longest {
				attributes = append(attributes, "left", (time.Duration(left) * time.Second).String())
			}
		}
		p.log.Info(p.label, attributes...)
	}
}

// stop removes the bar.
func (p *progress) stop() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.container.Wait()
	}
}
