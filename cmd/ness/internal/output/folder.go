package output

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// summaryName is the file that marks a folder as a result of this program and lists
// the files of the result.
const summaryName = "summary.json"

// A Folder collects the files of a result beside the place they are meant for, and
// moves them there when all are complete. Until then an existing result stays as it is.
type Folder struct {
	dir, staging string
	stale        []string // files of the previous result
	names        []string
}

// Prepare finds out, before anything is computed, whether dir may hold the result: it
// may be absent, empty, or hold a previous result and nothing else; anything else
// wants force, and is then kept where names do not clash.
func Prepare(dir string, force bool) (*Folder, error) {
	dir = filepath.Clean(dir)
	f := &Folder{dir: dir}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("-o %s: %w", dir, err)
	default:
		if f.stale, err = previous(dir, entries); err != nil && !force {
			return nil, fmt.Errorf("-o %s: %w; give another folder, or --force to write into this one", dir, err)
		}
	}
	parent := filepath.Dir(dir)
	f.staging, err = os.MkdirTemp(parent, "."+filepath.Base(dir)+".tmp-*")
	if err != nil {
		return nil, fmt.Errorf("-o %s: %w", dir, err)
	}
	return f, nil
}

// previous returns the files of the result in dir, or an error that names what else it holds.
func previous(dir string, entries []fs.DirEntry) ([]string, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	var mark struct {
		Program string   `json:"program"`
		Files   []string `json:"files"`
	}
	data, err := os.ReadFile(filepath.Join(dir, summaryName))
	if err != nil || json.Unmarshal(data, &mark) != nil || mark.Program != "ness" {
		return nil, fmt.Errorf("holds %q and is no result of ness", entries[0].Name())
	}
	for _, e := range entries {
		if !slices.Contains(mark.Files, e.Name()) {
			return nil, fmt.Errorf("holds %q, which is not part of the result there", e.Name())
		}
	}
	return mark.Files, nil
}

// Write creates one file of the result by calling write.
func (f *Folder) Write(name string, write func(w io.Writer) error) error {
	f.names = append(f.names, name)
	err := writeFile(filepath.Join(f.staging, name), write)
	if err != nil {
		return fmt.Errorf("-o %s: writing %s: %w", f.dir, name, err)
	}
	return nil
}

func writeFile(path string, write func(w io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(file, 1<<18)
	err = write(b)
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// Names returns the files written so far, and the summary.
func (f *Folder) Names() []string { return append(slices.Clone(f.names), summaryName) }

// Commit moves the files into place, the summary last, and removes those of the
// previous result that the new one lacks.
func (f *Folder) Commit() error {
	if err := os.MkdirAll(f.dir, 0o777); err != nil {
		return err
	}
	for _, name := range f.names {
		if err := os.Rename(filepath.Join(f.staging, name), filepath.Join(f.dir, name)); err != nil {
			return fmt.Errorf("-o %s: %w", f.dir, err)
		}
	}
	for _, name := range f.stale {
		if !slices.Contains(f.names, name) {
			if err := os.Remove(filepath.Join(f.dir, filepath.Base(name))); err != nil {
				return fmt.Errorf("-o %s: %w", f.dir, err)
			}
		}
	}
	return os.Remove(f.staging)
}

// Abort removes what was not committed. It may be called after Commit.
func (f *Folder) Abort() { _ = os.RemoveAll(f.staging) }

// Float is a number that JSON shows as null where it is not finite.
type Float float64

// MarshalJSON writes the number, or null.
func (v Float) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(v))
}

// Floats converts a slice.
func Floats(v []float64) []Float {
	out := make([]Float, len(v))
	for i, x := range v {
		out[i] = Float(x)
	}
	return out
}

// WriteJSON writes v indented, with a newline at the end.
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
