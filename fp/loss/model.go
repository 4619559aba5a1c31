package loss

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A Model is a per-sample loss ℓ(θ; x, y).
type Model uint8

// The models. f is the prediction, k the number of features.
const (
	LinearRegression   Model = iota // f = θ·x, ℓ = (f − y)²/2; k parameters
	LogisticRegression              // f = θ·x, ℓ = log(1 + e^f) − y f, y ∈ {0, 1}; k parameters
	TanhNeuron                      // f = a tanh(w·x), ℓ = (f − y)²/2; parameters a, w_1 … w_k
	DeepLinear                      // f = a b x, ℓ = (f − y)²/2, one feature; parameters a, b
)

var modelNames = [...]string{"linear-regression", "logistic-regression", "tanh-neuron", "deep-linear"}

// String returns the name that problem files use.
func (m Model) String() string { return modelNames[m] }

// ParseModel returns the model of that name; the error lists those there are.
func ParseModel(name string) (Model, error) {
	if k := slices.Index(modelNames[:], name); k >= 0 {
		return Model(k), nil
	}
	return 0, fmt.Errorf("want one of %s, have %q%s", strings.Join(modelNames[:], ", "), name, didYouMean(name, modelNames[:]))
}

// IsClassifier says whether targets are classes 0 and 1, not to be standardised.
func (m Model) IsClassifier() bool { return m == LogisticRegression }

// A Loss is a mean over samples whose every gradient can be asked for. It does not
// change, and is safe for concurrent use.
type Loss struct {
	model   Model
	data    *Data
	dim     int
	columns *columns        // of logistic regression and the neuron
	moments func() *moments // of the two linear models, made when first asked for
}

// New returns the loss of a model on data, which must not change afterwards. It is an
// error where they do not fit. For linear models it costs n k⁴ operations.
func New(model Model, data *Data) (*Loss, error) {
	n, k := data.Samples(), len(data.Features)
	if len(data.X) != n*k {
		panic("loss: New: len(X) is not samples times features")
	}
	if n == 0 || k == 0 {
		return nil, fmt.Errorf("want at least one sample and one feature, have %d samples of %d features", n, k)
	}
	l := &Loss{model: model, data: data, dim: k}
	switch model {
	case LinearRegression:
		l.moments = sync.OnceValue(func() *moments { return newMoments(data) })
	case LogisticRegression:
		for i, y := range data.Y {
			if y != 0 && y != 1 {
				return nil, fmt.Errorf("logistic-regression wants targets 0 or 1; sample %d has %s = %g", i+1, data.Target, y)
			}
		}
		l.columns = newColumns(data, true)
	case TanhNeuron:
		l.dim = k + 1
		l.columns = newColumns(data, false)
	case DeepLinear:
		if k != 1 {
			return nil, fmt.Errorf("deep-linear wants one feature, have %d: %s", k, strings.Join(data.Features, ", "))
		}
		l.dim = 2
		l.moments = sync.OnceValue(func() *moments { return newMoments(data) })
	}
	return l, nil
}

// Model returns the model.
func (l *Loss) Model() Model { return l.model }

// Data returns the samples, which are not to be changed.
func (l *Loss) Data() *Data { return l.data }

// Dim returns the number of parameters, d.
func (l *Loss) Dim() int { return l.dim }

// Samples returns the number of samples, n.
func (l *Loss) Samples() int { return l.data.Samples() }

// Parameters says what the components of θ are.
func (l *Loss) Parameters() []string {
	switch l.model {
	case TanhNeuron:
		p := []string{"output weight a"}
		for _, f := range l.data.Features {
			p = append(p, "input weight of "+f)
		}
		return p
	case DeepLinear:
		return []string{"weight a", "weight b"}
	}
	p := make([]string, l.dim)
	for k, f := range l.data.Features {
		p[k] = "weight of " + f
		if k == 0 && l.data.Intercept {
			p[k] = f
		}
	}
	return p
}
