package main

import (
	"math"
	"strconv"
)

// A whole is the value of a flag that is a whole number, also as 1e4.
type whole int

// newWhole returns the value of a flag that sets p, with its default.
func newWhole(p *int, otherwise int) *whole {
	*p = otherwise
	return (*whole)(p)
}

// String returns the number in full.
func (n *whole) String() string { return strconv.Itoa(int(*n)) }

// Type returns what help calls such numbers.
func (n *whole) Type() string { return "int" }

// Set reads a number: in full of any size, or with a point or an exponent up to 2⁵³.
func (n *whole) Set(s string) error {
	if v, err := strconv.Atoi(s); err == nil {
		*n = whole(v)
		return nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return wanted(kinds["int"])
	}
	*n = whole(v)
	return nil
}
