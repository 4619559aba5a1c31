package output

// This file writes cell and point data for ParaView: .vti (ImageData) where all axes are
// uniform, .vtr (RectilinearGrid) for any axes. Both are an XML description followed
// by the numbers, raw: for each array its length in bytes as a uint64, then float64s.

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Uniform says whether each axis is cut evenly, as a .vti needs it: every edge is
// within 16·2⁻⁵³ M of Origin + k Spacing, M the largest |edge|. That is rounding: lo +
// (k/n)(hi−lo) and lo + k((hi−lo)/n) are each 3 roundings of numbers up to 2M and one
// of a number up to M from the exact edge, so up to 14·2⁻⁵³ M apart.
func Uniform(edges [][]float64) bool {
	for _, e := range edges {
		lo, h := e[0], spacing(e)
		tol := 16 * 0x1p-53 * math.Max(math.Abs(e[0]), math.Abs(e[len(e)-1]))
		for k, x := range e {
			if !(math.Abs(x-(lo+float64(k)*h)) <= tol) {
				return false
			}
		}
	}
	return true
}

func spacing(e []float64) float64 { return (e[len(e)-1] - e[0]) / float64(len(e)-1) }

// WriteVTI writes data on a uniform grid as ImageData. edges holds the ascending cell
// edges of one to three axes; each scalar has one number per cell, or one per corner of
// the cells, which makes it point data (its Shape is not looked at), each vector up to
// three components on the cells, of which nil ones are 0.
//
// Edges that are not [Uniform] panic.
func WriteVTI(w io.Writer, edges [][]float64, scalars []Array, vectors map[string][3][]float64) error {
	v := newVTK("ImageData", edges, scalars, vectors)
	if !Uniform(edges) {
		panic("output: WriteVTI: an axis is graded; want WriteVTR")
	}
	origin, step := [3]float64{}, [3]float64{1, 1, 1}
	for a, e := range edges {
		origin[a], step[a] = e[0], spacing(e)
	}
	return v.write(w, fmt.Sprintf(" Origin=%q Spacing=%q", numbers(origin[:]), numbers(step[:])), nil)
}

// WriteVTR writes data on any grid as a RectilinearGrid; see [WriteVTI].
func WriteVTR(w io.Writer, edges [][]float64, scalars []Array, vectors map[string][3][]float64) error {
	v := newVTK("RectilinearGrid", edges, scalars, vectors)
	var coordinates []block
	for a, name := range []string{"x", "y", "z"} {
		e := []float64{0} // the grid is flat along this axis
		if a < len(edges) {
			e = edges[a]
		}
		coordinates = append(coordinates, block{name, [][]float64{e}, len(e)})
	}
	return v.write(w, "", coordinates)
}

