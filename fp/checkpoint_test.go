package fp_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/checkpoint"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// A run is an evolution that can be made again and again.
type run struct {
	name  string
	start func() (fp.Course, *grid.Field, fp.EvolutionOptions)
}

func runs(t testing.TB) []run {
	t.Helper()
	line, plane := exact.DoubleWell1D(), exact.FullTensor()
	g1, g2 := line.Grid(40), plane.Grid(24)
	s, err := fp.SolveStationary(plane.Problem, g2, fp.StationaryOptions{Order: 4})
	if err != nil {
		t.Fatal(err)
	}
	return []run{
		{"a generator", func() (fp.Course, *grid.Field, fp.EvolutionOptions) {
			return fp.Fixed(line.Problem), bump(g1, []float64{0.5}, 0.3), fp.EvolutionOptions{Times: []float64{0, 0.1, 0.5}}
		}},
		{"a generator of a plane", func() (fp.Course, *grid.Field, fp.EvolutionOptions) {
			return fp.Fixed(plane.Problem), bump(plane.Grid(68), []float64{0.5, 0.2}, 0.3), fp.EvolutionOptions{Order: fp.OrderMonotone, End: 0.5}
		}},
		{"the accurate operator", func() (fp.Course, *grid.Field, fp.EvolutionOptions) {
			return fp.Fixed(plane.Problem), bump(g2, []float64{0.5, 0.2}, 0.5), fp.EvolutionOptions{Order: 4, Stationary: s, Times: []float64{0.3}}
		}},
		{"coefficients that change", func() (fp.Course, *grid.Field, fp.EvolutionOptions) {
			return breathing(), bump(g1, []float64{0.5}, 0.3), fp.EvolutionOptions{End: 1}
		}},
	}
}

// begin returns the run at time 0, and where it puts what it outputs.
func (r *run) begin(t testing.TB) (*fp.Evolution, *[]float64) {
	t.Helper()
	c, initial, opt := r.start()
	out := new([]float64)
	opt.Output = func(at float64, p *grid.Field) error {
		*out = append(append(*out, at), p.Values...)
		return nil
	}
	e, err := fp.NewEvolution(c, initial, opt)
	if err != nil {
		t.Fatal(err)
	}
	return e, out
}

func steps(t testing.TB, e *fp.Evolution, n int) {
	t.Helper()
	for range n {
		if _, err := e.Step(); err != nil {
			t.Fatal(err)
		}
	}
}

