package compare

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp"
)

// A Scheme is how an [SDE] is cut into steps.
type Scheme uint8

// The schemes. Expectations of smooth functions have an error O(h) and O(h²).
const (
	EulerMaruyama Scheme = iota
	// Platen is the explicit scheme of weak order 2 for any noise, commuting or not. In d
	// dimensions it evaluates drifts twice and tensors 4d + 1 times per step. It takes the
	// noise factor to be smooth: where D is singular the Cholesky factor may not be, and
	// the order may fall.
	Platen
)

// String returns the name of the scheme.
func (s Scheme) String() string { return [...]string{"euler-maruyama", "platen"}[s] }

// Increments are the random numbers that stand for increments of the Wiener process.
type Increments uint8

// The increments, of variance h. Both leave the weak order of either scheme as it is.
const (
	Gaussian   Increments = iota
	ThreePoint            // −√3h, 0, √3h with probabilities 1/6, 2/3, 1/6: twice as fast
)

// String returns the name of the increments.
func (i Increments) String() string { return [...]string{"gaussian", "three-point"}[i] }

// An SDE is dθ = b dt + σ dW in the sense of Itô, with D = σσᵀ/2 and time steps h; σ is
// the Cholesky factor of 2D. There are no walls: D and b must be defined everywhere.
//
// An effective drift v, as in J = v p − D∇p, has b = v + ∇·D.
type SDE struct {
	Dim int
	// Drift is b, and Diffusion D, a packed upper triangle by rows. Both must be safe for
	// concurrent use, and get blocks of points, all coordinates of the same length.
	Drift, Diffusion fp.Func
	// ConstantDiffusion is D where it does not depend on θ, in place of Diffusion.
	ConstantDiffusion []float64
	// Step is h, in units of time.
	Step       float64
	Scheme     Scheme
	Increments Increments
}

func (s *SDE) check() error {
	switch {
	case s.Dim < 1 || s.Drift == nil:
		return fmt.Errorf("sde: want at least one dimension, and a drift")
	case (s.Diffusion == nil) == (s.ConstantDiffusion == nil):
		return fmt.Errorf("sde: want a diffusion or a constant diffusion, and not both")
	case s.ConstantDiffusion != nil && len(s.ConstantDiffusion) != packed(s.Dim):
		return fmt.Errorf("sde: constant diffusion: want %d numbers, have %d", packed(s.Dim), len(s.ConstantDiffusion))
	case !(s.Step > 0) || math.IsInf(s.Step, 1):
		return fmt.Errorf("sde: want a time step > 0, have %g", s.Step)
	case s.Scheme > Platen || s.Increments > ThreePoint:
		return fmt.Errorf("sde: there is no scheme %d with increments %d", s.Scheme, s.Increments)
	case s.Scheme == Platen && s.Dim > 11:
		return fmt.Errorf("sde: the scheme of Platen takes at most 11 dimensions here, have %d", s.Dim)
	}
	return nil
}

func (s *SDE) dim() int          { return s.Dim }
func (s *SDE) hasVelocity() bool { return false }
func (s *SDE) lanes() int        { return 256 } // so that what functions cost per call does not count
func (s *SDE) period() int       { return 1 }

func (s *SDE) traits(at []float64) []trait {
	diffusion := [][]float64{s.ConstantDiffusion}
	if s.Diffusion != nil {
		diffusion = valuesAt(s.Diffusion, packed(s.Dim), at)
	}
	return []trait{
		{"process", "sde"},
		{"step", fmt.Sprintf("%x", s.Step)},
		{"scheme", fmt.Sprint(s.Scheme)},
		{"increments", fmt.Sprint(s.Increments)},
		{"drift", fmt.Sprintf("%x", valuesAt(s.Drift, s.Dim, at))},
		{"diffusion", fmt.Sprintf("%x", diffusion)},
	}
}

func (s *SDE) runner() runner {
	r := &sdeRunner{
		sde: s, deviates: normals{perStep: s.Dim}, factorizer: newFactorizer(s.Dim, s.lanes()),
		sixths: random.NewUniform(6),
	}
	if s.ConstantDiffusion != nil {
		one := split(append([]float64(nil), s.ConstantDiffusion...), packed(s.Dim))
		doubled(one)
		newFactorizer(s.Dim, 1).factor(one)
		for _, c := range one {
			r.constant = append(r.constant, c[0])
		}
	}
	return r
}

// sdeRunner moves blocks by either scheme.
type sdeRunner struct {
	sde        *SDE
	deviates   normals
	sixths     random.Uniform
	outcomes   []uint32  // [walker][step][dimension]: of three-point increments
	signs      []uint64  // [walker][step]: of the pairs of Platen's scheme
	constant   []float64 // σ where it is
	factorizer *factorizer
	scratch    *sdeScratch
}

