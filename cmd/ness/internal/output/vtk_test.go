package output

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type dataArray struct {
	Type       string `xml:"type,attr"`
	Name       string `xml:",attr"`
	Components int    `xml:"NumberOfComponents,attr"`
	Format     string `xml:"format,attr"`
	Offset     int    `xml:"offset,attr"`
	values     []float64
}

type vtkGrid struct {
	WholeExtent string `xml:",attr"`
	Origin      string `xml:",attr"`
	Spacing     string `xml:",attr"`
	Piece       struct {
		Extent    string `xml:",attr"`
		PointData struct {
			Scalars string      `xml:",attr"`
			Arrays  []dataArray `xml:"DataArray"`
		}
		CellData struct {
			Scalars string      `xml:",attr"`
			Vectors string      `xml:",attr"`
			Arrays  []dataArray `xml:"DataArray"`
		}
		Coordinates []dataArray `xml:"Coordinates>DataArray"`
	}
}

type vtkFile struct {
	Type      string   `xml:"type,attr"`
	Version   string   `xml:"version,attr"`
	ByteOrder string   `xml:"byte_order,attr"`
	Header    string   `xml:"header_type,attr"`
	Image     *vtkGrid `xml:"ImageData"`
	Recti     *vtkGrid `xml:"RectilinearGrid"`
}

// readVTK parses the description, then fills the arrays from the raw block, which they
// have to cover without gap or overlap.
func readVTK(t rapid.TB, file []byte) *vtkGrid {
	t.Helper()
	const begin, end = "<AppendedData encoding=\"raw\">\n_", "\n</AppendedData>\n</VTKFile>\n"
	head, raw, ok := bytes.Cut(file, []byte(begin))
	if !ok || !bytes.HasSuffix(raw, []byte(end)) {
		t.Fatal("no appended data")
	}
	raw = bytes.TrimSuffix(raw, []byte(end))
	var f vtkFile
	if err := xml.Unmarshal(append(bytes.Clone(head), "</VTKFile>"...), &f); err != nil {
		t.Fatal(err)
	}
	if f.Version != "1.0" || f.ByteOrder != "LittleEndian" || f.Header != "UInt64" {
		t.Errorf("header %+v", f)
	}
	g := f.Image
	if f.Type == "RectilinearGrid" {
		g = f.Recti
	}
	if g == nil {
		t.Fatalf("type %s without such a grid", f.Type)
	}
	offset := 0
	for _, list := range [][]dataArray{g.Piece.PointData.Arrays, g.Piece.CellData.Arrays, g.Piece.Coordinates} {
		for k := range list {
			a := &list[k]
			if a.Type != "Float64" || a.Format != "appended" || a.Offset != offset {
				t.Errorf("array %+v, want it at %d", a, offset)
			}
			n := int(binary.LittleEndian.Uint64(raw[offset:]))
			a.values = make([]float64, n/8)
			if _, err := binary.Decode(raw[offset+8:offset+8+n], binary.LittleEndian, a.values); err != nil {
				t.Fatal(err)
			}
			offset += 8 + n
		}
	}
	if offset != len(raw) {
		t.Errorf("arrays cover %d of %d bytes", offset, len(raw))
	}
	return g
}

// cut returns the edges of n equal cells.
func cut(lo, hi float64, n int) []float64 {
	e := make([]float64, n+1)
	for k := range e {
		e[k] = lo + float64(k)/float64(n)*(hi-lo)
	}
	e[n] = hi
	return e
}

func drawUniform(t *rapid.T) []float64 {
	lo := rapid.Float64Range(-1e3, 1e3).Draw(t, "lo")
	return cut(lo, lo+rapid.Float64Range(1e-3, 1e3).Draw(t, "length"), rapid.IntRange(1, 9).Draw(t, "cells"))
}

func drawGraded(t *rapid.T) []float64 {
	e := []float64{rapid.Float64Range(-10, 10).Draw(t, "lo")}
	for range rapid.IntRange(1, 9).Draw(t, "cells") {
		e = append(e, e[len(e)-1]+rapid.Float64Range(0.1, 5).Draw(t, "width"))
	}
	return e
}

func TestVTKReadsBackBitForBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		image := rapid.Bool().Draw(t, "image")
		draw, write := drawGraded, WriteVTR
		if image {
			draw, write = drawUniform, WriteVTI
		}
		var edges [][]float64
		cells, points, extent := 1, 1, [3]int{}
		for a := range rapid.IntRange(1, 3).Draw(t, "axes") {
			edges = append(edges, draw(t))
			extent[a] = len(edges[a]) - 1
			cells *= extent[a]
			points *= extent[a] + 1
		}
		column := rapid.SliceOfN(anyFloat, cells, cells)
		density := column.Draw(t, "density")
		stream := rapid.SliceOfN(anyFloat, points, points).Draw(t, "stream")
		var j [3][]float64
		for a := range edges {
			j[a] = column.Draw(t, "j")
		}
		var file bytes.Buffer
		if err := write(&file, edges, []Array{{Name: "stream", Data: stream}, {Name: `p<&"x`, Data: density}}, map[string][3][]float64{"current": j}); err != nil {
			t.Fatal(err)
		}
		g := readVTK(t, file.Bytes())

		wantExtent := fmt.Sprintf("0 %d 0 %d 0 %d", extent[0], extent[1], extent[2])
		if g.WholeExtent != wantExtent || g.Piece.Extent != wantExtent {
			t.Errorf("extent %q, %q, want %q", g.WholeExtent, g.Piece.Extent, wantExtent)
		}
		d := g.Piece.CellData
		if d.Scalars != `p<&"x` || d.Vectors != "current" || len(d.Arrays) != 2 {
			t.Fatalf("cell data %+v", d)
		}
		if diff := cmp.Diff(bits(density), bits(d.Arrays[0].values)); diff != "" {
			t.Error(diff)
		}
		if p := g.Piece.PointData; p.Scalars != "stream" || len(p.Arrays) != 1 {
			t.Fatalf("point data %+v", p)
		}
		if diff := cmp.Diff(bits(stream), bits(g.Piece.PointData.Arrays[0].values)); diff != "" {
			t.Error(diff)
		}
		tuples := make([]float64, 3*cells)
		for a := range edges {
			for i, v := range j[a] {
				tuples[3*i+a] = v
			}
		}
		if diff := cmp.Diff(bits(tuples), bits(d.Arrays[1].values)); diff != "" || d.Arrays[1].Components != 3 {
			t.Errorf("%d components\n%s", d.Arrays[1].Components, diff)
		}
		if image {
			checkImage(t, g, edges)
		} else {
			checkCoordinates(t, g, edges)
		}
	})
}

// checkCoordinates wants the edges exactly, and 0 along the axes that are not there.
func checkCoordinates(t rapid.TB, g *vtkGrid, edges [][]float64) {
	t.Helper()
	for a := range 3 {
		want := []float64{0}
		if a < len(edges) {
			want = edges[a]
		}
		if diff := cmp.Diff(want, g.Piece.Coordinates[a].values); diff != "" {
			t.Errorf("axis %d: %s", a, diff)
		}
	}
}

// checkImage wants the edges to round-off: 16·2⁻⁵³ of the largest, see Uniform.
func checkImage(t rapid.TB, g *vtkGrid, edges [][]float64) {
	t.Helper()
	var origin, step [3]float64
	if _, err := fmt.Sscan(g.Origin+" "+g.Spacing, &origin[0], &origin[1], &origin[2], &step[0], &step[1], &step[2]); err != nil {
		t.Fatal(err)
	}
	for a, want := range edges {
		tol := 16 * 0x1p-53 * math.Max(math.Abs(want[0]), math.Abs(want[len(want)-1]))
		for k, x := range want {
			if got := origin[a] + float64(k)*step[a]; math.Abs(got-x) > tol {
				t.Errorf("axis %d: edge %d at %v, want %v", a, k, got, x)
			}
		}
	}
}

