package verify

// This file has the reasons for limits that many studies share.

const (
	orderReason = "the next terms of the error, and walls, still show at these sizes"
	twiceReason = "twice C n^−q, C the largest that was measured at these sizes"
	exactReason = "the method is exact: round-off, of some hundred operations a cell, and of the reference"

	massLimit  = 1e-12 // 30 times √N·2⁻⁵³ for 1e5 cells
	massReason = "round-off of sums over all cells"

	positiveReason = "rates ≥ 0 leave nothing below 0"
	negativeReason = "a part of the error: a twentieth of its limit"
)

// roundOff is the error up to which solutions of high order are at round-off, or at the
// tolerance of iterations.
const roundOff = 1e-13

// floors are what is left of quantities other than the error on any grid: of a current 1e-9,
// the tolerance of iterations where it should be 0; entropy production leaves out where p is
// below 1e-8 of its maximum, 2e-7 of a normal density's.
var floors = map[Quantity]float64{Error: roundOff, Current: 2e-9, EntropyProduction: 1e-6}

// limit adds a limit of twice what was measured at the last size, and of order 0 what round-off
// may leave; none where that is 0.
func (s *Study) limit(q Quantity, measured, order float64) {
	switch {
	case measured == 0:
	case order == 0:
		s.Limits = append(s.Limits, Limit{Quantity: q, At: measured, Floor: measured, Reason: exactReason})
	default:
		s.Limits = append(s.Limits, Limit{Quantity: q, At: 2 * measured, Order: order, Floor: floors[q], Reason: twiceReason})
	}
}

// conserves adds limits on mass, and on what is below 0 of a density whose error was measured.
func (s *Study) conserves(measured, order float64, positive bool) {
	s.Limits = append(s.Limits, Limit{Quantity: Mass, At: massLimit, Reason: massReason})
	if positive {
		s.Limits = append(s.Limits, Limit{Quantity: Negative, Reason: positiveReason})
		return
	}
	s.Limits = append(s.Limits, Limit{Quantity: Negative, At: measured / 10, Order: order, Floor: 1e-10, Reason: negativeReason})
}
