package main

import (
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
	return v.value.(interface{ Replace([]string) error }).Replace(strings.Split(s, ","))
}

// replacing makes the value of a flag a [last].
func replacing(cmd *cobra.Command, name string) {
	f := cmd.Flags().Lookup(name)
	f.Value, f.DefValue = last{f.Value}, ""
}
