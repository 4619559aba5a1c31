package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An interrupt at any moment leaves the folder as it was, or the whole result in it:
// here at five moments over the time that a run takes.
func TestInterruptLeavesNothingHalfWritten(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	dir := t.TempDir()
	solve := func(out string) *exec.Cmd {
		return program("solve", filepath.Join(testdata(t), "problems", "a1_double_well_1d.yaml"), "-o", out)
	}
	start := time.Now()
	if err := solve(filepath.Join(dir, "whole")).Run(); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(start)
	const moments = 5
	var interrupted int
	for k := range moments {
		parent := filepath.Join(dir, string(rune('a'+k)))
		if err := os.Mkdir(parent, 0o777); err != nil {
			t.Fatal(err)
		}
		cmd := solve(filepath.Join(parent, "out"))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(whole * time.Duration(k+1) / moments)
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		err := cmd.Wait()
		left, readErr := os.ReadDir(parent)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if len(left) == 0 {
			interrupted++
		}
		_, missing := os.Stat(filepath.Join(parent, "out", "summary.json")) // the last file to be written
		if err == nil && missing != nil {
			t.Errorf("status 0 without a result: %v", missing)
		}
		if len(left) != 0 && (len(left) != 1 || missing != nil) {
			t.Errorf("interrupted at %v of %v: %v is left", whole*time.Duration(k+1)/moments, whole, left)
		}
	}
	if interrupted == 0 {
		t.Error("no run was interrupted")
	}
}

// program is ness with arguments.
func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "NESS_RUN_MAIN=1")
	return cmd
}

// An ensemble that is interrupted, and goes on, ends with the same bits as one that is not.
// What does not belong to it, or is damaged, is refused.
func TestInterruptedEnsemblesGoOn(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	simulate := func(out string, more ...string) *exec.Cmd {
		args := []string{
			"simulate", filepath.Join(testdata(t), "problems", "a9_linear_regression.yaml"),
			"--walkers", "256", "--steps", "200000", "--every", "50", "--record", "--no-plots", "-o", out,
		}
		return program(append(args, more...)...)
	}
	start := time.Now()
	if out, err := simulate(whole).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took := time.Since(start)
	state := filepath.Join(parts, stateName)
	wait := took / 2
	for tries := 1; ; tries++ { // too early there is nothing to go on with, too late it is done
		cmd := simulate(parts)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait)
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if _, err := os.Stat(state); err == nil {
			if c := cmd.ProcessState.ExitCode(); c != statusInterrupted {
				t.Errorf("status %d, want %d", c, statusInterrupted)
			}
			break
		}
		if tries == 20 {
			t.Fatal("no run was interrupted in time")
		}
		if cmd.ProcessState.Success() {
			wait = wait * 2 / 3
		} else {
			wait = wait * 4 / 3
		}
	}
	saved, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), saved...)
	damaged[len(damaged)/2] ^= 1
	for what, c := range map[string]struct {
		state []byte
		flag  string
		want  string
	}{
		"damaged":      {damaged, "--resume", "damaged or cut short"},
		"cut":          {saved[:1000], "--resume", "damaged or cut short"},
		"another seed": {saved, "--seed=2", "other options or another version: other seed"},
	} {
		if err := os.WriteFile(state, c.state, 0o666); err != nil {
			t.Fatal(err)
		}
		out, err := simulate(parts, "--resume", c.flag).CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: have %v, %s; want %q", what, err, out, c.want)
		}
	}
	if err := os.WriteFile(state, saved, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"simulate", "compare"} { // without --resume or --force
		out, err := program(command, filepath.Join(testdata(t), "problems", "a9_linear_regression.yaml"), "--no-plots", "-o", parts).CombinedOutput()
		if want := state + " is a saved state: want --resume to go on from it, or --force to begin anew"; err == nil || !strings.Contains(string(out), want) {
			t.Errorf("ness %s: %v, %s, want %q", command, err, out, want)
		}
	}
	record, away := filepath.Join(parts, recordName), filepath.Join(dir, "away.npy")
	if err := os.Rename(record, away); err != nil {
		t.Fatal(err)
	}
	if out, err := simulate(parts, "--resume").CombinedOutput(); err == nil || !strings.Contains(string(out), record+" is not there") {
		t.Errorf("without a record: %v, %s", err, out)
	}
	if err := os.Rename(away, record); err != nil {
		t.Fatal(err)
	}
	if out, err := simulate(parts, "--resume", "--record=false").CombinedOutput(); err == nil || !strings.Contains(string(out), "the interrupted run had --record") {
		t.Errorf("without --record: %v, %s", err, out)
	}
	if out, err := simulate(filepath.Join(dir, "nothing"), "--resume").CombinedOutput(); err == nil || !strings.Contains(string(out), "no interrupted ensemble") {
		t.Errorf("without anything: %v, %s", err, out)
	}
	if out, err := simulate(filepath.Join(dir, "huge"), "--steps=100000000000", "--every=1").CombinedOutput(); err == nil || !strings.Contains(string(out), "--record: would write") {
		t.Errorf("more than there is room for: %v, %s", err, out)
	}
	if out, err := simulate(parts, "--resume").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"histogram.npz", recordName} {
		a, errA := os.ReadFile(filepath.Join(whole, name))
		b, errB := os.ReadFile(filepath.Join(parts, name))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs: %v, %v", name, errA, errB)
		}
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("the state of a complete ensemble is left")
	}
}

