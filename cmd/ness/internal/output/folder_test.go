package output

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// tree returns all that is in dir, hidden or not: path → contents, "/" for folders.
func tree(t rapid.TB, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			m[name] = "/"
			return nil
		}
		b, err := os.ReadFile(path)
		m[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func wantTree(t rapid.TB, dir string, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// stage writes files, name → contents, and the summary that lists them.
func stage(f *Folder, files map[string]string) error {
	for name, s := range files {
		if err := f.Write(name, text(s)); err != nil {
			return err
		}
	}
	return f.Write(summaryName, func(w io.Writer) error {
		return WriteJSON(w, map[string]any{"program": program, "files": f.Names()})
	})
}

// result stages and commits.
func result(dir string, force bool, files map[string]string) error {
	f, err := Prepare("-o", dir, force)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := stage(f, files); err != nil {
		return err
	}
	return f.Commit()
}

func mustResult(t rapid.TB, dir string, force bool, files map[string]string) {
	t.Helper()
	if err := result(dir, force, files); err != nil {
		t.Fatal(err)
	}
}

func put(t rapid.TB, path, s string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(s), 0o666); err != nil {
		t.Fatal(err)
	}
}

// contains wants err to say each of the words.
func contains(t testing.TB, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error %v, want %q in it", err, word)
		}
	}
}

var (
	first  = map[string]string{"a.npz": "old a", "b.png": "old b"}
	second = map[string]string{"a.npz": "new a", "c.vti": "new c"}
)

// A result goes into a folder that is absent, empty, or holds a previous result, whose
// files that the new one lacks are gone then. Nothing else stays, hidden or not.
func TestResultReplacesResult(t *testing.T) {
	base := t.TempDir()
	for _, c := range []struct {
		name string
		prep func(t *testing.T, dir string)
	}{
		{"absent", func(*testing.T, string) {}},
		{"empty", func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o777); err != nil {
				t.Fatal(err)
			}
		}},
		{"previous", func(t *testing.T, dir string) { mustResult(t, dir, false, first) }},
		{"previous lost a file", func(t *testing.T, dir string) {
			mustResult(t, dir, false, first)
			if err := os.Remove(filepath.Join(dir, "b.png")); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			parent := filepath.Join(base, c.name)
			dir := filepath.Join(parent, "out")
			if err := os.Mkdir(parent, 0o777); err != nil {
				t.Fatal(err)
			}
			c.prep(t, dir)
			mustResult(t, dir, false, second)
			got := tree(t, parent)
			if s := got["out/summary.json"]; !strings.Contains(s, `"c.vti"`) || strings.Contains(s, "b.png") {
				t.Errorf("summary %s", s)
			}
			delete(got, "out/summary.json")
			if diff := cmp.Diff(map[string]string{"out": "/", "out/a.npz": "new a", "out/c.vti": "new c"}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is no result of ours is refused by name and left as it is.
func TestForeignFolderIsRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		words []string
	}{
		{"one file", map[string]string{"thesis.tex": "years"}, []string{`"thesis.tex"`}},
		{"many", map[string]string{"1": "", "2": "", "3": "", "4": "", "5": ""}, []string{`"1", "2", "3" and 2 more`}},
		{"folder", map[string]string{"data/x": ""}, []string{`"data"`}},
		{"summary of another program", map[string]string{"summary.json": `{"program": "loss", "files": ["summary.json"]}`}, []string{`"summary.json"`}},
		{"summary that is no JSON", map[string]string{"summary.json": `program: ness`}, []string{`"summary.json"`}},
		{"one file beside a result", map[string]string{"summary.json": `{"program": "ness", "files": ["summary.json", "a"]}`, "a": "", "b": ""}, []string{`holds "b",`}},
		{"folder of a listed name", map[string]string{"summary.json": `{"program": "ness", "files": ["summary.json", "a"]}`, "a/b": ""}, []string{`holds "a",`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "out")
			for name, s := range c.files {
				put(t, filepath.Join(dir, name), s)
			}
			before := tree(t, parent)
			_, err := Prepare("-o", dir, false)
			contains(t, err, append(c.words, dir, "--force")...)
			wantTree(t, parent, before)
		})
	}
}

// With force, foreign files stay, but for those of the names of new files.
func TestForceKeepsForeignFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	mustResult(t, dir, false, first)
	put(t, filepath.Join(dir, "c.vti"), "mine, but in the way")
	put(t, filepath.Join(dir, "notes"), "mine")
	put(t, filepath.Join(dir, "sub", "notes"), "mine too")
	mustResult(t, dir, true, second)
	got := tree(t, dir)
	delete(got, summaryName)
	if diff := cmp.Diff(map[string]string{"a.npz": "new a", "c.vti": "new c", "notes": "mine", "sub": "/", "sub/notes": "mine too"}, got); diff != "" {
		t.Error(diff)
	}
}

