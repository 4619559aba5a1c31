package audit

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/ness-fp/ness/compare"
)

// Audits of a study have seeds that follow each other: no crowd has the seed of another, of its own audit
// or of others, nor that of an audit itself, by which its noise is watched.
func TestCrowdsOfNeighbouringSeedsAreIndependent(t *testing.T) {
	const audits = 2000
	seen := map[uint64]bool{}
	for seed := range uint64(audits) {
		s := &subject{opt: Options{Seed: seed}}
		for k := range seeds {
			of := s.seed(k)
			if seen[of] || of < audits {
				t.Fatalf("audit %d, walk %d: seed %d is another's", seed, k, of)
			}
			seen[of] = true
		}
	}
}

// Walkers of a quadratic forget where they start, and with the same random numbers go the same way: those
// of neighbouring walks and seeds, whose sum is the same, do not.
func TestWalkersOfNeighbouringSeedsAreIndependent(t *testing.T) {
	const walkers = 256
	f, g := problemOf(t, line("0.1", ""))
	var means [2][]float64
	for seed := range uint64(2) {
		s, err := newSubject(f, g, Options{Seed: seed, NoEnsemble: true, Walkers: walkers, Relaxations: 10}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		c := s.walk(walk(1-seed), s.sgd, compare.Relaxation{Steps: 10, Mixed: true})
		if c.err != nil {
			t.Fatal(c.err)
		}
		means[seed] = c.moments.WalkerMeans[0]
	}
	// Correlations of so many pairs are 1/√256; five of these.
	if r := stat.Correlation(means[0], means[1], nil); math.Abs(r) > 5/math.Sqrt(walkers) {
		t.Errorf("correlation of walkers %.3f", r)
	}
}
