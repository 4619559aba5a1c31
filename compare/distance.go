package compare

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// This file measures how far a histogram is from a density, and densities from each other,
// in cell masses p_i and q_i. What lies outside the grid is one more cell for TV and
// Hellinger; KL and Wasserstein-1 are between the laws inside, each divided by its mass.

// TV returns the total variation distance ½ Σ |p_i − q_i| of two densities on the same
// grid. What an integral lacks of 1 lies outside the grid.
func TV(p, q *grid.Field) float64 { return between("TV", p, q).tv }

// KL returns the Kullback–Leibler divergence Σ p_i ln(p_i/q_i) of p from q, in nats, of
// densities on the same grid divided by their integrals. It is +Inf where p > 0 meets
// q ≤ 0; negative p count as 0.
func KL(p, q *grid.Field) float64 { return between("KL", p, q).kl }

// Hellinger returns √(½ Σ (√p_i − √q_i)²) of two densities on the same grid, in [0, 1].
// What an integral lacks of 1 lies outside the grid; negative values count as 0.
func Hellinger(p, q *grid.Field) float64 { return between("Hellinger", p, q).hellinger }

// cellDistances are those that do not ask where a cell is.
type cellDistances struct{ tv, kl, hellinger float64 }

func between(what string, p, q *grid.Field) cellDistances {
	mp, mq := masses(what, p, q)
	return cellwise(mp, mq)
}

// masses returns those of the cells of both fields, and at last those outside.
func masses(what string, p, q *grid.Field) (mp, mq []float64) {
	if len(p.Values) != len(q.Values) {
		panic("compare: " + what + ": fields on different grids")
	}
	v := p.Grid.Volumes()
	return fieldMass(p, v), fieldMass(q, v)
}

func fieldMass(f *grid.Field, volumes []float64) []float64 {
	m := make([]float64, len(volumes)+1)
	for i, v := range volumes {
		m[i] = f.Values[i] * v
	}
	m[len(volumes)] = beyond(f.Integral())
	return m
}

// beyond returns what a mass lacks of 1, unless that is round-off.
func beyond(mass float64) float64 {
	if out := 1 - mass; out > 1e-9 {
		return out
	}
	return 0
}

// cellwise takes masses of cells, and at last that outside.
func cellwise(p, q []float64) cellDistances {
	n := len(q) - 1
	var d cellDistances
	var square, insideP, insideQ, kl float64
	for i, pi := range p {
		d.tv += math.Abs(pi-q[i]) / 2
		r := math.Sqrt(max(0, pi)) - math.Sqrt(max(0, q[i]))
		square += r * r / 2
		if i == n {
			break
		}
		insideP, insideQ = insideP+max(0, pi), insideQ+q[i]
		switch {
		case pi <= 0:
		case q[i] <= 0:
			kl = math.Inf(1)
		default:
			kl += pi * (math.Log(pi) - math.Log(q[i]))
		}
	}
	d.kl = max(0, kl/insideP+math.Log(insideQ/insideP))
	d.hellinger = math.Sqrt(square)
	return d
}

// A Distance is that of a histogram from a density, with what sampling alone makes of it.
type Distance struct {
	// Value is the distance of the masses as they were counted. Sampling makes it larger
	// on the average, by at most Floor.
	Value float64
	// Err is the standard error of Value: the jackknife over groups of walkers. Close to
	// the floor it is too large, by √(1/(1 − 2/π)) = 1.7 for TV and √2 for KL.
	Err float64
	// Floor is the mean that Value would have if the density were exact, by the formulas
	// of [Histogram.Distances].
	Floor float64
}

// Distances are those of a histogram from a density.
type Distances struct {
	TV, KL, Hellinger Distance // 1, nats, 1
	Wasserstein1      Distance // [θ]
	Outside           float64  // fraction of tallies outside the grid
}

// Distances returns how far the histogram is from a density on its grid: p in [TV], [KL],
// [Hellinger] and [Wasserstein1] is the histogram.
//
// Floors are formulas. Cells are put in 32 classes of about the same mass, in the order of
// their density; in each the variance s² of cell masses between groups is
// f Σ p_i(1 − p_i)/T, so that T/f tallies are independent. Then counts of a cell,
// over f, are taken as Poisson's with mean λ = q_i T/f, and
//
//	TV: ½ Σ f/T (1−q)^½ E|c − λ|,  KL: Σ f/T (1−q) E[c ln(c/λ) − c + λ],
//	Hellinger: √(Σ f/T (1−q) ½E(√c − √λ)²),
//
// that of Hellinger being a root mean square, which is more than the mean where few modes
// make the error. Wasserstein-1 takes the error of each value of the distribution function
// as normal, with its own variance between groups.
//
// Errors: grids differ; fewer than two groups with tallies; an integral above 1 or NaN;
// no tally in the grid.
func (h *Histogram) Distances(q *grid.Field) (*Distances, error) {
	mq, err := h.densityMass(q)
	if err != nil {
		return nil, err
	}
	n := len(h.Counts)
	total := float64(h.Total())
	p := h.mass()
	value := cellwise(p, mq)
	out := &Distances{
		TV: Distance{Value: value.tv}, KL: Distance{Value: value.kl}, Hellinger: Distance{Value: value.hellinger},
		Outside: p[n],
	}
	without := make([]cellDistances, len(h.Groups))
	pieces.Run(len(h.Groups), 1, func(g, _, _ int) {
		without[g] = cellwise(h.massWithout(g, total), mq)
	})
	tv, kl, hellinger := make([]float64, len(without)), make([]float64, len(without)), make([]float64, len(without))
	for g, w := range without {
		tv[g], kl[g], hellinger[g] = w.tv, w.kl, w.hellinger
	}
	out.TV.Err, out.KL.Err, out.Hellinger.Err = jackknife(tv), jackknife(kl), jackknife(hellinger)
	floors := h.cellFloors(mq, total)
	out.TV.Floor, out.KL.Floor, out.Hellinger.Floor = floors.tv, floors.kl, floors.hellinger
	out.Wasserstein1 = h.wasserstein(mq)
	return out, nil
}

