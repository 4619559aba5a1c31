package fp

import (
	"fmt"
	"strconv"
)

// An Order is the order of accuracy of the discretisation: one of the accurate operator's,
// or what a generator gives, or whatever suits the grid.
type Order int

// The orders beside 2, 4, 6 and 8.
const (
	OrderAuto     Order = 0 // the nodally exact generator in one dimension, else the highest order that the grid bears
	OrderMonotone Order = 1 // a generator: positive whatever the resolution, of second order where resolved
)

// ParseOrder returns the order of that name; the error lists the names there are.
func ParseOrder(name string) (Order, error) {
	switch name {
	case "auto":
		return OrderAuto, nil
	case "monotone":
		return OrderMonotone, nil
	case "2", "4", "6", "8":
		n, err := strconv.Atoi(name)
		return Order(n), err
	}
	return 0, fmt.Errorf("want auto, 2, 4, 6, 8 or monotone, have %q", name)
}

// String returns the name that the command line uses.
func (o Order) String() string {
	switch o {
	case OrderAuto:
		return "auto"
	case OrderMonotone:
		return "monotone"
	}
	return strconv.Itoa(int(o))
}
