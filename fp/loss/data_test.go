package loss

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadCSV(t *testing.T) {
	const text = "\ufeffa, b ,c\n1,2,3\n\n\" 4\", \"5e-1\", -6 \n"
	d, err := ReadCSV(strings.NewReader(text), CSVOptions{Features: []string{"c", "a"}, Target: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Features, []string{"c", "a"}) || !slices.Equal(d.X, []float64{3, 1, -6, 4}) || !slices.Equal(d.Y, []float64{2, 0.5}) || d.Intercept {
		t.Errorf("%+v", d)
	}
	d, err = ReadCSV(strings.NewReader(text), CSVOptions{Features: []string{"c"}, Target: "b", Intercept: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Features, []string{"intercept", "c"}) || !slices.Equal(d.X, []float64{1, 3, 1, -6}) || !d.Intercept {
		t.Errorf("with intercept: %+v", d)
	}
	l := mustNew(t, LinearRegression, d)
	if got := l.Parameters(); !slices.Equal(got, []string{"intercept", "weight of c"}) {
		t.Errorf("parameters %q", got)
	}
}

func TestBadTables(t *testing.T) {
	ab := CSVOptions{Features: []string{"alpha"}, Target: "beta"}
	for _, c := range []struct {
		table  string
		opt    CSVOptions
		line   int
		column string
		want   string
	}{
		{"", ab, 0, "", "empty"},
		{"alpha,beta\n", ab, 0, "", "no samples"},
		{"alpha,beta\n1,2\n3\n", ab, 3, "", "ragged: want as many cells as the header has columns, have 1"},
		{"alpha,beta\n1,2\n\n3,x\n", ab, 4, "beta", `want a finite number, have "x"`},
		{"alpha,beta\n1,\n", ab, 2, "beta", `have ""`},
		{"alpha,beta\n1,NaN\n", ab, 2, "beta", `have "NaN"`},
		{"alpha,beta\n-inf,1\n", ab, 2, "alpha", `have "-inf"`},
		{"alpha,beta\n1e999,1\n", ab, 2, "alpha", `have "1e999"`},
		{"alpha,beta\n1,\"2\n", ab, 2, "", `"`},
		{"gamma,beta\n1,2\n", ab, 1, "", `no column "alpha"; there are gamma, beta`},
		{"Alpha,beta\n1,2\n", ab, 1, "", `no column "alpha", did you mean "Alpha"?`},
		{"alpha,betta,x\n1,2,3\n", ab, 1, "", `did you mean "betta"?; there are alpha, betta, x`},
		{"alpha,beta,beta\n1,2,3\n", ab, 1, "beta", "several columns"},
		{"alpha,beta\n1,2\n", CSVOptions{Features: []string{"alpha", "alpha"}, Target: "beta"}, 1, "alpha", "twice"},
		{"alpha,beta\n1,2\n", CSVOptions{Features: []string{"alpha"}, Target: "alpha"}, 1, "alpha", "twice"},
		{"intercept,beta\n1,2\n", CSVOptions{Features: []string{"intercept"}, Target: "beta", Intercept: true}, 1, "intercept", "clashes"},
		{"alpha,beta\n1,2\n", CSVOptions{Target: "beta"}, 0, "", "no features"},
	} {
		_, err := ReadCSV(strings.NewReader(c.table), c.opt)
		var e *CSVError
		if !errors.As(err, &e) || e.Line != c.line || e.Column != c.column || !strings.Contains(e.Msg, c.want) {
			t.Errorf("%q: %v; want line %d, column %q: %s", c.table, err, c.line, c.column, c.want)
		}
	}
}

func TestCSVErrorNamesThePlace(t *testing.T) {
	for want, e := range map[string]CSVError{
		"wrong":                       {0, "", "wrong"},
		"line 3: wrong":               {3, "", "wrong"},
		`column "bmi": wrong`:         {0, "bmi", "wrong"},
		`line 3, column "bmi": wrong`: {3, "bmi", "wrong"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestReadCSVReturnsErrorsOfTheReader(t *testing.T) {
	broken := errors.New("disk on fire")
	r := io.MultiReader(strings.NewReader("a,b\n1,2\n"), iotest.ErrReader(broken))
	if _, err := ReadCSV(r, CSVOptions{Features: []string{"a"}, Target: "b"}); !errors.Is(err, broken) {
		t.Errorf("%v, want %v", err, broken)
	}
}

// moments12 returns mean and variance of x[first], x[first+step], ….
func moments12(x []float64, first, step int) (mean, variance float64) {
	n := float64(len(x) / step)
	for i := first; i < len(x); i += step {
		mean += x[i] / n
		variance += x[i] * x[i] / n
	}
	return mean, variance - mean*mean
}

// Columns come out with mean 0 and variance 1, to n units of round-off, whatever their
// size and however little they vary: the last differs by 1e-12 of itself.
func TestStandardize(t *testing.T) {
	d := &Data{Features: []string{"intercept", "a", "b", "c"}, Target: "y", Intercept: true}
	for i := range 50 {
		v := math.Sin(float64(i))
		d.X = append(d.X, 1, 1e308*v, 1e-310*v, 7*(1+1e-12*v))
		d.Y = append(d.Y, 3+v)
	}
	if err := d.Standardize(true); err != nil {
		t.Fatal(err)
	}
	for f := range 4 {
		mean, variance := moments12(d.X, f, 4)
		if f == 0 {
			mean, variance = mean-1, variance+1 // the intercept
		}
		if math.Abs(mean) > 50*0x1p-52 || math.Abs(variance-1) > 50*0x1p-52 {
			t.Errorf("%s: mean %g, variance %g", d.Features[f], mean, variance)
		}
	}
	if mean, variance := moments12(d.Y, 0, 1); math.Abs(mean) > 50*0x1p-52 || math.Abs(variance-1) > 50*0x1p-52 {
		t.Errorf("target: mean %g, variance %g", mean, variance)
	}
}

func TestStandardizeLeavesTargetsAsAsked(t *testing.T) {
	d := randomData(20, 1, true)
	y := slices.Clone(d.Y)
	if err := d.Standardize(false); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Y, y) {
		t.Error("the target has changed")
	}
}

func TestStandardizeOfAConstant(t *testing.T) {
	d := &Data{Features: []string{"a", "b"}, Target: "y", X: []float64{1, 0.1, 2, 0.1, 3, 0.1}, Y: []float64{5, 5, 5}}
	x := slices.Clone(d.X)
	var e *CSVError
	if err := d.Standardize(false); !errors.As(err, &e) || e.Column != "b" || !strings.Contains(e.Msg, "is 0.1 in every sample") {
		t.Errorf("%v", err)
	}
	if !slices.Equal(d.X, x) {
		t.Error("the features have changed")
	}
	d.X[1] = 2
	if err := d.Standardize(true); !errors.As(err, &e) || e.Column != "y" {
		t.Errorf("%v", err)
	}
}

func TestModelsThatDoNotFitTheData(t *testing.T) {
	three := &Data{Features: []string{"x"}, Target: "class", X: []float64{1, 2}, Y: []float64{1, 3}}
	for _, c := range []struct {
		model Model
		data  *Data
		want  string
	}{
		{LogisticRegression, three, "wants targets 0 or 1; sample 2 has class = 3"},
		{DeepLinear, randomData(3, 2, false), "wants one feature, have 2: x0, x1"},
		{LinearRegression, &Data{Features: []string{"x"}}, "have 0 samples"},
		{TanhNeuron, &Data{Y: []float64{1}}, "0 features"},
	} {
		if _, err := New(c.model, c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.model, err, c.want)
		}
	}
}

func TestParseModel(t *testing.T) {
	for m := range Model(len(modelNames)) {
		if got, err := ParseModel(m.String()); err != nil || got != m {
			t.Errorf("%v: %v, %v", m, got, err)
		}
	}
	_, err := ParseModel("tanh-neurone")
	if want := `want one of linear-regression, logistic-regression, tanh-neuron, deep-linear, have "tanh-neurone", did you mean "tanh-neuron"?`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Every text is read as finite numbers of the right count, or refused with its place;
// what is read can be standardised to finite numbers or is constant.
func FuzzReadCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n3,5\n", "a,b\n1e308,1e-310\n-1e308,2\n", "b,\"a\"\r\n1,2", "\ufeffa,b\n", "a,b\n1,\"2\n", "a,b\n1\n"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, intercept bool) {
		d, err := ReadCSV(strings.NewReader(text), CSVOptions{Features: []string{"a"}, Target: "b", Intercept: intercept})
		if err == nil {
			if n := d.Samples(); n == 0 || len(d.X) != n*len(d.Features) {
				t.Fatalf("%d numbers for %d samples of %d features", len(d.X), n, len(d.Features))
			}
			err = d.Standardize(true)
		}
		var e *CSVError
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%v is no CSVError", err)
		}
		if d == nil {
			return
		}
		for _, v := range slices.Concat(d.X, d.Y) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%v among the numbers of %q", v, text)
			}
		}
	})
}
