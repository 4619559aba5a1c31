package krylov

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// advection is −u″ + 3u′ with a loss, on n points.
func advection(dst, x []float64) {
	n := len(x)
	for i, v := range x {
		dst[i] = 2.5 * v
		if i > 0 {
			dst[i] -= 1.6 * x[i-1]
		}
		if i < n-1 {
			dst[i] -= 0.6 * x[i+1]
		}
	}
}

// halfWay is a crude preconditioner for it.
func halfWay(dst, x []float64) {
	for i, v := range x {
		dst[i] = v / 2.5
		if i > 0 {
			dst[i] += 0.6 * dst[i-1]
		}
	}
}

// ripple is a right-hand side with a first guess and weights.
func ripple(n int) (b, x, weight []float64) {
	b, x, weight = make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		b[i], x[i], weight[i] = math.Sin(float64(i*i)), math.Cos(float64(i)), 1+0.5*math.Sin(float64(i))
	}
	return b, x, weight
}

// A workspace full of what other systems left there, not numbers among it, changes no bit
// of a solution.
func TestWorkspaceChangesNothing(t *testing.T) {
	var w Workspace
	for _, n := range []int{70, 5000, 5000, 1100, 5000} {
		for _, opt := range []Options{{}, {Restart: 9}, {Flexible: true, Restart: 12}, {Restart: 30}, {MaxIterations: 3}} {
			for _, weighted := range []bool{false, true} {
				b, want, weight := ripple(n)
				if opt.Weight = nil; weighted {
					opt.Weight = weight
				}
				got := slices.Clone(want)
				opt.Workspace = nil
				stats, err := GMRES(advection, halfWay, b, want, opt)
				opt.Workspace = &w
				again, errAgain := GMRES(advection, halfWay, b, got, opt)
				if !slices.Equal(got, want) || stats != again || (err == nil) != (errAgain == nil) {
					t.Fatalf("n = %d, %+v: %+v, %v and %+v, %v", n, opt, stats, err, again, errAgain)
				}
				bad := func(dst, x []float64) { clear(dst); dst[0] = math.NaN() }
				var e *ConvergenceError
				if _, err := GMRES(bad, nil, b, got, opt); !errors.As(err, &e) {
					t.Fatalf("not a number: %v", err)
				}
			}
		}
	}
}

// Later calls allocate less than one vector.
func TestWorkspaceIsKept(t *testing.T) {
	const n = 1 << 16
	b, _, weight := ripple(n)
	x := make([]float64, n)
	opt := Options{Weight: weight, Workspace: &Workspace{}, Restart: 10, MaxIterations: 25}
	solve := func() uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		clear(x)
		_, _ = GMRES(advection, halfWay, b, x, opt)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if first := solve(); first < 8*n*11 {
		t.Fatalf("the first call allocates %d bytes, less than its basis", first)
	}
	if second := solve(); second > 8*n {
		t.Errorf("the second call allocates %d bytes, more than a vector", second)
	}
}

// Solutions have the same bits for any number of workers.
func TestSolutionsDoNotDependOnWorkers(t *testing.T) {
	withKernels(t, func(t *testing.T) {
		const n = 5*pieceSize + 77
		b, guess, weight := ripple(n)
		var want []float64
		for _, flexible := range []bool{false, true} {
			for workers := 1; workers <= 3; workers++ {
				x := slices.Clone(guess)
				old := runtime.GOMAXPROCS(workers)
				_, err := GMRES(advection, halfWay, b, x, Options{Weight: weight, Restart: 12, Flexible: flexible})
				runtime.GOMAXPROCS(old)
				if err != nil {
					t.Fatal(err)
				}
				if workers == 1 {
					want = x
				} else if !slices.Equal(x, want) {
					t.Errorf("%d workers, flexible %v: not the same bits", workers, flexible)
				}
			}
		}
	})
}

// Long vectors are spread evenly over 128 KiB of a cache and waste less than 16 KiB each.
func TestStridesSpreadVectors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		padded := granule * rapid.IntRange(spreadFrom/granule, 1<<16).Draw(t, "granules")
		stride := strideOf(padded)
		if stride < padded || stride >= padded+2*spreadStep {
			t.Fatalf("stride %d of %d", stride, padded)
		}
		const cache = 16 * spreadStep
		seen := map[int]bool{}
		for j := range 16 {
			seen[(j*(stride+spreadShift)%cache)/spreadStep] = true
		}
		if len(seen) != 16 {
			t.Errorf("stride %d: vectors at %d places", stride, len(seen))
		}
	})
}
