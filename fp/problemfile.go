package fp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/ness-fp/ness/fp/expr"
	"github.com/ness-fp/ness/fp/loss"
)

// ReadOptions say how [ReadProblem] is to read a file.
type ReadOptions struct {
	// Name is the file's name in errors.
	Name string
	// Set overrides constants that the file defines.
	Set map[string]float64
	// Cells overrides the cells of all axes (one number) or of each.
	Cells []int
	// Open opens a data file that the problem file names.
	Open func(path string) (io.ReadCloser, error)
}

// A File is what a problem file says.
type File struct {
	Problem *Problem
	Domain  Domain
	Start   *Start    // what the section initial says; nil where there is none
	Law     *loss.Law // of data that are drawn; nil of others
	// Facts describe the problem in words, label and value, for a reader.
	Facts [][2]string

	names    expr.Names // of formulas
	source   *sgdSource // nil where the file has no section sgd
	open     func(path string) (io.ReadCloser, error)
	at       Course // nil where no formula has t
	symmetry []symmetryCheck
	formulas []keyedFormula
	keys     componentKeys
	fail     func(key, format string, args ...any) error // a FileError at the key
}

// A FileError says what is wrong with a problem file, and where.
type FileError struct {
	Name         string
	Line, Column int // from 1; 0 where the file as a whole is meant
	Key          string
	Msg          string
}

func (e *FileError) Error() string {
	s := e.Name
	if e.Line > 0 {
		s += fmt.Sprintf(":%d:%d", e.Line, e.Column)
	}
	if e.Key != "" {
		s += ": " + e.Key
	}
	return s + ": " + e.Msg
}

// document is the schema of problem files, version 1.
type document struct {
	Version   float64            `yaml:"version"`
	Title     string             `yaml:"title"`
	Variables []string           `yaml:"variables"`
	Constants map[string]float64 `yaml:"constants"`
	SGD       *sgdDoc            `yaml:"sgd"`
	Equation  *equationDoc       `yaml:"equation"`
	Initial   *initialDoc        `yaml:"initial"`
	Domain    domainDoc          `yaml:"domain"`
}

type equationDoc struct {
	Drift       []string `yaml:"drift"`
	Potential   string   `yaml:"potential"`
	Diffusion   any      `yaml:"diffusion"`
	NoiseFactor any      `yaml:"noise_factor"`
	Calculus    string   `yaml:"calculus"`
}

// A reader turns a document into a File and knows where its keys are.
type reader struct {
	opt   ReadOptions
	doc   document
	tree  *ast.File
	names expr.Names
	time  float64 // t in formulas of the equation
	file  *File
}

// ReadProblem reads a problem file: YAML, strict, version 1; a byte order mark before it is
// skipped. Errors are of type *[FileError].
func ReadProblem(r io.Reader, opt ReadOptions) (*File, error) {
	src, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return nil, &FileError{Name: opt.Name, Msg: err.Error()}
	}
	rd := &reader{opt: opt, file: &File{Problem: &Problem{}}}
	rd.file.fail, rd.file.open = rd.fail, opt.Open
	if err := rd.decode(bytes.TrimPrefix(src, []byte("\ufeff"))); err != nil {
		return nil, err
	}
	for _, step := range []func() error{rd.header, rd.constants, rd.domain, rd.body, rd.initial} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return rd.file, nil
}

