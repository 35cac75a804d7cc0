using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>Orders that ride with the events of jobs, and many at once.</summary>
public abstract partial class QuotaStoreConformance
{
    [Fact]
    public async Task AnAppend_ReservesWithItsEvents()
    {
        await Plan(100);
        await Appended(Reserving(1, 60));
        Assert.Equal((0L, 60L, 0L), await Sums());
        var hold = await Hold(NameOf(1));
        Assert.Equal((QuotaHoldStatus.Held, Id(1), Noon, Noon.AddHours(2)), (hold.Status, hold.Job, hold.CreatedAt, hold.ExpiresAt));
    }

    [Fact]
    public async Task AnAppend_WritesNothing_WhenThereIsNotEnough()
    {
        await Plan(100);
        await Appended(Reserving(1, 60));
        var claim = new Claim("idempotency", "1");
        var refused = Assert.IsType<AppendResult.QuotaRefused>(await Store.Append(Reserving(2, 41) with { Claims = [claim], Row = Row(Id(2)) }));
        Assert.Equal(new QuotaShortage(Meter, "free", 100, 0, 60, 41, Upgrade: null), refused.Shortage);
        Assert.Null(await Store.ReadHistory(Id(2)));
        Assert.Null(await Store.FindJob(Id(2)));
        await Appended(Append(Id(3)) with { Claims = [claim] });
        Assert.Equal((0L, 60L, 0L), await Sums());
    }

    [Fact]
    public async Task AnAppend_IsRefused_WithoutAPlan()
    {
        var refused = Assert.IsType<AppendResult.QuotaRefused>(await Store.Append(Reserving(1, 5)));
        Assert.Equal(new QuotaShortage(Meter, Plan: null, 0, 0, 0, 5, Upgrade: null), refused.Shortage);
    }

    [Fact]
    public async Task ARefusedAppend_HarmsNoOtherInItsBatch()
    {
        await Plan(100);
        var results = await AppendAll(
            Append(Id(1), events: 2),
            Reserving(2, 60),
            Reserving(3, 60),
            Append(Id(4)),
            Reserving(5, 40) with { Quota = [Order(5, 40), new QuotaOrder.Settle(Tenant, Meter, NameOf(5), 30, 29.5m) { Job = Id(5) }] },
            Reserving(6, 1, meter: "other"),
            Reserving(7, 10),
            Reserving(8, 1));
        Assert.Equal([2, 5, 7], results.Select((result, index) => (result, index)).Where(pair => pair.result is AppendResult.QuotaRefused).Select(pair => pair.index));
        Assert.Equal(5, results.Count(result => result is AppendResult.Appended));
        Assert.Equal((30L, 70L, 0L), await Sums());
        Assert.Null(await Store.ReadHistory(Id(3)));
        Assert.NotNull(await Store.ReadHistory(Id(4)));
    }

    [Fact]
    public async Task AConflict_IsToldBeforeAWantOfQuota()
    {
        await Plan(10);
        var claim = new Claim("idempotency", "1");
        await Appended(Reserving(1, 10) with { Claims = [claim] });
        Assert.Equal(new AppendResult.Conflict(0, claim, Id(1)), await Store.Append(Reserving(2, 10) with { Claims = [claim] }));
        Assert.Equal(new AppendResult.Conflict(1, null, null), await Store.Append(Reserving(1, 10)));
        Assert.Equal((0L, 10L, 0L), await Sums());
    }

    [Fact]
    public async Task AJobsEnd_SettlesOrReleases()
    {
        await Plan(100);
        await Appended(Reserving(1, 60));
        await Appended(Reserving(2, 40));
        await Appended(Append(Id(1), expected: 1) with { Quota = [new QuotaOrder.Settle(Tenant, Meter, NameOf(1), 12, 11.25m) { Job = Id(1) }] });
        await Appended(Append(Id(2), expected: 1) with { Quota = [new QuotaOrder.Release(Tenant, Meter, NameOf(2)) { Job = Id(2) }] });
        Assert.Equal((12L, 0L, 0L), await Sums());
        Assert.Equal((QuotaHoldStatus.Committed, 11.25m), ((await Hold(NameOf(1))).Status, (await Hold(NameOf(1))).Raw));
        Assert.Equal(QuotaHoldStatus.RolledBack, (await Hold(NameOf(2))).Status);
    }

    [Fact]
    public async Task AJob_Ends_WhateverBecameOfItsHold()
    {
        await Appended(Append(Id(1)) with { Quota = [new QuotaOrder.Settle(Tenant, Meter, NameOf(1), 12, null) { Job = Id(1) }] });
        await Plan(100);
        await Appended(Append(Id(2)) with { Quota = [new QuotaOrder.Release(Tenant, Meter, NameOf(2)) { Job = Id(2) }] });
        await Appended(Reserving(3, 50));
        await Quota.ExpireHolds(Noon.AddDays(1), 10);
        await Appended(Append(Id(3), expected: 1) with { Quota = [new QuotaOrder.Settle(Tenant, Meter, NameOf(3), 20, null) { Job = Id(3) }] });
        Assert.Equal((20L, 0L, 0L), await Sums());
    }

    [Fact]
    public async Task AJobsHold_IsNotForOthersToEnd()
    {
        await Plan(100);
        await Appended(Reserving(1, 60));
        Assert.Equal(Id(1), Assert.IsType<QuotaResult.Conflict>(await Settle(NameOf(1), 1)).Hold.Job);
        Assert.IsType<QuotaResult.Conflict>(await Release(NameOf(1)));
        Assert.Equal((0L, 60L, 0L), await Sums());
    }

