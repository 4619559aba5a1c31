package main

import (
	"os"
	"os/exec"
	"path/filepath"
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
		cmd := exec.Command(os.Args[0], "solve", filepath.Join(testdata(t), "problems", "a4_full_tensor.yaml"), "--cells", "48", "-o", out)
		cmd.Env = append(os.Environ(), "NESS_RUN_MAIN=1")
		return cmd
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
