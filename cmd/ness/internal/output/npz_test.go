package output

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyFloat draws any bit pattern, NaN and infinities among them.
var anyFloat = rapid.Custom(func(t *rapid.T) float64 { return math.Float64frombits(rapid.Uint64().Draw(t, "bits")) })

func drawArray(t *rapid.T, name string) Array {
	a := Array{Name: name, Shape: rapid.SliceOfN(rapid.IntRange(0, 5), 0, 4).Draw(t, "shape")}
	size := 1
	for _, n := range a.Shape {
		size *= n
	}
	a.Data = rapid.SliceOfN(anyFloat, size, size).Draw(t, "data")
	return a
}

func bits(v []float64) []uint64 {
	b := make([]uint64, len(v))
	for i, x := range v {
		b[i] = math.Float64bits(x)
	}
	return b
}

// ramp is 0, 1, 2, … divided by 7, so that every byte of a number is in use.
func ramp(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(i) / 7
	}
	return v
}

// The dictionary as the format's definition has it: keys in alphabetical order, a
// Python tuple for the shape, blanks and one newline for padding.
var npyDict = regexp.MustCompile(`^\{'descr': '<f8', 'fortran_order': (True|False), 'shape': \(((?:\d+, )*(?:\d+,)?)\), \} *\n$`)

// readNPY reads format 1.0; at returns the element of an index as NumPy would.
func readNPY(t rapid.TB, file []byte) (shape []int, data []float64, at func(index ...int) float64) {
	t.Helper()
	if len(file) < 10 || string(file[:8]) != "\x93NUMPY\x01\x00" {
		t.Fatalf("begins with %q", file[:min(10, len(file))])
	}
	start := 10 + int(binary.LittleEndian.Uint16(file[8:]))
	m := npyDict.FindStringSubmatch(string(file[10:start]))
	if m == nil || start%64 != 0 {
		t.Fatalf("header of %d bytes, want a multiple of 64: %q", start, file[10:start])
	}
	for _, s := range strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		shape = append(shape, n)
	}
	data = make([]float64, (len(file)-start)/8)
	if n, err := binary.Decode(file[start:], binary.LittleEndian, data); err != nil || n != len(file)-start {
		t.Fatalf("%d of %d bytes are numbers: %v", n, len(file)-start, err)
	}
	return shape, data, func(index ...int) float64 {
		flat := 0
		for k := range shape {
			a := k // C order: the last axis is fastest
			if m[1] == "True" {
				a = len(shape) - 1 - k
			}
			flat = flat*shape[a] + index[a]
		}
		return data[flat]
	}
}

