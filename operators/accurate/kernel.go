package accurate

// This file has the kernels, sums of rows with coefficients beside them; what is done at
// walls is made of them too. A row m·stride further on is the same one shifted where stride
// is 1, which makes a stencil along a row.

//go:generate go run -modfile=../../go.tool.mod asm/gen.go -out sums_amd64.s -stubs sums_stubs_amd64.go -pkg accurate

// kernels are the three sums in a machine's own code, for n numbers and at least one tap.
type kernels struct {
	combine  func(dst, src *float64, n, stride int, w *float64, taps int)
	flux     func(dst, a, b, src *float64, n, stride int, v, w *float64, taps int)
	subtract func(dst, c, src *float64, n, stride int, w *float64, taps int)
}

// processor has the best kernels of this machine; nil where there are none.
var processor = bestKernels()

// combine sets dst[i] = Σ_m w[m]·src[i+m·stride].
func combine(dst, src []float64, stride int, w []float64) {
	switch {
	case len(dst) == 0:
	case len(w) == 0:
		clear(dst)
	case processor != nil:
		_ = src[(len(w)-1)*stride+len(dst)-1]
		processor.combine(&dst[0], &src[0], len(dst), stride, &w[0], len(w))
	default:
		plainCombine(dst, src, stride, w)
	}
}

// flux sets dst[i] = a[i]·Σ_m v[m]·src[i+m·stride] − b[i]·Σ_m w[m]·src[i+m·stride].
func flux(dst, a, b, src []float64, stride int, v, w []float64) {
	n := len(dst)
	if n == 0 {
		return
	}
	a, b, v = a[:n], b[:n], v[:len(w)]
	if processor == nil || len(w) == 0 {
		plainFlux(dst, a, b, src, stride, v, w)
		return
	}
	_ = src[(len(w)-1)*stride+n-1]
	processor.flux(&dst[0], &a[0], &b[0], &src[0], n, stride, &v[0], &w[0], len(w))
}

// subtract takes c[i]·Σ_m w[m]·src[i+m·stride] off dst[i].
func subtract(dst, c, src []float64, stride int, w []float64) {
	n := len(dst)
	if n == 0 || len(w) == 0 {
		return
	}
	c = c[:n]
	if processor == nil {
		plainSubtract(dst, c, src, stride, w)
		return
	}
	_ = src[(len(w)-1)*stride+n-1]
	processor.subtract(&dst[0], &c[0], &src[0], n, stride, &w[0], len(w))
}
