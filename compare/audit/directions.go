package audit

import "math"

// This file takes vectors along more directions than their principal axes: marginal laws along all
// directions make a law normal (Cramér and Wold), those along the axes do not.

// planeDirections is how many directions there are in the plane, 22.5° apart.
const planeDirections = 8

// directions returns whitened vectors, a slice per axis, along the axes and along a fan of others, each
// of mean 0 and variance 1: in the plane eight in all, in space thirteen, those of the edges and diagonals
// of a cube.
func directions(axes [][]float64) [][]float64 {
	list := axes[:len(axes):len(axes)]
	for _, u := range fan(len(axes)) {
		z := make([]float64, len(axes[0]))
		for a, c := range u {
			for i, v := range axes[a] {
				z[i] += c * v
			}
		}
		list = append(list, z)
	}
	return list
}

// fan returns unit vectors besides those of the axes.
func fan(d int) (list [][]float64) {
	switch d {
	case 2:
		for k := 1; k < planeDirections; k++ {
			if k != planeDirections/2 { // the other axis
				sin, cos := math.Sincos(math.Pi * float64(k) / planeDirections)
				list = append(list, []float64{cos, sin})
			}
		}
	case 3:
		half, third := math.Sqrt(1.0/2), math.Sqrt(1.0/3)
		for _, s := range []float64{-1, 1} {
			list = append(list, []float64{half, s * half, 0}, []float64{half, 0, s * half}, []float64{0, half, s * half},
				[]float64{third, s * third, third}, []float64{third, s * third, -third})
		}
	}
	return list
}
