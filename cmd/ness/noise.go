package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

type noiseFlags struct {
	inputFlags
	at       []float64
	batches  int
	dataSets int
	seed     uint64
	json     bool
	quiet    bool
}

func noiseCommand() *cobra.Command {
	var fl noiseFlags
	cmd := &cobra.Command{
		Use:   "noise FILE",
		Short: "Measure the identities of minibatch noise: status 0 they hold, 1 one is violated, 3 cannot tell",
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return fl.noise(cmd.OutOrStdout(), args[0])
		},
	}
	fl.add(cmd)
	cmd.Flags().Float64SliceVar(&fl.at, "at", nil, "`PARAMETERS` at which to measure, one number for each (default: 0.1 above the minimum of the loss)")
	replacing(cmd, "at")
	cmd.Flags().Var(newWhole(&fl.batches, 0), "batches", "`NUMBER` of minibatches of each kind, rounded up to a multiple of 120 in each of 64 groups or more (default: some seconds)")
	limit(cmd, "batches", 2, mostSteps)
	cmd.Flags().Var(newWhole(&fl.dataSets, 0), "data-sets", "`NUMBER` of data sets, where data are drawn from a known law, rounded up to as many in each group, 16 at least (default: some seconds)")
	limit(cmd, "data-sets", 2, mostSteps)
	cmd.Flags().Uint64Var(&fl.seed, "seed", 1, "`SEED` of all random numbers")
	cmd.Flags().BoolVar(&fl.json, "json", false, "print the result as JSON")
	cmd.Flags().BoolVarP(&fl.quiet, "quiet", "q", false, "print nothing but errors")
	return cmd
}

// noiseReport is what `ness noise` prints.
type noiseReport struct {
	At         []output.Float    `json:"at"`
	Samples    int               `json:"samples"`
	Batch      int               `json:"batch_size"`
	Batches    int               `json:"batches"`   // drawn of each kind
	DataSets   int               `json:"data_sets"` // drawn of a known law
	Verdict    string            `json:"verdict"`
	Noiseless  bool              `json:"noiseless"`   // all samples have the same gradient there
	FalseAlarm output.Float      `json:"false_alarm"` // of each identity
	Identities []identitySummary `json:"identities"`
	Note       string            `json:"note"` // what is left out, "" if nothing
}

// identitySummary is [compare.Identity].
type identitySummary struct {
	Name     string         `json:"name"`
	Formula  string         `json:"formula"`
	Measured []output.Float `json:"measured"`
	Expected []output.Float `json:"expected"`
	Error    []output.Float `json:"error"`
	Freedom  int            `json:"freedom"`
	P        output.Float   `json:"p"`
	Z        output.Float   `json:"z"`
	Bound    output.Float   `json:"bound"`
	Verdict  string         `json:"verdict"`
}

func (fl *noiseFlags) noise(w io.Writer, name string) error {
	if fl.quiet {
		w = io.Discard
	}
	f, err := fl.read(name)
	if err != nil {
		return err
	}
	sgd := f.SGD()
	if sgd == nil || sgd.Loss == nil {
		return fmt.Errorf("%s: wants a section sgd with data: minibatches are drawn of samples", name)
	}
	theta, err := fl.where(f)
	if err != nil {
		return err
	}
	batch := f.SGDVariant().Batch
	law, note := f.Law, ""
	if law != nil {
		if _, err := law.Population(sgd.Loss.Model()); err != nil {
			law, note = nil, "identities over data sets are left out: "+err.Error()
		}
	}
	if err := fl.checkDraws(law, sgd.Loss.Samples(), batch); err != nil {
		return err
	}
	if fl.batches == 0 {
		fl.batches = min(1<<25, 1<<29/batch)
	}
	ctx, stop := untilInterrupt()
	defer stop()
	opt := compare.IdentityOptions{Batch: batch, Batches: fl.batches, DataSets: fl.dataSets, Law: law, Seed: fl.seed}
	list, err := compare.NoiseIdentities(ctx, sgd.Loss, theta, opt)
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	drawn := opt.Drawn(sgd.Loss)
	r := &noiseReport{
		At: output.Floats(theta), Samples: sgd.Loss.Samples(), Batch: batch,
		Batches: drawn.Batches, DataSets: drawn.DataSets, FalseAlarm: compare.FalseAlarm, Note: note,
	}
	verdict := r.add(list)
	if fl.json {
		err = output.WriteJSON(w, r)
	} else {
		r.print(w, f)
	}
	if err != nil {
		return err
	}
	return judged("noise", verdict)
}