// An evolution restored from any step goes on with the same bits.
func TestSavedEvolutionsGoOnWithTheSameBits(t *testing.T) {
	for _, r := range runs(t) {
		for _, at := range []int{0, 1, 6} {
			e, out := r.begin(t)
			steps(t, e, at)
			var saved bytes.Buffer
			if err := e.Save(&saved); err != nil {
				t.Fatal(err)
			}
			*out = nil
			steps(t, e, 9)
			again, outAgain := r.begin(t)
			steps(t, again, 3) // which are forgotten
			*outAgain = nil
			if err := again.Restore(&saved); err != nil {
				t.Fatalf("%s: %v", r.name, err)
			}
			if saved.Len() != 0 {
				t.Errorf("%s: %d bytes left", r.name, saved.Len())
			}
			steps(t, again, 9)
			var one, two bytes.Buffer
			if err := errors.Join(e.Save(&one), again.Save(&two)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(one.Bytes(), two.Bytes()) || !slices.Equal(e.Density().Values, again.Density().Values) {
				t.Errorf("%s, restored at step %d: other bits:\n%+v\n%+v", r.name, at, e.State(), again.State())
			}
			if !slices.Equal(*out, *outAgain) {
				t.Errorf("%s, restored at step %d: other output", r.name, at)
			}
		}
	}
}

// Whatever byte is damaged or missing, and whatever else is another evolution's, is
// refused, and leaves the evolution as it was.
func TestDamagedAndOtherEvolutionsAreRefused(t *testing.T) {
	r := &runs(t)[0]
	e, _ := r.begin(t)
	steps(t, e, 3)
	var buf bytes.Buffer
	if err := e.Save(&buf); err != nil {
		t.Fatal(err)
	}
	saved := buf.Bytes()
	other, _ := r.begin(t)
	refuse := func(what string, from io.Reader, want error) {
		if err := other.Restore(from); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		if other.State().Steps != 0 {
			t.Fatalf("%s: the state has changed", what)
		}
	}
	head := 8 + 32 // of magic and fingerprint
	for k := range saved {
		bad := slices.Clone(saved)
		bad[k] ^= 4
		if k < head {
			refuse("a damaged head", bytes.NewReader(bad), checkpoint.ErrOther)
		} else {
			refuse("a damaged byte", bytes.NewReader(bad), checkpoint.ErrDamaged)
		}
		refuse("a file cut short", bytes.NewReader(saved[:k]), checkpoint.ErrDamaged)
	}
	broken := errors.New("a broken disk")
	refuse("a broken disk", io.MultiReader(bytes.NewReader(saved[:100]), iotestError{broken}), broken)

	c, initial, opt := r.start()
	for _, k := range []struct {
		what   string // differs
		change func()
	}{
		{"error or length of a step", func() { opt.Tol = 1e-3 }},
		{"end", func() { opt.End = 3 }},
		{"output times", func() { opt.Times = opt.Times[1:] }},
		{"error or length of a step", func() { opt.MaxStep = 1 }},
		{"order", func() { opt.Order = 4 }},
		{"initial density", func() { initial = bump(initial.Grid, []float64{0.6}, 0.3) }},
		{"coefficients", func() { c = breathing() }},
		{"grid", func() { initial = bump(exact.DoubleWell1D().Grid(41), []float64{0.5}, 0.3) }},
		{"order, other initial density", func() { opt.Order, initial = 4, bump(initial.Grid, []float64{0.6}, 0.3) }},
	} {
		c, initial, opt = r.start()
		k.change()
		var err error
		if other, err = fp.NewEvolution(c, initial, opt); err != nil {
			t.Fatal(err)
		}
		refuse(k.what, bytes.NewReader(saved), checkpoint.ErrOther)
		if err := other.Restore(bytes.NewReader(saved)); !strings.HasSuffix(err.Error(), ": other "+k.what) {
			t.Errorf("%v, want other %s", err, k.what)
		}
	}
}

// A state of the version before is refused as such, whatever its fingerprint, and is a saved one all the same.
func TestEvolutionsOfAnotherVersionAreRefused(t *testing.T) {
	e, _ := runs(t)[0].begin(t)
	var saved bytes.Buffer
	if err := e.Save(&saved); err != nil {
		t.Fatal(err)
	}
	old := saved.Bytes()
	old[7] = 1
	old[8] ^= 1
	err := e.Restore(bytes.NewReader(old))
	if !errors.Is(err, checkpoint.ErrOther) || !strings.HasSuffix(err.Error(), ": of another version") {
		t.Errorf("%v, want that of another version", err)
	}
	if !fp.IsSavedEvolution(bytes.NewReader(old)) {
		t.Error("it does not pass for a saved evolution")
	}
	old[0] ^= 1
	if fp.IsSavedEvolution(bytes.NewReader(old)) {
		t.Error("anything passes for a saved evolution")
	}
}

// The fingerprint tells evolutions apart by its hash of all, bytes 14 and on, should the hints before agree
// by chance.
func TestFingerprintsAreHashesOfAll(t *testing.T) {
	const hash = 8 + 14 // behind the magic word and the hints
	saved := func(c fp.Course, initial *grid.Field, opt fp.EvolutionOptions) []byte {
		e, err := fp.NewEvolution(c, initial, opt)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := e.Save(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	c, initial, opt := runs(t)[0].start()
	e, err := fp.NewEvolution(c, initial, opt)
	if err != nil {
		t.Fatal(err)
	}
	own := saved(c, initial, opt)
	s, err := fp.SolveStationary(exact.DoubleWell1D().Problem, initial.Grid, fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(){
		"tolerance":                func() { opt.Tol = 1e-3 },
		"initial density":          func() { initial = bump(initial.Grid, []float64{0.6}, 0.3) },
		"coefficients":             func() { c = breathing() },
		"known stationary density": func() { opt.Stationary = s },
	} {
		c, initial, opt = runs(t)[0].start()
		change()
		other := saved(c, initial, opt)
		if what == "known stationary density" && !bytes.Equal(own[:hash], other[:hash]) {
			t.Errorf("%s: other hints", what)
		}
		copy(other, own[:hash])
		if err := e.Restore(bytes.NewReader(other)); !errors.Is(err, checkpoint.ErrOther) {
			t.Errorf("%s: %v, want %v", what, err, checkpoint.ErrOther)
		}
	}
}

// An iotestError fails whenever it is read.
type iotestError struct{ err error }

func (e iotestError) Read([]byte) (int, error) { return 0, e.err }

// Courses that agree at the start, in the middle and at the end are told apart, as are coefficients
// that differ between a few cells.
func TestSavedEvolutionsOfOtherCoursesAreRefused(t *testing.T) {
	g := segment(t, 200, grid.Reflecting)
	begin := func(c fp.Course) *fp.Evolution {
		e, err := fp.NewEvolution(c, bump(g, []float64{0}, 0.5), fp.EvolutionOptions{End: 2})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	periods := func(n float64) fp.Course {
		return func(t float64) (*fp.Problem, error) { return noisy(0.3 + 0.2*math.Cos(2*math.Pi*n*t)), nil }
	}
	spiked := func(height float64) fp.Course {
		return fp.Fixed(&fp.Problem{Variables: []string{"x"}, Equation: fp.HanggiKlimontovich(1,
			fp.Pointwise(func(dst, x []float64) {
				if dst[0] = -x[0]; math.Abs(x[0]-0.5) < 0.06 { // two cells
					dst[0] += height
				}
			}), fp.Pointwise(func(dst, _ []float64) { dst[0] = 0.5 }))})
	}
	for name, pair := range map[string][2]fp.Course{"periods": {periods(1), periods(2)}, "spike": {spiked(0), spiked(1)}} {
		e := begin(pair[0])
		steps(t, e, 3)
		var saved bytes.Buffer
		if err := e.Save(&saved); err != nil {
			t.Fatal(err)
		}
		if err := begin(pair[1]).Restore(bytes.NewReader(saved.Bytes())); !errors.Is(err, checkpoint.ErrOther) {
			t.Errorf("%s: %v, want %v", name, err, checkpoint.ErrOther)
		}
		if err := begin(pair[0]).Restore(&saved); err != nil {
			t.Errorf("%s: its own state: %v", name, err)
		}
	}
}
