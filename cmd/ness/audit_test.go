package main

import (
	"bytes"
	"encoding/json"
	"html"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/compare/audit"
	"github.com/ness-fp/ness/fp"
)

// auditOf audits a shipped problem on few cells, without long runs of walkers.
func auditOf(t *testing.T, problem string, want int, more ...string) (dir string, sum auditSummary) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	args := append([]string{"audit", filepath.Join(testdata(t), "problems", problem), "--cells", "32", "--no-ensemble", "-o", dir}, more...)
	if status := run(args, &stdout, &stderr); status != want {
		t.Fatalf("status %d, want %d: %s", status, want, stderr.String())
	}
	data, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &sum); err != nil {
		t.Fatal(err)
	}
	return dir, sum
}

// The page of an audit has every finding, statistic, figure and row of the ranking, and needs no other
// file and no network.
func TestPagesOfAuditsStandAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	dir, sum := auditOf(t, "diabetes.yaml", statusViolated)
	data, err := os.ReadFile(filepath.Join(dir, "audit.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := html.UnescapeString(string(data))
	if i := regexp.MustCompile(`https?://|<script|<link|url\(|@import`).FindStringIndex(page); i != nil {
		t.Errorf("the page wants something else: …%s…", page[max(0, i[0]-40):min(len(page), i[1]+40)])
	}
	figures := 0
	for _, f := range sum.Findings {
		if !strings.Contains(page, `id="`+f.Key+`"`) {
			t.Errorf("no section on %s", f.Key)
		}
		for _, x := range f.Statistics {
			if !strings.Contains(page, "<td>"+x.Name+`</td><td class="number">`+x.String()+"</td>") {
				t.Errorf("no %s of %s", x.Name, f.Key)
			}
		}
		figures += len(f.Figures)
		for _, name := range f.Figures {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil || !slices.Contains(sum.Files, name) {
				t.Errorf("%s is missing: %v", name, err)
			}
		}
	}
	if n := strings.Count(page, `src="data:image/png;base64,`); n != figures || n != strings.Count(page, "<img") || n < 5 {
		t.Errorf("%d pictures in the page, of %d figures", n, figures)
	}
	for _, e := range sum.Ranking {
		row := "<td>" + e.Name + `<br><span class="pale">` + e.How + `</span></td><td class="number">` + e.Moved() + "</td>"
		if i := strings.Index(page, row); i < 0 || !strings.Contains(page[i:], `<td class="number">`+e.Hellinger.String()+"</td>") {
			t.Errorf("no row of %s", e.Key)
		}
	}
	if alts := regexp.MustCompile(`alt="[^"]{20,}, ?[^"]*from `).FindAllString(page, -1); len(alts) != figures {
		t.Errorf("%d pictures are described, of %d", len(alts), figures)
	}
	t.Run("in a browser", func(t *testing.T) { shot(t, filepath.Join(dir, "audit.html"), &sum) })
}

// Bars are as long as what total variation has beyond sampling, the longest 100 %.
func TestBarsOfRankingsAreBeyondSampling(t *testing.T) {
	r := &audit.Report{}
	for _, s := range []audit.Shift{{Value: 0.3}, {Value: 0.35, Floor: 0.2}, {Value: 0.1, Floor: 0.2}} {
		r.Ranking = append(r.Ranking, audit.Effect{TV: s})
	}
	sum := &auditSummary{Ranking: make([]effectSummary, 3)}
	for k, e := range pageEffects(r, sum) {
		if want := []float64{100, 50, 0}[k]; math.Abs(e.Percent-want) > 1e-12 { // round-off of 0.35 − 0.2
			t.Errorf("bar %d is %g %% long, want %g", k, e.Percent, want)
		}
	}
}

// Numbers that are none are said in words, on the screen and on the page alike, and are null in JSON.
func TestNumbersThatAreNoneAreSaidInWords(t *testing.T) {
	nan, inf := output.Float(math.NaN()), output.Float(math.Inf(1))
	for _, c := range []struct {
		value, err  output.Float
		stat, shift string
	}{
		{0.123456, 0, "0.1235", "0.123"},
		{0.123456, 0.0123, "0.1235 ± 0.01", "0.123 ± 0.01"},
		{0.123456, nan, "0.1235", "0.123"},
		{nan, nan, "not resolved", "not resolved"},
		{nan, 0.1, "not resolved", "not resolved"},
		{inf, 0, "without bound", "without bound"},
		{-inf, nan, "without bound", "without bound"},
		{0.211, 2, "0.211 ± 2", "0.211 ± 1"}, // no distance is larger
		{0.5, inf, "0.5, of unbounded error", "0.5 ± 1"},
	} {
		if got := (statisticSummary{Value: c.value, Error: c.err}).String(); got != c.stat {
			t.Errorf("%g, %g: statistic %q, want %q", c.value, c.err, got, c.stat)
		}
		if got := (shiftSummary{Value: c.value, Error: c.err}).String(); got != c.shift {
			t.Errorf("%g, %g: shift %q, want %q", c.value, c.err, got, c.shift)
		}
	}
	if got := (shiftSummary{Value: 0.2, Error: 0.01, Floor: 0.1}).String(); got != "0.2 ± 0.01 (sampling alone 0.1)" {
		t.Error(got)
	}
	f := findingSummary{Statistics: []statisticSummary{{Value: inf}}, Limit: 0.1}
	if got := f.measured(); got != "without bound (0.1)" {
		t.Error(got)
	}
	data, err := json.Marshal(f.Statistics)
	if err != nil || !strings.Contains(string(data), `"value":null`) {
		t.Errorf("%s, %v", data, err)
	}
}

// shot looks at a page in a browser, where one is installed: it has text, verdicts and bars in colour, and
// figures with their points.
func shot(t *testing.T, page string, sum *auditSummary) {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no browser is installed to look at the page with")
	}
	picture := filepath.Join(t.TempDir(), "page.png")
	out, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1200,6000",
		"--user-data-dir="+t.TempDir(), "--screenshot="+picture, "file://"+page).CombinedOutput()
	if err != nil {
		t.Fatalf("the browser takes no picture: %v: %s", err, out)
	}
	file, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	img, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.RGBA]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			count[color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}]++
		}
	}
	verdicts := map[string]color.RGBA{
		"violated": {0xb3, 0x26, 0x1e, 255}, "holds": {0x1f, 0x7a, 0x4d, 255}, "unknown": {0x8a, 0x61, 0, 255}, "none": {0x7b, 0x85, 0x92, 255},
	}
	want := map[string]color.RGBA{
		"ink": {0x1d, 0x24, 0x30, 255}, "bars": {0x2f, 0x6d, 0xb5, 255}, "points of figures": {30, 110, 190, 255},
	}
	for k := range sum.Findings {
		class := classOf(&sum.Findings[k])
		want[class] = verdicts[class]
	}
	for name, c := range want {
		if count[c] < 300 { // a verdict or a bar alone has some thousand pixels, a point a hundred
			t.Errorf("%d pixels in the colour of %s", count[c], name)
		}
	}
}