// checkDraws says which flag asks for more draws than are done, or for some that there are not.
func (fl *noiseFlags) checkDraws(law *loss.Law, samples, batch int) error {
	switch most, sets := compare.MostBatches(batch), compare.MostDataSets(samples); {
	case fl.dataSets != 0 && law == nil:
		return errors.New("--data-sets: wants data that are drawn from a law whose population is known, sgd.data.generate")
	case fl.batches > most:
		return fmt.Errorf("--batches: want at most %d of the batch size %d, have %d", most, batch, fl.batches)
	case fl.dataSets > sets:
		return fmt.Errorf("--data-sets: want at most %d of %d samples, have %d", sets, samples, fl.dataSets)
	}
	return nil
}

// where returns the parameters at which to measure.
func (fl *noiseFlags) where(f *fp.File) ([]float64, error) {
	d := f.Problem.Dim()
	if fl.at != nil {
		if len(fl.at) != d {
			return nil, fmt.Errorf("--at: want a number for each variable (%s), have %d", strings.Join(f.Problem.Variables, ", "), len(fl.at))
		}
		for _, x := range fl.at {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("--at: want finite numbers, have %g", x)
			}
		}
		return fl.at, nil
	}
	theta := make([]float64, d)
	if minima := f.Problem.StablePoints(); len(minima) > 0 {
		copy(theta, minima[0])
	}
	for a := range theta {
		theta[a] += 0.1
	}
	return theta, nil
}

// add fills in the identities, and returns the verdict on all. Without noise, when the mean of single
// batches does not vary, what is 0 as expected tells nothing.
func (r *noiseReport) add(list []compare.Identity) fp.Verdict {
	r.Noiseless = list[0].Freedom == 0
	verdict := fp.Holds
	for _, one := range list {
		if r.Noiseless && one.Freedom == 0 && one.Verdict == fp.Holds {
			one.Verdict = fp.CannotTell
		}
		r.Identities = append(r.Identities, identitySummary{
			one.Name, one.Formula, output.Floats(one.Measured), output.Floats(one.Expected), output.Floats(one.Err),
			one.Freedom, output.Float(one.P), output.Float(one.Z), output.Float(one.Bound), one.Verdict.String(),
		})
		switch {
		case one.Verdict == fp.Violated:
			verdict = fp.Violated
		case one.Verdict == fp.CannotTell && verdict == fp.Holds:
			verdict = fp.CannotTell
		}
	}
	r.Verdict = verdict.String()
	return verdict
}

func (r *noiseReport) print(w io.Writer, f *fp.File) {
	if f.Problem.Title != "" {
		fmt.Fprintln(w, f.Problem.Title)
	}
	for _, fact := range f.Facts {
		line(w, fact[0], "%s", fact[1])
	}
	line(w, "measured at", "%s", numbers(r.At))
	line(w, "minibatches", "%d of each kind", r.Batches)
	if r.DataSets > 0 {
		line(w, "data sets", "%d", r.DataSets)
	}
	if r.Note != "" {
		line(w, "note", "%s", r.Note)
	}
	fmt.Fprintln(w)
	rows := [][]string{{"identity", "", "measured", "expected", "error", "p", "bound", "verdict"}}
	for _, one := range r.Identities {
		k := one.worst()
		rows = append(rows, []string{
			one.Name, one.Formula, fmt.Sprintf("%.6g", float64(one.Measured[k])), fmt.Sprintf("%.6g", float64(one.Expected[k])),
			fmt.Sprintf("%.1g", float64(one.Error[k])), fmt.Sprintf("%.2g", float64(one.P)), fmt.Sprintf("%.2g", float64(one.Bound)), one.Verdict,
		})
	}
	printTable(w, rows)
	fmt.Fprintln(w)
	line(w, "verdict", "%s", r.Verdict)
	if r.Noiseless {
		line(w, "", "there is no noise at these parameters: all samples have the same gradient; see --at")
	}
	line(w, "", "shown is the component that deviates most; p is of all, and violated below %.1g; bound is how far off one may be, in units of the noise, and holds up to 0.1", float64(r.FalseAlarm))
}

// worst returns the component that deviates most in standard errors, the first where none has one.
func (s *identitySummary) worst() (worst int) {
	var most float64
	for k, e := range s.Error {
		if z := math.Abs(float64(s.Measured[k]-s.Expected[k])) / float64(e); z > most {
			worst, most = k, z
		}
	}
	return worst
}
