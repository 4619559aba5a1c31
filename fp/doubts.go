package fp

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
)

// This file looks at a result for what may make it wrong although it is converged.

// doubt adds the warnings.
func (s *Stationary) doubt() {
	if s.points == nil {
		s.doubtTails()
		s.doubtTensor()
		s.doubtPeclet()
	} else {
		s.doubtOrders()
		s.doubtNegative()
		if s.Residual > max(quietResidual, s.points.estimate.Density) {
			s.warn("rates of change are still %.2g of the flows to and fro: the current is not quite free of divergence; --order monotone, or a finer grid, may do better", s.Residual)
		}
	}
	s.doubtJumps()
	for a := range s.Density.Grid.Dim() {
		s.doubtWidth(a)
		s.doubtSeam(a)
	}
	s.doubtLearningRate()
}

// quietResidual is the residual of the accurate operator from which its current is said to have a
// divergence, unless the error of the density is larger: solutions that converge as they should are
// at 1e-9 and below.
const quietResidual = 1e-7

func (s *Stationary) warn(format string, args ...any) {
	s.Warnings = append(s.Warnings, fmt.Sprintf(format, args...))
}

// doubtTails warns where GMRES, whose errors are relative to the largest masses, leaves
// tails that mean nothing.
func (s *Stationary) doubtTails() {
	if s.Solver.Krylov.Iterations > 0 && (s.EntryResidual > 1e-6 || s.NegativeMass() < 0) {
		s.warn("solved by GMRES, with errors relative to the largest masses: cells with less than some 1e-10 of the maximum are not to be trusted (entrywise residual %.2g, negative mass %.2g)", s.EntryResidual, s.NegativeMass())
	}
}

// doubtOrders warns where solutions of different orders disagree.
func (s *Stationary) doubtOrders() {
	if p := s.points; !p.resolved {
		s.warn("under-resolved: densities of order %d and of its neighbours differ by up to %.2g; refine the grid", p.order, p.orders.Density)
	}
}

func (s *Stationary) doubtTensor() {
	if eta := s.Generator.Regularization; eta > 0 {
		s.warn("the diffusion tensor is too anisotropic for the grid: up to %.2g of its largest eigenvalue was added across it, so the density is smeared over some cells; refine the grid and compare", eta)
	}
}

func (s *Stationary) doubtPeclet() {
	limit := 2.0
	if s.Scheme == SchemeNodal {
		limit = operators.MaxWork // beyond, its rates are fitted ones too
	}
	if s.Coefficients.MaxPeclet() > limit {
		if f := s.massBeyond(limit); f > 0.01 {
			s.warn("%.3g %% of the probability is where the cell Péclet number exceeds %g: the scheme is of first order there; refine the grid", 100*f, limit)
		}
	}
}

// massBeyond returns the probability of the cells whose Péclet number exceeds z.
func (s *Stationary) massBeyond(z float64) float64 {
	var sum float64
	for i, m := range s.Mass {
		if s.Coefficients.Peclet(i) > z {
			sum += m
		}
	}
	return sum
}

// narrowest is the probability in a single layer of cells from which moments are off: a
// normal density has it in the middle one where its standard deviation is 1.6 cells, and
// cell averages add h²/12, some percent, to the variance.
const narrowest = 0.25

// doubtNegative warns where values below 0 hold more than errors excuse.
func (s *Stationary) doubtNegative() {
	if m := s.NegativeMass(); m < -mostNegative {
		s.warn("a mass of %.2g was below 0 and is set to 0: moments and entropy production are not to be trusted; refine the grid, or leave the order open", m)
	}
}

// isUnresolved says whether the density is too narrow for the grid, or orders disagree, so
// that error estimates mean little.
func (s *Stationary) isUnresolved() bool {
	if s.points != nil && !s.points.resolved {
		return true
	}
	for a := range s.Density.Grid.Dim() {
		if s.thickestLayer(a) > narrowest {
			return true
		}
	}
	return false
}

// doubtWidth warns where a layer of cells across axis a holds too much.
func (s *Stationary) doubtWidth(a int) {
	if largest := s.thickestLayer(a); largest > narrowest {
		s.warn("%.3g %% of the probability is in a single layer of cells across %s: the density is narrower than the grid can show; refine the grid, or look whether the noise vanishes there", 100*largest, s.Problem.Variables[a])
	}
}

