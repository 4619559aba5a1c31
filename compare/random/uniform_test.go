package random

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// The chain of products with words of 16 bits, all of which can be tried: every tuple of
// indices comes from the same number of accepted words.
func TestTuplesAreEquallyLikelyExhaustively(t *testing.T) {
	for _, c := range []struct{ n, k uint32 }{{5, 3}, {7, 2}, {13, 4}, {40, 2}, {255, 2}, {16, 4}, {6, 6}} {
		power := uint32(1)
		for range c.k {
			power *= c.n
		}
		reject := (1 << 16) % power
		times := make([]int, power)
		for x := range uint32(1 << 16) {
			if x*power&0xffff < reject {
				continue
			}
			tuple := uint32(0)
			for rest, i := x, uint32(0); i < c.k; i++ {
				tuple = tuple*c.n + rest*c.n>>16
				rest = rest * c.n & 0xffff
			}
			times[tuple]++
		}
		if slices.Min(times) != slices.Max(times) || times[0] != int((1<<16)/power) {
			t.Errorf("n = %d, k = %d: tuples come %d to %d times", c.n, c.k, slices.Min(times), slices.Max(times))
		}
	}
}

// Fill takes words and indices as the test above does, 64 bits at a time.
func TestFillFollowsTheChain(t *testing.T) {
	for n, perWord := range map[int]int{1: 4, 2: 4, 1000: 4, 1 << 13: 4, 11585: 4, 11586: 3, 262143: 3, 262144: 3, 262145: 2, 1 << 27: 2, 1<<27 + 1: 1, MaxIndices: 1} {
		u := NewUniform(n)
		if u.PerWord() != perWord {
			t.Errorf("n = %d: %d indices per word, want %d", n, u.PerWord(), perWord)
		}
		power := uint64(1)
		for range perWord {
			power *= uint64(n)
		}
		got := make([]uint32, 240000) // at n = 11585 some of their words are thrown away
		words := make([]uint64, 240000/perWord)
		g, h := New(3, uint64(n)), New(3, uint64(n))
		end, same := u.Fill(got, g), u.Words(words, h)
		if end != same {
			t.Errorf("n = %d: Fill and Words end at different places", n)
		}
		for i := 0; i < len(got); i += perWord {
			var x uint64
			for {
				x, h = h.Next()
				if x*power >= (-power)%power {
					break
				}
			}
			if words[i/perWord] != x {
				t.Fatalf("n = %d: another word at %d", n, i)
			}
			for j := range perWord {
				var hi uint64
				hi, x = bits.Mul64(x, uint64(n))
				if got[i+j] != uint32(hi) {
					t.Fatalf("n = %d: index %d is %d, want %d", n, i+j, got[i+j], hi)
				}
			}
		}
		if end != h {
			t.Errorf("n = %d: took other words than the reference", n)
		}
		short := make([]uint32, 7)
		u.Fill(short, g)
		if !slices.Equal(short, got[:7]) {
			t.Errorf("n = %d: a short slice begins differently", n)
		}
	}
}

// chiSquared returns how many deviations χ² lies above its mean, for equal expectations.
func chiSquared(counts []int) float64 {
	var total float64
	for _, c := range counts {
		total += float64(c)
	}
	want := total / float64(len(counts))
	var x float64
	for _, c := range counts {
		x += (float64(c) - want) * (float64(c) - want) / want
	}
	f := float64(len(counts) - 1)
	return (x - f) / math.Sqrt(2*f)
}

// All within 5 deviations: with some 10 statistics a false alarm has a chance below 1e-5.
// The seeds are fixed, so that it does not come back.
func TestDrawsPassChiSquared(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic")
	}
	const n, rounds = 1000, 40000
	buf := make([]uint32, 192)
	u, s := NewUniform(n), NewSubset(n)
	order := Identity(n)
	for name, fill := range map[string]func(g Stream) Stream{
		"uniform": func(g Stream) Stream { return u.Fill(buf, g) },
		"subset":  func(g Stream) Stream { return s.Fill(buf, g) },
		"shuffle": func(g Stream) Stream { g = Shuffle(order, 192, g); copy(buf, order); return g },
	} {
		single, pair := make([]int, n), make([]int, 100*100)
		g := New(5, 6)
		for range rounds {
			g = fill(g)
			for i, v := range buf {
				single[v]++
				if i%2 == 1 {
					pair[buf[i-1]/10*100+v/10]++
				}
			}
		}
		// Distinct indices repeat less than independent ones: χ² lies well below its mean.
		if z := chiSquared(single); z > 5 || name == "uniform" && z < -5 {
			t.Errorf("%s: single indices: %.1f deviations", name, z)
		}
		// Pairs of equal tens have 90 and not 100 members where indices differ.
		if z := chiSquared(pair); name == "uniform" && math.Abs(z) > 5 {
			t.Errorf("%s: pairs: %.1f deviations", name, z)
		}
	}
}

