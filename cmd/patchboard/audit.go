package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchboard/internal/app"
	"patchboard/internal/audit"
	"patchboard/internal/config"
	"patchboard/internal/fault"
)

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Check every entry, every hash and the signed heads; exit code 1 if anything is wrong."`
	Accept auditAccept `cmd:"" help:"After a restore from a backup: go on with logs that are shorter than their signed heads. An entry with the reason keeps the cut visible."`
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

type auditAccept struct {
	config.Storage

	Reason string `help:"Why the logs may go on from here; kept in them for good. Without it, what the signed heads know is only shown." placeholder:"TEXT"`
}

// Run shows what the signed heads know beyond the database, and accepts the
// logs as they are if there is a reason.
func (a *auditAccept) Run(ctx context.Context, c console) error {
	return atDesk(ctx, a.Storage, false, c, func(k *app.Desk) error {
		cuts, err := k.Audit.Cuts(ctx)
		if err != nil {
			return err
		}
		if len(cuts) == 0 {
			return fault.New(fault.Conflict, "audit-nothing-to-accept", "Every log continues its signed heads: there is nothing to accept",
				"Check the logs with: patchboard audit verify")
		}
		for _, cut := range cuts {
			if _, err := cut.WriteTo(c.out); err != nil {
				return err
			}
		}
		all, err := k.Audit.Accept(ctx, cuts, a.Reason)
		for i, done := range all {
			err = errors.Join(err, printLine(c.out, fmt.Sprintf("%s is accepted by its entry %d", audit.Name(cuts[i].Organization), done.Seq)))
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
	Accepted        []acceptedCut  `json:"accepted"`        // where it goes on in spite of older heads
	Findings        []verifiedFact `json:"findings"`
	More            int            `json:"more"`
}

type verifiedFact struct {
	Kind    audit.Kind `json:"kind"`
	From    int64      `json:"from"`
	Through int64      `json:"through"`
	What    string     `json:"what"`
}

type acceptedCut struct {
	Entry   int64     `json:"entry"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason"`
	GivenUp []int64   `json:"givenUp"` // the numbers of entries in the heads that the log does not continue
}

func reportView(r audit.Report) verified {
	v := verified{OK: r.OK(), At: r.At, Logs: []verifiedLog{}, BadHead: append([]string{}, r.Bad...)}
	for _, l := range r.Logs {
		log := verifiedLog{
			OrganizationID: l.Organization, OK: l.OK(), Entries: l.Size, AnchoredTo: l.Anchored.Size,
			UnanchoredSince: l.UnanchoredSince(), Accepted: []acceptedCut{}, Findings: []verifiedFact{}, More: l.More,
		}
		for _, a := range l.Accepted {
			cut := acceptedCut{Entry: a.Seq, At: a.At, Reason: a.Reason}
			for _, h := range a.Heads {
				cut.GivenUp = append(cut.GivenUp, h.Size)
			}
			log.Accepted = append(log.Accepted, cut)
		}
		for _, f := range l.Findings {
			log.Findings = append(log.Findings, verifiedFact{Kind: f.Kind, From: f.Seq, Through: f.Through, What: f.What})
		}
		v.Logs = append(v.Logs, log)
	}
	return v
}
