package audit

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp"
)

// A Report is what an audit found, in a fixed order.
type Report struct {
	Title    string
	Findings []Finding
	// Ranking has how far each assumption moves the stationary density, the farthest first.
	Ranking []Effect
	// Unranked are the assumptions that are not in it, in the order of findings.
	Unranked []Unranked
	// Warnings are doubts about the solution that the audit is made on.
	Warnings []string
}

// Finding returns the finding of that key, nil where there is none.
func (r *Report) Finding(key string) *Finding {
	for i := range r.Findings {
		if r.Findings[i].Key == key {
			return &r.Findings[i]
		}
	}
	return nil
}

// Violated returns the assumptions that are violated. Formulas, which are no assumptions, are
// not among them.
func (r *Report) Violated() (list []Finding) {
	for _, f := range r.Findings {
		if f.Kind == Assumption && f.Verdict == fp.Violated {
			list = append(list, f)
		}
	}
	return list
}

// A Kind says what a finding is about.
type Kind uint8

// The kinds: what the picture rests on, and what is said to follow from it.
const (
	Assumption Kind = iota
	Formula
)

// String returns the name of the kind.
func (k Kind) String() string { return [...]string{"assumption", "formula"}[k] }

// A Finding is one claim, measured.
type Finding struct {
	Key   string // of letters, digits and dashes
	Name  string // a few words
	Kind  Kind
	Claim string // what would have to be true
	// Applies is false where the claim has no meaning for the problem, or cannot be measured;
	// Sentence says why.
	Applies    bool
	Statistics []Statistic
	Rule       Rule
	Verdict    fp.Verdict // CannotTell where the claim does not apply
	Sentence   string     // what was found, in plain words
	Curves     []Curve
	Maps       []Map
}

// A Statistic is a number with its uncertainty.
type Statistic struct {
	Key, Name string
	Value     float64
	// Error is a standard error, or an estimate of the numerical one; 0 of exact numbers, NaN
	// where it is not known.
	Error float64
}

// A Rule says how statistics become a verdict.
type Rule struct {
	Text  string
	Limit float64 // the number in Text that the first statistic is held against
	// Level is the chance that the test calls a claim that holds violated; 0 where nothing is
	// random.
	Level float64
}

// A Curve is points to draw, in order of X.
type Curve struct {
	Key, Name      string
	XLabel, YLabel string
	X, Y           []float64
	Err            []float64 // standard errors of Y, nil where there are none
	Reference      []float64 // what Y would be, exactly or if the claim held; nil where that is not known
	// Measured and Expected say what Y and Reference are, in a few words; "" for these two.
	Measured, Expected string
}

// A Map is a number for every cell of the grid, or of the plane of some of its axes; NaN where it has
// no meaning. It has at most two axes.
type Map struct {
	Key, Name string
	Axes      []int // nil for all
	Values    []float64
}

// An Effect is how far the stationary density moves where an assumption is given up.
type Effect struct {
	Key, Name string
	// How says what was compared with what.
	How           string
	TV, Hellinger Shift
	// Sampled says that walkers were compared, with a floor that sampling makes.
	Sampled bool
	// First and Last are the places in the ranking, from 1 on, that errors of total variation leave
	// open.
	First, Last int
}

// Range returns between what the total variation lies by its error, of walkers by five standard errors
// and the floor of sampling. An error that is not known leaves everything open.
func (e *Effect) Range() (least, most float64) {
	err := e.TV.Error
	if e.Sampled {
		err *= 5
	}
	if math.IsNaN(err) {
		return 0, 1
	}
	return max(0, e.TV.Value-e.TV.Floor-err), min(1, e.TV.Value+err)
}

// Resolved says whether the total variation is beyond its error.
func (e *Effect) Resolved() bool {
	least, _ := e.Range()
	return least > 0
}

// A Shift is a distance between densities. Its error is numerical, of both, or a standard one where
// walkers are compared; Floor is what sampling alone makes of it, 0 between solutions.
type Shift struct{ Value, Error, Floor float64 }

// Beyond returns what a shift has more than sampling makes, at least 0.
func (s Shift) Beyond() float64 { return max(0, s.Value-s.Floor) }

// An Unranked is an assumption that could not be given up, and why.
type Unranked struct{ Key, Name, Why string }

// notApplicable returns the finding that says why a claim has no meaning.
func (f Finding) notApplicable(why string) Finding {
	f.Applies, f.Verdict, f.Sentence = false, fp.CannotTell, "does not apply: "+why
	return f
}

// judge returns Violated where value − err is above the limit, Holds where value + err is not.
func judge(value, err, limit float64) fp.Verdict {
	switch {
	case value-err > limit:
		return fp.Violated
	case value+err <= limit:
		return fp.Holds
	}
	return fp.CannotTell
}

// judgeUpTo is judge for a limit that a value may have, with its numerical error: it holds unless value − err is
// above the limit.
func judgeUpTo(value, err, limit float64) fp.Verdict { return judge(value-err, 0, limit) }

// pick returns what is said of each verdict.
func pick(v fp.Verdict, holds, violated, open string) string {
	return [...]string{fp.CannotTell: open, fp.Holds: holds, fp.Violated: violated}[v]
}

// estimated writes a share or a distance with its error, in words where one of them is not known.
func estimated(value, err float64) string {
	switch {
	case math.IsNaN(value):
		return "an unknown part"
	case math.IsNaN(err):
		return fmt.Sprintf("%.2g, with an error that is not known,", value)
	}
	return fmt.Sprintf("%.2g ± %.1g", value, err)
}
