package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
)

// This file has what a stationary current amounts to in numbers. With u = J/p, the mean
// velocity of what is there, they are averages over p, by the rule of the scheme's order.

// A Measured is a number with about what it may be off.
type Measured struct{ Value, Error float64 }

// Irreversibility is by how much, and how, a stationary state is out of equilibrium.
type Irreversibility struct {
	// EntropyProduction is ∫ J·D⁻¹J/p, in nats/T; see [Stationary.EntropyProduction].
	EntropyProduction Measured
	// EntropyDensity is J·D⁻¹J/p where [Current.At] has its vectors, N · nats/(T [θ]ᵈ): +Inf
	// where a current crosses directions without diffusion, 0 where p is too small for the
	// ratio. Its integral by the rule of the scheme's order is EntropyProduction; in one
	// dimension, where that is better, to second order.
	EntropyDensity []float64
	// Fraction is the irreversible part of the drift, ∫ u·D⁻¹u p / ∫ v·D⁻¹v p, between 0
	// in detailed balance and 1 where nothing but the current is driven: with u and D∇ln p
	// orthogonal, ∫ ∇ln p·J = 0, it is σ/(σ + ∫ ∇ln p·D∇ln p p). It is 1 where σ = +Inf.
	Fraction Measured
	// Power is ∫ b·J, in [θ]²/T², with b as in [Problem.DriftField]. It is 0 where b = −∇L,
	// whatever the current: what a loss gives on the way down it takes on the way up.
	Power Measured
	// Rotation is the mean angular velocity about the mean m in the plane of each two axes
	// a < b, packed by rows, in rad/T, positive from a to b:
	//
	//	∫ (x_a−m_a) J_b − (x_b−m_b) J_a / ∫ ((x_a−m_a)² + (x_b−m_b)²) p.
	//
	// It is NaN where an axis is periodic, so that there is no mean to turn about, and has no
	// elements in one dimension.
	Rotation []Measured
	// Alignment is nil where the problem has no landscape, neither a loss nor a potential.
	Alignment *Alignment
}

// An Alignment tells whether probability circulates along the level sets of a landscape: the
// loss L of the problem, or else the potential that its drift was given by.
type Alignment struct {
	// Across is ∫ (u·∇L)² p / ∫ |u|²|∇L|² p, the mean square rate at which L changes along the
	// current, over what it would be if all went straight up or down: between 0, along level
	// sets, and 1, across them, taken where p is above [Stationary.LeastDensity]. Lengths and
	// angles are Euclidean. It is NaN without current.
	Across Measured
	// Isotropic is what Across is on average for directions that know nothing of L, 1/d.
	Isotropic float64
	// Angle is the one between J and ∇L where [Current.At] has its vectors, N · rad: π/2
	// along level sets, 0 straight up, π straight down; NaN where p is not above
	// [Stationary.LeastDensity], or one of the two vectors is 0.
	Angle []float64
}

// Irreversibility returns these numbers for the current c of s. Errors are made from e, what
// [Stationary.EstimateError] returned, as if errors of the current were spread like it, and not
// below those of rules for integrals; they are NaN where e has none. The error is a
// [CoefficientError].
//
// Seifert, Rep. Prog. Phys. 75 (2012) 126001 (entropy production and its parts).
func (s *Stationary) Irreversibility(c *Current, e ErrorEstimate) (*Irreversibility, error) {
	m, err := s.newMeasurement(c)
	if err != nil {
		return nil, err
	}
	r := &Irreversibility{EntropyDensity: entropyDensity(m.diffusion, m.j, m.p, m.least)}
	rate := floats.Dot(m.weight, r.EntropyDensity)
	if s.line != nil {
		rate = s.EntropyProduction(c)
	}
	r.EntropyProduction = entropyMeasured(rate, e)
	var angle []float64
	if m.slope != nil {
		angle = make([]float64, len(m.p))
	}
	sums := m.sums(angle)
	relative := e.Current + e.Density
	r.Fraction = fraction(r.EntropyProduction.Value, sums.reversible, relative)
	r.Power = Measured{sums.power, e.Current * sums.powerSize}
	r.Rotation = m.rotation(sums, e)
	if angle != nil {
		r.Alignment = &Alignment{Isotropic: 1 / float64(len(m.j)), Angle: angle}
		r.Alignment.Across = across(sums.across, sums.steep, relative)
	}
	return r, nil
}

