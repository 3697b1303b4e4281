package audit

import "context"

type heads struct{}

func newHeads(Config) (*heads, error)        { return &heads{}, nil }
func (h *heads) start()                      {}
func (h *heads) close(context.Context) error { return nil }
func (h *heads) touch(string)                {}
