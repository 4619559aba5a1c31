package loss

import (
	"fmt"
	"math"
	"strings"
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
	for k, s := range modelNames {
		if s == name {
			return Model(k), nil
		}
	}
	return 0, fmt.Errorf("want one of %s, have %q", strings.Join(modelNames[:], ", "), name)
}

// IsClassifier says whether targets are classes 0 and 1, not to be standardised.
func (m Model) IsClassifier() bool { return m == LogisticRegression }

// A Loss is a mean over samples whose every gradient can be asked for.
type Loss struct {
	model Model
	data  *Data
	dim   int
}

// New returns the loss of a model on data. It is an error where they do not fit.
func New(model Model, data *Data) (*Loss, error) {
	l := &Loss{model: model, data: data, dim: len(data.Features)}
	switch model {
	case LogisticRegression:
		for i, y := range data.Y {
			if y != 0 && y != 1 {
				return nil, fmt.Errorf("logistic-regression wants targets 0 or 1; sample %d has %s = %g", i+1, data.Target, y)
			}
		}
	case TanhNeuron:
		l.dim++
	case DeepLinear:
		if len(data.Features) != 1 {
			return nil, fmt.Errorf("deep-linear wants one feature, have %d: %s", len(data.Features), strings.Join(data.Features, ", "))
		}
		l.dim = 2
	}
	return l, nil
}

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
	}
	return p
}

// SampleValue returns ℓ_i(θ).
func (l *Loss) SampleValue(i int, theta []float64) float64 {
	var s sample
	s.eval(l, i, theta)
	return s.value
}

// SampleGrad sets dst to g_i(θ). len(dst) = Dim.
func (l *Loss) SampleGrad(dst []float64, i int, theta []float64) {
	s := newSample(l.dim)
	s.eval(l, i, theta)
	for a := range dst {
		dst[a] = s.slope * s.grad[a]
	}
}

// A sample is ℓ = h(f) of one sample with its derivatives: g = h′∇f and
// H = h″∇f∇fᵀ + h′∇²f.
type sample struct {
	value, slope, bend float64   // h, h′, h″
	grad, hess         []float64 // ∇f, and ∇²f packed; nil to leave them out
}

func newSample(dim int) sample {
	return sample{grad: make([]float64, dim), hess: make([]float64, dim*(dim+1)/2)}
}

// eval fills in the sample i at θ. The entries of hess that a model leaves at 0
// are never written.
func (s *sample) eval(l *Loss, i int, theta []float64) {
	k := len(l.data.Features)
	x, y := l.data.X[i*k:(i+1)*k], l.data.Y[i]
	var f float64
	switch l.model {
	case LinearRegression, LogisticRegression:
		f = dot(theta, x)
		if s.grad != nil {
			copy(s.grad, x)
		}
	case TanhNeuron:
		f = s.tanhNeuron(theta[0], theta[1:], x)
	case DeepLinear:
		f = theta[0] * theta[1] * x[0]
		if s.grad != nil {
			s.grad[0], s.grad[1] = theta[1]*x[0], theta[0]*x[0]
			s.hess[1] = x[0]
		}
	}
	if l.model == LogisticRegression {
		s.logistic(f, y)
	} else {
		s.value, s.slope, s.bend = 0.5*(f-y)*(f-y), f-y, 1
	}
}

// tanhNeuron returns f = a t, t = tanh(w·x), with t′ = 1 − t² and t″ = −2t t′.
func (s *sample) tanhNeuron(a float64, w, x []float64) float64 {
	t := math.Tanh(dot(w, x))
	if s.grad == nil {
		return a * t
	}
	t1 := (1 - t) * (1 + t)
	t2 := -2 * t * t1
	s.grad[0] = t
	at := 1 // hess[0] = ∂²f/∂a² = 0
	for _, v := range x {
		s.hess[at] = t1 * v
		at++
	}
	for i, u := range x {
		s.grad[1+i] = a * t1 * u
		for _, v := range x[i:] {
			s.hess[at] = a * t2 * u * v
			at++
		}
	}
	return a * t
}

// logistic is h(f) = log(1 + e^f) − y f without overflow.
func (s *sample) logistic(f, y float64) {
	q := math.Exp(-math.Abs(f)) // of the smaller class
	p := 1 / (1 + q)
	if f < 0 {
		p = q / (1 + q)
	}
	s.value = math.Max(f, 0) + math.Log1p(q) - y*f
	s.slope = p - y
	s.bend = q / ((1 + q) * (1 + q))
}

func dot(a, b []float64) float64 {
	var sum float64
	for i, v := range b {
		sum += a[i] * v
	}
	return sum
}
