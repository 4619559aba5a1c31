package main

import (
	"fmt"
	"io"
	"math"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
)

// This file tells what a study of learning rates found, in the summary, on the screen and as a figure.

// studySummary tells the orders.
type studySummary struct {
	Rates   []output.Float  `json:"learning_rates"`
	Batches []int           `json:"batch_sizes"`
	Series  []seriesSummary `json:"series"`
}

type seriesSummary struct {
	Key      string         `json:"key"`
	Name     string         `json:"name"`
	Order    output.Float   `json:"order"` // null where it is not resolved
	OrderErr output.Float   `json:"order_error"`
	Fitted   int            `json:"fitted"` // smallest learning rates
	P        output.Float   `json:"p"`
	Errors   []output.Float `json:"errors"`
	Errs     []output.Float `json:"error_errors"`
	Resolved []bool         `json:"resolved"`
	Failure  string         `json:"failure"`
}

func (s *etaStudy) summarize() *studySummary {
	sum := &studySummary{Rates: output.Floats(s.rates), Batches: s.batches}
	for _, one := range s.series {
		fit := one.fit
		r := seriesSummary{
			Key: one.key, Name: one.name, Order: output.Float(fit.Order), OrderErr: output.Float(fit.OrderErr), Fitted: fit.Fitted, P: output.Float(fit.P),
			Errors: output.Floats(fit.Errors), Errs: output.Floats(fit.ErrorsErr), Resolved: fit.Resolved,
		}
		if one.failure != nil {
			r.Failure = one.failure.Error()
		}
		sum.Series = append(sum.Series, r)
	}
	return sum
}

func (s *studySummary) print(w io.Writer) {
	fmt.Fprintln(w)
	fmt.Fprintln(w, "  distance of mean and covariance, in standard deviations, as the learning rate is halved at fixed η/B")
	head := []string{"learning rate"}
	for k, rate := range s.Rates {
		head = append(head, fmt.Sprintf("%.4g (B %d)", float64(rate), s.Batches[k]))
	}
	rows := [][]string{append(head, "order")}
	for _, one := range s.Series {
		row := []string{one.Name}
		if one.Failure != "" {
			rows = append(rows, append(row, one.Failure))
			continue
		}
		for k, e := range one.Errors {
			cell := plusMinus(e, one.Errs[k])
			if !one.Resolved[k] {
				cell = fmt.Sprintf("below %.1g", float64(e+2*one.Errs[k]))
			}
			row = append(row, cell)
		}
		order := "not resolved"
		if !math.IsNaN(float64(one.Order)) {
			order = plusMinus(one.Order, one.OrderErr)
		}
		rows = append(rows, append(row, order))
	}
	printTable(w, rows)
}

// draw draws the errors with their fits.
func (s *etaStudy) draw(w io.Writer, title string) error {
	var list []plot.Weak
	for _, one := range s.series {
		if one.failure != nil {
			continue
		}
		fit := one.fit
		weak := plot.Weak{Name: one.name, Rates: fit.Rates, Error: fit.Errors, Err: fit.ErrorsErr, Resolved: fit.Resolved, Order: fit.Order, OrderErr: fit.OrderErr}
		if !math.IsNaN(fit.Order) {
			last := len(fit.Rates) - fit.Fitted // the largest that was fitted
			weak.Factor = fit.Errors[last] / math.Pow(fit.Rates[last], fit.Order)
		}
		list = append(list, weak)
	}
	return plot.WeakOrder(w, plot.PNG, title, "distance of mean and covariance, standard deviations", list)
}
