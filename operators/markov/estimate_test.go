package markov

import "testing"

// The memory and the operations of an elimination are known before, within the factor
// 1.3 that the documentation claims, for one worker and for two.
func TestEstimateIsNearTheTruth(t *testing.T) {
	boxes := [][]int{{1000}, {100000}, {32, 32}, {200, 200}, {300, 40}, {10, 10, 10}, {20, 20, 20}, {40, 20, 10}}
	for _, dims := range boxes {
		states := 1
		for _, n := range dims {
			states *= n
		}
		a := star(dims, make([]float64, states), 1)
		bytes, flops := EstimateDirect(dims, 1)
		for workers := 1; workers <= 2; workers++ {
			_, s, err := Direct(a, DirectOptions{Dims: dims, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			if r := flops / s.Flops; r < 1/1.3 || r > 1.3 {
				t.Errorf("dims %v: estimated %.3g operations, took %.3g", dims, flops, s.Flops)
			}
			if r := float64(bytes) / float64(s.PeakBytes); r < 1/1.3 || r > 1.3 {
				t.Errorf("dims %v, %d workers: estimated %d bytes, held %d", dims, workers, bytes, s.PeakBytes)
			}
		}
	}
}

// A box far beyond any machine is estimated all the same.
func TestEstimateOfAHugeBox(t *testing.T) {
	// Operations grow as N^{3/2}, less 2 % for terms of lower order; memory as N log N,
	// which is 4·15/14 = 4.3 times, less for the parts that grow as N.
	small, few := EstimateDirect([]int{1 << 14, 1 << 14}, 1)
	large, many := EstimateDirect([]int{1 << 15, 1 << 15}, 1)
	if r := many / few; r < 7.8 || r > 8.1 {
		t.Errorf("twice the side takes %.3g times the operations, want 8", r)
	}
	if r := float64(large) / float64(small); r < 4 || r > 4.6 {
		t.Errorf("twice the side takes %.3g times the memory, want 4 and a little", r)
	}
}
