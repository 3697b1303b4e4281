package record

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Opportunity is a deal that may be closed.
type Opportunity struct {
	Name        string `json:"name,omitempty"`
	Company     string `json:"company,omitempty"`
	Stage       string `json:"stage,omitempty"`
	Amount      string `json:"amount,omitempty" doc:"A decimal number, as text, so that no digit is lost" example:"1250.50"`
	Currency    string `json:"currency,omitempty" doc:"Of ISO 4217" example:"EUR"`
	CloseDate   string `json:"closeDate,omitempty" doc:"When it was closed, or is expected to be" example:"2026-12-31"`
	Probability *int   `json:"probability,omitempty" minimum:"0" maximum:"100" doc:"Percent"`
	Closed      bool   `json:"closed" required:"false"`
	Won         bool   `json:"won" required:"false"`
	Contact     string `json:"contact,omitempty" doc:"Whom it is about: the contact's externalId at the same source, or its id"`
}

var (
	amountForm   = regexp.MustCompile(`^-?\d{1,20}(\.\d{1,8})?$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
)

func (*Opportunity) kind() Kind          { return KindOpportunity }
func (*Opportunity) at() time.Time       { return time.Time{} }
func (*Opportunity) addresses() []string { return nil }

func (o *Opportunity) words() []string {
	return []string{o.Name, o.Company, o.Stage, o.Amount, o.Currency, o.CloseDate}
}

func (o *Opportunity) check(k *checker) {
	trim(&o.Name, &o.Company, &o.Stage, &o.Amount, &o.Currency, &o.CloseDate, &o.Contact)
	k.text("name", o.Name, maxName)
	if o.Name == "" {
		k.wrong("name", "is empty")
	}
	k.text("company", o.Company, maxName)
	k.text("stage", o.Stage, maxName)
	k.text("contact", o.Contact, maxExternalID)
	if o.Amount != "" && !amountForm.MatchString(o.Amount) {
		k.wrong("amount", "is not a decimal number of at most 20 digits before and 8 after the point")
	}
	if o.Currency != "" && !currencyForm.MatchString(o.Currency) {
		k.wrong("currency", "is not a code of three capital letters, as EUR")
	}
	if o.CloseDate != "" && !isDate(o.CloseDate) {
		k.wrong("closeDate", "is not a date, as 2026-12-31")
	}
	if o.Probability != nil && (*o.Probability < 0 || *o.Probability > 100) {
		k.wrong("probability", "is not 0 to 100")
	}
	if o.Won && !o.Closed {
		k.wrong("won", "is set, and closed is not")
	}
}

func (o *Opportunity) clean() {
	o.Name, o.Company, o.Stage = cut(o.Name, maxName), cut(o.Company, maxName), cut(o.Stage, maxName)
	o.Amount = decimal(o.Amount)
	if o.Currency = strings.ToUpper(strings.TrimSpace(o.Currency)); !currencyForm.MatchString(o.Currency) {
		o.Currency = ""
	}
	if o.CloseDate = strings.TrimSpace(o.CloseDate); !isDate(o.CloseDate) {
		o.CloseDate = ""
	}
	if o.Probability != nil {
		percent := min(max(*o.Probability, 0), 100)
		o.Probability = &percent
	}
	o.Closed = o.Closed || o.Won
	o.Contact = indexed(o.Contact)
}

// decimal keeps an amount as it is written, and turns one with an exponent, as
// JSON numbers may have it, into a plain one. What is no amount is left out.
func decimal(s string) string {
	if s = strings.TrimSpace(s); amountForm.MatchString(s) {
		return s
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.Abs(n) >= 1e20 {
		return ""
	}
	if s = strconv.FormatFloat(n, 'f', -1, 64); !amountForm.MatchString(s) {
		s = strconv.FormatFloat(n, 'f', 8, 64)
	}
	return s
}

func isDate(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() > 0
}

// An OpportunityPatch sets those fields of an opportunity that are not nil.
type OpportunityPatch struct {
	Name        *string `json:"name,omitempty"`
	Company     *string `json:"company,omitempty"`
	Stage       *string `json:"stage,omitempty"`
	Amount      *string `json:"amount,omitempty"`
	Currency    *string `json:"currency,omitempty"`
	CloseDate   *string `json:"closeDate,omitempty"`
	Probability *int    `json:"probability,omitempty" minimum:"0" maximum:"100"`
	Closed      *bool   `json:"closed,omitempty"`
	Won         *bool   `json:"won,omitempty"`
	Contact     *string `json:"contact,omitempty"`
}

func (p *OpportunityPatch) apply(f Fields) {
	if o, ok := f.(*Opportunity); ok {
		set(&o.Name, p.Name)
		set(&o.Company, p.Company)
		set(&o.Stage, p.Stage)
		set(&o.Amount, p.Amount)
		set(&o.Currency, p.Currency)
		set(&o.CloseDate, p.CloseDate)
		set(&o.Closed, p.Closed)
		set(&o.Won, p.Won)
		set(&o.Contact, p.Contact)
		if p.Probability != nil {
			o.Probability = p.Probability
		}
	}
}
