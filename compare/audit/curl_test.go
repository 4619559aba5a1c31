package audit

import (
	"testing"

	"github.com/ness-fp/ness/fp"
)

// A term counts beyond its errors, and beyond what all terms leave of the curl on a coarse grid.
func TestVerdictOnDroppedTerms(t *testing.T) {
	for _, k := range []struct {
		dropped, err, mismatch float64
		want                   fp.Verdict
	}{
		{0.1, 1e-3, 1e-4, fp.Violated},
		{0.1, 1e-3, 0.2, fp.CannotTell},
		{0.1, 1e-3, 0.0995, fp.CannotTell},
		{0.1, 0.04, 1e-4, fp.CannotTell},
		{1e-5, 1e-5, 0.2, fp.Holds},
		{9e-4, 1e-4, 0, fp.CannotTell},
	} {
		if got := judgeDropped(&fp.DroppedCurl{Dropped: k.dropped, DroppedError: k.err, Mismatch: k.mismatch}); got != k.want {
			t.Errorf("%v: %v", k, got)
		}
	}
}

// Statistics are those of the solution, each with its own error.
func TestStatisticsOfDroppedTerms(t *testing.T) {
	skipShort(t)
	f, g := problemOf(t, isotropic("1"))
	s, err := newSubject(f, g, quick.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	finding := s.droppedTerm()[0]
	c, ok := s.solution.DroppedCurl()
	if !ok || finding.Statistics[0].Value != c.Dropped || finding.Statistics[0].Error != c.DroppedError || finding.Statistics[1].Value != c.Mismatch || finding.Statistics[1].Error != c.MismatchError {
		t.Errorf("%+v, want %+v", finding.Statistics, c)
	}
	// A twentieth of what densities agree within.
	if mostDropped != 0.02/20 {
		t.Errorf("limit %g", mostDropped)
	}
}
