package spelling

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"kapa", []string{"x", "kappa"}, "kappa"},
		{"PI", []string{"e", "pi"}, "pi"},
		{"größe", []string{"grösse", "grösze"}, "grösse"}, // two letters off, of five
		{"abc", []string{"abd", "abx"}, "abd"},            // the first of equals
		{"x", []string{"longer"}, ""},
		{"sigmoid", []string{"sin", "sinh"}, ""},
		{"", []string{"", "a"}, ""},
		{"a", nil, ""},
	} {
		if got := Nearest(c.name, c.candidates); got != c.want {
			t.Errorf("%q among %q: %q, want %q", c.name, c.candidates, got, c.want)
		}
	}
}

// The distance is that of the recursion it is defined by.
func TestDistanceIsThatOfItsDefinition(t *testing.T) {
	var slow func(a, b []rune) int
	slow = func(a, b []rune) int {
		if len(a) == 0 || len(b) == 0 {
			return len(a) + len(b)
		}
		replace := slow(a[1:], b[1:])
		if a[0] != b[0] {
			replace++
		}
		return min(replace, slow(a[1:], b)+1, slow(a, b[1:])+1)
	}
	word := rapid.SliceOfN(rapid.SampledFrom([]rune("abc")), 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if got, want := distance(a, b), slow(a, b); got != want || (got == 0) != slices.Equal(a, b) {
			t.Errorf("%q to %q: %d, want %d", string(a), string(b), got, want)
		}
	})
}
