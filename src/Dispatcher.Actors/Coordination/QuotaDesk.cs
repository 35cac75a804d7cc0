using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Coordination;

/// <summary>
/// Quota for callers that are no jobs: ask, reserve, commit, roll back. Orders take effect once by their reservation's name, so whoever is in doubt gives the same again.
/// Amounts are rounded up to whole units.
/// </summary>
/// <param name="defaultPlan">Of accounts that nobody has made; null refuses what needs one.</param>
/// <exception cref="ArgumentException">No account takes the default plan.</exception>
public sealed class QuotaDesk(IQuotaStore store, Func<DateTimeOffset> now, QuotaPlan? defaultPlan)
{
    /// <summary>How long a reservation holds if its caller does not say; a caller that dies must not hold for ever.</summary>
    public static readonly TimeSpan DefaultHold = TimeSpan.FromHours(1);

    private readonly QuotaPlan? _defaultPlan = Checked(defaultPlan);

    /// <summary>The account as it is now, or as it would be made; null if there is none and no default plan.</summary>
    public async ValueTask<QuotaAccount?> Find(string tenant, string meter)
    {
        if (await store.FindQuota(tenant, meter, now()) is { } account) return account;
        return _defaultPlan is { } plan ? new QuotaAccount { Tenant = tenant, Meter = meter, Plan = plan.Name, Limit = plan.Limit, Upgrade = plan.Upgrade, UpdatedAt = now() } : null;
    }

    /// <summary>A tenant's accounts in the order of their meters.</summary>
    public ValueTask<IReadOnlyList<QuotaAccount>> List(string tenant, string? afterMeter, int limit) =>
        store.ListQuotas(tenant, afterMeter is null ? null : (tenant, afterMeter), limit, now());

    public ValueTask<IReadOnlyList<QuotaEntry>> Ledger(string tenant, string meter, long? before, int limit) => store.ListQuotaEntries(tenant, meter, before, limit);

    /// <summary>Sets an account's plan, and makes the account if there is none.</summary>
    /// <returns>The account, and false if the limit would be less than what is used and reserved.</returns>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<(QuotaAccount Account, bool IsSet)> SetPlan(string tenant, string meter, QuotaPlan plan) => store.SetQuota(tenant, meter, plan, now());

    /// <summary>Whether so much could be reserved now. Reserves nothing, so it may be different a moment later.</summary>
    /// <returns>The shortage if not, and the account if there is one.</returns>
    public async ValueTask<(QuotaShortage? Shortage, QuotaAccount? Account)> Check(string tenant, string meter, decimal amount)
    {
        var needed = WholeUnits(amount);
        if (await Find(tenant, meter) is not { } account) return (QuotaShortage.NoPlan(meter, needed), null);
        return (needed > account.Remaining ? account.ShortOf(needed) : null, account);
    }

    /// <summary>Keeps units until they are committed, rolled back, or the time is over.</summary>
    /// <exception cref="StoreException">It may have been done or not: give it again.</exception>
    public async ValueTask<QuotaResult> Reserve(string tenant, string meter, string reservation, decimal amount, TimeSpan? hold = null)
    {
        var at = now();
        var order = new QuotaOrder.Reserve(tenant, meter, reservation, WholeUnits(amount), at + (hold ?? DefaultHold));
        var result = await store.Give(order, at);
        var mayOpen = result is QuotaResult.Short { Shortage.Plan: null } && _defaultPlan is not null;
        return mayOpen && await store.OpenQuota(tenant, meter, _defaultPlan!, at) ? await store.Give(order, at) : result;
    }

    /// <summary>Charges what was used and ends the hold, also one whose time was over.</summary>
    /// <exception cref="StoreException">It may have been done or not: give it again.</exception>
    public ValueTask<QuotaResult> Commit(string tenant, string meter, string reservation, decimal used) =>
        store.Give(new QuotaOrder.Settle(tenant, meter, reservation, WholeUnits(used), used), now());

    /// <summary>Gives the units back.</summary>
    /// <exception cref="StoreException">It may have been done or not: give it again.</exception>
    public ValueTask<QuotaResult> Rollback(string tenant, string meter, string reservation) => store.Give(new QuotaOrder.Release(tenant, meter, reservation), now());

    private static QuotaPlan? Checked(QuotaPlan? plan)
    {
        if (plan is not null) AppendValidation.Validate(plan);
        return plan;
    }

    private static long WholeUnits(decimal amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, JobLimits.QuotaAmount);
        return (long)decimal.Ceiling(amount);
    }
}
