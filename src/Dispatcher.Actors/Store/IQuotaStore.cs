namespace Dispatcher.Store;

/// <summary>
/// What tenants may use of meters, and what they use: one account a tenant and meter, holds, and a ledger of all that happened to them. Jobs give their orders with
/// their events (<see cref="AppendRequest.Quota"/>), other callers here; all keep the same rules.
/// </summary>
/// <remarks>
/// 1. used + reserved never exceeds the limit, whatever happens at once and on whatever node.
/// 2. An order has its effect once, by its reservation's name, and is in the ledger once.
/// 3. Every hold ends: committed, rolled back or, when its time is over, expired. An expired one may still be committed, and is charged then.
/// 4. A charge is made in full: what finds no room within the limit is overage.
/// 5. Two orders to one account wait for each other; accounts are locked in the order of (tenant, meter).
/// </remarks>
public interface IQuotaStore
{
    const int ReservationCharacters = 200;
    const int PlanCharacters = 100;
    const int UpgradeCharacters = 500;
    const int PeriodCharacters = 100;

    /// <summary>Holds that an order ends to make room, and one call of <see cref="ExpireHolds"/> in one account; the rest is left to the next.</summary>
    const int ExpiredAtOnce = 1000;

    /// <summary>Accounts that a tenant may have before no more are made for it unasked.</summary>
    const int OpenedLimit = 1000;

    /// <summary>Sets an account's plan, and makes the account if there is none.</summary>
    /// <returns>The account, and false if nothing was set since less than what is used and reserved would be left.</returns>
    /// <exception cref="ArgumentException">The plan has a name, limit, upgrade or period that no account takes.</exception>
    /// <exception cref="StoreException">It may have been set or not: set it again.</exception>
    ValueTask<(QuotaAccount Account, bool IsSet)> SetQuota(string tenant, string meter, QuotaPlan plan, DateTimeOffset at);

    /// <summary>Makes an account with this plan, unless there is one, or the tenant has <see cref="OpenedLimit"/> of them.</summary>
    /// <returns>True if there is one now.</returns>
    /// <exception cref="ArgumentException">As of <see cref="SetQuota"/>.</exception>
    /// <exception cref="StoreException">It could not be written.</exception>
    ValueTask<bool> OpenQuota(string tenant, string meter, QuotaPlan plan, DateTimeOffset at);

    /// <summary>The account as it is at a time, with holds that are over by then taken for free; null if there is none.</summary>
    ValueTask<QuotaAccount?> FindQuota(string tenant, string meter, DateTimeOffset at);

    /// <summary>Accounts as they are at a time, in the order of (tenant, meter).</summary>
    /// <param name="tenant">Whose; null for all.</param>
    ValueTask<IReadOnlyList<QuotaAccount>> ListQuotas(string? tenant, (string Tenant, string Meter)? after, int limit, DateTimeOffset at);

    ValueTask<QuotaHold?> FindHold(string tenant, string meter, string reservation);

    /// <summary>Carries out an order of somebody who is no job. The hold of a job is not its to end.</summary>
    /// <exception cref="StoreException">It may have been carried out or not: give it again.</exception>
    ValueTask<QuotaResult> Give(QuotaOrder order, DateTimeOffset at);

    /// <summary>Ends holds whose time is over.</summary>
    /// <returns>How many; as many as the limit if there may be more.</returns>
    /// <exception cref="StoreException">It could not be written.</exception>
    ValueTask<int> ExpireHolds(DateTimeOffset at, int limit);

    /// <summary>An account's ledger, newest first, from before the given entry.</summary>
    ValueTask<IReadOnlyList<QuotaEntry>> ListQuotaEntries(string tenant, string meter, long? before, int limit);

    /// <summary>Accounts whose sums do not agree with their holds and their ledger, as sentences; at most the limit.</summary>
    ValueTask<IReadOnlyList<string>> CheckQuotas(int limit);
}
