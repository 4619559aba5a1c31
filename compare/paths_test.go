package compare

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"testing"
)

// paths are the first bytes of a hash of where walkers of every kind have come to, by what saved ensembles begin with.
// One that was saved on other paths would go on, after its buffer, where its walkers were never to go.
var paths = map[string]string{"nessens\x06": "b8ede9075b556c65"}

// Of a seed walkers go the same ways as ever, or saved ensembles begin with other bytes.
func TestSavedEnsemblesAreOfTheSamePaths(t *testing.T) {
	hash := sha256.New()
	kinds := everyKind(t)
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		initial, opt := everyOption(t, kinds[name])
		for _, column := range run(t, kinds[name], initial, opt, 131).Theta() {
			for _, x := range column {
				hash.Write(binary.LittleEndian.AppendUint64(nil, uint64(int64(math.Round(1e6*x))))) // fused products count for 1e-16
			}
		}
	}
	if got := hex.EncodeToString(hash.Sum(nil)[:8]); got != paths[savedMagic] {
		t.Errorf("walkers came elsewhere, %q, than those of saved ensembles that begin with %q", got, savedMagic)
	}
}
