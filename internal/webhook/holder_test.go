package webhook

import (
	"slices"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

func TestHeadersHolding(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const key = "sX_old"
		off := func(headers map[string]string) string {
			return w.create(t, w.sys, NewWebhook{URL: "https://example.com/hook", Off: true, Headers: headers}).Webhook.ID
		}
		first := off(map[string]string{"x-api-key": key, "Authorization": "bearer " + key, "X-Team": "crm"})
		off(nil)
		off(map[string]string{"X-Api-Key": "sX_another"})
		second := off(map[string]string{"Authorization": "Basic user:" + key, "X-Twice": key + " " + key})
		deleted := off(map[string]string{"X-Api-Key": key})
		if err := w.Delete(t.Context(), w.sys, deleted); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Create(t.Context(), w.other, NewWebhook{URL: "https://example.com/other", Events: eight[:1], Off: true, Headers: map[string]string{"X-Api-Key": key}}); err != nil {
			t.Fatal(err)
		}
		broken := off(map[string]string{"X-Api-Key": key})
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE webhooks SET headers = $1 WHERE id = $2`, []byte("no seal"), broken)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}

		want := []Holder{
			{first, "Authorization", HeldBearer}, {first, "X-Api-Key", HeldAlone},
			{second, "Authorization", HeldWithin}, {second, "X-Twice", HeldWithin},
		}
		for text, want := range map[string][]Holder{key: want, "sX_nowhere": {}, "": {}} {
			got, err := w.HeadersHolding(t.Context(), w.org, text)
			if err != nil || got == nil || !slices.Equal(got, want) {
				t.Errorf("%q is held by %v, %v; want %v", text, got, err, want)
			}
		}
	})
}
