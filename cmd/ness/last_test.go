package main

import (
	"slices"
	"testing"

	"github.com/spf13/cobra"
)

// The last list counts, whole.
func TestLastListCounts(t *testing.T) {
	var cells []int
	var cmd cobra.Command
	flags := cmd.Flags()
	flags.IntSliceVar(&cells, "cells", nil, "")
	replacing(&cmd, "cells")
	if err := flags.Parse([]string{"--cells", "32,48", "--cells=64"}); err != nil || !slices.Equal(cells, []int{64}) {
		t.Errorf("%v, %v; want 64", cells, err)
	}
	err := flagError(&cmd, flags.Parse([]string{"--cells", "32,x"}))
	if want := "--cells: want whole numbers with commas between, have 32,x"; err == nil || err.Error() != want {
		t.Errorf("have %v, want %s", err, want)
	}
}
