// Package output writes the files of a result, whole or not at all. It takes plain
// numbers: flat arrays have axis 0 fastest.
package output

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// An Array is a named array of any shape, axis 0 fastest.
type Array struct {
	Name  string
	Shape []int
	Data  []float64
}

// WriteNPZ writes the arrays as an uncompressed .npz that numpy.load reads:
// element [i0, i1, …] of the array in NumPy is that of our axes.
func WriteNPZ(w io.Writer, arrays []Array) error {
	z := zip.NewWriter(w)
	for _, a := range arrays {
		f, err := z.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store})
		if err != nil {
			return err
		}
		if err := writeNPY(f, a); err != nil {
			return err
		}
	}
	return z.Close()
}

// writeNPY writes format 1.0 in Fortran order, which has the first axis fastest.
func writeNPY(w io.Writer, a Array) error {
	size := 1
	shape := ""
	for _, n := range a.Shape {
		size *= n
		shape += fmt.Sprintf("%d, ", n)
	}
	if size != len(a.Data) {
		panic("output: array " + a.Name + ": shape and data differ in size")
	}
	header := fmt.Sprintf("{'descr': '<f8', 'fortran_order': True, 'shape': (%s), }", strings.TrimSuffix(shape, " "))
	const prefix = 10
	header += strings.Repeat(" ", 63-(prefix+len(header))%64) + "\n"
	if _, err := fmt.Fprintf(w, "\x93NUMPY\x01\x00%c%c%s", len(header)%256, len(header)/256, header); err != nil {
		return err
	}
	return writeFloats(w, a.Data)
}

// writeFloats writes little-endian float64s, some thousand at a time.
func writeFloats(w io.Writer, data []float64) error {
	buf := make([]byte, 0, 1<<16)
	for _, v := range data {
		buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
		if len(buf) == cap(buf) {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := w.Write(buf)
	return err
}
