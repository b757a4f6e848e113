package domain

import (
	"encoding/json"
	"testing"
)

// TestPassingTellsNoState: whatever a state is folded from, an event that can be pruned changes none of it;
// but whether an interaction was recorded, which is pruned with its record.
func TestPassingTellsNoState(t *testing.T) {
	folds := map[string]func(Kept) any{
		"tenant": func(k Kept) any { return Tenant{}.Apply(k) }, "subject": func(k Kept) any { return Subject{}.Apply(k) },
		"consent": func(k Kept) any { return Consent{}.Apply(k) }, "retention": func(k Kept) any { return Retention{}.Apply(k) },
		"export": func(k Kept) any { return Export{}.Apply(k) }, "agreement": func(k Kept) any { return Agreement{}.Apply(k) },
		"finding": func(k Kept) any { return Finding{}.Apply(k) }, "notice": func(k Kept) any { return Notice{}.Apply(k) },
		"log": func(k Kept) any { return LogKeys{}.Apply(k) }, "vault": func(k Kept) any { return KeyVault{}.Apply(k) },
		"strike": func(k Kept) any { s := Strike{}.Apply(k); s.Event = ID{}; return s },
	}
	some := 0
	for _, k := range Catalogue {
		fold, folded := folds[k.Noun]
		if !folded {
			continue
		}
		e := sample(t, k)
		before, _ := json.Marshal(fold(Kept{}))
		after, _ := json.Marshal(fold(keptOf(e, ID{15: 1})))
		if changes := string(before) != string(after); changes && k.Passing {
			t.Errorf("%s changes %s to %s", k.Kind, before, after)
		} else if changes {
			some++
		}
	}
	if some < 20 {
		t.Errorf("only %d kinds change a state, so the comparison proves nothing", some)
	}
	for _, steers := range []Event{ErasureRequested{}, HoldPlaced{}, HoldLifted{}, SubjectKeysDestroyed{}, InteractionRedacted{}, InteractionKeysDestroyed{}, LogKeyAdded{},
		EpochRotated{}, TailLost{}, StrikeCompleted{}, LogPruned{}, LogPruningOrdered{}, UserEnrolled{}, TenantOnboarded{}, DeletionCertified{}, ReportGenerated{}} {
		if mustLookup(steers.Kind()).Passing {
			t.Errorf("%s can be pruned", steers.Kind())
		}
	}
}

// TestPrune: what goes, what stays, and what must be struck first.
func TestPrune(t *testing.T) {
	struck := func(e Event) Kept { k := keptOf(e, ID{}); k.Struck = true; return k }
	for _, c := range []struct {
		k    Kept
		goes bool
		rule string
	}{
		{struck(InteractionListened{}), true, ""}, {keptOf(InteractionListened{}, ID{}), false, "prune.struck"},
		{keptOf(EpochSealed{}, ID{}), true, ""}, {keptOf(HoldPlaced{}, ID{}), false, ""}, {struck(TenantOnboarded{}), false, ""},
	} {
		goes, no := Prune(c.k)
		if rule := ruleOf(no); goes != c.goes || rule != c.rule {
			t.Errorf("%s: %t, %q", c.k.Kind, goes, rule)
		}
	}
}

// TestPruningOrdered: whole bundles, each once.
func TestPruningOrdered(t *testing.T) {
	var p Prunings
	for _, c := range []struct {
		from, to int64
		rule     string
	}{
		{0, 256, ""}, {0, 256, "prune.once"}, {0, 512, "prune.once"}, {256, 1024, ""}, {512, 768, "prune.once"}, {1024, 1280, ""},
		{1, 256, "prune.aligned"}, {2048, 2049, "prune.aligned"}, {2048, 2048, "prune.aligned"}, {-256, 0, "prune.aligned"}, {2304, 2048, "prune.aligned"},
	} {
		events, no := p.Order(LogPruningOrdered{From: c.from, To: c.to})
		if got := ruleOf(no); got != c.rule {
			t.Errorf("%d to %d: %q, want %q", c.from, c.to, got, c.rule)
		}
		for _, e := range events {
			p = p.Apply(keptOf(e, ID{}))
		}
	}
	p = Prunings(nil).Apply(keptOf(LogPruned{From: 256, To: 512}, ID{}))
	if _, no := p.Order(LogPruningOrdered{From: 256, To: 512}); ruleOf(no) != "prune.once" {
		t.Errorf("told after a restore: %v", no)
	}
}
