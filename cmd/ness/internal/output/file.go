package output

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A WriteError says that a file of the result could not be written, and how far it came.
type WriteError struct {
	// Name is the file's name in the folder.
	Name string
	// Written is how many bytes reached the file; Wanted how many it was to have, 0 if unknown.
	Written, Wanted int64
	// Err is what the system said.
	Err error
}

func (e *WriteError) Error() string {
	var path *fs.PathError
	cause := e.Err
	if errors.As(cause, &path) { // it would name a file in the staging folder, gone by now
		cause = path.Err
	}
	if e.Wanted > 0 {
		return fmt.Sprintf("writing %s: %v after %v of %v", e.Name, cause, Bytes(e.Written), Bytes(e.Wanted))
	}
	return fmt.Sprintf("writing %s: %v after %v", e.Name, cause, Bytes(e.Written))
}

func (e *WriteError) Unwrap() error { return e.Err }

// A stagedFile is one file of a result while it is written, through a buffer. After
// the first error all calls return that error.
type stagedFile struct {
	name    string
	file    *os.File
	buf     *bufio.Writer
	written int64
	wanted  int64 // 0 if unknown
	closed  bool
	err     error
}

func createFile(dir, name string) (*stagedFile, error) {
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, &WriteError{Name: name, Err: err}
	}
	return newStagedFile(name, file), nil
}

func newStagedFile(name string, file *os.File) *stagedFile {
	s := &stagedFile{name: name, file: file}
	s.buf = bufio.NewWriterSize(counter{s}, buffer)
	return s
}

// buffer is how many bytes are collected before they go to the file: more at a time go there
// at once.
const buffer = 1 << 16

// counter passes bytes on to the file and counts those it took.
type counter struct{ s *stagedFile }

func (c counter) Write(p []byte) (int, error) {
	n, err := c.s.file.Write(p)
	c.s.written += int64(n)
	return n, err
}

func (s *stagedFile) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.buf.Write(p)
	s.keep(err)
	return n, s.err
}

// keep remembers the first error.
func (s *stagedFile) keep(err error) {
	if s.err == nil && err != nil {
		s.err = &WriteError{s.name, s.written, s.wanted, err}
	}
}

// Close brings what was written to the disk. Some file systems find only then that
// there is no room. It may be called again, with the same answer.
func (s *stagedFile) Close() error {
	if s.closed {
		return s.err
	}
	s.closed = true
	if s.err == nil {
		s.keep(s.buf.Flush())
	}
	if s.err == nil {
		s.keep(s.file.Sync())
	}
	s.keep(s.file.Close())
	return s.err
}

// expect tells w, where it is a file of a result, how many bytes are to come, for the
// sake of its error messages.
func expect(w io.Writer, n int64) {
	if s, ok := w.(*stagedFile); ok {
		s.wanted = s.written + int64(s.buf.Buffered()) + n
	}
}