// decode fills in the document; unknown keys, wrong types and syntax errors are
// reported by the YAML reader with their place.
func (r *reader) decode(src []byte) (err error) {
	defer func() {
		if recover() != nil { // goccy/go-yaml panics on some malformed tags
			err = &FileError{Name: r.opt.Name, Msg: "not YAML that can be decoded; look for tags (!) and anchors (&, *)"}
		}
	}()
	tree, err := parser.ParseBytes(src, 0)
	if err == nil {
		r.tree = tree
		if len(tree.Docs) == 0 || tree.Docs[0].Body == nil {
			return r.fail("", "the file is empty")
		}
		if len(tree.Docs) > 1 {
			return r.fail("", "want one YAML document, have %d", len(tree.Docs))
		}
		err = yaml.NodeToValue(tree.Docs[0].Body, &r.doc, yaml.Strict())
	}
	if err == nil {
		return r.checkValues(tree.Docs[0].Body, reflect.TypeFor[document](), "")
	}
	e := &FileError{Name: r.opt.Name, Msg: err.Error()}
	var at yaml.Error
	if errors.As(err, &at) {
		e.Msg = inPlainWords(at.GetMessage())
		if t := at.GetToken(); t != nil && t.Position != nil {
			e.Line, e.Column = t.Position.Line, t.Position.Column
			if tooLarge(t.Value) {
				e.Msg = strings.Replace(e.Msg, "have text", "have "+t.Value+", which is too large", 1)
			}
		}
		if goTypes.MatchString(at.GetMessage()) {
			e.Key = r.keyAt(e.Line, e.Column)
		}
		switch {
		case r.tree == nil:
			e.Msg = "not valid YAML: " + e.Msg
		case e.Key == "$": // the whole
			e.Key, e.Msg = "", "no problem file: in YAML, "+e.Msg
		}
	}
	return e
}

// tooLarge says whether text is a number beyond all of 64 bits, which YAML takes for text.
func tooLarge(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return errors.Is(err, strconv.ErrRange)
}

// keyAt returns the key of the value at a place in the file, "" where there is none.
func (r *reader) keyAt(line, column int) string {
	f := finder{line: line, column: column}
	ast.Walk(&f, r.tree.Docs[0].Body)
	return f.key
}

// A finder looks for the key of the value at a place.
type finder struct {
	line, column int
	key          string
}

// Visit looks at one value, and goes on unless it is found.
func (f *finder) Visit(n ast.Node) ast.Visitor {
	if t := n.GetToken(); t != nil && t.Position != nil && t.Position.Line == f.line && t.Position.Column == f.column {
		f.key = strings.TrimPrefix(n.GetPath(), "$.")
	}
	if f.key != "" {
		return nil
	}
	return f
}

var goTypes = regexp.MustCompile(`cannot unmarshal (\S+(?: \{\})?) into Go (?:struct field \S+|value) of type (\S+)(?: \( overflow \))?|(\S+) was used where (\S+) is expected`)

// inPlainWords turns what the YAML reader says of types of Go into words of the file.
func inPlainWords(msg string) string {
	return goTypes.ReplaceAllStringFunc(msg, func(s string) string {
		m := goTypes.FindStringSubmatch(s)
		if m[1] != "" {
			return fmt.Sprintf("want %s, have %s", plainType(m[2]), plainType(m[1]))
		}
		return fmt.Sprintf("want %s, have %s", plainType(m[4]), plainType(m[3]))
	})
}

const aNumber = "a number"

// plainType says in words what a type of Go or of YAML holds; a number in place of one is itself.
func plainType(name string) string {
	switch _, err := strconv.ParseFloat(name, 64); {
	case err == nil:
		return name
	case strings.HasPrefix(name, "uint"):
		return "a whole number from 0 on"
	case strings.HasPrefix(name, "[]"), name == "sequence", name == "slice", name == "array":
		return "a list"
	case strings.HasPrefix(name, "map"), name == "mapping", strings.Contains(name, "."):
		return "keys with values"
	case strings.Contains(name, "int"), strings.Contains(name, "float"):
		return aNumber
	case name == "bool":
		return "true or false"
	}
	return "text"
}

// fail returns a FileError at the key, written as equation.diffusion[0][1].
func (r *reader) fail(key, format string, args ...any) error {
	e := &FileError{Name: r.opt.Name, Key: key, Msg: fmt.Sprintf(format, args...)}
	for at := key; at != "" && e.Line == 0; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		path, err := yaml.PathString("$." + at)
		if err != nil {
			continue
		}
		if n, err := path.FilterFile(r.tree); err == nil && n != nil && n.GetToken() != nil {
			e.Line, e.Column = n.GetToken().Position.Line, n.GetToken().Position.Column
		}
	}
	return e
}

// has says whether the file gives the key.
func (r *reader) has(key string) bool {
	path, err := yaml.PathString("$." + key)
	if err != nil {
		return false
	}
	n, err := path.FilterFile(r.tree)
	return err == nil && n != nil
}

