package accurate

// This file has the kernels; all other loops are at walls.

// combine sets dst[i] = Σ_m w[m]·src[i+m·stride]: a stencil along a row where stride is 1,
// a sum of rows where it is their distance.
func combine(dst, src []float64, stride int, w []float64) {
	n := len(dst)
	if n == 0 {
		return
	}
	row := func(m int) []float64 { return src[m*stride:][:n] }
	switch len(w) {
	case 1:
		for i, v := range row(0) {
			dst[i] = w[0] * v
		}
	case 2:
		combine2(dst, row(0), row(1), w)
	case 3:
		combine3(dst, row(0), row(1), row(2), w)
	default:
		combine4(dst, row(0), row(1), row(2), row(3), w)
		for m := 4; m < len(w); {
			switch len(w) - m {
			case 1:
				axpy(dst, w[m], row(m))
				m++
			default:
				add2(dst, row(m), row(m+1), w[m:])
				m += 2
			}
		}
	}
}

func combine2(dst, a, b, w []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	w0, w1 := w[0], w[1]
	for i := range dst {
		dst[i] = w0*a[i] + w1*b[i]
	}
}

func combine3(dst, a, b, c, w []float64) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	w0, w1, w2 := w[0], w[1], w[2]
	for i := range dst {
		dst[i] = w0*a[i] + w1*b[i] + w2*c[i]
	}
}

func combine4(dst, a, b, c, d, w []float64) {
	a, b, c, d = a[:len(dst)], b[:len(dst)], c[:len(dst)], d[:len(dst)]
	w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
	for i := range dst {
		dst[i] = w0*a[i] + w1*b[i] + w2*c[i] + w3*d[i]
	}
}

func add2(dst, a, b, w []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	w0, w1 := w[0], w[1]
	for i := range dst {
		dst[i] += w0*a[i] + w1*b[i]
	}
}

func axpy(dst []float64, w float64, a []float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] += w * a[i]
	}
}

// flux sets dst = a·u − b·g.
func flux(dst, a, u, b, g []float64) {
	n := len(dst)
	a, u, b, g = a[:n], u[:n], b[:n], g[:n]
	for i := range dst {
		dst[i] = a[i]*u[i] - b[i]*g[i]
	}
}

// subtract takes c·t off dst.
func subtract(dst, c, t []float64) {
	c, t = c[:len(dst)], t[:len(dst)]
	for i := range dst {
		dst[i] -= c[i] * t[i]
	}
}

// multiply sets dst = a·u.
func multiply(dst, a, u []float64) {
	a, u = a[:len(dst)], u[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * u[i]
	}
}
