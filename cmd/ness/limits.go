package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// This file has limits of numbers that are given by flags.

// limits are those of a number, from least to most.
type limits struct{ least, most float64 }

// Ends of limits that are not of the numbers themselves.
const (
	above0  = math.SmallestNonzeroFloat64
	below1  = 1 - 0x1p-53
	largest = math.MaxFloat64
)

// mostSteps bounds counts that only patience bounds; some of them may be added.
const mostSteps = 1e15

// String says which numbers are wanted.
func (l limits) String() string {
	switch l {
	case limits{above0, below1}:
		return "a number between 0 and 1"
	case limits{above0, largest}:
		return "a number above 0"
	case limits{above0, 1}:
		return "a number above 0, at most 1"
	}
	if l.most == below1 {
		return plain(l.least) + " to less than 1"
	}
	return plain(l.least) + " to " + plain(l.most)
}

// plain writes a number, a whole one in full where that is not long.
func plain(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e9 {
		return strconv.Itoa(int(v))
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', -1, 64), "e+", "e", 1)
}

// hold says whether a number is within the limits; NaN is not.
func (l limits) hold(v float64) bool { return v >= l.least && v <= l.most }

// limited is the value of a flag that is a number within limits.
type limited struct {
	value
	limits
}

// String returns the number.
func (n limited) String() string { return n.value.String() }

// Set reads a number, and refuses it outside the limits.
func (n limited) Set(s string) error {
	if v, err := strconv.ParseFloat(s, 64); err == nil && !n.hold(v) {
		return wanted(n.limits.String())
	}
	return n.value.Set(s)
}

// limit sets limits to what a flag may be given. A default may be outside: it then stands for what
// the program finds, which no number that is given does, and usage has to say it.
func limit(cmd *cobra.Command, name string, least, most float64) {
	f, in := cmd.Flags().Lookup(name), limits{least, most}
	if v, err := strconv.ParseFloat(f.DefValue, 64); err == nil && !in.hold(v) {
		f.DefValue = ""
	}
	f.Value = limited{f.Value, in}
}