// One assumption that is violated makes the verdict; where none is, all hold.
func TestVerdictsOfAudits(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	for problem, want := range map[string]struct {
		status  int
		verdict string
	}{"a2_rotating_ou.yaml": {statusViolated, "violated"}, "a3_multi_well.yaml": {statusDone, "holds"}} {
		_, sum := auditOf(t, problem, want.status, "--no-plots")
		if sum.Verdict != want.verdict {
			t.Errorf("%s: %s, want %s", problem, sum.Verdict, want.verdict)
		}
	}
}

// smallProblem returns the name of a problem file whose audit on few cells is quick.
func smallProblem(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small.yaml")
	const small = `version: 1
variables: [x, y]
sgd: {loss: "x^2/2 + y^2/2", noise_covariance: [["1", "0"], ["0", "1"]], batch_size: 4, learning_rate: 0.02}
domain: {x: {min: -0.4, max: 0.4}, y: {min: -0.4, max: 0.4}}
`
	if err := os.WriteFile(path, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Findings list the figures that are written, and none where none are.
func TestAuditsListFiguresThatAreWritten(t *testing.T) {
	path := smallProblem(t)
	for _, c := range []struct {
		args  []string
		drawn bool
	}{
		{nil, false},
		{[]string{"-o", filepath.Join(t.TempDir(), "out"), "--no-plots"}, false},
		{[]string{"-o", filepath.Join(t.TempDir(), "out")}, true},
	} {
		var stdout, stderr bytes.Buffer
		run(append([]string{"audit", path, "--cells", "16", "--no-ensemble", "--json"}, c.args...), &stdout, &stderr)
		var sum auditSummary
		if err := json.Unmarshal(stdout.Bytes(), &sum); err != nil {
			t.Fatalf("%v: %v: %s", c.args, err, &stderr)
		}
		var listed []string
		for _, f := range sum.Findings {
			listed = append(listed, f.Figures...)
		}
		if (len(listed) > 0) != c.drawn {
			t.Errorf("%v: %v are listed", c.args, listed)
		}
	}
}

// Where cells are so few that of an assumption nobody can tell, the status is 3, and with more of them 0.
func TestAuditsThatCannotTell(t *testing.T) {
	path := smallProblem(t)
	for cells, want := range map[string]int{"16": statusNotConverged, "32": statusDone} {
		var stdout, stderr bytes.Buffer
		if got := run([]string{"audit", path, "--cells", cells, "--no-ensemble"}, &stdout, &stderr); got != want {
			t.Errorf("%s cells: status %d, want %d\n%s%s", cells, got, want, stdout.String(), stderr.String())
		}
	}
}

// The status is that of the assumptions that apply: formulas, which follow from them, have no say.
func TestStatusOfAudits(t *testing.T) {
	finding := func(kind audit.Kind, applies bool, v fp.Verdict) audit.Finding {
		return audit.Finding{Kind: kind, Applies: applies, Verdict: v}
	}
	holds := finding(audit.Assumption, true, fp.Holds)
	unknown := finding(audit.Assumption, true, fp.CannotTell)
	for _, k := range []struct {
		name string
		list []audit.Finding
		want int
	}{
		{"all hold", []audit.Finding{holds, holds}, statusDone},
		{"one does not apply", []audit.Finding{holds, finding(audit.Assumption, false, fp.CannotTell)}, statusDone},
		{"a formula is violated", []audit.Finding{holds, finding(audit.Formula, true, fp.Violated)}, statusDone},
		{"of one nobody can tell", []audit.Finding{unknown, holds}, statusNotConverged},
		{"one is violated too", []audit.Finding{unknown, finding(audit.Assumption, true, fp.Violated)}, statusViolated},
	} {
		if got := status(judged("audit", verdictOf(&audit.Report{Findings: k.list}))); got != k.want {
			t.Errorf("%s: status %d, want %d", k.name, got, k.want)
		}
	}
}

// Flags become options of the audit, and those out of range are refused; that there are no walkers and how many
// is a contradiction.
func TestOptionsOfAudits(t *testing.T) {
	good := auditFlags{within: 0.05, walkers: 128, seed: 7}
	opt, err := good.options()
	if err != nil || opt.Within != 0.05 || opt.Walkers != 128 || opt.Seed != 7 || opt.NoEnsemble || opt.Solve.MaxMemory != memory() {
		t.Errorf("%+v, %v", opt, err)
	}
	good.noEnsemble, good.walkersGiven = true, true
	if _, err := good.options(); err == nil || !strings.HasPrefix(err.Error(), "--walkers: has no meaning with --no-ensemble") {
		t.Error(err)
	}
	for flag, values := range map[string]struct{ bad, good []string }{
		"within":  {[]string{"0", "1", "nan"}, []string{"1e-9", "0.999"}},
		"walkers": {[]string{"63", "1048577", "1.5"}, []string{"64", "1e5", "1048576"}},
	} {
		for _, v := range append(values.bad, values.good...) {
			err := auditCommand().ParseFlags([]string{"--" + flag, v})
			if bad := slices.Contains(values.bad, v); bad != (err != nil) {
				t.Errorf("--%s %s: %v", flag, v, err)
			}
		}
	}
}

// Rows of the ranking say which places are open, and what is nothing but an error; and the page counts
// verdicts by their classes.
func TestRowsAndCountsOfPages(t *testing.T) {
	e := effectSummary{First: 2, Last: 2, Resolved: true, TV: shiftSummary{Value: 0.5}}
	if e.Place() != "2" || e.Moved() != "0.5" {
		t.Errorf("%s, %s", e.Place(), e.Moved())
	}
	e.Last, e.Resolved = 4, false
	if e.Place() != "2–4" || e.Moved() != "0.5, within its error" {
		t.Errorf("%s, %s", e.Place(), e.Moved())
	}
	var d pageData
	for _, f := range []findingSummary{
		{Applies: true, Verdict: "holds"},
		{Applies: true, Verdict: "holds"},
		{Applies: true, Verdict: "holds"},
		{Applies: true, Verdict: "violated"},
		{Applies: true, Verdict: "violated"},
		{Applies: true, Verdict: "cannot tell"},
		{Verdict: "cannot tell"},
	} {
		d.count(classOf(&f))
	}
	if d.Holds != 3 || d.Violated != 2 || d.Unknown != 1 {
		t.Errorf("%d hold, %d violated, %d unknown", d.Holds, d.Violated, d.Unknown)
	}
}