// sdeScratch is for blocks of one size: all of them but perhaps the last.
type sdeScratch struct {
	z             [][]float64 // deviates of a step: those of normals, or its own of three points
	drift, factor [][]float64
	platen        *platenScratch
}

func (r *sdeRunner) newScratch(lanes int) *sdeScratch {
	d := r.sde.Dim
	s := &sdeScratch{drift: columns(d, lanes), factor: columns(packed(d), lanes)}
	if r.sde.Increments == ThreePoint {
		s.z = columns(d, lanes)
	}
	for k, v := range r.constant {
		for w := range s.factor[k] {
			s.factor[k][w] = v
		}
	}
	if r.sde.Scheme == Platen {
		s.platen = newPlatenScratch(d, lanes)
	}
	return s
}

func (r *sdeRunner) resume(b *block) {
	if r.scratch == nil || len(r.scratch.drift[0]) != b.walkers() {
		r.scratch = r.newScratch(b.walkers())
	}
}

func (r *sdeRunner) draw(b *block) {
	if r.sde.Increments == Gaussian {
		r.deviates.draw(b.sources)
	} else {
		each := buffered * r.sde.Dim
		count := each * b.walkers()
		if len(r.outcomes) < count {
			r.outcomes = make([]uint32, count)
		}
		r.sixths.FillEach(r.outcomes[:count], each, b.sources.now)
	}
	if r.sde.Scheme == Platen && r.sde.Dim > 1 {
		if len(r.signs) < b.walkers()*buffered {
			r.signs = make([]uint64, b.walkers()*buffered)
		}
		for w, g := range b.sources.now {
			for k := range buffered {
				r.signs[w*buffered+k], g = g.Next()
			}
			b.sources.now[w] = g
		}
	}
}

// threePoint has the deviate for each of six outcomes of the same probability. There are
// eight for the sake of bounds checks.
var threePoint = [8]float64{0: -math.Sqrt(3), 5: math.Sqrt(3)}

// gather sets the deviates of step k.
func (r *sdeRunner) gather(k int) {
	if r.sde.Increments == Gaussian {
		r.scratch.z = r.deviates.of(k, r.scratch.z[:0])
		return
	}
	for c, z := range r.scratch.z {
		gatherThreePoint(z, r.outcomes[k*r.sde.Dim+c:], buffered*r.sde.Dim)
	}
}

func gatherThreePoint(z []float64, outcomes []uint32, stride int) {
	at := 0
	for w := range z {
		z[w] = threePoint[outcomes[at]%8]
		at += stride
	}
}

func (r *sdeRunner) advance(b *block, from, to int) {
	for k := from; k < to; k++ {
		r.step(b, k)
	}
}

func (r *sdeRunner) step(b *block, k int) {
	s := r.scratch
	fromTables := r.constant != nil && r.sde.Scheme == EulerMaruyama && r.sde.Increments == ThreePoint
	if !fromTables {
		r.gather(k)
	}
	r.sde.Drift(s.drift, b.theta)
	b.indefinite += int64(r.sigma(s.factor, b.theta))
	if r.sde.Scheme == Platen {
		r.platen(b.theta, k)
		return
	}
	for a, t := range b.theta {
		for w, v := range s.drift[a] {
			t[w] += float64(r.sde.Step * v)
		}
	}
	if fromTables {
		r.addOutcomes(b.theta, k)
		return
	}
	addProduct(b.theta, s.factor, s.z, math.Sqrt(r.sde.Step))
}

// addOutcomes is addProduct for a constant factor and three-point increments: there are no
// more than three products for each component, and none where it is 0.
func (r *sdeRunner) addOutcomes(theta [][]float64, k int) {
	scale, component := math.Sqrt(r.sde.Step), 0
	for j := range theta {
		for i := j; i < len(theta); i++ {
			if s := r.constant[component]; s != 0 {
				var products [8]float64
				for o, z := range threePoint {
					products[o] = scale * float64(s*z)
				}
				addChosen(theta[i], &products, r.outcomes[k*r.sde.Dim+j:], buffered*r.sde.Dim)
			}
			component++
		}
	}
}

// addChosen adds products of outcomes. Inlined, a tenth of its speed depends on what stands around it.
//
//go:noinline
func addChosen(to []float64, products *[8]float64, outcomes []uint32, stride int) {
	at := 0
	for w := range to {
		to[w] += products[outcomes[at]%8]
		at += stride
	}
}

// sigma sets dst to the noise factor at x, if it is not constant, and returns of how many walkers D is no covariance.
func (r *sdeRunner) sigma(dst, x [][]float64) (indefinite int) {
	if r.constant != nil {
		return 0
	}
	r.sde.Diffusion(dst, x)
	doubled(dst)
	return r.factorizer.factor(dst)
}

func doubled(x [][]float64) {
	for _, c := range x {
		for w := range c {
			c[w] *= 2
		}
	}
}
