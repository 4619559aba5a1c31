package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/operators/hodge"
)

// This file tells what the current amounts to, in the summary and on the screen.

// measuredSummary is a number with its error, null where that is not known.
type measuredSummary struct {
	Value output.Float `json:"value"`
	Error output.Float `json:"error"`
}

func measured(m fp.Measured) measuredSummary {
	return measuredSummary{output.Float(m.Value), output.Float(m.Error)}
}

// String returns the number with its error, if that is known.
func (m measuredSummary) String() string {
	if math.IsInf(float64(m.Value), 0) {
		return "infinite"
	}
	if math.IsNaN(float64(m.Error)) {
		return fmt.Sprintf("%.6g", m.Value)
	}
	return fmt.Sprintf("%.6g ± %.1g", m.Value, m.Error)
}

// irreversibilitySummary is [fp.Irreversibility] without its fields.
type irreversibilitySummary struct {
	Fraction measuredSummary   `json:"fraction"` // of the drift
	Power    measuredSummary   `json:"power"`    // ∫ b·J
	Rotation []rotationSummary `json:"rotation"` // about the mean, in rad per unit time
	// Across is 0 where probability flows along level sets of the loss or the potential, 1
	// where straight up or down; null where there is neither.
	Across *acrossSummary `json:"across_levels"`
}

type rotationSummary struct {
	Plane [2]string    `json:"plane"` // from the first to the second
	Value output.Float `json:"value"`
	Error output.Float `json:"error"`
}

type acrossSummary struct {
	measuredSummary
	Isotropic output.Float `json:"isotropic"` // of directions that know nothing of the loss
}

// circulationSummary is how much probability goes round, in 1/T.
type circulationSummary struct {
	Stream measuredSummary `json:"stream_range"` // max ψ − min ψ in two dimensions, else null
	// Through is the flow round each periodic axis, null for others.
	Through []output.Float `json:"through"`
}

// splitSummary is what a Helmholtz–Hodge split found: shares of ∫|F|² and residuals.
type splitSummary struct {
	Field      string           `json:"field"`
	Gradient   output.Float     `json:"gradient"`
	Solenoidal output.Float     `json:"solenoidal"`
	Harmonic   output.Float     `json:"harmonic"`
	Residuals  residualsSummary `json:"residuals"`

	worst float64 // residual
}

// residualsSummary is [hodge.Residuals], those of a kind taken together.
type residualsSummary struct {
	Sum           output.Float `json:"sum"`
	Orthogonality output.Float `json:"orthogonality"`
	Divergence    output.Float `json:"divergence"`
	Curl          output.Float `json:"curl"`
	Potentials    output.Float `json:"potentials"`
}

// addAccount adds what the current amounts to.
func (s *summary) addAccount(variables []string, a *account) {
	r := a.irreversibility
	s.EntropyProduction = measured(r.EntropyProduction)
	s.Irreversibility = irreversibilitySummary{Fraction: measured(r.Fraction), Power: measured(r.Power), Rotation: []rotationSummary{}}
	for i, v := range variables {
		for _, w := range variables[i+1:] {
			m := r.Rotation[len(s.Irreversibility.Rotation)]
			s.Irreversibility.Rotation = append(s.Irreversibility.Rotation, rotationSummary{[2]string{v, w}, output.Float(m.Value), output.Float(m.Error)})
		}
	}
	if l := r.Alignment; l != nil {
		s.Irreversibility.Across = &acrossSummary{measured(l.Across), output.Float(l.Isotropic)}
	}
	relative := math.NaN()
	if s.ErrorEstimate != nil {
		relative = float64(s.ErrorEstimate.Current)
	}
	s.Circulation = circulationSummary{measured(a.circulating(relative)), output.Floats(a.through)}
	s.Split = summarizeSplit(a.field, a.split)
	s.DetailedBalance = summarizeBalance(a.balance)
}

func summarizeSplit(field string, p *hodge.Parts) splitSummary {
	r := p.Residuals
	return splitSummary{
		Field: field, Gradient: output.Float(p.Shares.Gradient), Solenoidal: output.Float(p.Shares.Solenoidal), Harmonic: output.Float(p.Shares.Harmonic),
		Residuals: residualsSummary{
			Sum:           output.Float(r.Sum),
			Orthogonality: output.Float(max(r.GradientSolenoidal, r.GradientHarmonic, r.SolenoidalHarmonic)),
			Divergence:    output.Float(max(r.SolenoidalDivergence, r.HarmonicDivergence)),
			Curl:          output.Float(max(r.GradientCurl, r.HarmonicCurl)),
			Potentials:    output.Float(max(r.Potential, r.Curl)),
		},
		worst: r.Max(),
	}
}

// printAccount prints what the current amounts to.
func (s *summary) printAccount(w io.Writer) {
	r := &s.Irreversibility
	line(w, "entropy production", "%v nats per unit time", s.EntropyProduction)
	if r.Fraction.Error < 1 { // else there is no drift to speak of
		line(w, "irreversible part", "%v of the drift, in mean square", r.Fraction)
	}
	if x := s.Circulation.Stream; !math.IsNaN(float64(x.Value)) {
		line(w, "circulating flux", "%v per unit time (range of the stream function)", x)
	}
	for a, v := range s.Problem.Variables {
		if x := float64(s.Circulation.Through[a]); !math.IsNaN(x) {
			line(w, "flux round "+v, "%.6g per unit time", x)
		}
	}
	for _, m := range r.Rotation {
		if !math.IsNaN(float64(m.Value)) {
			line(w, "mean rotation", "%v rad per unit time, from %s to %s", measuredSummary{m.Value, m.Error}, m.Plane[0], m.Plane[1])
		}
	}
	if x := r.Across; x != nil && !math.IsNaN(float64(x.Value)) {
		line(w, "current across levels", "%v: 0 along level sets of the landscape, 1 across, %.2g if it ignores them", x.measuredSummary, x.Isotropic)
	}
	if math.IsNaN(float64(s.Split.Gradient)) {
		line(w, "split", "none: the %s is 0 everywhere", strings.ReplaceAll(s.Split.Field, "-", " "))
	} else {
		line(w, "split", "of the %s: gradient %.4g, solenoidal %.4g, harmonic %.4g of its square (residuals ≤ %.1g)", strings.ReplaceAll(s.Split.Field, "-", " "), s.Split.Gradient, s.Split.Solenoidal, s.Split.Harmonic, s.Split.worst)
	}
	s.DetailedBalance.print(w)
}
