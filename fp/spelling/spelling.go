// Package spelling finds what a mistyped name may have meant.
package spelling

import "strings"

// Nearest returns the first of the candidates that is closest to the name, or "" where none
// is close: a third of the letters may differ. Case does not count.
func Nearest(name string, candidates []string) string {
	letters := []rune(strings.ToLower(name))
	best, least := "", (len(letters)+1)/3+1
	for _, c := range candidates {
		if c == "" {
			continue
		}
		if d := distance(letters, []rune(strings.ToLower(c))); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance returns how many letters must be put in, left out or replaced to make b of
// a (Levenshtein, Sov. Phys. Dokl. 10 (1966) 707).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1) // distances of a[:i] to b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
