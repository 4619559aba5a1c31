package expr

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// This file reads a formula character by character before the parser does, and refuses
// what no formula has, at its place and in words about formulas; and it puts the
// parser's own complaints into such words.

const (
	maxLength  = 10000 // characters of a formula; bounds the depth of every recursion over it
	maxNesting = 200   // parentheses
)

// advice says what to write instead of a character that no formula has.
var advice = map[rune]string{
	'²': "a square is written ^2", '³': "a cube is written ^3",
	'·': "a product is written with *", '×': "a product is written with *", '÷': "a quotient is written with /",
	'−': "minus is written with -", '–': "minus is written with -", '√': "a square root is written sqrt(x)",
	'<': noCondition, '>': noCondition, '=': noCondition, '!': noCondition, '&': noCondition, '|': noCondition, '?': noCondition, ':': noCondition,
	'[': onlyRound, ']': onlyRound, '{': onlyRound, '}': onlyRound,
	'"': noText, '\'': noText, '`': noText,
}

const (
	noCondition = "formulas have no conditions; min, max, abs and sign may do"
	onlyRound   = "parts are grouped with ( )"
	noText      = "formulas have no text"
	noComment   = "formulas have no comments and no integer division"
)

// comparisons are the characters and logicalWords the words that conditions have besides those
// of formulas.
const comparisons = "<>=!&|"

var logicalWords = []string{"and", "or", "not"}

// scan returns an error where the formula has another character than those of numbers,
// names, operators, parentheses and commas, or where a number is malformed. Conditions have
// comparisons too, and words between them.
func scan(src []rune, condition bool) *Error {
	if len(src) > maxLength {
		return errorAt(src, maxLength, "a formula of %d characters; want at most %d", len(src), maxLength)
	}
	if strings.TrimSpace(string(src)) == "" {
		return errorAt(src, 0, "want a formula; found nothing")
	}
	depth := 0
	last := ' ' // character before that is no space
	for i := 0; i < len(src); {
		r, end := src[i], i+1
		switch {
		case unicode.IsSpace(r):
		case isDigit(r), r == '.' && end < len(src) && isDigit(src[end]):
			end = numberEnd(src, i)
			if err := checkNumber(src, i, end); err != nil {
				return err
			}
		case isLetter(r):
			end = wordEnd(src, i)
			if word := string(src[i:end]); slices.Contains(keywords, word) && !(condition && slices.Contains(logicalWords, word)) {
				return errorAt(src, i, "%q has no meaning in a formula; want numbers, names, + - * / ^ and functions", word)
			}
		case r == '(':
			if depth++; depth > maxNesting {
				return errorAt(src, i, "nested deeper than %d parentheses", maxNesting)
			}
		case r == ')' && last == ',': // the parser would let it pass
			return errorAt(src, i, "want an argument; found \")\"")
		case r == ')':
			depth--
		case r == '/' && end < len(src) && (src[end] == '/' || src[end] == '*'):
			return errorAt(src, i, "%q has no meaning in a formula: %s", string(src[i:end+1]), noComment)
		case strings.ContainsRune("+-*/^,", r), condition && strings.ContainsRune(comparisons, r):
		default:
			if hint := advice[r]; hint != "" {
				return errorAt(src, i, "%q has no meaning in a formula: %s", string(r), hint)
			}
			return errorAt(src, i, "%q has no meaning in a formula; want numbers, names, + - * / ^ ( ) and commas", string(r))
		}
		if !unicode.IsSpace(r) {
			last = r
		}
		i = end
	}
	return nil
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// wordEnd returns where the name that starts at i ends.
func wordEnd(src []rune, i int) int {
	for i < len(src) && (isLetter(src[i]) || unicode.IsDigit(src[i])) {
		i++
	}
	return i
}

// numberEnd returns where the number that starts at i ends, with all letters, digits
// and points that touch it, and the sign of an exponent.
func numberEnd(src []rune, i int) int {
	mantissa := true // no letter so far
	for ; i < len(src); i++ {
		r := src[i]
		switch {
		case r == '.' || unicode.IsDigit(r):
		case mantissa && (r == 'e' || r == 'E') && i+2 < len(src) && (src[i+1] == '+' || src[i+1] == '-') && isDigit(src[i+2]):
			mantissa = false
			i++
		case isLetter(r):
			mantissa = false
		default:
			return i
		}
	}
	return i
}

// checkNumber refuses what is no decimal number within double precision.
func checkNumber(src []rune, from, to int) *Error {
	text := string(src[from:to])
	plain := strings.TrimLeft(text, ".0123456789")
	_, err := strconv.ParseFloat(text, 64)
	switch {
	case plain != "" && plain[0] != 'e' && plain[0] != 'E', strings.Contains(text, "_"), err != nil && !isRange(err):
		if letter := strings.IndexFunc(text, isLetter); letter > 0 {
			return errorAt(src, from, "%q is no number; a product is written %s*%s", text, text[:letter], text[letter:])
		}
		return errorAt(src, from, "%q is no number", text)
	case err != nil:
		return errorAt(src, from, "the number %s is beyond double precision", text)
	}
	if _, err := strconv.ParseInt(text, 10, 64); err != nil && plain == "" && !strings.Contains(text, ".") {
		return errorAt(src, from, "an integer of more than 64 bits; write it with a decimal point, %s.0", text)
	}
	return nil
}

func isRange(err error) bool {
	e, ok := err.(*strconv.NumError)
	return ok && e.Err == strconv.ErrRange
}

// syntaxError explains why no formula goes on at character number at, where the parser
// stopped; at the end if it is len(src).
func syntaxError(src []rune, at int) *Error {
	before := at
	for before > 0 && unicode.IsSpace(src[before-1]) {
		before--
	}
	operand := before > 0 && !strings.ContainsRune("+-*/^,("+comparisons, src[before-1]) && !slices.Contains(logicalWords, wordBefore(src, before)) // stands before
	switch {
	case operand && at == len(src):
		return errorAt(src, openParenthesis(src), "this ( is never closed")
	case at == len(src):
		return errorAt(src, before, "want a number, a name, a function or (; the formula ends here")
	case !operand:
		return errorAt(src, at, "want a number, a name, a function or (; found %q", token(src, at))
	case src[at] == ')':
		return errorAt(src, at, "this ) closes nothing")
	case strings.ContainsRune(comparisons, src[at]):
		return errorAt(src, at, "%q has no meaning here; want < <= > >= and, or, not", string(src[at]))
	case src[at] == ',':
		return errorAt(src, at, "a comma stands only between the arguments of a function")
	}
	if word := wordBefore(src, before); slices.Contains(functionNames(), word) {
		return errorAt(src, before-len(word), "the function %s wants its arguments in parentheses", word)
	}
	return errorAt(src, at, "want an operator before %q; a product is written with *", token(src, at))
}

// token returns the name or number that starts at a place, or else the character.
func token(src []rune, at int) string {
	return string(src[at:max(at+1, wordEnd(src, at))])
}

// wordBefore returns the name that ends before a place.
func wordBefore(src []rune, end int) string {
	start := end
	for start > 0 && (isLetter(src[start-1]) || unicode.IsDigit(src[start-1])) {
		start--
	}
	return string(src[start:end])
}

// openParenthesis returns the place of the last ( that has no ).
func openParenthesis(src []rune) int {
	closed := 0
	for i := len(src) - 1; i > 0; i-- {
		switch src[i] {
		case ')':
			closed++
		case '(':
			if closed == 0 {
				return i
			}
			closed--
		}
	}
	return 0
}
