//go:build !purego

package markov

import "golang.org/x/sys/cpu"

var (
	tileAVX512 = &tile{8, 24, kernel8x24, [tileParts]partTile{edge8x8, edge8x16, edge8x24}, add8}
	tileAVX2   = &tile{4, 12, kernel4x12, [tileParts]partTile{edge4x4, edge4x8, edge4x12}, add4}
)

// bestTile returns the tile for this processor.
func bestTile() *tile {
	switch {
	case cpu.X86.HasAVX512F:
		return tileAVX512
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return tileAVX2
	}
	return nil
}