func (h *Histogram) densityMass(q *grid.Field) ([]float64, error) {
	if len(q.Values) != len(h.Counts) {
		return nil, fmt.Errorf("density: want one of %d cells, have %d", len(h.Counts), len(q.Values))
	}
	if len(h.Groups) < 2 {
		return nil, fmt.Errorf("histogram: want at least 2 groups, have %d", len(h.Groups))
	}
	for g, c := range h.Groups {
		if sum(c[:len(h.Counts)]) == 0 {
			return nil, h.nobodyInside(g)
		}
	}
	if mass := q.Integral(); !(mass > 0 && mass <= 1+1e-6) {
		return nil, fmt.Errorf("density: want an integral in (0, 1], have %g", mass)
	}
	if slices.ContainsFunc(q.Values, math.IsNaN) {
		return nil, errors.New("density: NaN")
	}
	return fieldMass(q, h.Grid.Volumes()), nil
}

// nobodyInside returns the error of a group without tallies in the grid.
func (h *Histogram) nobodyInside(group int) error {
	if sum(h.Counts) == 0 {
		return errors.New("no walker was counted inside the box")
	}
	return fmt.Errorf("too few walkers were counted inside the box: none of part %d of %d of them", group+1, len(h.Groups))
}

// mass returns c/T of every cell, and at last that outside.
func (h *Histogram) mass() []float64 {
	total := float64(h.Total())
	m := make([]float64, len(h.Counts)+1)
	for i, c := range h.Counts {
		m[i] = float64(c) / total
	}
	m[len(h.Counts)] = float64(h.Outside) / total
	return m
}

// massWithout is mass without one group.
func (h *Histogram) massWithout(g int, total float64) []float64 {
	own := h.Groups[g]
	total -= float64(sum(own))
	m := make([]float64, len(own))
	for i, c := range h.Counts {
		m[i] = float64(c-own[i]) / total
	}
	n := len(h.Counts)
	m[n] = float64(h.Outside-own[n]) / total
	return m
}

// jackknife returns the standard error of a statistic, given its values without each of
// the groups: √((G−1)/G Σ (x_g − x̄)²). It is NaN where they are not finite.
//
// Efron, Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11.
func jackknife(x []float64) float64 {
	n := float64(len(x))
	_, se := estimate(x) // √(Σ (x − x̄)² / n(n−1))
	return se * (n - 1)
}

// floorClasses is in how many classes of cells the number of independent tallies is taken
// as one.
const floorClasses = 32

// cellFloors returns the mean distances that counts make from the law q they come from.
func (h *Histogram) cellFloors(q []float64, total float64) cellDistances {
	s, n := h.MassError(), len(h.Counts)
	order := byDensity(q[:n], h.Grid.Volumes())
	inside := 1 - q[n]
	var d cellDistances
	var square, before float64
	for lo := 0; lo < n; {
		class := int(floorClasses * before / inside)
		hi := lo
		var found, alone float64
		for ; hi < n && (hi == lo || int(floorClasses*before/inside) == class); hi++ {
			i := order[hi]
			p := float64(h.Counts[i]) / total
			found, alone = found+s[i]*s[i], alone+p*(1-p)/total
			before += max(0, q[i])
		}
		f := 1.0 // where nothing has been tallied
		if found > 0 && alone > 0 {
			f = found / alone
		}
		for _, i := range order[lo:hi] {
			e := poisson(max(0, q[i]) * total / f)
			d.tv += f / total * math.Sqrt(max(0, 1-q[i])) * e.tv
			d.kl += f / total * (1 - q[i]) * e.kl
			square += f / total * (1 - q[i]) * e.hellinger
		}
		lo = hi
	}
	d.hellinger = math.Sqrt(square)
	return d
}

// byDensity returns the cells from the largest density to the smallest.
func byDensity(mass, volumes []float64) []int {
	density, order := make([]float64, len(mass)), make([]int, len(mass))
	for i, m := range mass {
		density[i], order[i] = m/volumes[i], i
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case density[i] != density[j] && density[i] > density[j]:
			return -1
		case density[i] != density[j]:
			return 1
		}
		return i - j
	})
	return order
}

// poisson returns ½E|c − λ|, E[c ln(c/λ) − c + λ] and ½E(√c − √λ)² of a count with
// Poisson's law of mean λ. From λ = 30 on they are leading terms, to 1e-3 of them.
func poisson(lambda float64) cellDistances {
	if lambda == 0 {
		return cellDistances{}
	}
	if lambda >= 30 {
		return cellDistances{
			math.Sqrt(lambda/(2*math.Pi)) * (1 - 1/(12*lambda)),
			0.5 + 1/(12*lambda),
			0.125 + 7/(128*lambda),
		}
	}
	var d cellDistances
	weight := math.Exp(-lambda)
	for c := 0.0; c < 90; c++ { // beyond lies less than 1e-16
		d.tv += weight * math.Abs(c-lambda) / 2
		if c > 0 {
			d.kl += weight * c * math.Log(c/lambda)
		}
		r := math.Sqrt(c) - math.Sqrt(lambda)
		d.hellinger += weight * r * r / 2
		weight *= lambda / (c + 1)
	}
	return d
}
