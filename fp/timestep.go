package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// This file has one step of du/dt = A u by TR-BDF2: the trapezoidal rule over the part
// γ = 2 − √2 of the step, then the backward differentiation formula of second order. It is
// L-stable, and a Runge–Kutta method of stages k₁ = A u₀, k₂ and k₃ with diagonal d = γ/2
// and w = √2/4,
//
//	u₁ = u₀ + τ(w k₁ + w k₂ + d k₃).
//
// Solved for what the stages add to u₀, z₂ = τ d (k₁ + k₂) and z₃ = u₁ − u₀, it is
//
//	(A − s) z₂ = −2 k₁,   (A − s) z₃ = −s (w/d) z₂ − k₁,   s = 1/(dτ):
//
// right-hand sides sum to 0 where A conserves mass, and so do z₂ and z₃; and as u gets
// stationary they shrink together, so that errors of solvers do.
//
// The error is the difference from the embedded formula of third order, passed through
// (1 − dτA)⁻¹, which takes out of it what is fast and already damped.
//
// Bank et al., IEEE Trans. Electron Devices 32 (1985) 1992. Hosea, Shampine, Appl. Numer.
// Math. 20 (1996) 21.

const (
	stageDiagonal = 1 - math.Sqrt2/2 // d
	stageWeight   = math.Sqrt2 / 4   // w
)

// A timeStep is a step that may be taken.
type timeStep struct {
	change     []float64 // z₃
	stage      []float64 // z₂
	rhs, fault []float64
	size       float64 // ‖z₃‖₁
	error      float64 // ‖ ‖₁ of the error estimate
	iterations int
	isGood     bool    // errors are within the tolerance
	factor     float64 // of this step to the next to try
}

func newTimeStep(n int) *timeStep {
	return &timeStep{change: make([]float64, n), stage: make([]float64, n), rhs: make([]float64, n), fault: make([]float64, n)}
}

// shiftOf returns s of a step.
func shiftOf(step float64) float64 { return 1 / (stageDiagonal * step) }

// take sets r to the step τ from masses with the rates of change k by v, whose
// shift is that of τ, with solutions to tol; extra, which may be nil, is added to the error.
func (r *timeStep) take(v *inverse, k []float64, step, tol float64, extra []float64) error {
	const w, d = stageWeight, stageDiagonal
	copy(r.rhs, k)
	floats.Scale(-2, r.rhs)
	clear(r.stage)
	first, err := v.solve(r.stage, r.rhs, tol)
	r.iterations = first
	if err != nil {
		return err
	}
	guess := 0.5 + w/d*min(1, floats.Norm(r.stage, 1)/(2*d*step*floats.Norm(k, 1))) // exact for one mode
	for i, z := range r.stage {
		r.rhs[i] = -v.shift*(w/d)*z - k[i]
		r.change[i] = guess * z
	}
	second, err := v.solve(r.change, r.rhs, tol)
	r.iterations += second
	if err != nil {
		return err
	}
	for i, z := range r.change {
		e := 4*w/3*step*k[i] - (1+2*w)/(3*d)*r.stage[i] + 2.0/3*z
		if extra != nil {
			e += extra[i]
		}
		r.rhs[i] = -v.shift * e
	}
	v.precondition(r.fault, r.rhs)
	r.size, r.error = floats.Norm(r.change, 1), floats.Norm(r.fault, 1)
	return nil
}
