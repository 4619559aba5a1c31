package fp

import "github.com/ness-fp/ness/fp/expr"

// Set returns the set of points where a condition in the variables and constants of the file
// holds, as [expr.ParseCondition] reads it.
func (f *File) Set(condition string) (Set, error) {
	c, err := expr.ParseCondition(condition, f.names)
	if err != nil {
		return nil, err
	}
	return c.Holds, nil
}
