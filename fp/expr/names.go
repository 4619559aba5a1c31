package expr

import (
	"fmt"
	"maps"
	"slices"
	"unicode"

	"github.com/ness-fp/ness/fp/spelling"
)

// Names are what formulas may refer to besides pi, e and the functions.
type Names struct {
	Variables []string
	Constants map[string]float64
}

// keywords are words to which the parser underneath gives a meaning of its own.
var keywords = []string{
	"and", "contains", "else", "endsWith", "false", "if", "in", "let", "matches", "nil", "not", "or", "startsWith", "true",
}

// Reserved says whether a name means something in formulas already, or cannot be used
// in them, so that no variable or constant can have it.
func Reserved(name string) bool {
	return name == "pi" || name == "e" || slices.Contains(keywords, name) || slices.Contains(functionNames(), name)
}

// Check returns an error unless every name is made of letters, digits and _, starts
// with no digit, is not [Reserved] and stands once, and every constant is finite.
func (n Names) Check() error {
	constants := slices.Sorted(maps.Keys(n.Constants))
	for i, name := range n.Variables {
		if err := checkName("variable", name); err != nil {
			return err
		}
		if slices.Contains(n.Variables[:i], name) {
			return fmt.Errorf("variable %q: declared twice", name)
		}
	}
	for _, name := range constants {
		if err := checkName("constant", name); err != nil {
			return err
		}
		if slices.Contains(n.Variables, name) {
			return fmt.Errorf("constant %q: a variable has this name", name)
		}
		if v := n.Constants[name]; !finite(v) {
			return fmt.Errorf("constant %q: want a finite number, have %v", name, v)
		}
	}
	return nil
}

func checkName(kind, name string) error {
	for i, r := range name {
		if !isLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return fmt.Errorf("%s %q: want a name of letters, digits and _, not starting with a digit; found %q", kind, name, r)
		}
	}
	switch {
	case name == "":
		return fmt.Errorf("%s %q: want a name", kind, name)
	case Reserved(name):
		return fmt.Errorf("%s %q: the name has a meaning of its own in formulas; choose another", kind, name)
	}
	return nil
}

func isLetter(r rune) bool { return r == '_' || unicode.IsLetter(r) }

// defined lists the variables as declared, then the constants by name, then pi and e.
func (n Names) defined() []string {
	return slices.Concat(n.Variables, slices.Sorted(maps.Keys(n.Constants)), []string{"pi", "e"})
}

// usual are names that other languages give to functions.
var usual = map[string]string{
	"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "sgn": "sign", "fabs": "abs",
}

// didYouMean returns "; did you mean …?" with the candidate that the name may stand for, or
// nothing where none is close.
func didYouMean(name string, candidates []string) string {
	best := usual[name]
	if !slices.Contains(candidates, best) {
		best = spelling.Nearest(name, candidates)
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}
