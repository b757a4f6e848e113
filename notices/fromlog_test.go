package notices

import (
	"cmp"
	"context"
	"slices"

	"muniment/domain"
	"muniment/ledger"
)

// fromLog answers as directory and register by reading the whole log: slow and right.
type fromLog struct{ l *ledger.Ledger }

func (d fromLog) Wait(context.Context, int64) error { return nil }

func (d fromLog) all(ctx context.Context) (all []domain.Kept, err error) {
	for {
		records, err := d.l.Log.Read(ctx, int64(len(all)), 1000)
		if err != nil || len(records) == 0 {
			return all, err
		}
		for _, r := range records {
			k, err := ledger.Decode(r)
			if err != nil {
				return nil, err
			}
			all = append(all, k)
		}
	}
}

func (d fromLog) Accounts(ctx context.Context, v domain.Viewpoint) ([]Account, error) {
	all, err := d.all(ctx)
	byID := map[domain.ID]Account{}
	for _, k := range all {
		if k.Seq > v.Known || k.Occurred.At > v.AsOf {
			continue
		}
		a := byID[k.Tenant]
		switch k.Stream.Noun {
		case "tenant":
			a.Tenant = a.Tenant.Apply(k)
		case "agreement":
			a.Agreement = a.Agreement.Apply(k)
		default:
			continue
		}
		byID[k.Tenant] = a
	}
	var list []Account
	for _, a := range byID {
		list = append(list, a)
	}
	return list, err
}

func (d fromLog) lists(ctx context.Context) (lists []domain.Kept, err error) {
	all, err := d.all(ctx)
	for _, k := range all {
		if _, ok := k.Event.(domain.ListPublished); ok {
			lists = append(lists, k)
		}
	}
	slices.SortStableFunc(lists, func(a, b domain.Kept) int {
		return cmp.Compare(a.Event.(domain.ListPublished).Effective, b.Event.(domain.ListPublished).Effective)
	})
	return lists, err
}

func (d fromLog) On(ctx context.Context, day domain.Date) (rows []Row, err error) {
	lists, err := d.lists(ctx)
	for _, k := range lists {
		list := k.Event.(domain.ListPublished)
		if list.Effective > day {
			break
		}
		rows = nil
		for _, e := range list.Entries {
			rows = append(rows, Row{Name: e.Name, Purpose: e.Purpose, Locations: e.Locations, Seat: e.Seat, URL: e.URL})
		}
	}
	return rows, err
}

func (d fromLog) Versions(ctx context.Context) (versions []Version, err error) {
	lists, err := d.lists(ctx)
	for _, k := range lists {
		versions = append(versions, Version{k.Event.(domain.ListPublished).Effective, k.LogTime})
	}
	slices.Reverse(versions)
	return versions, err
}

func (d fromLog) Announcements(ctx context.Context) (list []Announcement, err error) {
	all, err := d.all(ctx)
	companies := map[domain.ID]domain.Subprocessor{}
	for _, k := range all {
		if k.Stream.Noun == "subprocessor" {
			companies[k.Stream.ID] = companies[k.Stream.ID].Apply(k)
		}
	}
	for _, c := range companies {
		for _, change := range c.Changes {
			list = append(list, Announcement{AnnouncedChange: change, Name: c.Proposed.LegalName, Country: c.Proposed.Country})
		}
	}
	return list, err
}
