package markov

import (
	"fmt"

	"github.com/ness-fp/ness/operators/sparse"
)

// A ReducibleError says that there are several sets of states that are never left,
// so that there is no single stationary vector.
type ReducibleError struct {
	Sizes  []int // states in each closed class
	States []int // the lowest state of each
}

func (e *ReducibleError) Error() string {
	return fmt.Sprintf("markov: %d closed classes of states, want 1; the first holds state %d, the second state %d", len(e.Sizes), e.States[0], e.States[1])
}

// ClosedClasses returns the classes of states that reach each other by positive
// rates and that no rate leaves, each in ascending order, by lowest state.
func ClosedClasses(a *sparse.CSR) [][]int { return closedClasses(a.Transpose()) }

// closedClasses takes the transpose, whose row j holds the rates out of j.
//
// Tarjan, SIAM J. Comput. 1 (1972) 146, with the recursion on an explicit stack.
func closedClasses(out *sparse.CSR) [][]int {
	class := components(out)
	n := out.Rows
	count := 0
	for _, c := range class {
		count = max(count, int(c)+1)
	}
	open := make([]bool, count)
	for j := range n {
		for k := out.RowPtr[j]; k < out.RowPtr[j+1]; k++ {
			if i := out.Col[k]; int(i) != j && out.Val[k] > 0 && class[i] != class[j] {
				open[class[j]] = true
			}
		}
	}
	var closed [][]int
	place := make(map[int32]int)
	for j := range n {
		c := class[j]
		if open[c] {
			continue
		}
		at, ok := place[c]
		if !ok {
			at = len(closed)
			place[c] = at
			closed = append(closed, nil)
		}
		closed[at] = append(closed[at], j)
	}
	return closed
}

// components numbers the strongly connected components of the positive rates.
func components(out *sparse.CSR) (class []int32) {
	n := out.Rows
	class = make([]int32, n)
	index, low := make([]int32, n), make([]int32, n) // 0: not seen yet
	next := make([]int, n)                           // the edge of each state to look at next
	copy(next, out.RowPtr)
	onStack := make([]bool, n)
	var stack, path []int32
	var seen, classes int32
	for root := range n {
		if index[root] != 0 {
			continue
		}
		path = append(path[:0], int32(root))
		for len(path) > 0 {
			j := path[len(path)-1]
			if index[j] == 0 {
				seen++
				index[j], low[j] = seen, seen
				stack = append(stack, j)
				onStack[j] = true
			}
			if i, ok := descend(out, next, index, low, onStack, j); ok {
				path = append(path, i)
				continue
			}
			if low[j] == index[j] {
				for {
					i := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					onStack[i] = false
					class[i] = classes
					if i == j {
						break
					}
				}
				classes++
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				up := path[len(path)-1]
				low[up] = min(low[up], low[j])
			}
		}
	}
	return class
}

// descend looks at the edges of j that are left and returns the first that leads to
// a state not yet seen.
func descend(out *sparse.CSR, next []int, index, low []int32, onStack []bool, j int32) (int32, bool) {
	for next[j] < out.RowPtr[j+1] {
		k := next[j]
		next[j]++
		i := out.Col[k]
		if i == j || !(out.Val[k] > 0) {
			continue
		}
		if index[i] == 0 {
			return i, true
		}
		if onStack[i] {
			low[j] = min(low[j], index[i])
		}
	}
	return 0, false
}
