package accurate

// This file has the kernels in Go, where a machine has no better ones. They pass over a
// few taps at a time, on parts of rows that stay in a core's first cache meanwhile.

// part is the length of those parts.
const part = 256

// parts calls do for one part of n numbers after the other.
func parts(n int, do func(lo, hi int)) {
	for lo := 0; lo < n; lo += part {
		do(lo, min(lo+part, n))
	}
}

func plainCombine(dst, src []float64, stride int, w []float64) {
	parts(len(dst), func(lo, hi int) { sumOfTaps(dst[lo:hi], src[lo:], stride, w) })
}

func plainFlux(dst, a, b, src []float64, stride int, v, w []float64) {
	parts(len(dst), func(lo, hi int) {
		var values, slopes [part]float64
		sumOfTaps(values[:hi-lo], src[lo:], stride, v)
		sumOfTaps(slopes[:hi-lo], src[lo:], stride, w)
		dst, a, b := dst[lo:hi], a[lo:hi], b[lo:hi]
		for i := range dst {
			dst[i] = a[i]*values[i] - b[i]*slopes[i]
		}
	})
}

func plainSubtract(dst, c, src []float64, stride int, w []float64) {
	parts(len(dst), func(lo, hi int) {
		var sums [part]float64
		sumOfTaps(sums[:hi-lo], src[lo:], stride, w)
		dst, c := dst[lo:hi], c[lo:hi]
		for i := range dst {
			dst[i] -= c[i] * sums[i]
		}
	})
}

// sumOfTaps is combine on one part.
func sumOfTaps(dst, src []float64, stride int, w []float64) {
	n := len(dst)
	row := func(m int) []float64 { return src[m*stride:][:n] }
	m := 0
	switch len(w) % 4 {
	case 0:
		set4(dst, row(0), row(1), row(2), row(3), w)
		m = 4
	case 1:
		for i, v := range row(0) {
			dst[i] = w[0] * v
		}
		m = 1
	case 2:
		set2(dst, row(0), row(1), w)
		m = 2
	case 3:
		set3(dst, row(0), row(1), row(2), w)
		m = 3
	}
	for ; m < len(w); m += 4 {
		add4(dst, row(m), row(m+1), row(m+2), row(m+3), w[m:])
	}
}

func set2(dst, a, b, w []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	w0, w1 := w[0], w[1]
	for i := range dst {
		dst[i] = w0*a[i] + w1*b[i]
	}
}

func set3(dst, a, b, c, w []float64) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	w0, w1, w2 := w[0], w[1], w[2]
	for i := range dst {
		dst[i] = w0*a[i] + w1*b[i] + w2*c[i]
	}
}

func set4(dst, a, b, c, d, w []float64) {
	a, b, c, d = a[:len(dst)], b[:len(dst)], c[:len(dst)], d[:len(dst)]
	w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
	for i := range dst {
		dst[i] = w0*a[i] + w1*b[i] + w2*c[i] + w3*d[i]
	}
}

func add4(dst, a, b, c, d, w []float64) {
	a, b, c, d = a[:len(dst)], b[:len(dst)], c[:len(dst)], d[:len(dst)]
	w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
	for i := range dst {
		dst[i] += w0*a[i] + w1*b[i] + w2*c[i] + w3*d[i]
	}
}
