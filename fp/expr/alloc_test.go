//go:build !race

package expr

import "testing"

// Not under the race detector, where a sync.Pool forgets at random.
func TestEvalDoesNotAllocate(t *testing.T) {
	list := everyOperation(t)
	tape := Compile(list, []string{"x", "y"})
	x, out := [][]float64{make([]float64, 1000), {0.7}}, outputs(len(list), 1000)
	if allocs := testing.AllocsPerRun(20, func() { tape.Eval(out, x) }); allocs != 0 {
		t.Errorf("%v allocations per call, want none", allocs)
	}
}
