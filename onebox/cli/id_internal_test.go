package cli

import (
	"testing"

	"github.com/google/uuid"
)

func TestRequestIDsBeginWithTheTime(t *testing.T) {
	t.Parallel()
	first, second := (Program{}).complete().NewID(), (Program{}).complete().NewID()
	if id, err := uuid.Parse(first); err != nil || id.Version() != 7 || first >= second {
		t.Errorf("request ids are %s, then %s (%v); want version 7, rising", first, second, err)
	}
}
