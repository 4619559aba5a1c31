package expr

import (
	"fmt"
	"strings"
)

// An Error says what is wrong with a formula, and where.
type Error struct {
	Src    string // the formula as given; a byte that is no UTF-8 is U+FFFD
	Line   int    // of Src, from 1
	Column int    // in the line, in characters, from 1; one past its end where something is missing there
	Msg    string // what was wanted, what was found
}

// maxQuote is the number of characters of the formula that an error shows.
const maxQuote = 60

// Error gives the message, the place, and the line of the formula, or the part of it
// that holds the place.
func (e *Error) Error() string {
	lines := strings.Split(e.Src, "\n")
	where := fmt.Sprintf("column %d of", e.Column)
	if len(lines) > 1 {
		where = fmt.Sprintf("line %d, column %d of", e.Line, e.Column)
	}
	return fmt.Sprintf("%s, in %s %q", e.Msg, where, excerpt([]rune(lines[e.Line-1]), e.Column-1))
}

// excerpt returns the line, or maxQuote characters of it around the place.
func excerpt(line []rune, at int) string {
	if len(line) <= maxQuote {
		return string(line)
	}
	lo := min(max(at-maxQuote/2, 0), len(line)-maxQuote)
	part := string(line[lo : lo+maxQuote])
	if lo > 0 {
		part = "…" + part
	}
	if lo+maxQuote < len(line) {
		part += "…"
	}
	return part
}

// errorAt returns the error at character number at of the formula, from 0.
func errorAt(src []rune, at int, format string, args ...any) *Error {
	e := &Error{Src: string(src), Line: 1, Column: 1, Msg: fmt.Sprintf(format, args...)}
	for _, r := range src[:at] {
		e.Column++
		if r == '\n' {
			e.Line++
			e.Column = 1
		}
	}
	return e
}
