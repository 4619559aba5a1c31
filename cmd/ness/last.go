package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// last is the value of a flag that is a list, with commas between: given again, it replaces what
// was given before.
type last struct{ value }

// A value is that of a flag.
type value interface {
	String() string
	Type() string
	Set(string) error
}

// Set replaces the list.
func (v last) Set(s string) error {
	err := v.value.(interface{ Replace([]string) error }).Replace(strings.Split(s, ","))
	var number *strconv.NumError
	if errors.As(err, &number) { // the flag's name comes before, what strconv was doing is of no use
		return fmt.Errorf("want %s with commas between, have %q", kinds[v.Type()], number.Num)
	}
	return err
}

// kinds are what lists hold, by the names of their flags' types.
var kinds = map[string]string{"intSlice": "whole numbers", "float64Slice": "numbers"}

// replacing makes the value of a flag a [last].
func replacing(cmd *cobra.Command, name string) {
	f := cmd.Flags().Lookup(name)
	f.Value = last{f.Value}
}