// The same test finds indices of 16 bits each, whose probabilities are off by up to n/2¹⁶.
func TestChiSquaredFindsBiasedDraws(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic")
	}
	const n = 1000
	single := make([]int, n)
	g := New(5, 6)
	for range 2_000_000 {
		var x uint64
		x, g = g.Next()
		for range 4 {
			single[x&0xffff*n>>16]++
			x >>= 16
		}
	}
	if z := chiSquared(single); z < 5 {
		t.Errorf("biased draws pass: %.1f deviations", z)
	}
}

// Of few indices every ordered choice can be counted: of 3 out of 7, also of odd and full length.
func TestOrderedChoicesAreEquallyLikely(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic")
	}
	const rounds = 1_000_000
	s, order := NewSubset(7), Identity(7)
	choice := make([]uint32, 3)
	for name, fill := range map[string]func(g Stream) Stream{
		"subset":        func(g Stream) Stream { return s.Fill(choice, g) },
		"shuffle of 3":  func(g Stream) Stream { g = Shuffle(order, 3, g); copy(choice, order); return g },
		"whole shuffle": func(g Stream) Stream { g = Shuffle(order, 7, g); copy(choice, order[4:]); return g },
	} {
		var counts []int
		at := map[[3]uint32]int{}
		g := New(7, 8)
		for range rounds {
			g = fill(g)
			key := [3]uint32(choice)
			k, ok := at[key]
			if !ok {
				k = len(counts)
				at[key] = k
				counts = append(counts, 0)
			}
			counts[k]++
		}
		if z := chiSquared(counts); len(counts) != 7*6*5 || math.Abs(z) > 5 {
			t.Errorf("%s: %d choices, want 210; %.1f deviations", name, len(counts), z)
		}
	}
	all := make([]uint32, 7)
	s.Fill(all, New(1, 1))
	slices.Sort(all)
	if !slices.Equal(all, Identity(7)) || !slices.Equal(s.identity, Identity(7)) {
		t.Errorf("all of 7 are %v, and leave %v", all, s.identity)
	}
}

// Streams of neighbouring walkers, neighbouring seeds, and with both exchanged differ in
// half of their bits, with the binomial variance.
func TestStreamsOfNeighboursDiffer(t *testing.T) {
	const pairs = 100000
	rng := rand.New(rand.NewPCG(1, 2))
	for name, other := range map[string]func(s, w uint64) (uint64, uint64){
		"walkers":   func(s, w uint64) (uint64, uint64) { return s, w + 1 },
		"seeds":     func(s, w uint64) (uint64, uint64) { return s + 1, w },
		"exchanged": func(s, w uint64) (uint64, uint64) { return w, s },
	} {
		var sum, squares float64
		for range pairs {
			s, w := rng.Uint64N(1000), 1000+rng.Uint64N(100000)
			x, _ := New(s, w).Next()
			y, _ := New(other(s, w)).Next()
			d := float64(bits.OnesCount64(x^y)) - 32
			sum += d
			squares += d * d
		}
		// Variance 16; that of its estimate is near 2·16²/pairs.
		zMean := sum / math.Sqrt(16*pairs)
		zVar := (squares/pairs - 16) / (16 * math.Sqrt(2.0/pairs))
		if math.Abs(zMean) > 5 || math.Abs(zVar) > 5 {
			t.Errorf("%s: %.1f and %.1f deviations", name, zMean, zVar)
		}
	}
	if g := New(4, 9); FromState(g.State()) != g {
		t.Error("a stream does not survive its state")
	}
}

// Ensembles of neighbouring seeds share none of theirs, of which seed + k would share all but one.
func TestDerivedSeedsOfNeighboursDiffer(t *testing.T) {
	const seeds, ensembles = 64, 64
	from := map[uint64][2]uint64{}
	for seed := range uint64(seeds) {
		for k := range uint64(ensembles) {
			d := Derive(seed, k)
			if was, ok := from[d]; ok || d < 1<<32 { // of 4096 words one is so small with probability 1e-6
				t.Errorf("seed %d, ensemble %d: %#x, like %v", seed, k, d, was)
			}
			from[d] = [2]uint64{seed, k}
		}
	}
}

func TestIndicesOfAWord(t *testing.T) {
	for n, want := range map[int]int{1: 4, 11585: 4, 11586: 3, 262144: 3, 262145: 2, 1 << 27: 2, 1<<27 + 1: 1, MaxIndices: 1} {
		if got := NewUniform(n).PerWord(); got != want {
			t.Errorf("n = %d: %d indices of a word, want %d", n, got, want)
		}
	}
}
