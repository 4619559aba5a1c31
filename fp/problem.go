package fp

// A Problem is a drift, a diffusion tensor and the convention that reads them, with
// the names of its variables. The box and its walls come with the grid.
type Problem struct {
	Title     string
	Variables []string // names of θ, one per dimension
	Calculus  Calculus
	Equation  Equation
	// Landscape is the loss L that the drift descends, where there is one.
	Landscape *Landscape
	// LearningRate is that of the SGD that the equation stands for, 0 where it stands for none.
	LearningRate float64
	// Momentum is that of the SGD.
	Momentum float64
	// Notes are remarks for whoever reads the result, e.g. on how the data were used.
	Notes []string
}

// Dim returns the number of variables.
func (p *Problem) Dim() int { return p.Equation.Dim }
