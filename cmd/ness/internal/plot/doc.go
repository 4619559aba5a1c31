// Package plot draws the figures of a stationary solution: the density p, the
// potential −ln p, the current J, and what is made of it (its split, vorticity, stream
// function, entropy production), in one, two and three dimensions; and simulated walkers
// against it: their histogram, weak errors, the autocovariance of their noise.
//
// It takes plain numbers. A density is one value per cell, axis 0 fastest,
// and each axis is its ascending cell edges, which need not be uniform: cells
// are drawn where they are, never stretched. What is coloured in a pixel is the
// mean of p over that pixel,
//
//	p̄ = ∫_pixel p dx dy / ∫_pixel dx dy,
//
// of the piecewise constant p, so that grids finer than the page lose no mass
// and grids coarser than the page show their cells. Contours run through values
// at cell centres. Streamlines are integral curves of J/|J|, interpolated
// bilinearly between cell centres, and evenly spaced on the page; where p or
// |J| is too small to mean anything they end.
//
// Numbers in units of their own error have no mean: there a pixel shows one of its cells.
// Bars and bands are ±2 standard errors.
//
// The parameters of one figure are drawn to the same scale when their ranges
// differ by less than a factor of 2.5, otherwise each axis fills its side.
//
// The same input gives the same bytes. Labels are Unicode set in DejaVu Sans,
// which has the glyphs of the field (∇, superscripts, Greek); an SVG file names
// that font but does not carry it. PDF is not offered: its writer in gonum/plot
// knows code page 1252 only and stamps the date.
//
// In units θ stands for those of the parameters, T for that of time, which is the unit
// of kη.
//
// A slice of the wrong length panics; a value beyond ±10¹⁵⁰, and a density that is not
// a number, is an error. Other fields may be NaN where they have no value: such places
// are grey, and the figure says how many there are.
//
// References: B. Jobard and W. Lefer, Creating evenly-spaced streamlines of
// arbitrary density, Visualization in Scientific Computing '97 (Springer 1997)
// 43; K. Moreland, Diverging color maps for scientific visualization, ISVC 2009
// (LNCS 5876) 92, for colours interpolated in CIELAB.
package plot
