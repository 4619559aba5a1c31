package output

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// program is the value of "program" in summaryName of a result.
	program = "ness"
	// summaryName is the file that marks a folder as a result and lists its files.
	summaryName = "summary.json"
	// stagingPrefix begins the names of staging folders.
	stagingPrefix = ".ness-staging-"
)

// contents is what a folder holds.
type contents struct {
	exists bool
	// ours are the files there of the previous result, foreign all else.
	ours, foreign []string
}

// inspect reads what dir holds; dir may be absent. Left-over staging folders in it
// are neither ours nor foreign.
func inspect(dir string) (contents, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return contents{}, nil
	}
	if err != nil {
		return contents{}, err
	}
	var listed []string
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == summaryName && e.Type().IsRegular() }) {
		if listed, err = readFiles(filepath.Join(dir, summaryName)); err != nil {
			return contents{}, err
		}
	}
	c := contents{exists: true}
	for _, e := range entries {
		switch name := e.Name(); {
		case slices.Contains(listed, name) && e.Type().IsRegular():
			c.ours = append(c.ours, name)
		case !strings.HasPrefix(name, stagingPrefix):
			c.foreign = append(c.foreign, name)
		}
	}
	return c, nil
}

// readFiles returns the files that a summary.json lists, itself among them, or none
// if another program wrote it.
func readFiles(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var s struct {
		Program string   `json:"program"`
		Files   []string `json:"files"`
	}
	if json.Unmarshal(data, &s) != nil || s.Program != program || !slices.Contains(s.Files, summaryName) {
		return nil, nil
	}
	return s.Files, nil
}

// occupied is the error for a folder that holds something else.
func occupied(foreign []string) error {
	const most = 3
	var names []string
	for _, name := range foreign[:min(most, len(foreign))] {
		names = append(names, fmt.Sprintf("%q", name))
	}
	list := strings.Join(names, ", ")
	if more := len(foreign) - most; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Errorf("holds %s, not written by %s; name another folder, or give --force to write into this one and keep files of other names", list, program)
}
