package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// These tests keep the promises that README and ARCHITECTURE make about the tree.

const module = "github.com/ness-fp/ness/"

// mayImport lists, for each package below cmd, the packages of this module it may import.
var mayImport = map[string]string{
	"grid":                "grid/pieces",
	"grid/pieces":         "",
	"operators/sparse":    "grid/pieces",
	"operators/markov":    "operators/sparse grid/pieces",
	"operators/multigrid": "operators/sparse grid/pieces",
	"operators/krylov":    "grid/pieces",
	"operators/accurate":  "grid grid/pieces",
	"operators/hodge":     "grid grid/pieces",
	"operators":           "grid grid/pieces operators/sparse",
	"fp/spelling":         "",
	"fp/checkpoint":       "",
	"fp/loss":             "fp/spelling grid/pieces",
	"fp/expr":             "fp/spelling",
	"fp":                  "grid grid/pieces operators operators/accurate operators/sparse operators/multigrid operators/krylov operators/markov fp/loss fp/expr fp/checkpoint",
	"fp/exact":            "grid grid/pieces fp",
	"compare/random":      "grid/pieces",
	"compare/verify":      "grid fp fp/exact fp/loss compare",
	"compare":             "grid grid/pieces fp fp/loss fp/checkpoint compare/random",
	"compare/audit":       "grid grid/pieces fp fp/loss compare compare/random",
}

func TestPackagesImportOnlyWhatLiesBelow(t *testing.T) {
	cmd := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		pkg := strings.TrimPrefix(path, module)
		if strings.HasPrefix(pkg, "cmd/") {
			continue
		}
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("%s is not in the list of packages", pkg)
		}
		for _, imported := range strings.Fields(imports) {
			own, isOwn := strings.CutPrefix(imported, module)
			if isOwn && !contains(strings.Fields(allowed), own) {
				t.Errorf("%s imports %s", pkg, own)
			}
			if imported == "os" {
				t.Errorf("%s imports os: below cmd nothing opens a path or exits", pkg)
			}
		}
	}
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// blocks returns the contents of the fenced blocks of README in that language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		list = append(list, m[1])
	}
	return list
}

// The first run prints what README shows, but for times and the last bits of residuals and small errors.
func TestFirstRunOfReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	want := strings.SplitN(blocks(t, "")[0], "\n", 2)[1]
	var stdout, stderr bytes.Buffer
	if status := run([]string{"solve", "../../testdata/problems/diabetes.yaml", "--no-plots", "-o", filepath.Join(t.TempDir(), "out")}, &stdout, &stderr); status != statusDone {
		t.Fatal(stderr.String())
	}
	got := strings.Split(stdout.String(), "\n")
	for i, line := range strings.Split(want, "\n") {
		volatile := regexp.MustCompile(`^  (multigrid|GMRES|residual|error estimate|detailed balance|seconds|written to) `)
		if i >= len(got) || line != got[i] && !(volatile.MatchString(line) && volatile.FindString(line) == volatile.FindString(got[i])) {
			t.Errorf("line %d of README: %q", i+1, line)
		}
	}
	if t.Failed() {
		t.Logf("now it prints\n%s", stdout.String())
	}
}

// What other commands print is what README shows of it, but for numbers that are written with an exponent, which
// are errors and round-off, and seconds at the end of lines. (evolve ends where round-off lets it.)
func TestOutputsOfReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	shown := blocks(t, "text")
	t.Chdir("../..")
	comparable := func(line string) string {
		line = regexp.MustCompile(`[\d.]+e[-+]\d+|\d+\.\d\d$`).ReplaceAllString(strings.TrimSpace(line), "#")
		return strings.Join(strings.Fields(line), " ")
	}
	ran := 0
	for _, block := range shown {
		command, want, _ := strings.Cut(block, "\n")
		command, isCommand := strings.CutPrefix(command, "$ go run ./cmd/ness ")
		if !isCommand {
			continue
		}
		ran++
		args := regexp.MustCompile(`'[^']*'|\S+`).FindAllString(command, -1)
		for i := range args {
			args[i] = strings.Trim(args[i], "'")
		}
		if i := slices.Index(args, "-o"); i > 0 {
			args[i+1] = filepath.Join(t.TempDir(), args[i+1])
		}
		var stdout, stderr bytes.Buffer
		run(args, &stdout, &stderr)
		printed := map[string]bool{"": true, "…": true}
		for line := range strings.Lines(stdout.String()) {
			printed[comparable(line)] = true
		}
		for line := range strings.Lines(want) {
			if !printed[comparable(line)] {
				t.Errorf("%s does not print %q %s", command, line, stderr.String())
			}
		}
	}
	if ran < 5 {
		t.Errorf("%d commands of README, want 5", ran)
	}
}

// The problem files in README are files that solve; the second shows one section.
func TestProblemFilesOfReadme(t *testing.T) {
	yaml := blocks(t, "yaml")
	yaml[1] = "version: 1\nvariables: [bmi, s5]\n" + strings.ReplaceAll(yaml[1], "../data/", "../../testdata/data/") + "domain: auto\n"
	for i, src := range yaml {
		path := filepath.Join(t.TempDir(), "readme.yaml")
		src = strings.ReplaceAll(src, "../../testdata", testdata(t))
		if err := os.WriteFile(path, []byte(src), 0o666); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		if status := run([]string{"solve", path, "--cells", "32", "-q"}, &stdout, &stderr); status != statusDone {
			t.Errorf("block %d: %s", i+1, stderr.String())
		}
	}
}

func testdata(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	return path
}
