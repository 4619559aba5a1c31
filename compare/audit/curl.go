package audit

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp"
)

// mostDropped is the share of a curl that counts as nothing: a twentieth of the 0.02 within which densities
// agree, since of constant multiples of the identity it is 0 but for round-off.
const mostDropped = 1e-3

// droppedTerm finds whether the term ε_klm Σ_mj ∂_l∂_j p of the curl of a current vanishes, as it
// would by antisymmetry if Σ were a multiple of the identity, see [fp.DroppedCurl].
func (s *subject) droppedTerm() []Finding {
	f := Finding{
		Key: "dropped-curl", Name: "curl without second derivatives", Kind: Formula, Claim: "the term ε_klm Σ_mj ∂_l∂_j p of the curl of the current vanishes",
		Rule: Rule{Text: fmt.Sprintf("holds where ∫|term| is at most %g of the integral of the sizes of all terms, with three numerical errors; violated beyond that, if it is more than what all terms leave of the curl", mostDropped), Limit: mostDropped},
	}
	if s.grid.Dim() == 1 {
		return []Finding{f.notApplicable("in one dimension there is no curl")}
	}
	c, ok := s.solution.DroppedCurl()
	if !ok {
		return []Finding{f.notApplicable("the grid is too coarse for second derivatives")}
	}
	f.Applies = true
	f.Statistics = []Statistic{
		{"dropped", "share of the term", c.Dropped, c.DroppedError},
		{"mismatch", "share of what all terms leave of the curl", c.Mismatch, c.MismatchError},
	}
	if math.IsNaN(c.Dropped) {
		return []Finding{f.notApplicable("there is no current to take the curl of")}
	}
	f.Verdict = judgeDropped(&c)
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("the term is %.2g of the curl's terms: it vanishes", c.Dropped),
		fmt.Sprintf("the term is %.2g of the curl's terms: it must not be dropped; with it the terms add up to the curl but for %.1g", c.Dropped, c.Mismatch),
		fmt.Sprintf("the term is %s of the curl's terms: the grid is too coarse to tell", estimated(c.Dropped, c.DroppedError)))
	return []Finding{f}
}

// judgeDropped calls the claim violated only where the term is more than all terms leave of the curl.
func judgeDropped(c *fp.DroppedCurl) fp.Verdict {
	v := judge(c.Dropped, 3*c.DroppedError, mostDropped)
	if v == fp.Violated && !(c.Dropped-c.Mismatch > mostDropped) {
		return fp.CannotTell
	}
	return v
}
