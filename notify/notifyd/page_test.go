package notifyd

import (
	"strings"
	"testing"
)

// TestPageEscapesAllWords: not one of a letter's words becomes a tag, not even
// those that we write ourselves.
func TestPageEscapesAllWords(t *testing.T) {
	t.Parallel()
	const evil = `<i title="x">&`
	got := asPage(letter{
		Order: evil, Name: evil, Tracking: evil, Total: evil, Subject: evil, Paragraphs: []string{evil},
		Lines: []item{{Quantity: 1, Name: evil, SKU: evil, Each: evil}},
	})
	const said = 10 // the subject twice
	if n := strings.Count(got, "&lt;i title=&#34;x&#34;&gt;&amp;"); n != said || strings.Contains(got, "<i") {
		t.Errorf("page says %d of %d words escaped:\n%s", n, said, got)
	}
}
