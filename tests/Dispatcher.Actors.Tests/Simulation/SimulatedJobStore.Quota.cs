using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>Quota on the simulated disk, without faults of its own.</summary>
public sealed partial class SimulatedJobStore : IQuotaStore
{
    public ValueTask<(QuotaAccount Account, bool IsSet)> SetQuota(string tenant, string meter, QuotaPlan plan, DateTimeOffset at)
    {
        AppendValidation.Validate(plan);
        var account = disk.Quotas.Change(at, book => book.Plan(tenant, meter, plan));
        return ValueTask.FromResult((account ?? disk.Quotas.FindAccount(tenant, meter)!, account is not null));
    }

    public ValueTask<bool> OpenQuota(string tenant, string meter, QuotaPlan plan, DateTimeOffset at)
    {
        AppendValidation.Validate(plan);
        if (disk.Quotas.FindAccount(tenant, meter) is not null) return ValueTask.FromResult(true);
        if (disk.Quotas.Accounts(at).Count(account => account.Tenant == tenant) >= IQuotaStore.OpenedLimit) return ValueTask.FromResult(false);
        disk.Quotas.Change(at, book => book.Plan(tenant, meter, plan));
        return ValueTask.FromResult(true);
    }

    public ValueTask<QuotaAccount?> FindQuota(string tenant, string meter, DateTimeOffset at) =>
        ValueTask.FromResult(disk.Quotas.Accounts(at).FirstOrDefault(account => account.Tenant == tenant && account.Meter == meter));

    public ValueTask<IReadOnlyList<QuotaAccount>> ListQuotas(string? tenant, (string Tenant, string Meter)? after, int limit, DateTimeOffset at) =>
        ValueTask.FromResult<IReadOnlyList<QuotaAccount>>(
        [
            .. disk.Quotas.Accounts(at).Where(account => (tenant is null || account.Tenant == tenant) && (after is null || IsAfter(account, after.Value))).Take(limit),
        ]);

    public ValueTask<QuotaHold?> FindHold(string tenant, string meter, string reservation) => ValueTask.FromResult(disk.Quotas.FindHold(tenant, meter, reservation));

    public ValueTask<QuotaResult> Give(QuotaOrder order, DateTimeOffset at)
    {
        AppendValidation.Validate(order);
        return ValueTask.FromResult(disk.Quotas.Change(at, book => book.Apply(order)));
    }

    public ValueTask<int> ExpireHolds(DateTimeOffset at, int limit) => ValueTask.FromResult(disk.Quotas.Expire(at, limit));

    public ValueTask<IReadOnlyList<QuotaEntry>> ListQuotaEntries(string tenant, string meter, long? before, int limit) =>
        ValueTask.FromResult<IReadOnlyList<QuotaEntry>>([.. disk.Quotas.Ledger(tenant, meter).Where(entry => before is null || entry.Id < before).Reverse().Take(limit)]);

    public ValueTask<IReadOnlyList<string>> CheckQuotas(int limit) => ValueTask.FromResult<IReadOnlyList<string>>([.. disk.Quotas.Faults().Take(limit)]);

    private static bool IsAfter(QuotaAccount account, (string Tenant, string Meter) after)
    {
        var tenants = string.CompareOrdinal(account.Tenant, after.Tenant);
        return tenants > 0 || (tenants == 0 && string.CompareOrdinal(account.Meter, after.Meter) > 0);
    }
}