// Places that can't be written to are known before anything is computed.
func TestHopelessPlaces(t *testing.T) {
	parent := t.TempDir()
	put(t, filepath.Join(parent, "file"), "")
	if err := os.Symlink("nowhere", filepath.Join(parent, "link")); err != nil {
		t.Skip(err)
	}
	before := tree(t, filepath.Join(parent, "file"))
	for _, c := range []struct{ dir, word string }{
		{"file", "is a file"},
		{"absent/out", "absent: no such file"},
		{"file/out", "not a directory"},
		{"link", "nowhere, which does not exist"},
	} {
		for _, force := range []bool{false, true} {
			_, err := Prepare("-o", filepath.Join(parent, c.dir), force)
			contains(t, err, c.dir, c.word)
		}
	}
	_, err := Prepare("-o", "", false)
	contains(t, err, "empty")
	wantTree(t, filepath.Join(parent, "file"), before)
}

// Before Commit the folder is as it was; after Abort so is the one around it.
func TestNothingIsSeenBeforeCommit(t *testing.T) {
	for _, exists := range []bool{false, true} {
		parent := t.TempDir()
		dir := filepath.Join(parent, "out")
		if exists {
			mustResult(t, dir, false, first)
		}
		before := tree(t, parent)
		f, err := Prepare("-o", dir, false)
		if err != nil {
			t.Fatal(err)
		}
		wantTree(t, parent, before)
		if err := stage(f, second); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Create("open"); err != nil {
			t.Fatal(err)
		}
		after := tree(t, parent)
		for name := range after {
			if before[name] == "" && !strings.HasPrefix(name, stagingPrefix) {
				t.Errorf("%s is seen before Commit", name)
			}
		}
		for range 2 {
			if err := f.Abort(); err != nil {
				t.Error(err)
			}
		}
		wantTree(t, parent, before)
	}
}

// A run that was killed leaves its staging folder, and the next one is not bothered by
// it, beside the folder or in it.
func TestKilledRunIsNoObstacle(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	mustResult(t, dir, false, first)
	for _, base := range []string{parent, dir} {
		put(t, filepath.Join(base, stagingPrefix+"0", "half"), "")
	}
	mustResult(t, dir, false, second)
	if got := tree(t, dir)["c.vti"]; got != "new c" {
		t.Errorf("c.vti is %q", got)
	}
}

// Staging may be in the folder, where beside it is no place; the answer is the same.
func TestStagingInside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	mustResult(t, dir, false, first)
	f, err := Prepare("-o", dir, false)
	if err != nil {
		t.Fatal(err)
	}
	f.base = f.dir
	if err := stage(f, second); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	got := tree(t, dir)
	delete(got, summaryName)
	if diff := cmp.Diff(second, got); diff != "" {
		t.Error(diff)
	}
}

// A folder that is a link, or the working directory, stays what it is.
func TestLinkAndWorkingDirectoryStay(t *testing.T) {
	parent := t.TempDir()
	real := filepath.Join(parent, "real")
	if err := os.Mkdir(real, 0o750); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(parent, "link")
	if err := os.Symlink("real", link); err != nil {
		t.Skip(err)
	}
	before, err := os.Stat(real)
	if err != nil {
		t.Fatal(err)
	}
	mustResult(t, link, false, first)
	t.Chdir(real)
	mustResult(t, ".", false, second)
	after, err := os.Stat(".")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is now %v, %v", info, err)
	}
	if !os.SameFile(before, after) || before.Mode() != after.Mode() {
		t.Errorf("the folder was %v and is %v, same %v", before.Mode(), after.Mode(), os.SameFile(before, after))
	}
	if b, err := os.ReadFile("c.vti"); err != nil || string(b) != "new c" {
		t.Errorf("c.vti is %q, %v", b, err)
	}
}

// What comes into the folder while the run computes is not overwritten without force.
func TestFolderFillsMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name  string
		force bool
		ok    bool
	}{{"notes", false, true}, {"c.vti", false, false}, {"c.vti", true, true}, {"c.vti/deep", true, false}} {
		parent := t.TempDir()
		dir := filepath.Join(parent, "out")
		f, err := Prepare("-o", dir, c.force)
		if err != nil {
			t.Fatal(err)
		}
		if err := stage(f, second); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, c.name), "mine")
		err = f.Commit()
		got := tree(t, parent)
		if c.ok {
			if err != nil || got["out/a.npz"] != "new a" || got["out/c.vti"] != "new c" {
				t.Errorf("%s, force %v: %v\n%v", c.name, c.force, err, got)
			}
			continue
		}
		contains(t, err, "c.vti", dir)
		if got["out/"+c.name] != "mine" || got["out/summary.json"] != "" {
			t.Errorf("%s, force %v: %v", c.name, c.force, got)
		}
		for name := range got {
			if strings.HasPrefix(name, stagingPrefix) {
				t.Errorf("left %s", name)
			}
		}
	}
}

