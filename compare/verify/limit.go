package verify

// This file has the reasons for limits that many studies share.

const (
	orderReason = "the next terms of the error, and walls, still show at these sizes"
	twiceReason = "twice C n^−q, C the largest that was measured at these sizes"
	exactReason = "the method is exact: round-off, of some hundred operations a cell, and of the reference"

	massLimit  = 1e-12 // 30 times √N·2⁻⁵³ for 1e5 cells
	massReason = "round-off of sums over all cells"

	positiveReason = "rates ≥ 0, or p = e^−φ, leave nothing below 0"
	negativeReason = "a part of the error: a twentieth of its limit"
)

// A floor is what may be left of a quantity on any grid.
type floor struct {
	at     float64
	reason string
}

// floors are those of errors that fall with the size of the grid.
var floors = map[Quantity]floor{
	Error:             {1e-13, "round-off, of some hundred operations a cell"},
	Current:           {2e-9, "where iterations stop they leave a current of up to 1e-9, as in equilibrium shows: twice that"},
	EntropyProduction: {1e-6, "it is summed where p > 1e-8 of its maximum: 7e-7 of that of a normal density is beyond in space, 2e-7 in the plane"},
	Negative:          {1e-10, "where iterations stop they leave up to 3e-11 below 0, in tails: three times that"},
}

// stillEntropy is the floor of entropy production in equilibrium, the integral of J²/Dp.
var stillEntropy = floor{4e-9, "a current J of 2e-9, the limit, makes J²/Dp = 4e-9 nats/T a unit of volume where Dp is 1e-9, the least that is summed"}

// cutOff stands for an error of entropy production that is, on all grids, of what is beyond the sum.
const cutOff = -1

// limit adds a limit of twice what was measured at the last size, and of order 0 what round-off
// may leave; none where that is 0.
func (s *Study) limit(q Quantity, measured, order float64) {
	least := floors[q]
	switch {
	case measured == 0:
	case measured == cutOff:
		s.Limits = append(s.Limits, Limit{Quantity: q, At: least.at, Reason: least.reason})
	case order == 0:
		s.Limits = append(s.Limits, Limit{Quantity: q, At: measured, Floor: measured, Reason: exactReason})
	default:
		s.Limits = append(s.Limits, Limit{Quantity: q, At: 2 * measured, Order: order, Floor: least.at, Reason: twiceReason, FloorReason: least.reason})
	}
}

// conserves adds limits on mass, and on what is below 0 of a density whose error was measured.
func (s *Study) conserves(measured, order float64, positive bool) {
	s.Limits = append(s.Limits, Limit{Quantity: Mass, At: massLimit, Reason: massReason})
	if positive {
		s.Limits = append(s.Limits, Limit{Quantity: Negative, Reason: positiveReason})
		return
	}
	least := floors[Negative]
	s.Limits = append(s.Limits, Limit{Quantity: Negative, At: measured / 10, Order: order, Floor: least.at, Reason: negativeReason, FloorReason: least.reason})
}

// inEquilibrium lowers the floor of entropy production to that of a current that should be 0.
func inEquilibrium(list []Study) []Study {
	for k := range list {
		for i := range list[k].Limits {
			if l := &list[k].Limits[i]; l.Quantity == EntropyProduction && l.Order > 0 {
				l.Floor, l.FloorReason = stillEntropy.at, stillEntropy.reason
			}
		}
	}
	return list
}
