package output

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWriteJSON(t *testing.T) {
	v := struct {
		Residual Float             `json:"residual"`
		Mean     []Float           `json:"mean"`
		Seconds  map[string]Float  `json:"seconds"`
		Drift    string            `json:"drift"`
		None     *Float            `json:"none"`
		Empty    []string          `json:"empty"`
		Nested   struct{ A Float } `json:"nested"`
	}{
		Residual: Float(math.NaN()),
		Mean:     Floats([]float64{1e-300, math.Inf(1), -0.5, math.Inf(-1)}),
		Seconds:  map[string]Float{"solve": 2, "read": 1},
		Drift:    "x < 0 && θ > 1",
		Empty:    []string{},
	}
	var out bytes.Buffer
	if err := WriteJSON(&out, v); err != nil {
		t.Fatal(err)
	}
	want := `{
  "residual": null,
  "mean": [
    1e-300,
    null,
    -0.5,
    null
  ],
  "seconds": {
    "read": 1,
    "solve": 2
  },
  "drift": "x < 0 && θ > 1",
  "none": null,
  "empty": [],
  "nested": {
    "A": 0
  }
}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// Every finite number comes back as it was, every other one as null.
func TestFloatReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.OneOf(anyFloat, rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1)})).Draw(t, "x")
		b, err := json.Marshal(Float(x))
		if err != nil {
			t.Fatal(err)
		}
		var back *float64
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		finite := !math.IsNaN(x) && !math.IsInf(x, 0)
		if finite != (back != nil) || finite && math.Float64bits(*back) != math.Float64bits(x) {
			t.Errorf("%v became %s", x, b)
		}
	})
}
