package audit

import (
	"errors"
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp"
)

// This file has walkers of the kinetic equation, for where it has more variables than grids.

const (
	// kineticStep is η′λ of these walkers at most, by which a variance is off by 1/(1 − η′λ/2(1+μ′)), as that of
	// [subject.smallRate] is: by less than 0.005.
	kineticStep = 0.01
	// kineticFriction is 1 − μ′ = γ√η′ of them at most. Velocities have a variance that is off by half of it; where D
	// varies walkers are closer to the overdamped limit by that, by up to half of it of the distance as measured
	// on rings with 1 − μ′ from 0.03 to 0.7.
	kineticFriction = 0.05
)

// rolling is a heavy ball with normal noise and the kinetic equation of SGD, at a rate η′ so small that time steps
// of √η′ are: η′ = sη, 1 − μ′ = √s (1−μ) and Σ′ = Σ/√s have the same γ and the same D. It is nil without
// momentum, and where the equation is solved. Errors: the curvature is not known or not above 0.
func (s *subject) rolling() (*fp.SGD, error) {
	if s.sgd == nil || s.sgd.Momentum == 0 || s.hasVelocities() {
		return nil, nil
	}
	p := *s.sgd
	if p.Loss != nil {
		p = *s.normalSGD()
	}
	rate := s.file.SGDVariant().Rate
	lambda, _ := s.curvature()
	if !(lambda > 0) {
		return nil, errors.New("no curvature tells how short their steps have to be")
	}
	root := min(1, math.Sqrt(kineticStep/(rate*lambda)), kineticFriction/(1-p.Momentum))
	noise := p.Formula.NoiseCov
	p.Schedule, p.Batch = fp.ConstantRate(root*root*rate), s.batch()
	p.Momentum = 1 - root*(1-p.Momentum)
	p.InjectedNoise /= root
	p.Formula = &fp.LossFormula{Dim: p.Formula.Dim, Grad: p.Formula.Grad, NoiseCov: func(dst, x [][]float64) {
		noise(dst, x)
		for k := range dst {
			for i := range dst[k] {
				dst[k][i] /= root
			}
		}
	}}
	return &p, nil
}

// fromWalkers sets what walkers tell.
func (k *kinetic) fromWalkers(s *subject) {
	c := &s.crowds.kinetic
	if c.err != nil {
		k.err = fmt.Errorf("the kinetic equation has %d variables, where grids have three at most, and of walkers of it: %w", 2*s.grid.Dim(), c.err)
		return
	}
	d, err := c.Distances(s.solution.Density)
	if err != nil {
		k.err = err
		return
	}
	k.effect = s.fromSolution(k.effect.Key, k.effect.Name, "walkers of the kinetic equation and the solution, which is its overdamped limit", d)
	for _, shift := range []*Shift{&k.effect.TV, &k.effect.Hellinger} {
		// Of normal densities time steps make a quarter of the relative error of the variance along each axis, of
		// either distance. Five errors count.
		shift.Floor += float64(s.grid.Dim()) * kineticStep / 8
		shift.Error += shift.Value * kineticFriction / 2 / 5
	}
}
