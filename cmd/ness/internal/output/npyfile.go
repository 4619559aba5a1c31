package output

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
)

// An NPYFile is an array of a result that is written in any order. What is not written is 0.
type NPYFile struct {
	staged *stagedFile
	header int64
	mu     sync.Mutex // of staged.err
}

// CreateNPY opens a file of the result for an array of that shape, axis 0 fastest, to be
// closed before [Folder.Commit]. It begins with the contents of the file previous, which must
// hold an array of the same shape, unless that name is empty.
func (f *Folder) CreateNPY(name string, shape []int, previous string) (*NPYFile, error) {
	w, err := f.Create(name)
	if err != nil {
		return nil, err
	}
	s := w.(*stagedFile)
	header := npyHeader(shape)
	n := &NPYFile{staged: s, header: int64(len(header))}
	size := int64(8)
	for _, k := range shape {
		size *= int64(k)
	}
	if previous != "" {
		if err := copyNPY(s, header, previous); err != nil {
			return nil, f.fail(err)
		}
	} else if _, err := io.WriteString(s, header); err != nil {
		return nil, f.fail(err)
	}
	s.keep(s.buf.Flush())
	s.wanted = n.header + size
	s.keep(s.file.Truncate(s.wanted))
	return n, f.fail(s.err)
}

// copyNPY copies an array with the header.
func copyNPY(w io.Writer, header, path string) error {
	src, err := os.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	have := make([]byte, len(header))
	if _, err := io.ReadFull(src, have); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if string(have) != header {
		return fmt.Errorf("%s: want an array of the same shape as the new one", path)
	}
	if _, err := w.Write(have); err != nil {
		return err
	}
	_, err = io.Copy(w, src)
	return err
}

// WriteAt sets numbers from an index on. It may be called at the same time for different
// indices; the first error is that of Close.
func (n *NPYFile) WriteAt(data []float64, index int) {
	buf := make([]byte, 8*len(data))
	for i, v := range data {
		binary.LittleEndian.PutUint64(buf[8*i:], math.Float64bits(v))
	}
	count, err := n.staged.file.WriteAt(buf, n.header+8*int64(index))
	n.mu.Lock()
	defer n.mu.Unlock()
	n.staged.written += int64(count)
	n.staged.keep(err)
}

// Close brings the array to the disk, see [Folder.Create].
func (n *NPYFile) Close() error { return n.staged.Close() }