// Axes cut evenly are uniform wherever they lie and however fine they are; one edge
// moved by 10⁻⁹ of a cell makes them graded, where that is above round-off.
func TestUniform(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e6, 1e6).Draw(t, "lo")
		n := rapid.IntRange(2, 5000).Draw(t, "n")
		e := cut(lo, lo+rapid.Float64Range(1, 1e6).Draw(t, "length"), n)
		if !Uniform([][]float64{cut(0, 1, 3), e}) {
			t.Fatal("cut evenly, but not uniform")
		}
		k := rapid.IntRange(1, n-1).Draw(t, "k")
		d := 1e-9 * spacing(e)
		e[k] += d
		// An even edge is up to 14·2⁻⁵³ M off, the tolerance is 16, and the sum rounds by 1: 31 in all.
		if d > 31*0x1p-53*math.Max(math.Abs(e[0]), math.Abs(e[n])) && Uniform([][]float64{e}) {
			t.Error("an edge is off, but uniform")
		}
	})
}

// Vectors longer than the buffer are cut into pieces of whole tuples.
func TestVTKLongVector(t *testing.T) {
	n := chunk/8 + 5 // three times as many numbers: more than three pieces
	x := ramp(n)
	var file bytes.Buffer
	if err := WriteVTR(&file, [][]float64{ramp(n + 1)}, nil, map[string][3][]float64{"v": {nil, x}}); err != nil {
		t.Fatal(err)
	}
	v := readVTK(t, file.Bytes()).Piece.CellData.Arrays[0].values
	if len(v) != 3*n {
		t.Fatalf("%d numbers, want %d", len(v), 3*n)
	}
	for i, got := range v {
		want := 0.0
		if i%3 == 1 {
			want = x[i/3]
		}
		if got != want {
			t.Fatalf("component %d of cell %d is %g, want %g", i%3, i/3, got, want)
		}
	}
}

func TestVTKWrongInputPanics(t *testing.T) {
	e := [][]float64{cut(0, 1, 4)}
	mustPanic(t, "density", func() { _ = WriteVTR(io.Discard, e, []Array{{Name: "density", Data: ramp(6)}}, nil) })
	mustPanic(t, "current", func() { _ = WriteVTI(io.Discard, e, nil, map[string][3][]float64{"current": {ramp(3)}}) })
	mustPanic(t, "graded", func() { _ = WriteVTI(io.Discard, [][]float64{{0, 1, 3}}, nil, nil) })
	mustPanic(t, "axes", func() { _ = WriteVTR(io.Discard, [][]float64{e[0], e[0], e[0], e[0]}, nil, nil) })
	mustPanic(t, "edges", func() { _ = WriteVTI(io.Discard, [][]float64{{1}}, nil, nil) })
}

// VTK's own readers find cells, values and places as they were written.
func TestVTKLoads(t *testing.T) {
	dir := t.TempDir()
	edges := [][]float64{cut(-1, 1, 4), cut(0.5, 2, 3)}
	p := []Array{{Name: "density", Data: ramp(12)}, {Name: "stream", Data: ramp(20)}}
	j := map[string][3][]float64{"current": {ramp(12), ramp(12)}}
	for name, write := range map[string]func(io.Writer, [][]float64, []Array, map[string][3][]float64) error{"a.vti": WriteVTI, "a.vtr": WriteVTR} {
		var file bytes.Buffer
		if err := write(&file, edges, p, j); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), file.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got := python(t, "vtkmodules.vtkIOXML", `
import sys
from vtkmodules.vtkIOXML import vtkXMLImageDataReader, vtkXMLRectilinearGridReader
for reader, name in (vtkXMLImageDataReader(), "a.vti"), (vtkXMLRectilinearGridReader(), "a.vtr"):
    reader.SetFileName(sys.argv[1] + "/" + name)
    reader.Update()
    g = reader.GetOutput()
    d = g.GetCellData()
    cell = g.GetCell(6).GetBounds()
    print(g.GetNumberOfCells(), d.GetScalars().GetName(), d.GetVectors().GetName(), round(7*d.GetScalars().GetValue(6)),
        [round(7*v) for v in d.GetVectors().GetTuple(6)],
        [round(7*g.GetPointData().GetArray("stream").GetValue(g.GetCell(6).GetPointId(k))) for k in range(4)], [round(x, 9) for x in cell])
`, dir)
	// cell 6 is (2, 1): [0, 0.5] × [1, 1.5]
	want := strings.Repeat("12 density current 6 [6, 6, 0] [7, 8, 12, 13] [0.0, 0.5, 1.0, 1.5, 0.0, 0.0]\n", 2)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
