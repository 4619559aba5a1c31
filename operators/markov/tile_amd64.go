package markov

import "golang.org/x/sys/cpu"

// bestTile returns the tile for this processor.
func bestTile() *tile {
	switch {
	case cpu.X86.HasAVX512F:
		return &tile{8, 24, kernel8x24, edge8x24}
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return &tile{4, 12, kernel4x12, edge4x12}
	}
	return nil
}
