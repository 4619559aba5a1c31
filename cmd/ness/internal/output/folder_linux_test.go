package output

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// A device that is always full: the error names the file, how much it was to have and
// the system's word, and comes whether the buffer is written early or by Close.
func TestFullDevice(t *testing.T) {
	for name, n := range map[string]int{"found by Write": chunk, "found by Close": 10} {
		dev, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		s := newStagedFile("solution.npz", dev)
		writeErr := WriteNPZ(s, []Array{{"density", []int{n}, ramp(n)}})
		if (writeErr == nil) != (n == 10) {
			t.Errorf("%s: Write says %v", name, writeErr)
		}
		for range 2 {
			err = s.Close()
			var e *WriteError
			if !errors.As(err, &e) || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("%s: %v", name, err)
			}
			// the numbers and a header of 128 bytes
			if e.Name != "solution.npz" || e.Written != 0 || e.Wanted != int64(8*n+128) {
				t.Errorf("%s: %+v", name, e)
			}
			contains(t, err, "writing solution.npz: no space left on device after 0 B of "+Bytes(e.Wanted).String())
		}
		if _, err := io.WriteString(s, "more"); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: a write after the error: %v", name, err)
		}
	}
}

// How much a file is to have is what it has in the end: all of a .vtr and .npy, and of
// a .npz all but the archive's own headers, 200 bytes an array and 22 besides.
func TestExpectedSizeIsRight(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		a := drawArray(t, "a")
		n := rapid.IntRange(1, 9).Draw(t, "cells")
		write := map[string]func(io.Writer) error{
			"npy": func(w io.Writer) error { return WriteNPY(w, a) },
			"vtr": func(w io.Writer) error {
				return WriteVTR(w, [][]float64{ramp(n + 1)}, []Array{{Name: "p", Data: ramp(n)}}, map[string][3][]float64{"j": {ramp(n)}})
			},
			"npz": func(w io.Writer) error { return WriteNPZ(w, []Array{a}) },
		}
		for name, f := range write {
			s, err := createFile(dir, name)
			if err != nil {
				t.Fatal(err)
			}
			slack := int64(0)
			if name == "npz" {
				slack = 222
			}
			err = f(s)
			if e := s.file.Truncate(0); e != nil {
				t.Error(e)
			}
			if err != nil || s.Close() != nil || s.written < s.wanted || s.written > s.wanted+slack {
				t.Errorf("%s: %d bytes, expected %d; %v", name, s.written, s.wanted, err)
			}
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// inMountNamespace runs the test again in a process of its own that may mount, and
// returns whether this is that process. What it mounts nobody else sees, and it ends
// with the process.
func inMountNamespace(t *testing.T) bool {
	const mark = "NESS_TEST_MOUNT"
	if os.Getenv(mark) != "" {
		return true
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), mark+"=1")
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	} else {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
	}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSPC):
		t.Skipf("no mount namespace: %v", err)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skip(string(out))
	case err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

func mountSmall(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// On a disk of 256 KiB a result of 64 KiB fits and a second one of 800 KiB does not:
// the first stays whole, nothing else is left, and the error says what was wanted.
func TestFullDisk(t *testing.T) {
	if !inMountNamespace(t) {
		return
	}
	disk := mountSmall(t)
	dir := filepath.Join(disk, "out")
	mustResult(t, dir, false, map[string]string{"a.npz": strings.Repeat("a", 1<<16)})
	before := tree(t, disk)
	f, err := Prepare("-o", dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	const n = 100_000
	err = f.Write("solution.npz", func(w io.Writer) error { return WriteNPZ(w, []Array{{"density", []int{n}, ramp(n)}}) })
	var e *WriteError
	if !errors.As(err, &e) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("error %v", err)
	}
	if e.Name != "solution.npz" || e.Wanted != 8*n+128 || e.Written == 0 || e.Written > 256<<10 {
		t.Errorf("%+v", e)
	}
	contains(t, err, "-o "+dir+": writing solution.npz: no space left on device after", "of 800 kB")
	contains(t, f.Commit(), "no space left on device") // and it cleans up
	wantTree(t, disk, before)
}

// No room for a single name more: found by Prepare, before anything is computed.
func TestFullDiskIsFoundBeforehand(t *testing.T) {
	if !inMountNamespace(t) {
		return
	}
	disk := t.TempDir()
	if err := syscall.Mount("none", disk, "tmpfs", 0, "nr_inodes=2"); err != nil {
		t.Skipf("no tmpfs: %v", err)
	}
	defer syscall.Unmount(disk, 0)
	put(t, filepath.Join(disk, "last"), "")
	_, err := Prepare("-o", filepath.Join(disk, "out"), false)
	contains(t, err, "cannot be made in", "no space left on device")
}

// A folder that is a file system of its own cannot be filled by renames from beside it,
// and is not replaced.
func TestMountPoint(t *testing.T) {
	if !inMountNamespace(t) {
		return
	}
	disk := mountSmall(t)
	parent := filepath.Dir(disk)
	before := len(tree(t, parent))
	mustResult(t, disk, false, first)
	mustResult(t, disk, false, second)
	if got := tree(t, disk); got["a.npz"] != "new a" || got["c.vti"] != "new c" || len(got) != 3 {
		t.Errorf("%v", got)
	}
	if got := len(tree(t, parent)) - before; got != 3 {
		t.Errorf("%d entries more, want 3", got)
	}
}

// asNobody runs f, on this thread alone, with the file permissions of a user who owns nothing.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		const nobody = 65534
		if err := syscall.Setfsuid(nobody); err != nil {
			t.Skip(err)
		}
		defer func() {
			if err := syscall.Setfsuid(0); err != nil {
				t.Error(err)
			}
		}()
	}
	f()
}

// Folders that are not ours to write are known beforehand. A folder of our own in one
// that is not is fine.
func TestPermissions(t *testing.T) {
	top := t.TempDir()
	for _, dir := range []string{"ours", "theirs"} {
		if err := os.MkdirAll(filepath.Join(top, "closed", dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	modes := []struct {
		dir  string
		mode os.FileMode
	}{{filepath.Dir(top), 0o755}, {top, 0o755}, {top + "/closed/ours", 0o777}, {top + "/closed/theirs", 0o555}, {top + "/closed", 0o555}}
	for _, m := range modes {
		if err := os.Chmod(m.dir, m.mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { // else only root could remove them
		for _, m := range modes {
			_ = os.Chmod(m.dir, 0o777)
		}
	})
	asNobody(t, func() {
		_, err := Prepare("-o", top+"/closed/out", false)
		contains(t, err, "cannot be made in", "permission denied")
		_, err = Prepare("-o", top+"/closed/theirs", false)
		contains(t, err, "cannot be written to: permission denied")
		mustResult(t, top+"/closed/ours", false, first)
		mustResult(t, top+"/closed/ours", false, second)
	})
	if got := tree(t, top+"/closed"); got["ours/a.npz"] != "new a" || got["ours/c.vti"] != "new c" || len(got) != 5 {
		t.Errorf("%v", got)
	}
}
