package audit

// The parts of an audit in units of a short finding, roughly: what takes how long depends on the
// problem.
const (
	solveWork   = 5
	otherWork   = 15 // other densities and solutions
	walkWork    = 5
	kineticWork = 3
	findingWork = 10 // of all of them
)

// A work is how much of an audit is done.
type work struct {
	tell              func(share float64, doing string)
	doing             string
	before, own, most float64 // parts done before this one, its size, and that of all
}

// newWork is that of an audit with so much beside what all have; tell may be nil.
func newWork(tell func(float64, string), more float64) *work {
	return &work{tell: tell, most: solveWork + 2*otherWork + more + findingWork}
}

// begin says that the next part of that size has begun.
func (w *work) begin(doing string, size float64) {
	w.doing, w.before, w.own = doing, w.before+w.own, size
	w.reach(0)
}

// reach says that a share of the part is done.
func (w *work) reach(share float64) {
	if w.tell != nil {
		w.tell(min(1, (w.before+share*w.own)/w.most), w.doing)
	}
}

// skip leaves out parts of that size.
func (w *work) skip(size float64) { w.before += size }