// However two runs into one folder interleave, what is there in the end is all of one.
func TestConcurrentRunsDoNotMix(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	const runs, each = 4, 8
	var wg sync.WaitGroup
	for r := range runs {
		wg.Go(func() {
			for k := range each {
				id := fmt.Sprintf("%d.%d", r, k)
				files := map[string]string{"same": id, "own." + id: id}
				if err := result(dir, false, files); err != nil {
					t.Errorf("run %s: %v", id, err)
				}
			}
		})
	}
	wg.Wait()
	got := tree(t, filepath.Dir(dir))
	id := got["out/same"]
	names := []string{"out", "out/own." + id, "out/same", "out/summary.json"}
	var have []string
	for name := range got {
		have = append(have, name)
	}
	slices.Sort(have)
	if diff := cmp.Diff(names, have); diff != "" || got["out/own."+id] != id || !strings.Contains(got["out/summary.json"], `"own.`+id+`"`) {
		t.Errorf("of run %s: %v\n%s", id, got, diff)
	}
}

// All moves are made or none, wherever the list breaks.
func TestMoveAllOrNone(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		root, err := os.MkdirTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(1, 8).Draw(t, "moves")
		broken := rapid.IntRange(0, n).Draw(t, "broken") // n: none is
		var moves []move
		for i := range n {
			m := move{filepath.Join(root, fmt.Sprint("from", i)), filepath.Join(root, fmt.Sprint("to", i))}
			if i != broken {
				put(t, m.from, fmt.Sprint(i))
			}
			moves = append(moves, m)
		}
		want := tree(t, root)
		err = moveAll(moves)
		if broken == n {
			want = map[string]string{}
			for i := range n {
				want[fmt.Sprint("to", i)] = fmt.Sprint(i)
			}
		}
		if (err == nil) != (broken == n) {
			t.Errorf("broken at %d of %d: %v", broken, n, err)
		}
		wantTree(t, root, want)
	})
}

// Where files can't be moved back the error tells of both troubles.
func TestUndoThatFails(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	put(t, path("a"), "a")
	put(t, path("c"), "c")
	// the second move takes the place of the first one's target, against moveAll's word
	err := moveAll([]move{{path("a"), path("b")}, {path("c"), path("b")}, {path("absent"), path("d")}})
	var stuck *undoError
	if !errors.As(err, &stuck) || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v", err)
	}
	contains(t, err, "absent", "still in the hidden folder")
}

// Errors of a writer name the file and end in Abort; Commit is then refused.
func TestWriterFails(t *testing.T) {
	parent := t.TempDir()
	f, err := Prepare("-o", filepath.Join(parent, "out"), false)
	if err != nil {
		t.Fatal(err)
	}
	no := errors.New("no current")
	err = f.Write("j.png", func(io.Writer) error { return no })
	contains(t, err, "out: writing j.png: no current")
	if !errors.Is(err, no) {
		t.Error("the cause is lost")
	}
	if err := f.Abort(); err != nil {
		t.Error(err)
	}
	wantTree(t, parent, map[string]string{})
}

// Files written together keep their order, whichever is done first, and the first error is told
// though all are closed.
func TestWriteAll(t *testing.T) {
	f, err := Prepare("-o", filepath.Join(t.TempDir(), "out"), false)
	if err != nil {
		t.Fatal(err)
	}
	last := make(chan bool)
	err = f.WriteAll(
		File{"b", func(w io.Writer) error { <-last; return text("b")(w) }},
		File{"a", func(w io.Writer) error { close(last); return text("a")(w) }})
	if err != nil {
		t.Error(err)
	}
	if got, want := f.Names(), []string{"b", "a", summaryName}; !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	fails := func(io.Writer) error { return errors.New("no current") }
	err = f.WriteAll(File{"c", text("c")}, File{"d", fails}, File{"e", fails})
	contains(t, err, "out: writing d: no current")
	if err := f.Abort(); err != nil {
		t.Error(err)
	}
}

func TestFolderSlipsPanic(t *testing.T) {
	prepare := func() *Folder {
		f, err := Prepare("-o", filepath.Join(t.TempDir(), "out"), false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Abort() })
		return f
	}
	for _, name := range []string{"", ".hidden", "a/b", `a\b`, ".."} {
		mustPanic(t, "plain name", func() { _, _ = prepare().Create(name) })
	}
	f := prepare()
	if _, err := f.Create("a"); err != nil {
		t.Fatal(err)
	}
	mustPanic(t, "twice", func() { _, _ = f.Create("a") })
	mustPanic(t, "not closed", func() { _ = f.Commit() })
	unlisted := prepare()
	if err := unlisted.Write("a", text("a")); err != nil {
		t.Fatal(err)
	}
	mustPanic(t, "summary.json lists", func() { _ = unlisted.Commit() })
	done := prepare()
	if err := done.Abort(); err != nil {
		t.Fatal(err)
	}
	mustPanic(t, "after", func() { _, _ = done.Create("a") })
	mustPanic(t, "after", func() { _ = done.Commit() })
}
