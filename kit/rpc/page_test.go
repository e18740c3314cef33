package rpc_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"orpheus.example/kit/rpc"
)

func TestPageSizes(t *testing.T) {
	t.Parallel()
	for asked, want := range map[int32]int{0: 50, 1: 1, 200: 200, 201: 200, 1 << 30: 200} {
		if p, err := rpc.NewPage(asked, ""); p.Size != want || p.After != nil || err != nil {
			t.Errorf("NewPage(%d) = %+v, %v; want size %d of the first page", asked, p, err, want)
		}
	}
	_, err := rpc.NewPage(-1, "")
	checkField(t, err, "page_size")
}

func checkField(t *testing.T, err error, path string) {
	t.Helper()
	var r rpc.Refusal
	if !errors.As(err, &r) || r.Code != codes.InvalidArgument || len(r.Fields) != 1 || r.Fields[0].Path != path {
		t.Errorf("error = %#v; want an invalid argument that names %s", err, path)
	}
}

func mustPage(t *testing.T, token string, filter ...string) rpc.Page {
	t.Helper()
	p, err := rpc.NewPage(10, token, filter...)
	if err != nil {
		t.Fatalf("NewPage(%q, %q) = %v; want nil", token, filter, err)
	}
	return p
}

func TestATokenIsGoodForItsListOnly(t *testing.T) {
	t.Parallel()
	first := mustPage(t, "", "customer", "7")
	token := first.Next("2026-01-02T03:04:05Z", "order-1")
	if diff := cmp.Diff([]string{"2026-01-02T03:04:05Z", "order-1"}, mustPage(t, token, "customer", "7").After); diff != "" {
		t.Errorf("After (-want +got):\n%s", diff)
	}
	for _, filter := range [][]string{nil, {"customer", "8"}, {"customer7"}, {"custome", "r7"}, {"customer", "7", ""}} {
		_, err := rpc.NewPage(10, token, filter...)
		checkField(t, err, "page_token")
	}
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	token := mustPage(t, "").Next("order-1")
	for _, forged := range []string{
		"x", "1", "====", token + "A", token[1:], strings.ToUpper(token), token + "=", " " + token,
		"AAAAAAAAAAA", strings.Repeat("A", 1<<20), mustPage(t, "").Next(),
	} {
		_, err := rpc.NewPage(10, forged)
		checkField(t, err, "page_token")
	}
}

func FuzzNewPage(f *testing.F) {
	f.Add(int32(10), "x", "customer")
	f.Add(int32(0), mustToken("order-1"), "")
	f.Fuzz(func(t *testing.T, size int32, token, filter string) {
		p, err := rpc.NewPage(size, token, filter)
		if err != nil {
			return
		}
		if p.Size < 1 || p.Size > rpc.MaxPage {
			t.Errorf("NewPage(%d).Size = %d; want 1 to %d", size, p.Size, rpc.MaxPage)
		}
		if token != "" && p.Next(p.After...) != token {
			t.Errorf("token %q stands for %q, which has another token", token, p.After)
		}
	})
}

func mustToken(after ...string) string {
	p, err := rpc.NewPage(0, "")
	if err != nil {
		panic(err)
	}
	return p.Next(after...)
}

func ExampleNewPage() {
	rows := []string{"a", "b", "c"}
	token := ""
	for {
		page, err := rpc.NewPage(2, token, "shelf", "tea")
		if err != nil {
			panic(err)
		}
		from := 0
		for len(page.After) > 0 && rows[from] <= page.After[0] {
			from++
		}
		shown := rows[from:min(from+page.Size, len(rows))]
		fmt.Println(shown)
		if from+page.Size >= len(rows) {
			return
		}
		token = page.Next(shown[len(shown)-1])
	}
	// Output:
	// [a b]
	// [c]
}

// A list of five is read in pages of two by its keys.
func TestCutGoesThroughAList(t *testing.T) {
	t.Parallel()
	list := []int64{11, 12, 13, 14, 15}
	var got []int64
	for token := ""; ; {
		p, err := rpc.NewPage(2, token)
		if err != nil {
			t.Fatal(err)
		}
		var kind string
		after, err := p.Place(0, &kind)
		if err != nil || token != "" && kind != "row" {
			t.Fatalf("Place() = %d and %q, %v; want the key of the last row", after, kind, err)
		}
		rows := slices.DeleteFunc(slices.Clone(list), func(n int64) bool { return n <= after })
		rows, token = rpc.Cut(p, rows[:min(len(rows), p.Size+1)], func(n int64) []string { return rpc.Key(n, "row") })
		got = append(got, rows...)
		if token == "" {
			break
		}
	}
	if diff := cmp.Diff(list, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func TestPlaceRefusesOtherKeys(t *testing.T) {
	t.Parallel()
	for _, key := range [][]string{{"x"}, {"0"}, {"-1"}, {"1", "a"}, {"9223372036854775808"}} {
		_, err := mustPage(t, mustPage(t, "").Next(key...)).Place(0)
		checkField(t, err, "page_token")
	}
	var then string
	_, err := mustPage(t, mustPage(t, "").Next("1")).Place(0, &then)
	checkField(t, err, "page_token")
}
