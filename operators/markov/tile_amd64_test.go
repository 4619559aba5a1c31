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
		list = append(list, &tile{4, 12, kernel4x12})
	}
	if cpu.X86.HasAVX512F {
		list = append(list, &tile{8, 24, kernel8x24})
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
			own := rapid.IntRange(1, 150).Draw(t, "own")
			size := own + rapid.IntRange(1, 120).Draw(t, "border")
			k0 := rapid.IntRange(0, own-1).Draw(t, "k0")
			k1 := rapid.IntRange(k0+1, own).Draw(t, "k1")
			i0 := rapid.IntRange(k1, size-1).Draw(t, "i0")
			i1 := rapid.IntRange(i0+1, size).Draw(t, "i1")
			j0 := rapid.IntRange(k1, size-1).Draw(t, "j0")
			j1 := rapid.IntRange(j0+1, size).Draw(t, "j1")
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			d := &dense{size: size, f: make([]float64, size*size)}
			for i := range d.f {
				d.f[i] = r.Float64()
			}
			want := slices.Clone(d.f)
			plain := &dense{size: size, f: want}
			plain.vectors(i0, i1, k0, k1, j0, j1)
			withTile(tile, func() { d.tiles(i0, i1, k0, k1, j0, j1) })
			for i := range d.f {
				if math.Abs(d.f[i]-want[i]) > float64(k1-k0)*0x1p-52*want[i] {
					t.Fatalf("%dx%d: [%d][%d] is %v, want %v", tile.rows, tile.cols, i/size, i%size, d.f[i], want[i])
				}
			}
		})
	}
}

// Whole eliminations, with tiles and without, are the same to round-off, and with any
// number of threads to the last bit.
func TestEliminationAgreesWithThePlainPath(t *testing.T) {
	const size, own = 333, 217
	r := rand.New(rand.NewPCG(9, 0))
	f := make([]float64, size*size)
	for i := range f {
		f[i] = r.Float64()
	}
	run := func(tile *tile, threads int) []float64 {
		d := &dense{f: slices.Clone(f), size: size, inverse: make([]float64, own), threads: threads}
		withTile(tile, func() {
			if n := d.eliminate(); n >= 0 {
				t.Fatalf("state %d cannot be left", n)
			}
		})
		return d.f
	}
	want := run(nil, 1)
	for _, tile := range available() {
		one := run(tile, 1)
		for i, v := range one {
			if i/size == i%size {
				continue // junk
			}
			if math.Abs(v-want[i]) > own*0x1p-50*want[i] {
				t.Fatalf("%dx%d: [%d][%d] is %v, want %v", tile.rows, tile.cols, i/size, i%size, v, want[i])
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
	const size, k = 1192, 192
	d := &dense{size: size, f: make([]float64, size*size), threads: 1}
	flops := 2.0 * k * (size - k) * (size - k)
	names := map[*tile]string{nil: "none"}
	for _, t := range available() {
		names[t] = map[int]string{4: "avx2", 8: "avx512"}[t.rows]
	}
	for t, name := range names {
		b.Run("tile="+name, func(b *testing.B) {
			withTile(t, func() {
				for b.Loop() {
					d.update(k, size, 0, k, k, size)
				}
			})
			b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gflop/s")
		})
	}
}
