package output

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unsafe"
)

// An Array is a named array of any shape, axis 0 fastest. The product of Shape is
// len(Data); no axes at all make a single number.
type Array struct {
	Name  string
	Shape []int
	Data  []float64
}

// zipEpoch is the earliest time a .zip can hold. All files get it, so that the same
// arrays give the same bytes.
var zipEpoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// WriteNPZ writes arrays as an uncompressed .npz, which numpy.load reads: element
// [i0, i1, …] there is element (i₀, i₁, …) here. Above 4 GiB the file is a zip64.
// Names must be distinct.
func WriteNPZ(w io.Writer, arrays []Array) error {
	names := map[string]bool{}
	var size int64
	for _, a := range arrays {
		a.check()
		if names[a.Name] {
			panic("output: WriteNPZ: two arrays are called " + a.Name)
		}
		names[a.Name] = true
		size += int64(len(npyHeader(a.Shape))) + 8*int64(len(a.Data))
	}
	expect(w, size)
	z := zip.NewWriter(w)
	for _, a := range arrays {
		f, err := z.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store, Modified: zipEpoch})
		if err != nil {
			return err
		}
		if err := WriteNPY(f, a); err != nil {
			return err
		}
	}
	return z.Close()
}

// WriteNPY writes one array as .npy, format 1.0, '<f8', in Fortran order; its name is
// not part of the file.
func WriteNPY(w io.Writer, a Array) error {
	a.check()
	header := npyHeader(a.Shape)
	expect(w, int64(len(header))+8*int64(len(a.Data)))
	if _, err := io.WriteString(w, header); err != nil {
		return err
	}
	return writeFloats(w, a.Data)
}

// check panics unless the shape is that of the data.
func (a Array) check() {
	size := 1
	for _, n := range a.Shape {
		if n < 0 {
			panic(fmt.Sprintf("output: array %s: shape %v has a negative axis", a.Name, a.Shape))
		}
		size *= n
	}
	if size != len(a.Data) {
		panic(fmt.Sprintf("output: array %s: shape %v wants %d numbers, have %d", a.Name, a.Shape, size, len(a.Data)))
	}
}

// npyHeader returns all that precedes the numbers: magic, version 1.0, the length of
// the rest as uint16, and a Python dictionary, padded with blanks and a newline to a
// multiple of 64 bytes, so that the numbers can be mapped into memory.
func npyHeader(shape []int) string {
	var tuple strings.Builder
	for _, n := range shape {
		fmt.Fprintf(&tuple, "%d, ", n)
	}
	inner := strings.TrimSuffix(tuple.String(), " ") // (3,) and (3, 4,) are tuples, so is ()
	dict := fmt.Sprintf("{'descr': '<f8', 'fortran_order': True, 'shape': (%s), }", inner)
	const magic = "\x93NUMPY\x01\x00"
	used := len(magic) + 2 + len(dict) + 1
	dict += strings.Repeat(" ", (64-used%64)%64) + "\n"
	return magic + string([]byte{byte(len(dict)), byte(len(dict) >> 8)}) + dict
}

// chunk is how many bytes go to a file at a time.
const chunk = 1 << 18

// writeFloats writes data as little-endian float64.
func writeFloats(w io.Writer, data []float64) error {
	for len(data) > 0 {
		n := min(len(data), chunk/8)
		if _, err := w.Write(littleEndian(data[:n])); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// littleEndian returns the bytes of numbers, which are not empty: where the machine has them in
// that order in its memory, that memory itself.
func littleEndian(data []float64) []byte {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), 8*len(data))
	}
	return encoded(data)
}

// encoded returns the little-endian bytes of numbers.
func encoded(data []float64) []byte {
	b := make([]byte, 0, 8*len(data))
	for _, v := range data {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}
