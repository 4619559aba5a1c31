// Package grid holds boxes of cells and the numbers on them. It knows no equation.
//
// A [Grid] is the product of d [Axis] values; cells are numbered with axis 0
// fastest, i = i₀ + n₀(i₁ + n₁(i₂ + …)). A [Field] has one number per cell, its
// average over the cell; a [FaceField] has one per face, the total flow through
// it. Lengths are in the unit of the coordinate, volumes in its d-th power.
//
// Axes are uniform or smoothly graded: widths of neighbours differ by a ratio
// 1 + O(h), which is what second-order schemes need (on a mesh with random
// widths they do not converge).
package grid
