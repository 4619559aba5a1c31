package fp

import (
	"fmt"
	"regexp"
	"strconv"
)

// This file puts what problem files say into words for a reader.

func (r *reader) fact(label, format string, args ...any) {
	r.file.Facts = append(r.file.Facts, [2]string{label, fmt.Sprintf(format, args...)})
}

var longNumber = regexp.MustCompile(`\d+\.\d{8,}(e[-+]?\d+)?`)

// shortNumbers returns a formula with six digits of every number, for a reader.
func shortNumbers(formula string) string {
	return longNumber.ReplaceAllStringFunc(formula, func(s string) string {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return s
		}
		return fmt.Sprintf("%.6g", v)
	})
}
