package random

import "testing"

func BenchmarkDraws(b *testing.B) {
	idx := make([]uint32, 24*8)
	u, s := NewUniform(1000), NewSubset(1000)
	perm := Identity(1000)
	z := make([]float64, 48)
	g := New(1, 2)
	for _, c := range []struct {
		name  string
		count int
		do    func()
	}{
		{"uniform", len(idx), func() { g = u.Fill(idx, g) }},
		{"subset", 8, func() { g = s.Fill(idx[:8], g) }},
		{"shuffle", len(perm), func() { g = Shuffle(perm, len(perm), g) }},
		{"normal", len(z), func() { g = Normals(z, g) }},
	} {
		b.Run("draw="+c.name, func(b *testing.B) {
			for b.Loop() {
				c.do()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.count), "ns/draw")
		})
	}
}