// numbers lists v so that reading gives back every bit.
func numbers(v []float64) string {
	s := make([]string, len(v))
	for i, x := range v {
		s[i] = strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strings.Join(s, " ")
}

// A vtk is a file's kind ("ImageData", …), the range of its points ("0 nx 0 ny 0 nz")
// and its data.
type vtk struct {
	kind, extent     string
	points           []block
	scalars, vectors []block // of cells
}

func newVTK(kind string, edges [][]float64, scalars []Array, vectors map[string][3][]float64) *vtk {
	if len(edges) < 1 || len(edges) > 3 {
		panic(fmt.Sprintf("output: vtk: want 1 to 3 axes, have %d", len(edges)))
	}
	v := &vtk{kind: kind}
	cells, points := 1, 1
	extent := [3]int{}
	for a, e := range edges {
		if len(e) < 2 {
			panic(fmt.Sprintf("output: vtk: axis %d: want 2 or more edges, have %d", a, len(e)))
		}
		extent[a] = len(e) - 1
		cells *= len(e) - 1
		points *= len(e)
	}
	v.extent = fmt.Sprintf("0 %d 0 %d 0 %d", extent[0], extent[1], extent[2])
	for _, s := range scalars {
		if len(s.Data) == points {
			v.points = append(v.points, block{s.Name, [][]float64{s.Data}, points})
			continue
		}
		v.scalars = append(v.scalars, block{s.Name, [][]float64{s.Data}, cells}.check())
	}
	for _, name := range slices.Sorted(maps.Keys(vectors)) {
		c := vectors[name]
		v.vectors = append(v.vectors, block{name, c[:], cells}.check())
	}
	return v
}

// write writes the description and then the blocks.
func (v *vtk) write(w io.Writer, attributes string, coordinates []block) error {
	var head bytes.Buffer
	var offset int64
	fmt.Fprintf(&head, "<?xml version=\"1.0\"?>\n"+
		"<VTKFile type=\"%s\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\">\n"+
		"<%s WholeExtent=\"%s\"%s>\n<Piece Extent=\"%s\">\n",
		v.kind, v.kind, v.extent, attributes, v.extent)
	if len(v.points) > 0 {
		fmt.Fprintf(&head, "<PointData%s>\n", active("Scalars", v.points))
		declare(&head, v.points, &offset)
		head.WriteString("</PointData>\n")
	}
	fmt.Fprintf(&head, "<CellData%s%s>\n", active("Scalars", v.scalars), active("Vectors", v.vectors))
	cellData := slices.Concat(v.scalars, v.vectors)
	declare(&head, cellData, &offset)
	head.WriteString("</CellData>\n")
	if coordinates != nil {
		head.WriteString("<Coordinates>\n")
		declare(&head, coordinates, &offset)
		head.WriteString("</Coordinates>\n")
	}
	fmt.Fprintf(&head, "</Piece>\n</%s>\n<AppendedData encoding=\"raw\">\n_", v.kind)
	const tail = "\n</AppendedData>\n</VTKFile>\n"

	expect(w, int64(head.Len())+offset+int64(len(tail)))
	if _, err := head.WriteTo(w); err != nil {
		return err
	}
	for _, b := range slices.Concat(v.points, cellData, coordinates) {
		if err := b.write(w); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, tail)
	return err
}

// active returns the attribute that names the array to be shown first.
func active(kind string, blocks []block) string {
	if len(blocks) == 0 {
		return ""
	}
	return fmt.Sprintf(" %s=\"%s\"", kind, escape(blocks[0].name))
}

// declare lists blocks and moves offset past them.
func declare(head *bytes.Buffer, blocks []block, offset *int64) {
	for _, b := range blocks {
		fmt.Fprintf(head, "<DataArray type=\"Float64\" Name=\"%s\" NumberOfComponents=\"%d\" format=\"appended\" offset=\"%d\"/>\n",
			escape(b.name), len(b.data), *offset)
		*offset += 8 + b.bytes()
	}
}

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a Buffer takes everything
	return b.String()
}

// A block is one array of the file: n tuples of len(data) components each. A nil
// component is 0.
type block struct {
	name string
	data [][]float64
	n    int
}

func (b block) bytes() int64 { return 8 * int64(b.n) * int64(len(b.data)) }

// check panics unless all components there are have n numbers.
func (b block) check() block {
	for _, c := range b.data {
		if (c != nil || len(b.data) == 1) && len(c) != b.n {
			panic(fmt.Sprintf("output: vtk: %s: want one number for each of %d cells, have %d", b.name, b.n, len(c)))
		}
	}
	return b
}

// write writes the length and the numbers, the components of a tuple side by side.
func (b block) write(w io.Writer) error {
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(b.bytes()))
	if _, err := w.Write(length[:]); err != nil {
		return err
	}
	if len(b.data) == 1 {
		return writeFloats(w, b.data[0])
	}
	tuple := len(b.data)
	some := make([]float64, chunk/8/tuple*tuple)
	for lo := 0; lo < b.n; lo += len(some) / tuple {
		hi := min(b.n, lo+len(some)/tuple)
		b.interleave(some, lo, hi)
		if err := writeFloats(w, some[:tuple*(hi-lo)]); err != nil {
			return err
		}
	}
	return nil
}

// interleave sets dst, of zeros or other tuples of b, to the tuples lo to hi−1.
func (b block) interleave(dst []float64, lo, hi int) {
	tuple := len(b.data)
	for k, c := range b.data {
		if c == nil {
			continue
		}
		for i, v := range c[lo:hi] {
			dst[tuple*i+k] = v
		}
	}
}
