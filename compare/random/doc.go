// Package random draws words, indices and normal deviates for ensembles, from one
// [Stream] per walker that its seed and number fix.
//
// A Stream is a value: x, g = g.Next() keeps its four words in registers, where a
// pointer would keep them in memory. Indices are exactly uniform, several from one word
// ([Uniform]); subsets and permutations ([Subset], [Shuffle]) take two from each.
package random
