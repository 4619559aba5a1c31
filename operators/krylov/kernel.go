package krylov

// This file has the kernels, products with several vectors at a time, so that what they
// share is loaded once. The vectors follow each other at a stride, and all have a multiple
// of granule entries, so that there are no rests to deal with.

//go:generate go run -modfile=../../go.tool.mod asm/gen.go -out kernel_amd64.s -stubs kernel_stubs_amd64.go -pkg krylov

// granule is the number of entries that kernels take in a step, or a multiple of it.
const granule = 64

// slabVectors is the largest number of vectors that a kernel takes.
const slabVectors = 8

// kernels are in a machine's own code, each for 8, 4, 2 and 1 vectors.
type kernels struct {
	dots    [4]func(sums, w, v *float64, n, stride int)
	combine [4]func(w, c, v *float64, n, stride int)
}

// processor has the best kernels of this machine; nil where there are none.
var processor = bestKernels()

// check panics where vectors at a stride do not lie within v or are no whole steps long.
func check(v []float64, n, vectors, stride int) {
	if n%granule != 0 {
		panic("krylov: length of a vector not padded")
	}
	_ = v[(vectors-1)*stride+n-1]
}

// widths calls do for groups of vectors that there are kernels for, from j on.
func widths(vectors int, do func(kernel, j int)) {
	for kernel, j := 0, 0; kernel < 4; kernel++ {
		for ; j+slabVectors>>kernel <= vectors; j += slabVectors >> kernel {
			do(kernel, j)
		}
	}
}

// dots sets sums[j] = Σ_i w[i]·v[i+j·stride].
func dots(sums, w, v []float64, stride int) {
	if len(sums) == 0 || len(w) == 0 {
		clear(sums)
		return
	}
	check(v, len(w), len(sums), stride)
	if processor == nil {
		for j := range sums {
			sums[j] = plainDot(w, v[j*stride:])
		}
		return
	}
	widths(len(sums), func(k, j int) {
		processor.dots[k](&sums[j], &w[0], &v[j*stride], len(w), stride)
	})
}

// combine adds Σ_j c[j]·v[i+j·stride] to w[i].
func combine(w, c, v []float64, stride int) {
	if len(c) == 0 || len(w) == 0 {
		return
	}
	check(v, len(w), len(c), stride)
	if processor == nil {
		for j, f := range c {
			plainAdd(w, f, v[j*stride:])
		}
		return
	}
	widths(len(c), func(k, j int) {
		processor.combine[k](&w[0], &c[j], &v[j*stride], len(w), stride)
	})
}

func plainDot(x, y []float64) float64 {
	y = y[:len(x)]
	var s0, s1, s2, s3 float64
	for i := 0; i+3 < len(x); i += 4 {
		s0 += x[i] * y[i]
		s1 += x[i+1] * y[i+1]
		s2 += x[i+2] * y[i+2]
		s3 += x[i+3] * y[i+3]
	}
	return s0 + s1 + s2 + s3
}

func plainAdd(w []float64, c float64, v []float64) {
	v = v[:len(w)]
	for i := range w {
		w[i] += c * v[i]
	}
}
