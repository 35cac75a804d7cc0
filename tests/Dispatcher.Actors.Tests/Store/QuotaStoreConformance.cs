using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>What <see cref="IQuotaStore"/> promises, tested once for every implementation. This part: callers that are no jobs. The other: jobs, and all at once.</summary>
public abstract partial class QuotaStoreConformance : StoreConformance
{
    private const string Tenant = "acme";
    private const string Meter = "analysis-minutes";

    private IQuotaStore Quota => (IQuotaStore)Store;

    /// <summary>Whatever a test has done, the accounts agree with their holds and their ledger.</summary>
    public override async Task DisposeAsync()
    {
        Assert.Empty(await Quota.CheckQuotas(10));
        await base.DisposeAsync();
    }

    [Fact]
    public async Task SetQuota_MakesAnAccount_AndTellsItBack()
    {
        Assert.Null(await Quota.FindQuota(Tenant, Meter, Noon));
        var (account, isSet) = await Quota.SetQuota(Tenant, Meter, new QuotaPlan("free", 100, "https://example.org/upgrade"), Noon);
        Assert.True(isSet);
        Assert.Equal(new QuotaAccount { Tenant = Tenant, Meter = Meter, Plan = "free", Limit = 100, Upgrade = "https://example.org/upgrade", UpdatedAt = Noon }, account);
        Assert.Equal(account, await Quota.FindQuota(Tenant, Meter, Noon));
        var entry = Assert.Single(await Entries());
        Assert.Equal((QuotaEntryKind.Planned, 100L, 100L, 0L, 0L), (entry.Kind, entry.Amount, entry.Limit, entry.Used, entry.Reserved));
    }

    [Fact]
    public async Task SetQuota_ChangesThePlan_AndKeepsWhatIsUsed()
    {
        await Plan(100);
        await Reserve("a", 30);
        await Settle("a", 20);
        await Reserve("b", 10);
        var (account, _) = await Quota.SetQuota(Tenant, Meter, new QuotaPlan("pro", 500), Noon.AddHours(1));
        Assert.Equal(("pro", 500L, 20L, 10L, 470L, (string?)null), (account.Plan, account.Limit, account.Used, account.Reserved, account.Remaining, account.Upgrade));
    }

    [Fact]
    public async Task SetQuota_BeginsAPeriod_AndKeepsTheHolds()
    {
        await Plan(50);
        await Reserve("a", 40);
        await Settle("a", 60);
        await Plan(60);
        await Reserve("b", 10);
        Assert.Equal((50L, 10L, 10L), await Sums());
        var (account, isSet) = await Quota.SetQuota(Tenant, Meter, new QuotaPlan("free", 50, Period: "2026-12"), Noon.AddDays(30));
        Assert.True(isSet);
        Assert.Equal((0L, 10L, 0L), (account.Used, account.Reserved, account.Overage));
        await Settle("b", 7);
        Assert.Equal((7L, 0L, 0L), await Sums());

        // Whoever is in doubt sets it again, and nothing that was used meanwhile is forgiven.
        (account, _) = await Quota.SetQuota(Tenant, Meter, new QuotaPlan("free", 50, Period: "2026-12"), Noon.AddDays(31));
        Assert.Equal((7L, "2026-12"), (account.Used, account.Period));
        (account, _) = await Quota.SetQuota(Tenant, Meter, new QuotaPlan("pro", 80), Noon.AddDays(31));
        Assert.Equal((7L, "2026-12"), (account.Used, account.Period));
        Assert.Single(await Entries(), entry => entry.Kind == QuotaEntryKind.Renewed);
    }

