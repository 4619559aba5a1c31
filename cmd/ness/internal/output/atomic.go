package output

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteFile writes a file that is whole at every moment: what was there before, until all of the
// new one is on the disk. What a killed program leaves beside it, .NAME.partial, the next call
// replaces.
func WriteFile(path string, write func(w io.Writer) error) error {
	dir, name := filepath.Split(path)
	partial := filepath.Join(dir, "."+name+".partial")
	if err := writeSynced(partial, write); err != nil {
		_ = os.Remove(partial) // the first error counts
		return fmt.Errorf("writing %s: %w", path, pathless(err))
	}
	if err := os.Rename(partial, path); err != nil {
		_ = os.Remove(partial) // likewise
		return fmt.Errorf("writing %s: %w", path, pathless(err))
	}
	return syncDir(filepath.Join(dir, "."))
}

// writeSynced writes a file and brings it to the disk.
func writeSynced(path string, write func(w io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(file, buffer)
	err = write(buf)
	if err == nil {
		err = buf.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
