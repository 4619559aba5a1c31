package output

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// retired is the folder, in the staging folder, of the files of the previous result.
const retired = ".previous"

// place moves the staged files to where they belong: as a whole folder where there is
// none, else one by one, after those that they replace have been moved out.
func (f *Folder) place() error {
	if err := syncDir(f.staging); err != nil {
		return err
	}
	c, err := inspect(f.dir)
	if err != nil {
		return err
	}
	if !c.exists {
		if err := os.Rename(f.staging, f.dir); err != nil {
			return err
		}
		f.staging = ""
		return nil
	}
	moves, err := f.plan(c)
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(f.staging, retired), 0o777); err != nil {
		return err
	}
	return moveAll(moves)
}

// A move is a file's old and new path.
type move struct{ from, to string }

// plan lists the moves that replace what c says the folder holds: out go the summary,
// the other files of the previous result and, with force, those in the way; in come the
// new ones, the summary last.
func (f *Folder) plan(c contents) ([]move, error) {
	names := f.Names()
	out := slices.Clone(c.ours)
	for _, name := range c.foreign {
		if !slices.Contains(names, name) {
			continue
		}
		if !f.force {
			return nil, occupied([]string{name})
		}
		info, err := os.Lstat(filepath.Join(f.dir, name))
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			return nil, fmt.Errorf("%s is a folder there, want a file or nothing", name)
		}
		out = append(out, name)
	}
	if i := slices.Index(out, summaryName); i > 0 {
		out[0], out[i] = out[i], out[0]
	}
	var moves []move
	for _, name := range out {
		moves = append(moves, move{filepath.Join(f.dir, name), filepath.Join(f.staging, retired, name)})
	}
	for _, name := range names {
		moves = append(moves, move{filepath.Join(f.staging, name), filepath.Join(f.dir, name)})
	}
	return moves, nil
}

// moveAll makes all moves, or none: when one fails those before it are undone. No
// target may exist.
func moveAll(moves []move) error {
	for i, m := range moves {
		err := os.Rename(m.from, m.to)
		if err == nil {
			continue
		}
		for _, m := range slices.Backward(moves[:i]) {
			if e := os.Rename(m.to, m.from); e != nil {
				return &undoError{err, e}
			}
		}
		return err
	}
	return nil
}

// An undoError says that files were moved and could not be moved back.
type undoError struct{ first, undo error }

func (e *undoError) Error() string {
	return fmt.Sprintf("%v; and putting the previous files back failed, they are still in the hidden folder: %v", e.first, e.undo)
}

func (e *undoError) Unwrap() error { return errors.Join(e.first, e.undo) }