// What has nothing to keep yet ends at once at an interrupt, with its status and a word, and leaves nothing.
func TestInterruptsBeforeThereIsAResult(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	dir := t.TempDir()
	slow, parent := filepath.Join(dir, "slow.yaml"), filepath.Join(dir, "parent")
	if err := os.WriteFile(slow, []byte("version: 1\nvariables: [x]\nequation: {drift: [\"-1e-5*x\"], diffusion: 1e-5}\ndomain: {x: {min: -5, max: 5, cells: 64}}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(parent, 0o777); err != nil {
		t.Fatal(err)
	}
	problem := func(name string) string { return filepath.Join(testdata(t), "problems", name) }
	for _, args := range [][]string{
		{"noise", problem("diabetes.yaml"), "--batches", "1000000000000"},
		{"simulate", slow, "--step", "1"},
		{"solve", problem("a4_full_tensor.yaml"), "--cells", "1024", "-o", filepath.Join(parent, "solve")},
		{"modes", problem("a4_full_tensor.yaml"), "--cells", "512", "-o", filepath.Join(parent, "modes")},
		{"passage", problem("a4_full_tensor.yaml"), "--cells", "512", "--to", "x > 1", "-o", filepath.Join(parent, "passage")},
		{"balance", problem("a4_full_tensor.yaml"), "--cells", "1024"},
		{"compare", problem("a4_full_tensor.yaml"), "--cells", "1024", "-o", filepath.Join(parent, "compare")},
		{"audit", problem("a4_full_tensor.yaml"), "--cells", "1024", "-o", filepath.Join(parent, "audit")},
		{"verify", "A14", "--report", filepath.Join(parent, "verify")},
	} {
		for wait := 100 * time.Millisecond; ; wait *= 2 { // too early the program just dies
			cmd := program(args...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(wait)
			_ = cmd.Process.Signal(os.Interrupt)
			start := time.Now()
			_ = cmd.Wait()
			early := strings.HasPrefix(stderr.String(), "ness: interrupted") // by a program that does not know its command yet
			if c := cmd.ProcessState.ExitCode(); c == statusInterrupted && strings.Contains(stderr.String(), "ness "+args[0]+": interrupted; nothing was written") {
				if late := time.Since(start); late > time.Second { // a program dies in milliseconds, solvers here take more
					t.Errorf("%s: went on for %v", args[0], late)
				}
				break
			} else if c != -1 && !early || wait > 10*time.Second {
				t.Fatalf("%s: status %d: %s", args[0], c, &stderr)
			}
		}
	}
	left, err := os.ReadDir(parent)
	if err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// A first interrupt lets a run wind up, which takes for ever here, as it prints to a pipe that is full. A second
// one kills, and leaves no result.
func TestSecondInterruptKills(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	parent := t.TempDir()
	unread, full, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unread.Close()
	defer full.Close()
	if err := full.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := full.Write(make([]byte, 1<<22)); !errors.Is(err, os.ErrDeadlineExceeded) { // pipes hold up to 1 MiB
		t.Fatalf("the pipe is not full: %v", err)
	}
	cmd := program("simulate", filepath.Join(testdata(t), "problems", "a9_linear_regression.yaml"),
		"--walkers", "64", "--burn-in", "0", "--steps", "1e12", "--every", "1e9", "--record", "-o", filepath.Join(parent, "out"))
	cmd.Stdout = full
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	const patience = 30 * time.Second
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) { // the record is there once walkers are to walk
		if staged, _ := filepath.Glob(filepath.Join(parent, ".*", recordName)); len(staged) > 0 {
			break
		}
		if time.Since(began) > patience {
			t.Fatal("walkers do not walk")
		}
	}
	_ = cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-ended:
		t.Fatalf("the first interrupt ended it: %v", err)
	case <-time.After(200 * time.Millisecond): // it winds up in a few
	}
	for began := time.Now(); ; { // an interrupt that comes while another is on its way is none
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case err := <-ended:
			if err == nil || err.Error() != "signal: interrupt" {
				t.Errorf("have %v, want death of the signal", err)
			}
			if _, err := os.Stat(filepath.Join(parent, "out")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a result is left: %v", err)
			}
			return
		case <-time.After(100 * time.Millisecond):
		}
		if time.Since(began) > patience {
			t.Fatal("a second interrupt does not end it")
		}
	}
}

