package main

import (
	"bytes"
	"encoding/json"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// auditOf audits a shipped problem on few cells, without long runs of walkers.
func auditOf(t *testing.T, problem string, want int) (dir string, sum auditSummary) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	if status := run([]string{"audit", filepath.Join(testdata(t), "problems", problem), "--cells", "32", "--no-ensemble", "-o", dir}, &stdout, &stderr); status != want {
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

// The page of an audit has every finding and every figure, and needs no other file and no network.
func TestPagesOfAuditsStandAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	dir, sum := auditOf(t, "diabetes.yaml", statusViolated)
	data, err := os.ReadFile(filepath.Join(dir, "audit.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	if i := regexp.MustCompile(`https?://|<script|<link|url\(|@import`).FindStringIndex(page); i != nil {
		t.Errorf("the page wants something else: …%s…", page[max(0, i[0]-40):min(len(page), i[1]+40)])
	}
	figures := 0
	for _, f := range sum.Findings {
		if !strings.Contains(page, `id="`+f.Key+`"`) {
			t.Errorf("no section on %s", f.Key)
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
	shot(t, filepath.Join(dir, "audit.html"))
}

// shot looks at a page in a browser, where there is one: it has text, and verdicts in colour.
func shot(t *testing.T, page string) {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Log("no browser to look at the page with")
		return
	}
	picture := filepath.Join(t.TempDir(), "page.png")
	out, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1200,1600",
		"--user-data-dir="+t.TempDir(), "--screenshot="+picture, "file://"+page).CombinedOutput()
	if err != nil {
		t.Skipf("the browser does not start: %v: %s", err, out)
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
	for name, c := range map[string]color.RGBA{"violated": {0xb3, 0x26, 0x1e, 255}, "holds": {0x1f, 0x7a, 0x4d, 255}, "ink": {0x1d, 0x24, 0x30, 255}} {
		if count[c] < 300 { // a verdict alone has some thousand pixels
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
		_, sum := auditOf(t, problem, want.status)
		if sum.Verdict != want.verdict {
			t.Errorf("%s: %s, want %s", problem, sum.Verdict, want.verdict)
		}
	}
}
