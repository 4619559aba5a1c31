package markov

// EstimateDirect returns the memory in bytes and the operations that [Direct] takes on
// a box of the given dims with edges of at most reach cells along any axis, by walking
// through the sizes of the fronts without building anything.
func EstimateDirect(dims []int, reach int) (bytes int64, flops float64) {
	e := estimator{reach: float64(reach), known: map[estimateKey]estimate{}}
	var k estimateKey
	cells := 1.0
	for a := range k.dims {
		k.dims[a] = 1
		if a < len(dims) {
			k.dims[a] = dims[a]
		}
		cells *= float64(k.dims[a])
	}
	t := e.box(k)
	perCell := 24 * float64(1+2*len(dims)) // the matrix and its transpose
	return int64(8*t.entries + (perCell+150)*cells), t.flops
}

// An estimateKey is a box of up to three axes and how many of the two sides across
// each border on what is eliminated later.
type estimateKey struct {
	dims  [3]int
	sides [3]int
}

type estimate struct{ entries, flops float64 }

type estimator struct {
	reach float64
	known map[estimateKey]estimate
}

func (e *estimator) box(k estimateKey) estimate {
	if t, ok := e.known[k]; ok {
		return t
	}
	cells, axis := 1.0, 0
	for a, n := range k.dims {
		cells *= float64(n)
		if n > k.dims[axis] {
			axis = a
		}
	}
	var border float64
	for a, n := range k.dims {
		border += float64(k.sides[a]) * e.reach * cells / float64(n)
	}
	own := cells
	var t estimate
	if cells > leafSize {
		own = min(cells, e.reach*cells/float64(k.dims[axis]))
		lower, upper := k, k
		lower.dims[axis] = max(1, k.dims[axis]/2-int(e.reach))
		upper.dims[axis] = max(1, k.dims[axis]-k.dims[axis]/2)
		lower.sides[axis] = 1 + k.sides[axis]/2
		upper.sides[axis] = 1 + (k.sides[axis]+1)/2
		a, b := e.box(lower), e.box(upper)
		t = estimate{a.entries + b.entries, a.flops + b.flops}
	}
	size := own + border
	t.entries += own*size - own*own/2
	t.flops += 2 * own * (size*size - size*own + own*own/3)
	e.known[k] = t
	return t
}
