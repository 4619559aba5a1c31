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
}

// openInput checks folder and file, and whether the file will do, where that is asked.
func openInput(name string, read *inputFlags, out *outputFlags, will func(*fp.File) error) (*input, error) {
	in := &input{name: name}
	var err error
	if in.folder, err = out.prepare(); err != nil {
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

// abort removes what has been staged and not moved into place.
func (in *input) abort() {
	if in.folder != nil {
		_ = in.folder.Abort() // nothing the user could do about it
	}
}

// locate returns an error with the place in the problem file where it has one.
func (in *input) locate(err error) error { return locate(in.name, in.file, err) }

// write puts files, figures and at last the summary into the folder and moves them into place.
// An interrupt takes effect between two files, so that nothing is left behind; before this such
// a program has written nothing, and just dies. The summary is told the names of the others.
func (fl *outputFlags) write(folder *output.Folder, files []output.File, figures map[string]func(io.Writer) error, summary func(files []string) any) error {
	ctx, stop := untilInterrupt()
	defer stop()
	err := fl.writeFiles(ctx, folder, files, figures, summary)
	if err == nil && ctx.Err() != nil {
		err = errInterrupted
	}
	if err != nil {
		return err
	}
	return folder.Commit()
}

// writeFiles puts all files into the folder.
func (fl *outputFlags) writeFiles(ctx context.Context, folder *output.Folder, files []output.File, figures map[string]func(io.Writer) error, summary func(files []string) any) error {
	if err := folder.WriteAll(files...); err != nil {
		return err
	}
	if !fl.noPlots {
		if err := drawFigures(ctx, folder, figures); err != nil {
			return err
		}
	}
	names := folder.Names()
	return folder.Write("summary.json", func(w io.Writer) error { return output.WriteJSON(w, summary(names)) })
}
