package accurate

// This file has the kernels, sums of rows with coefficients beside them; what is done at
// walls is made of them too. A row m·stride further on is the same one shifted where stride
// is 1, which makes a stencil along a row. They set rows of n numbers, one after the other,
// the sum of each stride further on than that of the last.

//go:generate go run -modfile=../../go.tool.mod asm/gen.go -out sums_amd64.s -stubs sums_stubs_amd64.go -pkg accurate

// kernels are the three sums in a machine's own code, for at least one row and one tap.
type kernels struct {
	combine  func(dst, src *float64, n, rows, stride int, w *float64, taps int)
	flux     func(dst, a, b, src *float64, n, rows, stride int, v, w *float64, taps int)
	subtract func(dst, c, src *float64, n, rows, stride int, w *float64, taps int)
}

// processor has the best kernels of this machine; nil where there are none.
var processor = bestKernels()

// check panics where rows of sums from src do not lie within it.
func check(src []float64, n, rows, stride, taps int) {
	_ = src[(rows+taps-2)*stride+n-1]
}

// combine sets dst[r·n+i] = Σ_m w[m]·src[i+(r+m)·stride].
func combine(dst, src []float64, n, stride int, w []float64) {
	if len(dst) == 0 || len(w) == 0 {
		clear(dst)
		return
	}
	rows := len(dst) / n
	if processor == nil {
		for r := range rows {
			plainCombine(dst[r*n:(r+1)*n], src[r*stride:], stride, w)
		}
		return
	}
	check(src, n, rows, stride, len(w))
	processor.combine(&dst[0], &src[0], n, rows, stride, &w[0], len(w))
}

// flux sets dst[r·n+i] to
//
//	a[r·n+i]·Σ_m v[m]·src[i+(r+m)·stride] − b[r·n+i]·Σ_m w[m]·src[i+(r+m)·stride]
//
// with as many v as w.
func flux(dst, a, b, src []float64, n, stride int, v, w []float64) {
	if len(dst) == 0 || len(w) == 0 {
		clear(dst)
		return
	}
	a, b, v = a[:len(dst)], b[:len(dst)], v[:len(w)]
	rows := len(dst) / n
	if processor == nil {
		for r := range rows {
			lo, hi := r*n, (r+1)*n
			plainFlux(dst[lo:hi], a[lo:hi], b[lo:hi], src[r*stride:], stride, v, w)
		}
		return
	}
	check(src, n, rows, stride, len(w))
	processor.flux(&dst[0], &a[0], &b[0], &src[0], n, rows, stride, &v[0], &w[0], len(w))
}

// subtract takes c[r·n+i]·Σ_m w[m]·src[i+(r+m)·stride] off dst[r·n+i].
func subtract(dst, c, src []float64, n, stride int, w []float64) {
	if len(dst) == 0 || len(w) == 0 {
		return
	}
	c = c[:len(dst)]
	rows := len(dst) / n
	if processor == nil {
		for r := range rows {
			lo, hi := r*n, (r+1)*n
			plainSubtract(dst[lo:hi], c[lo:hi], src[r*stride:], stride, w)
		}
		return
	}
	check(src, n, rows, stride, len(w))
	processor.subtract(&dst[0], &c[0], &src[0], n, rows, stride, &w[0], len(w))
}
