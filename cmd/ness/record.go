package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
)

// recordName is the file of all that was counted.
const recordName = "trajectories.npy"

// checkRecord refuses to go on with a run that was recorded as with one that was not, or the other way round.
func (fl *simulateFlags) checkRecord() error {
	if !fl.resume || missing(filepath.Join(fl.dir, stateName)) {
		return nil
	}
	switch path := filepath.Join(fl.dir, recordName); {
	case fl.record && missing(path):
		return fmt.Errorf("--resume: --record: %s is not there: the interrupted run had no --record, or the file was moved", path)
	case !fl.record && !missing(path) && !fl.force:
		return fmt.Errorf("--resume: the interrupted run had --record: want it again, or --force to give up %s", path)
	}
	return nil
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// A recorder writes what is counted, a number per coordinate, walker and count.
type recorder struct {
	plan *plan
	file *output.NPYFile
}

func (fl *simulateFlags) recorder(p *plan, folder *output.Folder) (*recorder, error) {
	shape := []int{p.options.Grid.Dim(), p.options.Walkers, p.steps / p.options.Every}
	const most = 1 << 50 // bytes, where nobody knows how many are free
	need := 8 * float64(shape[0]) * float64(shape[1]) * float64(shape[2])
	if free := min(most, folder.Free()); need > float64(free) {
		return nil, fmt.Errorf("--record: would write %v, where %v are free; fewer --steps or walkers, or a larger --every", output.Bytes(int64(min(need, 1<<62))), output.Bytes(free))
	}
	previous := ""
	if fl.resume && !missing(filepath.Join(fl.dir, stateName)) { // else there is nothing to go on with, as walk says
		previous = filepath.Join(fl.dir, recordName)
	}
	file, err := folder.CreateNPY(recordName, shape, previous)
	return &recorder{p, file}, err
}

// add takes some walkers at a step; many may be added at once.
func (r *recorder) add(step, first int, theta [][]float64) {
	o := &r.plan.options
	d, n := len(theta), len(theta[0])
	count := (step-o.BurnIn)/o.Every - 1
	buf := make([]float64, d*n)
	for a, t := range theta {
		for i, v := range t {
			buf[i*d+a] = v
		}
	}
	r.file.WriteAt(buf, (count*o.Walkers+first)*d)
}
