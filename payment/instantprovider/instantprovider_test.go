package instantprovider_test

import (
	"errors"
	"testing"

	"orpheus.example/payment"
	"orpheus.example/payment/instantprovider"
	"orpheus.example/payment/paymentd"
)

func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	var p instantprovider.Provider
	call := payment.CallAuthorize{Key: "o1/authorize", Order: "o1", Token: "tok_ok"}
	first, err := p.Authorize(t.Context(), call)
	again, err2 := p.Authorize(t.Context(), call)
	if first == "" || first != again || err != nil || err2 != nil {
		t.Errorf("Authorize twice = %q, %q (%v, %v); want one answer", first, again, err, err2)
	}
	other, err := p.Authorize(t.Context(), payment.CallAuthorize{Key: "o2/authorize", Token: "tok_ok"})
	if other == first || err != nil {
		t.Errorf("Authorize(another) = %q, %v; want another authorization", other, err)
	}
}

func TestADeclinedCardIsDeclined(t *testing.T) {
	t.Parallel()
	_, err := instantprovider.Provider{}.Authorize(t.Context(), payment.CallAuthorize{Key: "k", Token: "tok_declined"})
	if no := (paymentd.Refusal{}); !errors.As(err, &no) || no.Code != "card_declined" {
		t.Errorf("Authorize(declined) = %v; want a refusal", err)
	}
}

func TestIsTellsItsOwnAddress(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{"instant:": true, "instant:anything": true, "http://host/": false, "": false} {
		if got := instantprovider.Is(url); got != want {
			t.Errorf("Is(%q) = %t; want %t", url, got, want)
		}
	}
}
