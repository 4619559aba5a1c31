package output

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// locate returns the absolute path of name with links followed. What it names is a
// folder or is absent in a folder that exists.
func locate(name string) (string, error) {
	dir, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return "", errors.New("is a file, want a folder")
	case err == nil:
		return filepath.EvalSymlinks(dir)
	case !errors.Is(err, fs.ErrNotExist):
		return "", pathless(err)
	}
	if target, err := os.Readlink(dir); err == nil {
		return "", fmt.Errorf("is a link to %s, which does not exist", target)
	}
	parent := filepath.Dir(dir)
	if _, err = os.Stat(parent); err != nil {
		return "", fmt.Errorf("its parent folder %s: %w", parent, pathless(err))
	}
	if parent, err = filepath.EvalSymlinks(parent); err != nil {
		return "", err
	}
	return filepath.Join(parent, filepath.Base(dir)), nil
}

// pathless returns what the system said without the path, which the caller gives.
func pathless(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// stagingPlace returns the folder for the staging folder after trying what Commit
// will do: make a folder there and move it. That is beside dir, unless dir exists and
// beside it is no place: another file system, or not ours to write.
func stagingPlace(dir string, exists bool) (string, error) {
	parent := filepath.Dir(dir)
	probe, err := makeStaging(parent)
	if err != nil && !exists {
		return "", fmt.Errorf("cannot be made in %s: %w", parent, pathless(err))
	}
	if err == nil && exists {
		inside := filepath.Join(dir, filepath.Base(probe))
		if err = os.Rename(probe, inside); err == nil {
			probe = inside
		} else if e := os.Remove(probe); e != nil {
			return "", e
		}
	}
	if err == nil {
		return parent, os.Remove(probe)
	}
	if probe, err = makeStaging(dir); err != nil {
		return "", fmt.Errorf("cannot be written to: %w", pathless(err))
	}
	return dir, os.Remove(probe)
}

// makeStaging makes an empty folder of a new hidden name in base, with the permissions
// that the user gives to new folders.
func makeStaging(base string) (string, error) {
	for {
		path := filepath.Join(base, fmt.Sprintf("%s%08x", stagingPrefix, rand.Uint32()))
		if err := os.Mkdir(path, 0o777); !errors.Is(err, fs.ErrExist) {
			return path, err
		}
	}
}
