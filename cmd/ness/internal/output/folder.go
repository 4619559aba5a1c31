package output

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// A Folder collects the files of a result in a staging folder and moves them into
// place when all are complete. It is not for concurrent use.
type Folder struct {
	flag  string // by which the user gave it
	name  string // as it was given
	dir   string // absolute, links followed
	force bool

	base    string // where the staging folder is: beside dir, or in it where that is not possible
	staging string // "" before the first file
	files   []*stagedFile
	done    bool
}

// Prepare says, before anything is computed, whether dir can take a result: it is
// absent, empty or holds nothing but a previous result; anything else wants force.
// Errors begin with the flag by which the user named it, as "-o".
// The parent has to exist. Whether files can be made and moved there is tried with an
// empty folder that is removed again; nothing else is touched before [Folder.Commit].
func Prepare(flag, dir string, force bool) (*Folder, error) {
	f := &Folder{flag: flag, name: dir, force: force}
	if err := f.prepare(); err != nil {
		return nil, f.fail(err)
	}
	return f, nil
}

// fail puts flag and name of the folder before an error.
func (f *Folder) fail(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", f.flag, f.name, err)
}

func (f *Folder) prepare() (err error) {
	if f.name == "" {
		return errors.New("want the name of a folder, have an empty one")
	}
	if f.dir, err = locate(f.name); err != nil {
		return err
	}
	c, err := inspect(f.dir)
	switch {
	case err != nil:
		return pathless(err)
	case len(c.foreign) > 0 && !f.force:
		return occupied(c.foreign)
	}
	f.base, err = stagingPlace(f.dir, c.exists)
	return err
}

// Create opens a new file of the result, a plain name that does not begin with a dot.
// It has to be closed, and the error of Close looked at, before [Folder.Commit].
// Errors are of type [*WriteError].
func (f *Folder) Create(name string) (io.WriteCloser, error) {
	switch {
	case f.done:
		panic("output: Create: after Commit or Abort")
	case name == "" || name[0] == '.' || strings.ContainsAny(name, `/\`):
		panic(fmt.Sprintf("output: Create: %q is not a plain name", name))
	case f.has(name):
		panic("output: Create: twice " + name)
	}
	if f.staging == "" {
		staging, err := makeStaging(f.base)
		if err != nil {
			return nil, f.fail(&WriteError{Name: name, Err: err})
		}
		f.staging = staging
	}
	s, err := createFile(f.staging, name)
	if err != nil {
		return nil, f.fail(err)
	}
	f.files = append(f.files, s)
	return s, nil
}

func (f *Folder) has(name string) bool {
	return slices.ContainsFunc(f.files, func(s *stagedFile) bool { return s.name == name })
}

// A File is a file of a result that is still to be written.
type File struct {
	Name  string
	Write func(w io.Writer) error
}

// Write makes one file of the result by calling write, and closes it.
func (f *Folder) Write(name string, write func(w io.Writer) error) error {
	return f.WriteAll(File{name, write})
}

// WriteAll makes files of the result, in that order, by calling their Write all at the same
// time, and closes them. The error is that of the first of the files which met one.
func (f *Folder) WriteAll(files ...File) error {
	var writers []io.WriteCloser
	for _, file := range files {
		w, err := f.Create(file.Name)
		if err != nil {
			return err
		}
		writers = append(writers, w)
	}
	errs := make([]error, len(files))
	var wg sync.WaitGroup
	for k, file := range files {
		wg.Go(func() { errs[k] = file.writeTo(writers[k]) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return f.fail(err)
		}
	}
	return nil
}

func (file *File) writeTo(w io.WriteCloser) error {
	err := file.Write(w)
	closeErr := w.Close()
	if err == nil {
		err = closeErr
	}
	var e *WriteError
	if err != nil && !errors.As(err, &e) {
		err = fmt.Errorf("writing %s: %w", file.Name, err)
	}
	return err
}

// Names returns the files of the result made so far, and the summary last. It is what
// the summary lists under "files".
func (f *Folder) Names() []string {
	var names []string
	for _, s := range f.files {
		if s.name != summaryName {
			names = append(names, s.name)
		}
	}
	return append(names, summaryName)
}

// Commit moves the files into place and ends f. After an error the folder is as it was
// and the staged files are gone, unless the error says otherwise: that moved files
// could not be moved back, or that the result is in place and only the last step, the
// sync of the folder or the removal of the previous files, failed.
//
// The summary must be among the files and list them all; else it panics, as the next
// run would not know the folder for a result.
//
// When files of other programs have come into the folder since Prepare, they stay; one
// of the name of a new file is an error without force.
func (f *Folder) Commit() error {
	if f.done {
		panic("output: Commit: after Commit or Abort")
	}
	if err := f.checkFiles(); err != nil {
		return f.fail(errors.Join(err, f.discard()))
	}
	unlock := lockDir(filepath.Dir(f.dir))
	defer unlock()
	err := f.place()
	var stuck *undoError
	switch {
	case errors.As(err, &stuck): // the previous files are in the staging folder
		f.done = true
		return f.fail(err)
	case err != nil:
		return f.fail(errors.Join(err, f.discard()))
	}
	err = errors.Join(syncDir(f.dir), syncDir(filepath.Dir(f.dir)), f.discard())
	if err != nil {
		return f.fail(fmt.Errorf("the result is in place, but: %w", err))
	}
	return nil
}

// checkFiles returns the first error that a file met. It panics unless all are closed
// and the summary lists them all.
func (f *Folder) checkFiles() error {
	for _, s := range f.files {
		if !s.closed {
			panic("output: Commit: not closed: " + s.name)
		}
		if s.err != nil {
			return s.err
		}
	}
	var listed []string
	if f.has(summaryName) {
		var err error
		if listed, err = readFiles(filepath.Join(f.staging, summaryName)); err != nil {
			return err
		}
	}
	names := f.Names()
	slices.Sort(names)
	slices.Sort(listed)
	if !slices.Equal(names, listed) {
		panic(fmt.Sprintf("output: Commit: summary.json lists %q, want %q", listed, names))
	}
	return nil
}

// Abort removes the staged files. It may be called twice, and after Commit, when it
// does nothing.
func (f *Folder) Abort() error { return f.fail(f.discard()) }

func (f *Folder) discard() error {
	if f.done {
		return nil
	}
	f.done = true
	for _, s := range f.files {
		if !s.closed {
			s.closed = true
			_ = s.file.Close() // its contents are not wanted
		}
	}
	if f.staging == "" {
		return nil
	}
	return os.RemoveAll(f.staging)
}

// syncDir brings the names in dir to the disk, where the system knows how to.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil // a folder to write into but not to list: its files are synced all the same
	}
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // some network file systems sync files only
	}
	return errors.Join(err, d.Close())
}
