package output

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
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
// hold an array of the same shape but for the last axis, unless that name is empty.
func (f *Folder) CreateNPY(name string, shape []int, previous string) (*NPYFile, error) {
	w, err := f.Create(name)
	if err != nil {
		return nil, err
	}
	s := w.(*stagedFile)
	header := npyHeader(shape)
	n := &NPYFile{staged: s, header: int64(len(header))}
	if previous != "" {
		if err := copyNPY(s, shape, previous); err != nil {
			return nil, f.fail(err)
		}
	} else if _, err := io.WriteString(s, header); err != nil {
		return nil, f.fail(err)
	}
	s.keep(s.buf.Flush())
	s.wanted = n.header + 8*product(shape)
	s.keep(s.file.Truncate(s.wanted))
	return n, f.fail(s.err)
}

// copyNPY writes an array of that shape with the numbers of a file, as many as there are along the last axis.
func copyNPY(w io.Writer, shape []int, path string) error {
	src, err := os.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	header, last := npyHeader(shape), len(shape)-1
	was := slices.Clone(shape) // as it has to be in a file of that size
	was[last] = int(max(0, info.Size()-int64(len(header))) / (8 * product(shape[:last])))
	want := npyHeader(was)
	have := make([]byte, len(want))
	if _, err := io.ReadFull(src, have); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if string(have) != want || info.Size() != int64(len(want))+8*product(was) {
		return fmt.Errorf("%s: holds no array of shape %v and any number: it has another shape, or is damaged or cut short", path, shape[:last])
	}
	if _, err := io.WriteString(w, header); err != nil {
		return err
	}
	_, err = io.Copy(w, io.LimitReader(src, 8*product(shape)))
	return err
}

// product returns how many numbers an array has.
func product(shape []int) int64 {
	n := int64(1)
	for _, k := range shape {
		n *= int64(k)
	}
	return n
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
