package main

import (
	"context"
	"errors"
	"time"

	"patchboard/internal/app"
	"patchboard/internal/audit"
	"patchboard/internal/config"
)

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Check every entry, every hash and the signed heads; exit code 1 if anything is wrong."`
}

type auditVerify struct {
	config.Storage

	JSON bool `help:"Print the report as JSON." name:"json"`
}

// errFound says by the exit code what the report has said in words.
var errFound = errors.New("the audit log was changed outside Patchboard")

// Run prints the report.
func (v *auditVerify) Run(ctx context.Context, c console) error {
	return atDesk(ctx, v.Storage, false, c, func(k *app.Desk) error {
		report, err := k.Audit.Verify(ctx)
		if err != nil {
			return err
		}
		if v.JSON {
			err = printJSON(c.out, reportView(report))
		} else {
			_, err = report.WriteTo(c.out)
		}
		if err == nil && !report.OK() {
			err = errFound
		}
		return err
	})
}

type verified struct {
	OK      bool          `json:"ok"`
	At      time.Time     `json:"at"`
	Logs    []verifiedLog `json:"logs"`
	BadHead []string      `json:"badHeads"`
}

type verifiedLog struct {
	OrganizationID  string         `json:"organizationId"` // empty: the installation's own log
	OK              bool           `json:"ok"`
	Entries         int64          `json:"entries"`
	AnchoredTo      int64          `json:"anchoredTo"`
	UnanchoredSince int64          `json:"unanchoredSince"` // 0: nothing is unanchored
	Findings        []verifiedFact `json:"findings"`
	More            int            `json:"more"`
}

type verifiedFact struct {
	Kind    audit.Kind `json:"kind"`
	From    int64      `json:"from"`
	Through int64      `json:"through"`
	What    string     `json:"what"`
}

func reportView(r audit.Report) verified {
	v := verified{OK: r.OK(), At: r.At, Logs: []verifiedLog{}, BadHead: append([]string{}, r.Bad...)}
	for _, l := range r.Logs {
		log := verifiedLog{
			OrganizationID: l.Organization, OK: l.OK(), Entries: l.Size, AnchoredTo: l.Anchored.Size,
			UnanchoredSince: l.UnanchoredSince(), Findings: []verifiedFact{}, More: l.More,
		}
		for _, f := range l.Findings {
			log.Findings = append(log.Findings, verifiedFact{Kind: f.Kind, From: f.Seq, Through: f.Through, What: f.What})
		}
		v.Logs = append(v.Logs, log)
	}
	return v
}