// entropyMeasured returns an entropy production with its error, which is 0 where it is infinite
// because of a current that is more than errors.
func entropyMeasured(rate float64, e ErrorEstimate) Measured {
	switch {
	case !math.IsInf(rate, 1):
		return Measured{rate, e.EntropyProduction}
	case e.Current < 1:
		return Measured{rate, 0}
	}
	return Measured{rate, math.Inf(1)}
}

// fraction returns σ/(σ + the reversible part), from the relative error of currents.
func fraction(entropy, reversible, relative float64) Measured {
	switch {
	case math.IsInf(entropy, 1):
		return Measured{1, 0}
	case entropy == 0:
		return Measured{0, 0}
	}
	f := entropy / (entropy + reversible)
	// df/f = (1 − f) (dσ/σ − d rest/rest), each about the error of its field in mean square.
	return Measured{f, min(2*rootMeanSquare*relative*f*(1-f), 1)}
}

// rootMeanSquare is the relative error of currents in mean squares that weigh tails, over that
// in the mean: up to 4.6 where the exact ratio is 0, on cases A2 and A7.
const rootMeanSquare = 5

// across returns the ratio of two integrals of squares, the first of a part of the second,
// whose root moves by their error relative to the second.
func across(part, whole, relative float64) Measured {
	a, move := part/whole, rootMeanSquare*relative
	return Measured{a, min(move*(2*math.Sqrt(a)+2*a+move), 1)}
}

// A measurement is a stationary state with all that is integrated.
type measurement struct {
	coords    [][]float64
	p, weight []float64
	least     float64 // above which p counts in entropy production
	resolved  float64 // above which J/p is known
	j, v, b   [][]float64
	diffusion [][]float64
	slope     [][]float64 // ∇L, or nil
	mean, cov []float64
	periodic  []bool
}

func (s *Stationary) newMeasurement(c *Current) (*measurement, error) {
	g := s.Density.Grid
	m := &measurement{coords: s.coordinates(), p: s.values(), resolved: s.LeastDensity(), j: c.At}
	m.weight, m.diffusion = g.Volumes(), s.Coefficients.Diffusion
	if s.points != nil {
		m.weight, m.diffusion = s.points.weights(s.points.op), s.points.diffusion
		m.least = s.points.least() * floats.Max(m.p)
	}
	m.mean, m.cov = s.Moments()
	for a := range g.Dim() {
		m.periodic = append(m.periodic, g.Axis(a).IsPeriodic())
	}
	var err error
	if m.v, err = s.effectiveDrift(); err != nil {
		return nil, err
	}
	m.b = m.v
	if f := s.Problem.Equation.Drift; f != nil {
		m.b = tabulate(f, g.Dim(), m.coords)
		if err := checkFinite(s.Problem, m.b, m.coords); err != nil {
			return nil, err
		}
	}
	if f := s.Problem.slope(cellSteps(g)); f != nil {
		m.slope = tabulate(f, g.Dim(), m.coords)
	}
	return m, nil
}

// slope returns the gradient of the landscape, or else of the potential, by the differences of
// [Divergence]; nil without.
func (p *Problem) slope(step []float64) Func {
	e := p.Equation
	switch {
	case p.Landscape != nil:
		return Pointwise(p.Landscape.Grad)
	case e.Potential:
		n := e.components()
		return func(dst, x [][]float64) {
			for a := range dst {
				copy(dst[a], difference(e.Eval, n, len(dst[0]), x, a, step[a])[n-1])
			}
		}
	}
	return nil
}

// integrals are the sums over points that [Irreversibility] is made of.
type integrals struct {
	reversible       float64 // ∫ ∇ln p·D∇ln p p
	power, powerSize float64 // ∫ b·J, ∫ |b||J|
	turn, turnSize   [3]float64
	across, steep    float64 // ∫ (J·∇L)²/p, ∫ |J|²|∇L|²/p
}

