package main

import (
	"context"
	"io"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file opens what commands begin with, and writes what they end with.

// An input is the problem file on its grid, and the folder for results.
type input struct {
	name          string
	folder        *output.Folder // nil without -o
	file          *fp.File
	grid          *grid.Grid
	notes, doubts []string
	step          float64 // set by takeStep
}

// openInput checks folder and file, and whether the file will do, where that is asked.
func openInput(name string, read *inputFlags, out *outputFlags, will func(*fp.File) error) (*input, error) {
	in := &input{name: name}
	var err error
	if in.folder, err = out.prepare("-o"); err != nil {
		return nil, err
	}
	if in.file, err = read.read(name); err != nil {
		return nil, err
	}
	if will != nil {
		if err := will(in.file); err != nil {
			return nil, err
		}
	}
	if in.grid, in.notes, in.doubts, err = box(name, in.file); err != nil {
		return nil, err
	}
	return in, nil
}

// absorbs returns the first variable with a wall that absorbs, "" without one.
func absorbs(f *fp.File) string {
	for a, in := range f.Domain.Intervals {
		if in.Lower == grid.Absorbing || in.Upper == grid.Absorbing {
			return f.Problem.Variables[a]
		}
	}
	return ""
}

// abort removes what has been staged and not moved into place.
func (in *input) abort() {
	if in.folder != nil {
		_ = in.folder.Abort() // nothing the user could do about it
	}
}

// locate returns an error with the place in the problem file where it has one.
func (in *input) locate(err error) error { return locate(in.name, in.file, err) }

// A result is what goes into the folder.
type result struct {
	files   []output.File                               // written all at the same time
	figures map[string]func(io.Writer) error            // left out with --no-plots
	more    func(context.Context, *output.Folder) error // writes what comes after figures; nil for nothing
	summary any
	names   *[]string // where summary has the names of all files
}

// write puts a result into the folder and moves it into place; nothing without a folder. The end of
// the context takes effect between two files, so that nothing is left behind.
func (fl *outputFlags) write(ctx context.Context, w io.Writer, folder *output.Folder, r result) error {
	if folder == nil {
		return nil
	}
	if err := fl.stage(ctx, folder, r); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err := folder.Commit(); err != nil {
		return err
	}
	line(w, "written to", "%s", fl.dir)
	return nil
}

// stage puts all files into the folder, the summary last.
func (fl *outputFlags) stage(ctx context.Context, folder *output.Folder, r result) error {
	if err := folder.WriteAll(r.files...); err != nil {
		return err
	}
	if !fl.noPlots {
		if err := drawFigures(ctx, folder, r.figures); err != nil {
			return err
		}
	}
	if r.more != nil {
		if err := r.more(ctx, folder); err != nil {
			return err
		}
	}
	*r.names = folder.Names()
	return folder.Write("summary.json", func(w io.Writer) error { return output.WriteJSON(w, r.summary) })
}