    /// <summary>A thousand at once end, the oldest first; the others are the upkeep's, or the next order's.</summary>
    [Fact]
    public async Task AnOrder_EndsNoMoreThanAThousandHolds()
    {
        await Plan(IQuotaStore.ExpiredAtOnce + 2);
        for (var n = 0; n < IQuotaStore.ExpiredAtOnce + 2; n++) await Reserve($"r{n}", 1, Noon.AddSeconds(n));
        var all = new QuotaOrder.Reserve(Tenant, Meter, "all", IQuotaStore.ExpiredAtOnce + 2, null);
        Assert.IsType<QuotaResult.Short>(await Quota.Give(all, Noon.AddHours(1)));
        await Quota.ExpireHolds(Noon.AddHours(1), IQuotaStore.ExpiredAtOnce);
        await Quota.ExpireHolds(Noon.AddHours(1), IQuotaStore.ExpiredAtOnce);
        Assert.IsType<QuotaResult.Done>(await Quota.Give(all, Noon.AddHours(1)));
    }

    [Fact]
    public async Task AnAppend_EndsHoldsThatAreInItsWay()
    {
        await Plan(100);
        await Reserve("a", 60, expiresAt: Noon);
        await Appended(Reserving(1, 100));
        Assert.Equal(QuotaHoldStatus.Expired, (await Hold("a")).Status);
        Assert.Equal((0L, 100L, 0L), await Sums());
    }

    [Fact]
    public async Task Orders_OfAnotherJob_OrOfTwoAccounts_AreMistakes()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Append(Append(Id(1)) with { Quota = [Order(2, 1)] }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Append(Append(Id(1)) with { Quota = [Order(1, 1) with { Reservation = "mine" }] }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Append(Append(Id(1)) with { Quota = [Order(1, 1), Order(1, 1, "other")] }));
    }

    /// <summary>A hundred at once against a limit of fifty: exactly fifty, whoever they are.</summary>
    [Fact]
    public async Task Reservations_NeverExceedTheLimit_WhenManyComeAtOnce()
    {
        await Plan(50);
        var jobs = Enumerable.Range(1, 50).Select(async n =>
        {
            await Task.Yield();
            return await Store.Append(Reserving(n, 1)) is AppendResult.Appended;
        });
        var others = Enumerable.Range(1, 50).Select(async n =>
        {
            await Task.Yield();
            return await Reserve($"r{n}", 1) is QuotaResult.Done;
        });
        var got = await Task.WhenAll(jobs.Concat(others));
        Assert.Equal(50, got.Count(has => has));
        Assert.Equal((0L, 50L, 0L), await Sums());
    }

    /// <summary>One random life after the other over three accounts, in parallel; what is left agrees with the ledger, and the limit held at every entry.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task TheLedger_AddsUp_WhateverHappensAtOnce(int seed)
    {
        string[] meters = ["one", "two", "three"];
        foreach (var meter in meters) await Quota.SetQuota(Tenant, meter, new QuotaPlan("free", 40), Noon);
        await Task.WhenAll(Enumerable.Range(0, 60).Select(n => Live(n, new Random((seed * 1000) + n), meters)));

        Assert.Empty(await Quota.CheckQuotas(10));
        foreach (var meter in meters)
        {
            var entries = await Quota.ListQuotaEntries(Tenant, meter, null, 10_000);
            Assert.All(entries, entry => Assert.True(entry.Used + entry.Reserved <= entry.Limit, $"seed {seed}: {entry}"));
            Assert.Equal(0, (await Quota.FindQuota(Tenant, meter, Noon))!.Reserved);
        }
    }

    private async Task Live(int n, Random chance, string[] meters)
    {
        var meter = meters[chance.Next(meters.Length)];
        var amount = chance.Next(12);
        var at = Noon.AddSeconds(chance.Next(100));
        await Task.Yield();
        if (n % 2 == 0)
        {
            if (await Store.Append(Reserving(n, amount, meter)) is not AppendResult.Appended) return;
            QuotaOrder end = chance.Next(3) == 0
                ? new QuotaOrder.Release(Tenant, meter, NameOf(n))
                : new QuotaOrder.Settle(Tenant, meter, NameOf(n), chance.Next(20), null);
            if (chance.Next(4) == 0) await Quota.ExpireHolds(Noon.AddDays(1), 5);
            await Appended(Append(Id(n), expected: 1) with { Quota = [end with { Job = Id(n) }] });
            return;
        }

        var order = new QuotaOrder.Reserve(Tenant, meter, $"r{n}", amount, at);
        var twice = await Task.WhenAll(Quota.Give(order, Noon).AsTask(), Quota.Give(order, Noon).AsTask());
        Assert.True(twice.Count(result => result is QuotaResult.Done { Changed: true }) <= 1);
        if (!twice.Any(result => result is QuotaResult.Done)) return;
        if (chance.Next(4) == 0) await Quota.ExpireHolds(at, 5);
        await Quota.Give(chance.Next(2) == 0 ? new QuotaOrder.Release(Tenant, meter, $"r{n}") : new QuotaOrder.Settle(Tenant, meter, $"r{n}", chance.Next(20), null), at);
    }

    private static string NameOf(int n) => QuotaOrder.NameOf(Id(n), recovery: 0);

    private static AppendRequest Reserving(int n, long amount, string meter = Meter) => Append(Id(n)) with { Quota = [Order(n, amount, meter)] };

    private static QuotaOrder.Reserve Order(int n, long amount, string meter = Meter) => new(Tenant, meter, NameOf(n), amount, Noon.AddHours(2)) { Job = Id(n) };
}
