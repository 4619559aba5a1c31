package markov

// EstimateDirect returns the memory in bytes, besides A, and the operations that
// [Direct] takes on a box of these dims with rates between states at most reach apart
// along each axis, one axis at a time, by walking through the sizes of the fronts
// without building anything. It is meant for one or two workers.
//
// For stars of reach 1 both are within a factor 1.3 of the truth from 10³ states on.
// In two dimensions one periodic axis takes 1.7 times the operations and the memory, two
// take 2.5 and 2.1 times; diagonals of reach 1 take a quarter more memory; where one axis
// alone has reach 2 the operations are half those estimated.
func EstimateDirect(dims []int, reach int) (bytes int64, flops float64) {
	e := estimator{reach: reach, known: map[string]cost{}}
	box := make([]side, len(dims))
	cells := 1.0
	for a, n := range dims {
		box[a].length = n
		cells *= float64(n)
	}
	c := e.box(box)
	perCell := float64(stateBytes + 2*4)
	// What either worker holds: the rows of the largest front, and the updates that wait for
	// their parents.
	fronts := 3 * 8 * c.largest * c.largest
	return int64(8*c.numbers + 4*c.borders + nodeBytes*c.nodes + perCell*cells + fronts), c.flops
}

// A side is the extent of a box along an axis and whether there are states beyond its
// ends.
type side struct {
	length      int
	below, over bool
}

// A cost is that of all fronts of a box: numbers in the factor, states in borders.
type cost struct{ numbers, flops, nodes, borders, largest float64 }

// An estimator walks through boxes. Of one size and position against the walls there
// are many, and only the first takes time.
type estimator struct {
	reach int
	known map[string]cost
}

// box returns the cost of a box, the separators of its cuts included.
func (e *estimator) box(box []side) cost {
	key := string(appendKey(nil, box))
	if c, ok := e.known[key]; ok {
		return c
	}
	cells, border, longest := 1.0, 0.0, 0
	for a, s := range box {
		cells *= float64(s.length)
		if s.length > box[longest].length {
			longest = a
		}
	}
	for _, s := range box {
		layer := cells / float64(max(s.length, 1)) * float64(e.reach)
		if s.below {
			border += layer
		}
		if s.over {
			border += layer
		}
	}
	var c cost
	own := cells
	if cells > leafSize {
		whole := box[longest]
		half := whole.length / 2
		thickness := min(e.reach, half)
		own = cells / float64(whole.length) * float64(thickness)
		box[longest] = side{length: half - thickness, below: whole.below, over: true}
		if half > thickness {
			c.add(e.box(box))
		}
		box[longest] = side{length: whole.length - half, below: true, over: whole.over}
		c.add(e.box(box))
		box[longest] = whole
	}
	c.add(cost{
		numbers: own * (border + (own+1)/2), flops: frontFlops(own, border),
		nodes: 1, borders: border, largest: own + border,
	})
	e.known[key] = c
	return c
}

// add adds the cost of other fronts.
func (c *cost) add(o cost) {
	c.numbers += o.numbers
	c.flops += o.flops
	c.nodes += o.nodes
	c.borders += o.borders
	c.largest = max(c.largest, o.largest)
}

// appendKey appends all that distinguishes a box.
func appendKey(key []byte, box []side) []byte {
	for _, s := range box {
		for n := s.length; n > 0; n >>= 7 {
			key = append(key, byte(n&0x7f))
		}
		end := byte(0x80)
		if s.below {
			end |= 1
		}
		if s.over {
			end |= 2
		}
		key = append(key, end)
	}
	return key
}