func (s *integrals) add(t *integrals) {
	s.reversible += t.reversible
	s.power += t.power
	s.powerSize += t.powerSize
	for k := range s.turn {
		s.turn[k] += t.turn[k]
		s.turnSize[k] += t.turnSize[k]
	}
	s.across += t.across
	s.steep += t.steep
}

// sums integrates, and sets angle, unless it is nil, at all points.
func (m *measurement) sums(angle []float64) *integrals {
	parts := make([]integrals, pieces.Count(len(m.p), pieceCells))
	pieces.Run(len(m.p), pieceCells, func(k, lo, hi int) {
		at := m.newPlace()
		for i := lo; i < hi; i++ {
			at.moveTo(i)
			at.add(&parts[k])
			if m.p[i] > m.least {
				at.addReversible(&parts[k])
			}
			switch {
			case angle == nil:
			case m.p[i] > m.resolved:
				angle[i] = at.addSlope(&parts[k])
			default:
				angle[i] = math.NaN()
			}
		}
	})
	var sum integrals
	for k := range parts {
		sum.add(&parts[k])
	}
	return &sum
}

// A place is one point of a measurement.
type place struct {
	*measurement
	x, j, rest, tensor []float64
	i                  int
}

func (m *measurement) newPlace() *place {
	d := len(m.j)
	all := block(3, d)
	return &place{measurement: m, x: all[0], j: all[1], rest: all[2], tensor: make([]float64, len(m.diffusion))}
}

func (at *place) moveTo(i int) {
	at.i = i
	rest := i
	for a, c := range at.coords {
		at.x[a] = c[rest%len(c)] - at.mean[a]
		rest /= len(c)
		at.j[a] = at.measurement.j[a][i]
	}
}

// addReversible adds what the point has of reversible drift.
func (at *place) addReversible(s *integrals) {
	p := at.p[at.i]
	for a, j := range at.j {
		at.rest[a] = at.v[a][at.i] - j/p
	}
	for c := range at.tensor {
		at.tensor[c] = at.diffusion[c][at.i]
	}
	s.reversible += at.weight[at.i] * p * quadratic(at.tensor, at.rest)
}

// add adds what the point has of power and rotation.
func (at *place) add(s *integrals) {
	w := at.weight[at.i]
	var power, drift, flow float64
	for a, j := range at.j {
		b := at.b[a][at.i]
		power += b * j
		drift += b * b
		flow += j * j
	}
	s.power += w * power
	s.powerSize += w * math.Sqrt(drift*flow)
	k := 0
	for a := range at.j {
		for b := a + 1; b < len(at.j); b++ {
			s.turn[k] += w * (at.x[a]*at.j[b] - at.x[b]*at.j[a])
			s.turnSize[k] += w * math.Hypot(at.x[a], at.x[b]) * math.Hypot(at.j[a], at.j[b])
			k++
		}
	}
}

// addSlope adds what the point has of flow across level sets, and returns the angle.
func (at *place) addSlope(s *integrals) float64 {
	var product, flow, steep float64
	for a, j := range at.j {
		l := at.slope[a][at.i]
		product += j * l
		flow += j * j
		steep += l * l
	}
	w := at.weight[at.i] / at.p[at.i]
	s.across += w * product * product
	s.steep += w * flow * steep
	if flow == 0 || steep == 0 {
		return math.NaN()
	}
	cos := product / math.Sqrt(flow) / math.Sqrt(steep)
	return math.Acos(min(max(cos, -1), 1))
}

// rotation returns the mean angular velocities.
func (m *measurement) rotation(s *integrals, e ErrorEstimate) (r []Measured) {
	d, k := len(m.j), 0
	for a := range d {
		for b := a + 1; b < d; b++ {
			if m.periodic[a] || m.periodic[b] {
				r = append(r, Measured{math.NaN(), math.NaN()})
			} else {
				spread := m.cov[operators.Packed(d, a, a)] + m.cov[operators.Packed(d, b, b)]
				rate := s.turn[k] / spread
				r = append(r, Measured{rate, e.Current*s.turnSize[k]/spread + e.Density*math.Abs(rate)})
			}
			k++
		}
	}
	return r
}
