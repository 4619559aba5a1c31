package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ness-fp/ness/fp/spelling"
)

// This file tells what is wrong with commands, flags and arguments: which, what is wanted, what was
// found.

// oneFile wants one argument.
func oneFile(_ *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return fmt.Errorf("want one problem file, have %s", cmp.Or(strings.Join(args, ", "), "none"))
}

// wanted is the error of a value that cannot be, and says what can.
type wanted string

func (w wanted) Error() string { return "want " + string(w) }

// kinds are what flags take that take not any text, by the names of their types.
var kinds = map[string]string{
	"bool":         "true or false, or nothing",
	"duration":     "a time with its unit, as 30s or 5m",
	"float64":      "a number",
	"float64Slice": "numbers with commas between",
	"int":          "a whole number, as 10000 or 1e4",
	"intSlice":     "whole numbers with commas between",
	"uint64":       "a whole number from 0 to 18446744073709551615",
}

// kind says what a flag takes: any text by its name in the help.
func kind(f *pflag.Flag) string {
	text, _ := pflag.UnquoteUsage(f)
	return cmp.Or(kinds[f.Value.Type()], text)
}

// nothing is how a value that is empty is told.
const nothing = "nothing"

// flagError says what is wrong with flags in the program's own words.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var alone *pflag.ValueRequiredError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &invalid):
		flag, want := invalid.GetFlag(), wanted("")
		if !errors.As(err, &want) {
			want = wanted(kind(flag))
		}
		return fmt.Errorf("--%s: %w, have %s", flag.Name, want, cmp.Or(invalid.GetValue(), nothing))
	case errors.As(err, &alone):
		return fmt.Errorf("--%s: want %s, have %s", alone.GetFlag().Name, kind(alone.GetFlag()), nothing)
	case errors.As(err, &unknown):
		return noSuchFlag(cmd, unknown)
	}
	return err
}

// noSuchFlag names the flag that may have been meant.
func noSuchFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	given, name := "--"+e.GetSpecifiedName(), e.GetSpecifiedName()
	if letters := e.GetSpecifiedShortnames(); letters != "" { // perhaps one dash for two
		given, name = "-"+letters, letters
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := spelling.Nearest(name, names); near != "" {
		return fmt.Errorf("%s: no such flag; did you mean --%s?", given, near)
	}
	return fmt.Errorf("%s: no such flag; %s --help lists them", given, cmd.CommandPath())
}

// noSuchCommand names the commands that may have been meant, in one line.
func noSuchCommand(root *cobra.Command, err error, name string) error {
	if strings.HasPrefix(name, "-") { // a flag before the command: err has its name
		return err
	}
	root.SuggestionsMinimumDistance = 2 // letters that differ at most
	if near := root.SuggestionsFor(name); len(near) > 0 {
		return fmt.Errorf("%s: no such command; did you mean %s?", name, strings.Join(near, " or "))
	}
	return fmt.Errorf("%s: no such command; %s --help lists them", name, root.CommandPath())
}

// noEmptyValues refuses flags that are given without anything in them, as by an empty variable of a
// shell: they would count as not given.
func noEmptyValues(cmd *cobra.Command, _ []string) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" && err == nil {
			err = fmt.Errorf("--%s: want %s, have %s", f.Name, kind(f), nothing)
		}
	})
	return err
}
