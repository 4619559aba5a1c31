package compare

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp/loss"
	"github.com/ness-fp/ness/grid/pieces"
)

// leastSets is how many data sets a group has at least, for its mean of squares to be
// nearly normal.
const leastSets = 16

// firstSet is the stream of the first data set, beyond those of batches.
const firstSet = 1 << 40

// dataSets are draws of n samples from a law, with their gradients at one θ.
type dataSets struct {
	ctx        context.Context
	law        *loss.Law
	model      loss.Model
	n          int
	theta      []float64
	population *loss.Population // at θ
	perGroup   int
	seed       uint64
	workers    int
}

func newDataSets(ctx context.Context, l *loss.Loss, theta []float64, opt *IdentityOptions) (*dataSets, error) {
	p, err := opt.Law.Population(l.Model())
	if err != nil {
		return nil, fmt.Errorf("law: %w", err)
	}
	if len(p.Grad) != l.Dim() || opt.Law.Intercept != l.Data().Intercept {
		return nil, fmt.Errorf("law: want the features of the data, %q, have %q and intercept %v", l.Data().Features, opt.Law.Features, opt.Law.Intercept)
	}
	p.Eval(theta)
	return &dataSets{
		ctx: ctx, law: opt.Law, model: l.Model(), n: l.Samples(), theta: theta, population: p,
		perGroup: opt.Drawn(l).DataSets / groupsFor(l.Dim()),
		seed:     opt.Seed, workers: orElse(opt.Workers, runtime.GOMAXPROCS(0)),
	}, nil
}

// identities checks g and Σ of data sets against the population.
func (s *dataSets) identities() []Identity {
	d, p := len(s.theta), packed(len(s.theta))
	rows := columns(groupsFor(d), d+2*p)
	pieces.RunOn(s.workers, len(rows), 1, func(g, _, _ int) { s.add(rows[g], g) })
	n := float64(s.n)
	one := s.noise()
	whole := one.times(math.Sqrt(n))
	return []Identity{
		one.mean(cutRows(rows, 0, d), s.population.Grad).named("mean of g over data sets", "E g = g_pop"),
		one.covariance(cutRows(rows, d, d+p), scaledBy(1/n, s.population.NoiseCov)).
			named("covariance of g over data sets", "Cov(g − g_pop) = Σ_pop/n"),
		whole.covariance(cutRows(rows, d+p, d+2*p), scaledBy((n-1)/n, s.population.NoiseCov)).
			named("mean of Σ over data sets", "E Σ = (n−1)/n Σ_pop"),
	}
}

// add sets a row to the means of g, (g − g_pop)(g − g_pop)ᵀ and Σ over a group.
func (s *dataSets) add(row []float64, group int) {
	d, p := len(s.theta), packed(len(s.theta))
	off := make([]float64, d)
	for set := range s.perGroup {
		if s.ctx.Err() != nil {
			return
		}
		seed := random.Derive(s.seed, uint64(firstSet+group*s.perGroup+set))
		_, grad, cov := sampleNoise(s.draw(seed), s.theta)
		for a, v := range grad {
			row[a] += v
			off[a] = v - s.population.Grad[a]
		}
		addOuter(row[d:d+p], off, 1)
		for k, v := range cov {
			row[d+p+k] += v
		}
	}
	for k := range row {
		row[k] /= float64(s.perGroup)
	}
}

// draw returns the loss on one data set. Law and model have been found to fit.
func (s *dataSets) draw(seed uint64) *loss.Loss {
	data, err := s.law.Generate(s.n, seed)
	if err != nil {
		panic(err)
	}
	l, err := loss.New(s.model, data)
	if err != nil {
		panic(err)
	}
	return l
}

// noise returns that of g. Round-off is of the products that gradients are made of, which
// at the weights of the law cancel: those of the Hessian with θ, by Cauchy and Schwarz.
func (s *dataSets) noise() noiseScale {
	d := len(s.theta)
	deviation := func(a int) float64 { return math.Sqrt(s.population.Hess[diagonal(d, a)]) }
	var size float64
	for a, v := range s.theta {
		size += math.Abs(v) * deviation(a)
	}
	scale := newNoiseScale(d)
	roundOff := float64(s.n+s.perGroup+10) * 0x1p-52
	for a := range d {
		sd := math.Sqrt(s.population.NoiseCov[diagonal(d, a)])
		scale.sd[a] = sd / math.Sqrt(float64(s.n))
		scale.floor[a] = roundOff * (sd + math.Abs(s.population.Grad[a]) + 4*deviation(a)*size)
	}
	return scale
}