// A study of learning rates that is interrupted, and goes on, finds the same to the last bit.
func TestInterruptedStudiesGoOn(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	dir := t.TempDir()
	problem := filepath.Join(dir, "study.yaml")
	if err := os.WriteFile(problem, []byte("version: 1\nvariables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1, learning_rate: 0.4, batch_size: 2}\ndomain: {x: {min: -3, max: 3, cells: 64}}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	compare := func(out string, more ...string) *exec.Cmd {
		args := []string{"compare", problem, "--walkers", "256", "--steps", "100", "--within", "0.9", "--eta-study", "1", "--eta-samples", "2e6", "--no-plots", "-o", filepath.Join(dir, out)}
		return program(append(args, more...)...)
	}
	study := func(out string) string {
		var sum struct{ Compare compareSummaryOfStudy }
		data, err := os.ReadFile(filepath.Join(dir, out, "summary.json"))
		if err == nil {
			err = json.Unmarshal(data, &sum)
		}
		if err != nil {
			t.Fatal(err)
		}
		return string(sum.Compare.Study)
	}
	start := time.Now()
	_ = compare("whole").Run() // status 3: few steps decide nothing
	wait := time.Since(start) / 2
	for tries := 1; ; tries++ {
		cmd := compare("parts")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait)
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if _, err := os.Stat(filepath.Join(dir, "parts", studyStateName(0))); err == nil {
			if c := cmd.ProcessState.ExitCode(); c != statusInterrupted {
				t.Errorf("status %d, want %d", c, statusInterrupted)
			}
			break
		}
		if tries == 20 {
			t.Fatal("no study was interrupted in time")
		}
		if c := cmd.ProcessState.ExitCode(); c == statusDone || c == statusNotConverged {
			wait = wait * 2 / 3
		} else {
			wait = wait * 4 / 3
		}
	}
	if study("parts") == study("whole") {
		t.Error("the study is whole where it was interrupted")
	}
	// A study that begins anew reads no state, and does not see that one is damaged.
	state := filepath.Join(dir, "parts", studyStateName(0))
	saved, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(state, saved[:len(saved)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := compare("parts", "--resume").CombinedOutput(); err == nil || !strings.Contains(string(out), studyStateName(0)+": the saved state is damaged or cut short") {
		t.Errorf("damaged: %v, %s", err, out)
	}
	if err := os.WriteFile(state, saved, 0o666); err != nil { // the folder is as it was
		t.Fatal(err)
	}
	if out, err := program("compare", problem, "-o", filepath.Join(dir, "parts"), "--resume").CombinedOutput(); err == nil || !strings.Contains(string(out), state+" is a saved state: want as large an --eta-study as was interrupted, or --force") {
		t.Errorf("without the study: %v, %s", err, out)
	}
	if out, err := compare("parts", "--resume").CombinedOutput(); err != nil && strings.Contains(string(out), "ness compare:") {
		t.Fatalf("%v: %s", err, out)
	}
	if have, want := study("parts"), study("whole"); have != want {
		t.Errorf("have\n%s\nwant\n%s", have, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "parts", studyStateName(0))); err == nil {
		t.Error("the state of a complete study is left")
	}
}

// compareSummaryOfStudy is the study in a summary, as it is written.
type compareSummaryOfStudy struct {
	Study json.RawMessage `json:"eta_study"`
}