// isWhole says whether v is a whole number that an int holds.
func isWhole(v float64) bool { return v == math.Trunc(v) && math.Abs(v) < 1<<53 }

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (r *reader) header() error {
	d := &r.doc
	if !r.has("version") {
		return r.fail("", "version is missing; want version: 1")
	}
	if d.Version != 1 {
		return r.fail("version", "want 1, have %g", d.Version)
	}
	if (d.SGD == nil) == (d.Equation == nil) {
		return r.fail("", "want exactly one of sgd and equation")
	}
	if n := len(d.Variables); n < 1 || n > 3 {
		return r.fail("variables", "want 1, 2 or 3 names, have %d", n)
	}
	for i, v := range d.Variables {
		key := fmt.Sprintf("variables[%d]", i)
		switch {
		case !identifier.MatchString(v):
			return r.fail(key, "want a name of letters, digits and _, have %q", v)
		case expr.Reserved(v):
			return r.fail(key, "%q has a meaning of its own in formulas", v)
		case slices.Contains(d.Variables[:i], v):
			return r.fail(key, "%q appears twice", v)
		}
	}
	r.file.Problem.Title = d.Title
	r.file.Problem.Variables = d.Variables
	return nil
}

func (r *reader) constants() error {
	values := map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(r.doc.Constants)) {
		v := r.doc.Constants[name]
		switch {
		case !identifier.MatchString(name) || expr.Reserved(name) || slices.Contains(r.doc.Variables, name):
			return r.fail("constants."+name, "want a name that is no variable and no function")
		case math.IsNaN(v) || math.IsInf(v, 0):
			return r.fail("constants."+name, "want a finite number, have %g", v)
		}
		values[name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(r.opt.Set)) {
		v := r.opt.Set[name]
		if _, ok := values[name]; !ok {
			return r.fail("constants", "--set %s: the file defines no such constant", name)
		}
		values[name] = v
	}
	r.names = expr.Names{Variables: r.doc.Variables, Constants: values}
	r.file.names = r.names
	return nil
}

// body reads the section that says what moves.
func (r *reader) body() error {
	if r.doc.SGD != nil {
		return r.sgd()
	}
	return r.equation()
}

// formula parses one; empty is an error. In the section equation t is the time, unless the file
// declares it.
func (r *reader) formula(key, src string) (expr.Expr, error) {
	names, timed := r.names, false
	if _, declared := names.Constants["t"]; strings.HasPrefix(key, "equation.") && !declared && !slices.Contains(names.Variables, "t") {
		names.Constants = maps.Clone(names.Constants)
		names.Constants["t"] = r.time
		of, err := expr.Parse(src, expr.Names{Variables: append(slices.Clone(names.Variables), "t"), Constants: r.names.Constants})
		timed = err == nil && slices.Contains(of.Variables(), "t")
	}
	e, err := expr.Parse(src, names)
	if err != nil && timed {
		return e, r.fail(key, "at t = %g: %v", r.time, err)
	} else if err != nil {
		return e, r.fail(key, "%v", err)
	}
	if timed {
		r.file.at = r.at
	}
	if strings.HasPrefix(key, "equation.") || strings.HasPrefix(key, "sgd.") {
		r.file.formulas = append(r.file.formulas, keyedFormula{key, e})
	}
	return e, nil
}

// at returns the problem at the time t, of formulas that were good at time 0.
func (r *reader) at(t float64) (*Problem, error) {
	now := *r
	now.time, now.file = t, &File{Problem: &Problem{}, fail: r.fail}
	for _, step := range []func() error{now.header, now.equation} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return now.file.Problem, nil
}

func (r *reader) formulas(key string, src []string) ([]expr.Expr, error) {
	if len(src) != len(r.doc.Variables) {
		return nil, r.fail(key, "want %d formulas, one per variable, have %d", len(r.doc.Variables), len(src))
	}
	list := make([]expr.Expr, len(src))
	for i, s := range src {
		var err error
		if list[i], err = r.formula(fmt.Sprintf("%s[%d]", key, i), s); err != nil {
			return nil, err
		}
	}
	return list, nil
}
