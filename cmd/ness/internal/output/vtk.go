package output

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteVTR writes cell data on a rectilinear grid, uniform or not, for ParaView:
// scalars, and vectors as three arrays each (nil components are 0). edges holds the
// cell edges of up to three axes.
//
// The Visualization Toolkit, VTK XML formats, appended raw data.
func WriteVTR(w io.Writer, edges [][]float64, scalars []Array, vectors map[string][3][]float64) error {
	axes := make([][]float64, 3)
	cells := 1
	var extent []string
	for a := range axes {
		axes[a] = []float64{0} // a flat third axis
		n := 0
		if a < len(edges) {
			axes[a] = edges[a]
			n = len(edges[a]) - 1
			cells *= n
		}
		extent = append(extent, fmt.Sprintf("0 %d", n))
	}
	v := &vtr{w: w}
	ext := strings.Join(extent, " ")
	v.printf("<?xml version=\"1.0\"?>\n<VTKFile type=\"RectilinearGrid\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\">\n")
	v.printf("<RectilinearGrid WholeExtent=%q>\n<Piece Extent=%q>\n<CellData>\n", ext, ext)
	for _, s := range scalars {
		v.declare(s.Name, 1, s.Data)
	}
	for _, name := range sortedKeys(vectors) {
		v.declare(name, 3, interleave(vectors[name], cells))
	}
	v.printf("</CellData>\n<Coordinates>\n")
	for a, name := range []string{"x", "y", "z"} {
		v.declare(name, 1, axes[a])
	}
	v.printf("</Coordinates>\n</Piece>\n</RectilinearGrid>\n<AppendedData encoding=\"raw\">\n_")
	for _, b := range v.blocks {
		v.raw(b)
	}
	v.printf("\n</AppendedData>\n</VTKFile>\n")
	return v.err
}

// vtr keeps the first error and the blocks that are still to be appended.
type vtr struct {
	w      io.Writer
	err    error
	blocks [][]float64
	offset int
}

func (v *vtr) printf(format string, args ...any) {
	if v.err == nil {
		_, v.err = fmt.Fprintf(v.w, format, args...)
	}
}

func (v *vtr) declare(name string, components int, data []float64) {
	v.printf("<DataArray type=\"Float64\" Name=%q NumberOfComponents=\"%d\" format=\"appended\" offset=\"%d\"/>\n", name, components, v.offset)
	v.blocks = append(v.blocks, data)
	v.offset += 8 + 8*len(data)
}

func (v *vtr) raw(data []float64) {
	if v.err != nil {
		return
	}
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], uint64(8*len(data)))
	if _, v.err = v.w.Write(size[:]); v.err == nil {
		v.err = writeFloats(v.w, data)
	}
}

func interleave(c [3][]float64, n int) []float64 {
	out := make([]float64, 3*n)
	for k, x := range c {
		for i, v := range x {
			out[3*i+k] = v
		}
	}
	return out
}

func sortedKeys(m map[string][3][]float64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
