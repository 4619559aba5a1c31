package fp

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

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
	}
	for a := range s.Density.Grid.Dim() {
		s.doubtWidth(a)
		s.doubtSeam(a)
	}
	s.doubtLearningRate()
}

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
		s.warn("under-resolved: the density differs by %.2g between order %d and the next lower one; refine the grid", p.estimate.discretization, p.order)
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

// doubtWidth warns where a layer of cells across axis a holds too much.
func (s *Stationary) doubtWidth(a int) {
	m := s.Density.Marginal(a)
	var largest float64
	for k, v := range m.Values {
		largest = max(largest, v*m.Grid.Volume(k))
	}
	if largest > narrowest {
		s.warn("%.3g %% of the probability is in a single layer of cells across %s: the density is narrower than the grid can show; refine the grid, or look whether the noise vanishes there", 100*largest, s.Problem.Variables[a])
	}
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
	for c := range ends[0] {
		var jump, size float64
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
// the mode of the density η times the largest eigenvalue of ∇²L is 2 or more.
func (s *Stationary) doubtLearningRate() {
	p := s.Problem
	if p.LearningRate == 0 || p.Landscape == nil {
		return
	}
	_, top := s.Density.Max()
	x := make([]float64, s.Density.Grid.Dim())
	s.Density.Grid.Center(x, top)
	var eig mat.EigenSym
	if !eig.Factorize(p.Landscape.hessian(x), false) {
		return
	}
	values := eig.Values(nil)
	if q := p.LearningRate * values[len(values)-1]; q >= 2 {
		s.warn("at the mode the learning rate times the largest curvature of the loss is %.3g: from 2 on SGD itself diverges, and this equation does not describe it", q)
	}
}

// hessian returns ∇²L by central differences of the gradient.
func (l *Landscape) hessian(x []float64) *mat.SymDense {
	d := len(x)
	rows := make([][]float64, d)
	step := stepAt(x)
	for b := range d {
		y := append([]float64(nil), x...)
		up, down := make([]float64, d), make([]float64, d)
		y[b] = x[b] + step[b]
		l.Grad(up, y)
		y[b] = x[b] - step[b]
		l.Grad(down, y)
		for i := range up {
			rows[b] = append(rows[b], (up[i]-down[i])/(2*step[b]))
		}
	}
	h := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			h.SetSym(i, j, 0.5*(rows[i][j]+rows[j][i]))
		}
	}
	return h
}

// centers returns the cell centres along each axis.
func centers(g *grid.Grid) [][]float64 {
	coords := make([][]float64, g.Dim())
	for a := range coords {
		coords[a] = g.Axis(a).Centers()
	}
	return coords
}
