package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// stoppedWalk is of 64 walkers, 1000 steps after a burn-in of 100, stopped when the first of them
// was at step 600.
func stoppedWalk(t *testing.T) (*plan, *walk) {
	t.Helper()
	f, err := fp.ReadProblem(strings.NewReader("version: 1\nvariables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1, learning_rate: 0.4, batch_size: 2}\ndomain: {x: {min: -3, max: 3, cells: 64}}\n"), fp.ReadOptions{Name: "f.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		t.Fatal(err)
	}
	fl := ensembleFlags{process: "auto", walkers: 64, steps: 1000, burnIn: 100, every: 10, seed: 1, outside: 1}
	p, err := fl.plan(context.Background(), f, g, fewRelaxations, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var once sync.Once
	p.options.Record = func(step, _ int, _ [][]float64) {
		if step >= 600 {
			once.Do(stop)
		}
	}
	r, _ := p.run(ctx, io.Discard, nil)
	if r == nil || !r.interrupted {
		t.Fatal("the walk was not interrupted")
	}
	p.options.Record = nil
	return p, r
}

// An interrupted walk says from where to where its walkers are, and goes on to any number of steps
// but fewer than walked: all walkers then have the same number.
func TestWalksGoOnToAsManySteps(t *testing.T) {
	p, stopped := stoppedWalk(t)
	first, last := stopped.Step(), stopped.Farthest()
	if first >= last || last < 600 {
		t.Fatalf("walkers are at steps %d to %d, want some ahead, past 600", first, last)
	}
	if want := fmt.Sprintf("interrupted at steps %d to %d, by walker, of 1100;", first, last); !strings.Contains(stopped.stopped(true).Error(), want) {
		t.Errorf("have %q, want %q", stopped.stopped(true), want)
	}
	sum, _ := summarizeEnsemble(stopped)
	var out bytes.Buffer
	sum.print(&out)
	if want := fmt.Sprintf("%d to %d after a burn-in of 100", max(0, first-100), last-100); !strings.Contains(out.String(), want) {
		t.Errorf("have %q, want %q", &out, want)
	}
	path := filepath.Join(t.TempDir(), stateName)
	var state bytes.Buffer
	if err := stopped.Save(&state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, state.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	for steps, fails := range map[int]bool{last - 101: true, 10: true, last - 100: false, 1000: false, 2000: false} {
		p.steps = steps
		r, err := p.resume(context.Background(), io.Discard, path)
		if fails {
			if want := fmt.Sprintf("--steps: walkers of the interrupted run have done up to %d after the burn-in; want at least as many, have %d", last-100, steps); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%d steps: have %v, want %q", steps, err, want)
			}
		} else if err != nil || r.Step() != 100+steps || r.Farthest() != 100+steps {
			t.Errorf("%d steps: %v, or walkers at other steps", steps, err)
		}
	}
}

// A walk that had nothing left to do has no speed, in print or in the summary.
func TestNoStepsHaveNoSpeed(t *testing.T) {
	_, r := stoppedWalk(t)
	for _, c := range []struct {
		done int
		want bool
	}{{0, false}, {10, true}} {
		r.done = c.done
		sum, _ := summarizeEnsemble(r)
		var text bytes.Buffer
		sum.print(&text)
		data, err := json.Marshal(sum)
		if err != nil {
			t.Fatal(err)
		}
		if printed, written := strings.Contains(text.String(), "per second"), !strings.Contains(string(data), `"walker_steps_per_second":null`); printed != c.want || written != c.want {
			t.Errorf("%d steps: speed printed %v, written %v", c.done, printed, written)
		}
	}
}
