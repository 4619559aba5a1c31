package main

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/compare/audit"
	"github.com/ness-fp/ness/fp"
)

// This file says whether times of the equation are those of SGD with momentum: within a tenth they are, up to
// ηλ/(1−μ)² = [audit.MostStep].

// takeStep sets the time of a step of SGD, and adds a doubt and sets 0 where velocities are not forgotten
// before parameters move.
func (in *input) takeStep() {
	in.step = sgdStep(in.file)
	if sgd := in.file.SGD(); sgd == nil || sgd.Momentum == 0 {
		return
	}
	x := in.file.Inertia(stableInside(in.file, in.grid))
	if x <= audit.MostStep {
		return
	}
	in.step = 0
	const consequence = "the equation forgets velocities, times are those of its overdamped limit, and none is told in steps of SGD"
	if math.IsNaN(x) {
		in.doubts = append(in.doubts, "whether momentum is forgotten fast is not known, as no minimum of the loss is known in the box: "+consequence)
		return
	}
	in.doubts = append(in.doubts, fmt.Sprintf("momentum is not forgotten before parameters move: ηλ/(1−μ)² is %.4g, above %g, with the largest curvature λ of the loss at its minima in the box: %s", x, audit.MostStep, consequence))
}

// sgdStep returns the time that a step of SGD takes in the equation, η/(1 − μ); 0 without SGD.
func sgdStep(f *fp.File) float64 {
	sgd := f.SGD()
	if sgd == nil {
		return 0
	}
	return f.SGDVariant().Rate / (1 - sgd.Momentum)
}
