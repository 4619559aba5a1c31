package compare

import "github.com/ness-fp/ness/fp"

// Judge says whether a quantity, estimated with a normal error, is within limit.
// A claim that is true is called Violated with probability below 3e-7 (five sigma); with
// an error that is itself estimated between G groups Student's law of G − 1 degrees of
// freedom takes the normal one's place: 1e-5 for 32 groups. NaN decides nothing.
func Judge(estimate, stderr, limit float64) fp.Verdict {
	if estimate-5*stderr > limit {
		return fp.Violated
	}
	if estimate+5*stderr <= limit {
		return fp.Holds
	}
	return fp.CannotTell
}

// Judge says whether the distance of the law that was sampled is within limit.
//
// The mean over samples of a distance that is convex in p is at least that of the law, and
// at most the floor above it: by the triangle inequality (TV, Hellinger, Wasserstein-1),
// and for KL since E KL(p̂‖q) = KL(p‖q) + E KL(p̂‖p). So five errors below
// Value − Floor are a violation, and only five above Value within the limit hold.
func (d Distance) Judge(limit float64) fp.Verdict {
	if Judge(d.Value-d.Floor, d.Err, limit) == fp.Violated {
		return fp.Violated
	}
	if Judge(d.Value, d.Err, limit) == fp.Holds {
		return fp.Holds
	}
	return fp.CannotTell
}

// JudgeAgainst is Judge for a density that has itself a relative error e in L1, half of which is one
// in total variation. With an unknown one, NaN, nobody can tell.
func (d Distance) JudgeAgainst(limit, e float64) fp.Verdict {
	switch {
	case d.Judge(limit+e/2) == fp.Violated:
		return fp.Violated
	case limit > e/2 && d.Judge(limit-e/2) == fp.Holds:
		return fp.Holds
	}
	return fp.CannotTell
}