// thickestLayer returns the largest probability in a layer of cells across axis a.
func (s *Stationary) thickestLayer(a int) (largest float64) {
	m := s.Density.Marginal(a)
	for k, v := range m.Values {
		largest = max(largest, v*m.Grid.Volume(k))
	}
	return largest
}

// doubtJumps warns where D jumps, unless the convention asks for no derivative of it.
func (s *Stationary) doubtJumps() {
	g, c := s.Density.Grid, s.Coefficients
	if s.Problem.Calculus == HanggiKlimontovichCalculus || s.Problem.Equation.Potential {
		return
	}
	for a := range g.Dim() {
		d := c.Diffusion[operators.Packed(g.Dim(), a, a)]
		if i := jump(g, d, a); i >= 0 {
			x := make([]float64, g.Dim())
			g.Center(x, i)
			s.warn("the diffusion along %s jumps near %s: derivatives of formulas do not see jumps, and ∇·D lacks this one, so the density is that of the Hänggi–Klimontovich convention there; give a smooth step", s.Problem.Variables[a], pointText(s.Problem.Variables, x))
			return
		}
	}
}

// jump returns a cell from which to the next one along axis a a field changes by more than a
// tenth of its largest value, and ten times as much as on both sides; −1 for none.
func jump(g *grid.Grid, f []float64, a int) int {
	n, stride := g.Axis(a).Cells(), g.Stride(a)
	least := 0.1 * floats.Max(f)
	return firstBad(len(f), func(lo, hi int) int {
		for i := lo; i < hi; i++ {
			if k := i / stride % n; k == 0 || k >= n-2 {
				continue
			}
			step := math.Abs(f[i+stride] - f[i])
			if step > least && step > 10*(math.Abs(f[i]-f[i-stride])+math.Abs(f[i+2*stride]-f[i+stride])) {
				return i
			}
		}
		return -1
	})
}

// doubtSeam warns where coefficients jump across the seam of a periodic axis.
func (s *Stationary) doubtSeam(a int) {
	g := s.Density.Grid
	ax := g.Axis(a)
	if !ax.IsPeriodic() {
		return
	}
	coords := centers(g)
	var ends [2][][]float64
	for k, x := range []float64{ax.Min(), ax.Max()} {
		coords[a] = []float64{x}
		ends[k] = tabulate(s.Problem.Equation.Eval, s.Problem.Equation.components(), coords)
	}
	inside := slices.Concat(s.Coefficients.Drift, s.Coefficients.Diffusion, [][]float64{s.Coefficients.Potential})
	for c := range ends[0] {
		var jump, size float64
		for _, v := range inside[c] {
			size = max(size, math.Abs(v))
		}
		for i, v := range ends[0][c] {
			jump = max(jump, math.Abs(v-ends[1][c][i]))
			size = max(size, math.Abs(v), math.Abs(ends[1][c][i]))
		}
		if jump > 1e-6*size {
			s.warn("%s jumps by %.3g across the seam of the periodic axis %s", s.Problem.Equation.component(c), jump, s.Problem.Variables[a])
		}
	}
}

// doubtLearningRate warns where the recursion that the equation stands for diverges: at
// the mode of the density η times the largest eigenvalue of ∇²L is 2(1+μ) or more.
func (s *Stationary) doubtLearningRate() {
	p := s.Problem
	if p.LearningRate == 0 || p.Landscape == nil {
		return
	}
	_, top := s.Density.Max()
	x := make([]float64, s.Density.Grid.Dim())
	s.Density.Grid.Center(x, top)
	if q, most := p.LearningRate*p.Landscape.curvature(x), 2*(1+p.Momentum); q >= most {
		s.warn("at the mode the learning rate times the largest curvature of the loss is %.3g: from %.3g on SGD itself diverges, and this equation does not describe it", q, most)
	}
}

// centers returns the cell centres along each axis.
func centers(g *grid.Grid) [][]float64 {
	coords := make([][]float64, g.Dim())
	for a := range coords {
		coords[a] = g.Axis(a).Centers()
	}
	return coords
}