// readNPZ reads all members of an archive.
func readNPZ(t rapid.TB, file []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	members := map[string][]byte{}
	for _, f := range z.File {
		if f.Method != zip.Store {
			t.Errorf("%s: method %d, want stored", f.Name, f.Method)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if members[f.Name], err = io.ReadAll(r); err != nil { // checks the CRC
			t.Fatal(err)
		}
	}
	return members
}

func TestNPZReadsBackBitForBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zθ_][a-z0-9_]{0,9}`), 1, 4, rapid.ID).Draw(t, "names")
		var arrays []Array
		for _, name := range names {
			arrays = append(arrays, drawArray(t, name))
		}
		var file, again bytes.Buffer
		if err := WriteNPZ(&file, arrays); err != nil {
			t.Fatal(err)
		}
		if err := WriteNPZ(&again, arrays); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(file.Bytes(), again.Bytes()) {
			t.Error("the same arrays give different bytes")
		}
		members := readNPZ(t, file.Bytes())
		if len(members) != len(arrays) {
			t.Errorf("%d members, want %d", len(members), len(arrays))
		}
		for _, a := range arrays {
			shape, data, _ := readNPY(t, members[a.Name+".npy"])
			if !slices.Equal(shape, a.Shape) {
				t.Errorf("%s has shape %v, want %v", a.Name, shape, a.Shape)
			}
			if diff := cmp.Diff(bits(a.Data), bits(data)); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// Element [i₀, i₁, i₂] of what a reader sees is cell i₀ + n₀(i₁ + n₁ i₂).
func TestNPYFirstAxisIsFastest(t *testing.T) {
	n := []int{2, 3, 4}
	var file bytes.Buffer
	if err := WriteNPY(&file, Array{Shape: n, Data: ramp(24)}); err != nil {
		t.Fatal(err)
	}
	_, data, at := readNPY(t, file.Bytes())
	for i := range data {
		if got, want := at(i%n[0], i/n[0]%n[1], i/n[0]/n[1]), float64(i)/7; got != want {
			t.Errorf("cell %d is %g, want %g", i, got, want)
		}
	}
}

// Arrays longer than what is written at a time come back too, the last piece of one number.
func TestNPYLongArray(t *testing.T) {
	want := ramp(3*chunk/8 + 1)
	var file bytes.Buffer
	if err := WriteNPY(&file, Array{Shape: []int{len(want)}, Data: want}); err != nil {
		t.Fatal(err)
	}
	if _, got, _ := readNPY(t, file.Bytes()); !slices.Equal(got, want) {
		t.Error("differs")
	}
}

// Machines of either order of bytes write the same.
func TestEncodedIsLittleEndian(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(anyFloat, 1, 20).Draw(t, "data")
		var want bytes.Buffer
		if err := binary.Write(&want, binary.LittleEndian, data); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encoded(data), want.Bytes()) || !bytes.Equal(littleEndian(data), want.Bytes()) {
			t.Errorf("%v: %x and %x, want %x", data, encoded(data), littleEndian(data), want.Bytes())
		}
	})
}

// Writing 16 MiB allocates buffers only: below 1 MiB, one of 256 KiB and the zip's own.
func TestWritersDoNotCopy(t *testing.T) {
	const n = 1 << 10
	data := ramp(2 * n * n)
	edges := [][]float64{ramp(2*n + 1), ramp(n + 1)}
	writers := map[string]func() error{
		"npz": func() error { return WriteNPZ(io.Discard, []Array{{"a", []int{2 * n, n}, data}}) },
		"vtr": func() error {
			return WriteVTR(io.Discard, edges, []Array{{Name: "a", Data: data}}, map[string][3][]float64{"v": {data, data}})
		},
	}
	for name, write := range writers {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := write()
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
			t.Errorf("%s: %v allocated for %v of numbers", name, Bytes(got), Bytes(8*len(data)))
		}
	}
}

func TestWrongShapePanics(t *testing.T) {
	for _, a := range []Array{
		{"short", []int{2, 3}, ramp(5)},
		{"negative", []int{-1, -2}, ramp(2)},
		{"scalar", nil, nil},
	} {
		mustPanic(t, a.Name, func() { _ = WriteNPY(io.Discard, a) })
	}
	one := Array{"twice", []int{1}, ramp(1)}
	mustPanic(t, "twice", func() { _ = WriteNPZ(io.Discard, []Array{one, one}) })
}

// mustPanic runs f and wants it to panic with a text that has want in it.
func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if s, ok := recover().(string); !ok || !strings.HasPrefix(s, "output: ") || !strings.Contains(s, want) {
			t.Errorf("panic %q, want one of package output about %q", s, want)
		}
	}()
	f()
}

// python runs a script with arguments and returns what it prints. Where Python lacks a
// module the test is skipped.
func python(t *testing.T, module, script string, args ...string) string {
	t.Helper()
	exe := pythonWith(module)
	if exe == "" {
		t.Skipf("no python3 with %s", module)
	}
	out, err := exec.Command(exe, append([]string{"-c", script}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// pythonWith returns the first python3 that has a module, "" if there is none: the one
// on the path, or the system's, which has what Debian's packages bring.
func pythonWith(module string) string {
	for _, exe := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(exe, "-c", "import "+module).Run() == nil {
			return exe
		}
	}
	return ""
}

func TestNumPyLoads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	err = WriteNPZ(file, []Array{
		{"cube", []int{2, 3, 4}, ramp(24)},
		{"one", nil, []float64{math.Inf(-1)}},
		{"none", []int{0, 3}, nil},
		{"current_θ", []int{3}, []float64{1, math.NaN(), -0.1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	got := python(t, "numpy", `
import numpy, sys
z = numpy.load(sys.argv[1])
c = z["cube"]
print(sorted(z.files) == ["cube", "current_\u03b8", "none", "one"], c.shape, c.dtype, c.flags.f_contiguous)
print(all(c[i, j, k] == (i + 2*(j + 3*k))/7 for i in range(2) for j in range(3) for k in range(4)))
print(z["one"].shape, float(z["one"]), z["none"].shape, z["current_\u03b8"].tolist())
`, path)
	want := `True (2, 3, 4) float64 True
True
() -inf (0, 3) [1.0, nan, -0.1]
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
