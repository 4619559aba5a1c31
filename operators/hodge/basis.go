package hodge

import (
	"math"
	"math/bits"

	dsp "github.com/mjibson/go-dsp/fft"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/ness-fp/ness/grid"
)

// This file has the eigenvectors of the Laplacian along one axis as transforms: cosines
// and sines on uniform axes with walls, Fourier series on periodic ones, matrices of
// eigenvectors on graded ones. The eigenvalues are those of the difference operator,
// 4 sin²(πk/2n)/h², not of the derivative.

// A transform takes rows of numbers along an axis to coefficients and back. Rows lie one
// after the other in one slice. It holds work space: one per goroutine. With the mass
// matrix M = h or widths, forward is any multiple of Uᵀ and backward the inverse of
// forward times M⁻¹, U orthonormal in M.
type transform interface {
	forward(rows []float64)
	backward(rows []float64)
}

// A basis has the eigenvalues along one axis and makes transforms.
type basis struct {
	values []float64
	make   func() transform
}

// leastPowerOfTwo is the least power of two that goes to [powerOfTwo]. It starts goroutines
// for every row, which shorter rows do not repay: 64³ cells took four times as long.
const leastPowerOfTwo = 512

// newBasis returns the eigenvectors on the cells of an axis, or on its edges: all n
// distinct ones of a periodic axis, the n−1 inner ones of an axis with walls.
//
// Uniform and periodic axes cost O(n log n) per row, but O(n²) where n (2n on the edges of
// an axis with walls) has a large prime factor: 1 ms at n = 1009, 0.1 s at 10007.
// Graded axes cost O(n²) per row.
func newBasis(ax grid.Axis, onEdges bool) basis {
	n, h := ax.Cells(), ax.Width(0)
	switch {
	case !ax.IsUniform():
		values, vectors := modes(ax, onEdges)
		return basis{values, func() transform { return &matrix{n: len(values), vectors: vectors} }}
	case ax.IsPeriodic() && n >= leastPowerOfTwo && bits.OnesCount(uint(n)) == 1:
		return basis{fourierValues(n, h), func() transform { return newPowerOfTwo(n, h) }}
	case ax.IsPeriodic():
		return basis{fourierValues(n, h), func() transform { return newAnyLength(n, h) }}
	case onEdges:
		return basis{wallValues(n, h)[1:], func() transform {
			return &sines{fourier.NewDST(n - 1), 1 / (2 * float64(n) * h)}
		}}
	}
	return basis{wallValues(n, h), func() transform {
		return &cosines{fourier.NewQuarterWaveFFT(n), 1 / (4 * float64(n) * h)}
	}}
}

// wallValues returns 4 sin²(πk/2n)/h² for k < n.
func wallValues(n int, h float64) []float64 {
	v := make([]float64, n)
	for k := range v {
		s := 2 * math.Sin(math.Pi*float64(k)/float64(2*n)) / h
		v[k] = s * s
	}
	return v
}

// fourierValues returns 4 sin²(πk/n)/h² in the order of packed coefficients.
func fourierValues(n int, h float64) []float64 {
	v := make([]float64, n)
	for j := range v {
		k := (j + 1) / 2
		s := 2 * math.Sin(math.Pi*float64(k)/float64(n)) / h
		v[j] = s * s
	}
	return v
}

// cosines are cos(πk(i+½)/n), on the cells of a uniform axis with walls.
type cosines struct {
	fft   *fourier.QuarterWaveFFT
	scale float64
}

func (t *cosines) forward(rows []float64) {
	eachRow(rows, t.fft.Len(), func(row []float64) { t.fft.CosSequence(row, row) })
}

func (t *cosines) backward(rows []float64) {
	scaleBy(rows, t.scale)
	eachRow(rows, t.fft.Len(), func(row []float64) { t.fft.CosCoefficients(row, row) })
}

// sines are sin(πki/n), 0 < k, i < n, on the inner edges of a uniform axis with walls.
type sines struct {
	fft   *fourier.DST
	scale float64
}

func (t *sines) forward(rows []float64) {
	eachRow(rows, t.fft.Len(), func(row []float64) { t.fft.Transform(row, row) })
}

func (t *sines) backward(rows []float64) {
	scaleBy(rows, t.scale)
	t.forward(rows)
}

// matrix has the eigenvectors of a graded axis as its columns.
type matrix struct {
	n       int
	vectors []float64
	product []float64
}

func (t *matrix) forward(rows []float64)  { t.multiply(rows, blas.Trans) }
func (t *matrix) backward(rows []float64) { t.multiply(rows, blas.NoTrans) }

