package markov

import (
	"fmt"
	"strings"

	"github.com/ness-fp/ness/operators/sparse"
)

// A ReducibleError says that there are several sets of states that are never left,
// so that there is no single stationary vector.
type ReducibleError struct {
	Sizes  []int // states in each closed class, at least two classes
	States []int // the lowest state of each
}

func (e *ReducibleError) Error() string {
	const shown = 4
	var s strings.Builder
	fmt.Fprintf(&s, "markov: %d closed classes of states, want 1:", len(e.Sizes))
	for k, n := range e.Sizes[:min(shown, len(e.Sizes))] {
		if k > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, " %d with state %d", n, e.States[k])
	}
	if len(e.Sizes) > shown {
		s.WriteString(", …")
	}
	return s.String()
}

// ClosedClasses returns the classes of states that reach each other by positive
// rates and that no rate leaves, each in ascending order, by lowest state. There is
// at least one if there are states. Work and memory are linear in states and rates.
func ClosedClasses(a *sparse.CSR) [][]int {
	class, open := components(a)
	place := make([]int32, len(open)) // 1 + the place of the class in the result
	var closed [][]int
	for i, c := range class {
		if open[c] {
			continue
		}
		if place[c] == 0 {
			closed = append(closed, nil)
			place[c] = int32(len(closed))
		}
		closed[place[c]-1] = append(closed[place[c]-1], i)
	}
	return closed
}

// CheckClosedClasses returns a [ReducibleError] unless there is a single closed class,
// and with it a single stationary state.
func CheckClosedClasses(a *sparse.CSR) error {
	_, open := components(a)
	return oneClosed(a, open)
}

func oneClosed(a *sparse.CSR, open []bool) error {
	closed := 0
	for _, isOpen := range open {
		if !isOpen {
			closed++
		}
	}
	if closed <= 1 {
		return nil
	}
	e := &ReducibleError{}
	for _, c := range ClosedClasses(a) {
		e.Sizes = append(e.Sizes, len(c))
		e.States = append(e.States, c[0])
	}
	return e
}

// components numbers the strongly connected components of the positive rates and says
// of each whether a rate leaves it.
//
// Rows hold the rates into a state, so the search runs against them; the components
// are the same. Tarjan, SIAM J. Comput. 1 (1972) 146, with the recursion on an explicit
// stack.
func components(a *sparse.CSR) (class []int32, open []bool) {
	n := a.Rows
	s := &search{
		a: a, class: make([]int32, n), index: make([]int32, n), low: make([]int32, n),
		next: make([]int, n),
	}
	copy(s.next, a.RowPtr)
	for i := range s.class {
		s.class[i] = -1
	}
	for root := range n {
		if s.index[root] == 0 {
			s.from(int32(root))
		}
	}
	open = make([]bool, s.classes)
	for i := range n {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			if j := a.Col[k]; s.class[j] != s.class[i] && a.Val[k] > 0 {
				open[s.class[j]] = true
			}
		}
	}
	return s.class, open
}

// A search is one depth-first search for components.
type search struct {
	a       *sparse.CSR
	class   []int32 // component of each state; −1 while it is not known
	classes int32
	index   []int32 // in which order the states were met, from 1; 0 for those not met
	low     []int32 // the smallest index known to be in the same component
	next    []int   // the entry of each row to look at next
	met     int32
	path    []int32 // from the root to the state at hand
	stack   []int32 // states met whose component is not known
}

// from visits all states that can be reached from the root and were not met before.
func (s *search) from(root int32) {
	s.meet(root)
	for len(s.path) > 0 {
		i := s.path[len(s.path)-1]
		if s.descend(i) {
			continue
		}
		s.path = s.path[:len(s.path)-1]
		if s.low[i] == s.index[i] {
			s.close(i)
		}
		if len(s.path) > 0 {
			up := s.path[len(s.path)-1]
			s.low[up] = min(s.low[up], s.low[i])
		}
	}
}

// meet puts a new state at the end of the path.
func (s *search) meet(i int32) {
	s.met++
	s.index[i], s.low[i] = s.met, s.met
	s.path = append(s.path, i)
	s.stack = append(s.stack, i)
}

// descend looks at the entries of row i that are left, up to the first that leads to a
// new state, and says whether there was one.
func (s *search) descend(i int32) bool {
	low := s.low[i]
	for k := s.next[i]; k < s.a.RowPtr[i+1]; k++ {
		j := s.a.Col[k]
		switch {
		case !(s.a.Val[k] > 0):
		case s.index[j] == 0:
			s.next[i], s.low[i] = k+1, low
			s.meet(j)
			return true
		case s.class[j] < 0:
			low = min(low, s.index[j])
		}
	}
	s.next[i], s.low[i] = s.a.RowPtr[i+1], low
	return false
}

// close makes a component of the states met since i.
func (s *search) close(i int32) {
	for {
		j := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		s.class[j] = s.classes
		if j == i {
			break
		}
	}
	s.classes++
}
