package compare

import "github.com/ness-fp/ness/compare/random"

// A Process is a rule by which walkers move: an [*SGD] or an [*SDE].
type Process interface {
	// check returns what is wrong with the process.
	check() error
	dim() int
	hasVelocity() bool
	// lanes is how many walkers to move together, and period after how many steps
	// something begins anew that costs time when blocks take turns.
	lanes() int
	period() int
	runner() runner
	// traits are what fixes the process, functions by their values at a point; the first says of what kind it is.
	traits(at []float64) []trait
}

// A runner moves blocks of walkers, one after the other. It belongs to one worker.
type runner interface {
	// resume prepares for a block other than that before.
	resume(b *block)
	// draw takes from the sources what the next buffered steps need.
	draw(b *block)
	// advance moves the block by steps b.start + k, k = from … to − 1 with 0 ≤ from < to ≤ buffered.
	advance(b *block, from, to int)
}

// A block is some walkers on their way.
type block struct {
	theta, velocity [][]float64 // one slice per coordinate, one number per walker
	sources         sources     // after draw: as they are when all buffered steps are done
	start           int         // the step that the buffer begins with, a multiple of buffered
	indefinite      int64       // steps of walkers from where noise is no covariance
}

// walkers returns their number.
func (b *block) walkers() int { return len(b.theta[0]) }

// normals are deviates for the next steps of a block, those of all walkers side by side.
type normals struct {
	perStep, walkers int
	apart            int       // from one deviate of a walker to the next
	z                []float64 // [step][perStep][walker]
}

func (n *normals) draw(from sources) {
	n.walkers = len(from.now)
	n.apart = apart(n.walkers)
	n.z = sized(n.z, buffered*n.perStep*n.apart)
	for w, g := range from.now {
		from.now[w] = random.NormalsEvery(n.z[w:], n.apart, g)
	}
}

// of appends the deviates of step k, a slice for each, to dst.
func (n *normals) of(k int, dst [][]float64) [][]float64 {
	for c := range n.perStep {
		dst = append(dst, n.z[(k*n.perStep+c)*n.apart:][:n.walkers])
	}
	return dst
}

// apart returns how far from each other columns of m numbers lie: an odd number of lines of the cache, for powers of two
// fill few of its sets.
func apart(m int) int { return (m+7)&^7 | 8 }

// columns returns n slices of m numbers, apart from each other.
func columns(n, m int) [][]float64 {
	c, each := make([][]float64, n), apart(m)
	flat := make([]float64, n*each)
	for i := range c {
		c[i] = flat[i*each:][:m:m]
	}
	return c
}

// split cuts a slice into n of equal length.
func split(flat []float64, n int) [][]float64 {
	c := make([][]float64, n)
	m := len(flat) / max(n, 1)
	for i := range c {
		c[i] = flat[i*m : (i+1)*m : (i+1)*m]
	}
	return c
}

// cut sets dst[c] = src[c][lo:hi].
func cut(dst, src [][]float64, lo, hi int) [][]float64 {
	dst = dst[:0]
	for _, s := range src {
		dst = append(dst, s[lo:hi])
	}
	return dst
}