// multiply multiplies every row by the matrix or its transpose, some rows of that at a time,
// which stay in a core's second cache: gonum's Dgemv is twice as fast as its Dgemm.
func (t *matrix) multiply(rows []float64, how blas.Transpose) {
	if len(t.product) < len(rows) {
		t.product = make([]float64, len(rows))
	}
	n, product := t.n, t.product[:len(rows)]
	clear(product)
	for lo := 0; lo < n; lo += matrixRows {
		hi := min(lo+matrixRows, n)
		part := blas64.General{Rows: hi - lo, Cols: n, Stride: n, Data: t.vectors[lo*n : hi*n]}
		for at := 0; at < len(rows); at += n {
			x, y := rows[at:at+n], product[at:at+n]
			if how == blas.Trans {
				x = x[lo:hi]
			} else {
				y = y[lo:hi]
			}
			blas64.Gemv(how, 1, part, vector(x), 1, vector(y))
		}
	}
	copy(rows, product)
}

// matrixRows is the number of rows of the matrix that are taken at a time.
const matrixRows = 64

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Inc: 1, Data: x} }

// Real Fourier coefficients are packed as re₀, re₁, im₁, re₂, im₂, …, for even n with
// re_{n/2} alone at the end.

// anyLength has the Fourier series of a periodic axis, by the transform of real numbers.
type anyLength struct {
	fft   *fourier.FFT
	coeff []complex128
	scale float64
}

func newAnyLength(n int, h float64) *anyLength {
	return &anyLength{fourier.NewFFT(n), make([]complex128, n/2+1), 1 / (float64(n) * h)}
}

func (t *anyLength) forward(rows []float64) {
	eachRow(rows, t.fft.Len(), func(row []float64) {
		t.fft.Coefficients(t.coeff, row)
		pack(row, t.coeff)
	})
}

func (t *anyLength) backward(rows []float64) {
	scaleBy(rows, t.scale)
	eachRow(rows, t.fft.Len(), func(row []float64) {
		unpack(t.coeff, row)
		t.fft.Sequence(row, t.coeff)
	})
}

// pack writes the first half of a Hermitian spectrum as real numbers.
func pack(row []float64, coeff []complex128) {
	n := len(row)
	row[0] = real(coeff[0])
	for k := 1; 2*k < n; k++ {
		row[2*k-1], row[2*k] = real(coeff[k]), imag(coeff[k])
	}
	if n%2 == 0 {
		row[n-1] = real(coeff[n/2])
	}
}

// unpack is the inverse of pack.
func unpack(coeff []complex128, row []float64) {
	n := len(row)
	coeff[0] = complex(row[0], 0)
	for k := 1; 2*k < n; k++ {
		coeff[k] = complex(row[2*k-1], row[2*k])
	}
	if n%2 == 0 {
		coeff[n/2] = complex(row[n-1], 0)
	}
}

// powerOfTwo has the Fourier series of a periodic axis of 2^k cells. Its transforms are
// complex: two rows at a time go as real and imaginary part.
type powerOfTwo struct {
	pair     []complex128
	one, two []complex128 // first halves of the spectra of both rows
	none     []float64    // the partner of a last row
	scale    float64
}

func newPowerOfTwo(n int, h float64) *powerOfTwo {
	return &powerOfTwo{
		pair: make([]complex128, n),
		one:  make([]complex128, n/2+1), two: make([]complex128, n/2+1),
		none: make([]float64, n), scale: 1 / h, // the inverse transform divides by n itself
	}
}

func (t *powerOfTwo) forward(rows []float64) {
	t.each(rows, func(a, b []float64) {
		n := len(a)
		for i := range a {
			t.pair[i] = complex(a[i], b[i])
		}
		z := dsp.FFT(t.pair)
		for k := range t.one {
			p, q := z[k], z[(n-k)%n]
			t.one[k] = complex(0.5*(real(p)+real(q)), 0.5*(imag(p)-imag(q)))
			t.two[k] = complex(0.5*(imag(p)+imag(q)), 0.5*(real(q)-real(p)))
		}
		pack(a, t.one)
		pack(b, t.two)
	})
}

func (t *powerOfTwo) backward(rows []float64) {
	scaleBy(rows, t.scale)
	t.each(rows, func(a, b []float64) {
		n := len(a)
		unpack(t.one, a)
		unpack(t.two, b)
		for k, p := range t.one {
			q := t.two[k]
			t.pair[(n-k)%n] = complex(real(p)+imag(q), real(q)-imag(p))
			t.pair[k] = complex(real(p)-imag(q), imag(p)+real(q))
		}
		for i, v := range dsp.IFFT(t.pair) {
			a[i], b[i] = real(v), imag(v)
		}
	})
}

// each calls do with the rows two by two, a last one with a row that counts for nothing.
func (t *powerOfTwo) each(rows []float64, do func(a, b []float64)) {
	n := len(t.pair)
	for ; len(rows) >= 2*n; rows = rows[2*n:] {
		do(rows[:n], rows[n:2*n])
	}
	if len(rows) > 0 {
		clear(t.none)
		do(rows, t.none)
	}
}

// eachRow calls do with every row of n numbers.
func eachRow(rows []float64, n int, do func(row []float64)) {
	for ; len(rows) > 0; rows = rows[n:] {
		do(rows[:n])
	}
}

func scaleBy(v []float64, by float64) {
	for i := range v {
		v[i] *= by
	}
}
