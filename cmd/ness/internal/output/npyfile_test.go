package output

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An array goes on from a file with as many numbers along its last axis, with more, and with fewer, and from no other.
func TestArraysGoOn(t *testing.T) {
	dir := t.TempDir()
	array := func(shape ...int) []byte {
		data := make([]float64, product(shape))
		for i := range data {
			data[i] = float64(i + 1)
		}
		var b bytes.Buffer
		if err := WriteNPY(&b, Array{Shape: shape, Data: data}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	whole := array(2, 3, 4)
	for name, c := range map[string]struct {
		previous []byte
		shape    []int
		want     string // of an error
	}{
		"the same":  {whole, []int{2, 3, 4}, ""},
		"more":      {whole, []int{2, 3, 7}, ""},
		"fewer":     {whole, []int{2, 3, 2}, ""},
		"other":     {whole, []int{2, 4, 4}, "holds no array of shape [2 4] and any number"},
		"flat":      {array(24), []int{2, 3, 4}, "holds no array of shape [2 3]"},
		"cut":       {whole[:len(whole)-1], []int{2, 3, 4}, "damaged or cut short"},
		"long":      {append(bytes.Clone(whole), 0), []int{2, 3, 4}, "damaged or cut short"},
		"no header": {whole[:20], []int{2, 3, 4}, "damaged or cut short"},
		"text":      {[]byte("trajectories"), []int{2, 3, 4}, "damaged or cut short"},
	} {
		previous := filepath.Join(dir, name+".npy")
		if err := os.WriteFile(previous, c.previous, 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := Prepare("-o", filepath.Join(dir, name), false)
		if err != nil {
			t.Fatal(err)
		}
		n, err := f.CreateNPY("a.npy", c.shape, previous)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
			f.Abort()
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n.WriteAt([]float64{-1}, 1)
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		if err := stage(f, nil); err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, name, "a.npy"))
		if err != nil {
			t.Fatal(err)
		}
		data := make([]float64, product(c.shape))
		for i := range min(len(data), 24) {
			data[i] = float64(i + 1)
		}
		data[1] = -1
		var want bytes.Buffer
		if err := WriteNPY(&want, Array{Shape: c.shape, Data: data}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s: another array", name)
		}
	}
}