    [Theory]
    [InlineData("", 1, null, null)]
    [InlineData("free", -1, null, null)]
    [InlineData("free", JobLimits.QuotaAmount + 1, null, null)]
    [InlineData("free", 1, 501, null)]
    [InlineData("free", 1, null, 0)]
    [InlineData("free", 1, null, 101)]
    public async Task SetQuota_RefusesMistakes(string name, long limit, int? upgrade, int? period)
    {
        var plan = new QuotaPlan(name, limit, upgrade is { } u ? new string('u', u) : null, period is { } p ? new string('p', p) : null);
        await Assert.ThrowsAsync<ArgumentException>(async () => await Quota.SetQuota(Tenant, Meter, plan, Noon));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Quota.OpenQuota(Tenant, Meter, plan, Noon));
        Assert.Null(await Quota.FindQuota(Tenant, Meter, Noon));
    }

    [Fact]
    public async Task SetQuota_IsRefused_WhenLessThanInUseWouldBeLeft()
    {
        await Plan(100);
        await Reserve("a", 30);
        await Settle("a", 30);
        await Reserve("b", 20);
        var (account, isSet) = await Quota.SetQuota(Tenant, Meter, new QuotaPlan("small", 49), Noon);
        Assert.False(isSet);
        Assert.Equal(("free", 100L), (account.Plan, account.Limit));
        Assert.True((await Quota.SetQuota(Tenant, Meter, new QuotaPlan("small", 50), Noon)).IsSet);
    }

    [Fact]
    public async Task SetQuota_TakesHoldsThatAreOverForFree()
    {
        await Plan(100);
        await Reserve("a", 60, expiresAt: Noon.AddMinutes(1));
        Assert.False((await Quota.SetQuota(Tenant, Meter, new QuotaPlan("small", 50), Noon)).IsSet);
        Assert.True((await Quota.SetQuota(Tenant, Meter, new QuotaPlan("small", 50), Noon.AddMinutes(1))).IsSet);
        Assert.Equal(QuotaHoldStatus.Expired, (await Hold("a")).Status);
    }

    [Fact]
    public async Task OpenQuota_MakesAnAccountOnce()
    {
        Assert.True(await Quota.OpenQuota(Tenant, Meter, new QuotaPlan("default", 10), Noon));
        Assert.True(await Quota.OpenQuota(Tenant, Meter, new QuotaPlan("other", 20), Noon));
        Assert.Equal(("default", 10L), ((await Account()).Plan, (await Account()).Limit));
        Assert.Single(await Entries());
    }

    [Fact]
    public async Task OpenQuota_MakesNoMoreThanAThousand_ForOneTenant()
    {
        for (var n = 0; n < IQuotaStore.OpenedLimit; n++) Assert.True(await Quota.OpenQuota(Tenant, $"m{n}", new QuotaPlan("default", 10), Noon));
        Assert.False(await Quota.OpenQuota(Tenant, Meter, new QuotaPlan("default", 10), Noon));
        Assert.True(await Quota.OpenQuota(Tenant, "m7", new QuotaPlan("default", 10), Noon));
        Assert.True(await Quota.OpenQuota("globex", Meter, new QuotaPlan("default", 10), Noon));
        await Plan(5);
    }

    [Fact]
    public async Task Accounts_OfOneMeter_AreEachTenantsOwn()
    {
        await Plan(10);
        await Quota.SetQuota("globex", Meter, new QuotaPlan("pro", 20), Noon);
        await Reserve("a", 4);
        Assert.IsType<QuotaResult.NotFound>(await Quota.Give(new QuotaOrder.Settle("globex", Meter, "a", 4, null), Noon));
        Assert.IsType<QuotaResult.Done>(await Quota.Give(new QuotaOrder.Reserve("globex", Meter, "a", 20, null), Noon));
        await Settle("a", 3);
        Assert.Equal((3L, 0L, 0L), await Sums());
        var other = (await Quota.FindQuota("globex", Meter, Noon))!;
        Assert.Equal((0L, 20L), (other.Used, other.Reserved));
        Assert.Equal([QuotaEntryKind.Reserved, QuotaEntryKind.Planned], (await Quota.ListQuotaEntries("globex", Meter, null, 10)).Select(entry => entry.Kind));
    }

    [Fact]
    public async Task Reserve_KeepsUnits_UntilNoneIsLeft()
    {
        await Plan(100);
        var done = Assert.IsType<QuotaResult.Done>(await Reserve("a", 60));
        Assert.Equal((true, 60L, 40L), (done.Changed, done.Account.Reserved, done.Account.Remaining));
        Assert.Equal((QuotaHoldStatus.Held, 60L, null, null), (done.Hold.Status, done.Hold.Amount, done.Hold.Job, done.Hold.ExpiresAt));
        var shortage = Assert.IsType<QuotaResult.Short>(await Reserve("b", 41)).Shortage;
        Assert.Equal(new QuotaShortage(Meter, "free", 100, 0, 60, 41, Upgrade: null), shortage);
        Assert.IsType<QuotaResult.Done>(await Reserve("b", 40));
        Assert.IsType<QuotaResult.Short>(await Reserve("c", 1));
        Assert.IsType<QuotaResult.Done>(await Reserve("c", 0));
        Assert.Equal((0L, 100L, 0L), await Sums());
    }

    [Fact]
    public async Task Reserve_IsRefused_WithoutAPlan()
    {
        var shortage = Assert.IsType<QuotaResult.Short>(await Reserve("a", 5)).Shortage;
        Assert.Equal(new QuotaShortage(Meter, Plan: null, 0, 0, 0, 5, Upgrade: null), shortage);
        Assert.Empty(await Entries());
    }

    [Fact]
    public async Task Reserve_TakesEffectOnce_ByItsName()
    {
        await Plan(100);
        await Reserve("a", 60);
        Assert.False(Assert.IsType<QuotaResult.Done>(await Reserve("a", 60)).Changed);
        Assert.Equal(60, Assert.IsType<QuotaResult.Conflict>(await Reserve("a", 30)).Hold.Amount);
        Assert.Equal((0L, 60L, 0L), await Sums());
        Assert.Equal(2, (await Entries()).Count);
    }

    [Theory]
    [InlineData(20, 20, 0)]
    [InlineData(60, 60, 0)]
    [InlineData(90, 90, 0)]
    [InlineData(130, 100, 30)]
    [InlineData(0, 0, 0)]
    public async Task Settle_ChargesWhatWasUsed_AndTheRestBeyondTheLimit(long used, long charged, long overage)
    {
        await Plan(100);
        await Reserve("a", 60);
        var done = Assert.IsType<QuotaResult.Done>(await Quota.Give(new QuotaOrder.Settle(Tenant, Meter, "a", used, used - 0.25m), Noon.AddMinutes(5)));
        Assert.Equal((charged, 0L, overage), (done.Account.Used, done.Account.Reserved, done.Account.Overage));
        Assert.Equal((QuotaHoldStatus.Committed, charged, overage, used - 0.25m, Noon.AddMinutes(5)), (done.Hold.Status, done.Hold.Charged, done.Hold.Overage, done.Hold.Raw, done.Hold.ClosedAt));
        var entry = (await Entries())[0];
        Assert.Equal((QuotaEntryKind.Committed, "a", 60L, charged, overage, used - 0.25m, charged), (entry.Kind, entry.Reservation, entry.Amount, entry.Charged, entry.Overage, entry.Raw, entry.Used));
    }

    [Fact]
    public async Task Settle_LeavesTheHoldsOfOthersAlone()
    {
        await Plan(100);
        await Reserve("a", 50);
        await Reserve("b", 50);
        await Settle("a", 80);
        Assert.Equal((50L, 50L, 30L), await Sums());
        await Settle("b", 10);
        Assert.Equal((60L, 0L, 30L), await Sums());
    }

    [Fact]
    public async Task AnEndedHold_StaysAsItEnded()
    {
        await Plan(100);
        await Reserve("a", 50);
        await Reserve("b", 50);
        await Settle("a", 20);
        await Release("b");
        Assert.False(Assert.IsType<QuotaResult.Done>(await Settle("a", 99)).Changed);
        Assert.Equal(QuotaHoldStatus.Committed, Assert.IsType<QuotaResult.Conflict>(await Release("a")).Hold.Status);
        Assert.False(Assert.IsType<QuotaResult.Done>(await Release("b")).Changed);
        Assert.Equal(QuotaHoldStatus.RolledBack, Assert.IsType<QuotaResult.Conflict>(await Settle("b", 1)).Hold.Status);
        Assert.Equal(QuotaHoldStatus.Committed, Assert.IsType<QuotaResult.Conflict>(await Reserve("a", 50)).Hold.Status);
        Assert.Equal(QuotaHoldStatus.RolledBack, Assert.IsType<QuotaResult.Conflict>(await Reserve("b", 50)).Hold.Status);
        Assert.Equal((20L, 0L, 0L), await Sums());
        Assert.Equal(5, (await Entries()).Count);
    }

    [Fact]
    public async Task Orders_FindNothing_WhereNothingIs()
    {
        Assert.IsType<QuotaResult.NotFound>(await Settle("a", 1));
        await Plan(100);
        Assert.IsType<QuotaResult.NotFound>(await Settle("a", 1));
        Assert.IsType<QuotaResult.NotFound>(await Release("a"));
        Assert.Null(await Quota.FindHold(Tenant, Meter, "a"));
    }

    [Fact]
    public async Task Expiry_FreesWhatIsOver_AndIsToldAtOnce()
    {
        await Plan(100);
        await Reserve("a", 60, Noon.AddMinutes(10));
        await Reserve("b", 30, Noon.AddMinutes(20));
        await Reserve("c", 10);
        Assert.Equal(0, (await Account(Noon.AddMinutes(10).AddTicks(-10))).Remaining);
        Assert.Equal(60, (await Account(Noon.AddMinutes(10))).Remaining);
        Assert.Equal(0, await Quota.ExpireHolds(Noon.AddMinutes(9), 100));
        Assert.Equal(1, await Quota.ExpireHolds(Noon.AddMinutes(10), 100));
        Assert.Equal(QuotaHoldStatus.Expired, (await Hold("a")).Status);
        Assert.Equal((0L, 40L, 0L), await Sums());
        Assert.Equal(1, await Quota.ExpireHolds(Noon.AddDays(1), 100));
        Assert.Equal(0, await Quota.ExpireHolds(Noon.AddDays(1), 100));
        Assert.Equal((0L, 10L, 0L), await Sums());
    }

    [Fact]
    public async Task Reserve_EndsWhatIsOver_BeforeItIsRefused()
    {
        await Plan(100);
        await Reserve("a", 60, Noon.AddMinutes(10));
        Assert.IsType<QuotaResult.Short>(await Quota.Give(new QuotaOrder.Reserve(Tenant, Meter, "b", 100, null), Noon.AddMinutes(9)));
        Assert.IsType<QuotaResult.Done>(await Quota.Give(new QuotaOrder.Reserve(Tenant, Meter, "b", 100, null), Noon.AddMinutes(10)));
        Assert.Equal([QuotaEntryKind.Reserved, QuotaEntryKind.Expired], (await Entries()).Take(2).Select(entry => entry.Kind));
    }

    [Fact]
    public async Task Reserve_IsAConflict_WhenItsTimeIsOver()
    {
        await Plan(100);
        await Reserve("a", 60, Noon.AddMinutes(10));
        var again = new QuotaOrder.Reserve(Tenant, Meter, "a", 60, Noon.AddHours(2));
        Assert.False(Assert.IsType<QuotaResult.Done>(await Quota.Give(again, Noon.AddMinutes(9))).Changed);
        Assert.IsType<QuotaResult.Conflict>(await Quota.Give(again, Noon.AddMinutes(10)));
        await Quota.ExpireHolds(Noon.AddMinutes(10), 100);
        Assert.Equal(QuotaHoldStatus.Expired, Assert.IsType<QuotaResult.Conflict>(await Quota.Give(again, Noon.AddMinutes(11))).Hold.Status);
    }

    [Fact]
    public async Task Settle_ChargesAHoldThatIsOver()
    {
        await Plan(100);
        await Reserve("a", 60, Noon.AddMinutes(10));
        await Quota.Give(new QuotaOrder.Reserve(Tenant, Meter, "b", 90, null), Noon.AddMinutes(10));
        Assert.Equal(QuotaHoldStatus.Expired, (await Hold("a")).Status);
        var done = Assert.IsType<QuotaResult.Done>(await Settle("a", 25));
        Assert.Equal((10L, 15L, 90L), (done.Account.Used, done.Account.Overage, done.Account.Reserved));
        Assert.Equal((10L, 15L, QuotaHoldStatus.Committed), (done.Hold.Charged, done.Hold.Overage, done.Hold.Status));
    }

    [Fact]
    public async Task Release_OfAHoldThatIsOver_ChangesNoSum()
    {
        await Plan(100);
        await Reserve("a", 60, Noon.AddMinutes(10));
        await Quota.ExpireHolds(Noon.AddMinutes(10), 100);
        Assert.True(Assert.IsType<QuotaResult.Done>(await Release("a")).Changed);
        Assert.Equal((0L, 0L, 0L), await Sums());
    }

    [Fact]
    public async Task Accounts_AreListedInTheirOrder_ByTenant()
    {
        foreach (var (tenant, meter) in new[] { ("b", "x"), ("a", "y"), ("a", "x"), ("a", "z") }) await Quota.SetQuota(tenant, meter, new QuotaPlan("free", 1), Noon);
        Assert.Equal(["a/x", "a/y", "a/z", "b/x"], Names(await Quota.ListQuotas(null, null, 10, Noon)));
        Assert.Equal(["a/y", "a/z"], Names(await Quota.ListQuotas("a", ("a", "x"), 10, Noon)));
        Assert.Equal(["a/z", "b/x"], Names(await Quota.ListQuotas(null, ("a", "y"), 10, Noon)));
        Assert.Equal(["a/x"], Names(await Quota.ListQuotas("a", null, 1, Noon)));
        Assert.Empty(await Quota.ListQuotas("c", null, 10, Noon));
    }

    [Fact]
    public async Task TheLedger_IsReadInPages_NewestFirst()
    {
        await Plan(1000);
        for (var i = 0; i < 5; i++) await Reserve($"r{i}", i + 1);
        var first = await Quota.ListQuotaEntries(Tenant, Meter, before: null, 2);
        var second = await Quota.ListQuotaEntries(Tenant, Meter, first[^1].Id, 10);
        Assert.Equal(["r4", "r3", "r2", "r1", "r0", null], first.Concat(second).Select(entry => entry.Reservation));
        Assert.Equal([15L, 10L, 6L, 3L, 1L, 0L], first.Concat(second).Select(entry => entry.Reserved));
        Assert.Empty(await Quota.ListQuotaEntries("other", Meter, null, 10));
    }

    [Fact]
    public async Task Everything_IsThere_AfterAReopening()
    {
        await Plan(100);
        await Reserve("a", 60, Noon.AddMinutes(10));
        await Reopen();
        Assert.Equal((0L, 60L, 0L), await Sums());
        Assert.Equal(Noon.AddMinutes(10), (await Hold("a")).ExpiresAt);
        await Settle("a", 5);
        Assert.Equal((5L, 0L, 0L), await Sums());
    }

    [Fact]
    public async Task Give_RefusesMistakes()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Quota.Give(new QuotaOrder.Release(Tenant, Meter, "a") { Job = Id(1) }, Noon));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Quota.Give(new QuotaOrder.Release(Tenant, Meter, ""), Noon));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Reserve(NameOf(1), 1));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Reserve("a", -1));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Settle("a", JobLimits.QuotaAmount + 1));
    }

    private async Task Plan(long limit) => Assert.True((await Quota.SetQuota(Tenant, Meter, new QuotaPlan("free", limit), Noon)).IsSet);

    private async Task<QuotaResult> Reserve(string name, long amount, DateTimeOffset? expiresAt = null) => await Quota.Give(new QuotaOrder.Reserve(Tenant, Meter, name, amount, expiresAt), Noon);

    private async Task<QuotaResult> Settle(string name, long amount) => await Quota.Give(new QuotaOrder.Settle(Tenant, Meter, name, amount, null), Noon);

    private async Task<QuotaResult> Release(string name) => await Quota.Give(new QuotaOrder.Release(Tenant, Meter, name), Noon);

    private async Task<QuotaAccount> Account(DateTimeOffset? at = null) => (await Quota.FindQuota(Tenant, Meter, at ?? DateTimeOffset.UnixEpoch))!;

    private async Task<QuotaHold> Hold(string name) => (await Quota.FindHold(Tenant, Meter, name))!;

    private async Task<(long Used, long Reserved, long Overage)> Sums() => await Account() is var account ? (account.Used, account.Reserved, account.Overage) : default;

    private async Task<IReadOnlyList<QuotaEntry>> Entries() => await Quota.ListQuotaEntries(Tenant, Meter, before: null, 1000);

    private static IEnumerable<string> Names(IEnumerable<QuotaAccount> accounts) => accounts.Select(account => $"{account.Tenant}/{account.Meter}");
}
