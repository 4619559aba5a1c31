package output

import (
	"encoding/json"
	"io"
	"math"
)

// A Float is a number that JSON shows as null where it is not finite;
// encoding/json refuses such numbers.
type Float float64

// MarshalJSON returns the number, or null.
func (v Float) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(v))
}

// Floats converts a slice.
func Floats(v []float64) []Float {
	out := make([]Float, len(v))
	for i, x := range v {
		out[i] = Float(x)
	}
	return out
}

// WriteJSON writes v indented, keys in the order of the struct (those of maps sorted),
// formulas unescaped, and a newline at the end. Numbers that may be NaN or infinite
// have to be a [Float].
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
