//go:build !purego

package markov

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/cpu"
	"pgregory.net/rapid"
)

// available lists the tiles that this processor can run.
func available() (list []*tile) {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		list = append(list, tileAVX2)
	}
	if cpu.X86.HasAVX512F {
		list = append(list, tileAVX512)
	}
	return list
}

// withTile runs do with a tile as the processor's, nil for none.
func withTile(t *tile, do func()) {
	old := processor
	processor = t
	defer func() { processor = old }()
	do()
}

// Products of random blocks, edges included, are those of the plain path to round-off of
// k additions, and nothing outside the block changes.
func TestTilesAgreeWithThePlainPath(t *testing.T) {
	for _, tile := range available() {
		rapid.Check(t, func(t *rapid.T) {
			p := product{
				rows: rapid.IntRange(1, 300).Draw(t, "rows"),
				k:    rapid.IntRange(1, 150).Draw(t, "k"),
				cols: rapid.IntRange(1, 500).Draw(t, "cols"),
			}
			p.lda = p.k + rapid.IntRange(0, 5).Draw(t, "gap in A")
			p.ldv = p.cols + rapid.IntRange(0, 5).Draw(t, "gap in V")
			p.ldc = p.cols + rapid.IntRange(0, 5).Draw(t, "gap in C")
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			p.a, p.v, p.c = random(r, p.rows*p.lda), random(r, p.k*p.ldv), random(r, p.rows*p.ldc)
			plain := p
			plain.c = slices.Clone(p.c)
			plain.vectors()
			withTile(tile, p.tiles)
			for i, want := range plain.c {
				if math.Abs(p.c[i]-want) > float64(p.k)*0x1p-52*want {
					t.Fatalf("%dx%d: [%d][%d] is %v, want %v", tile.rows, tile.cols, i/p.ldc, i%p.ldc, p.c[i], want)
				}
			}
		})
	}
}

// Runs of any length are added, and nothing else, with the same bits as one by one.
func TestRunsAreAdded(t *testing.T) {
	for _, tile := range available() {
		rapid.Check(t, func(t *rapid.T) {
			var runs []run
			var from, to int
			for _, n := range rapid.SliceOfN(rapid.IntRange(1, 40), 0, 6).Draw(t, "lengths") {
				from += rapid.IntRange(0, 3).Draw(t, "gap in x")
				to += rapid.IntRange(0, 3).Draw(t, "gap in dst")
				runs = append(runs, run{from, to, n})
				from, to = from+n, to+n
			}
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			dst, x := random(r, to), random(r, from)
			want := slices.Clone(dst)
			withTile(nil, func() { addRuns(want, x, runs) })
			withTile(tile, func() { addRuns(dst, x, runs) })
			if !slices.Equal(dst, want) {
				t.Fatalf("%dx%d: %v, want %v", tile.rows, tile.cols, dst, want)
			}
		})
	}
}

// random returns n numbers between 0 and 1.
func random(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.Float64()
	}
	return x
}

// Whole eliminations, with tiles and without, are the same to round-off, and with any
// number of threads to the last bit.
func TestEliminationAgreesWithThePlainPath(t *testing.T) {
	const size, own = 333, 217
	f := random(rand.New(rand.NewPCG(9, 0)), size*size)
	run := func(tile *tile, threads int) []float64 {
		const border = size - own
		x := slices.Clone(f)
		d := &dense{
			own: own, size: size, rows: x[:own*size], outer: x[own*size:][:border*own], rest: x[own*size+border*own:],
			inverse: make([]float64, own), threads: threads,
		}
		withTile(tile, func() {
			if n := d.eliminate(); n >= 0 {
				t.Fatalf("state %d cannot be left", n)
			}
		})
		return x
	}
	want := run(nil, 1)
	for _, tile := range available() {
		one := run(tile, 1)
		for i, v := range one {
			if i < own*size && i/size == i%size {
				continue // junk
			}
			if math.Abs(v-want[i]) > own*0x1p-50*want[i] {
				t.Fatalf("%dx%d: number %d is %v, want %v", tile.rows, tile.cols, i, v, want[i])
			}
		}
		for _, threads := range []int{2, 3, 7} {
			if !slices.Equal(run(tile, threads), one) {
				t.Errorf("%dx%d: other bits on %d threads", tile.rows, tile.cols, threads)
			}
		}
	}
}

// BenchmarkTile is one product of 1000 × 192 by 192 × 1000.
func BenchmarkTile(b *testing.B) {
	const size, k = 1000, 192
	r := rand.New(rand.NewPCG(9, 0))
	p := product{
		rows: size, k: k, cols: size,
		a: random(r, size*k), lda: k, v: random(r, k*size), ldv: size, c: random(r, size*size), ldc: size,
	}
	d := &dense{threads: 1}
	flops := 2.0 * k * size * size
	names := map[*tile]string{nil: "none"}
	for _, t := range available() {
		names[t] = map[int]string{4: "avx2", 8: "avx512"}[t.rows]
	}
	for t, name := range names {
		b.Run("tile="+name, func(b *testing.B) {
			withTile(t, func() {
				for b.Loop() {
					d.update(p)
				}
			})
			b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gflop/s")
		})
	}
}
