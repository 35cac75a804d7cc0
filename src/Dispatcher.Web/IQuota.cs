using Dispatcher.Coordination;
using Dispatcher.Store;

namespace Dispatcher.Web;

/// <summary>
/// What tenants may use of meters, for code in the same process that runs no job for it. Orders take effect once by their reservation's name, so whoever is in doubt
/// gives the same again. Amounts are rounded up to whole units.
/// </summary>
public interface IQuota
{
    /// <summary>The account as it is now; null if no plan is set.</summary>
    Task<QuotaAccount?> Find(string tenant, string meter);

    /// <summary>Sets a plan; false if its limit is less than what is used and reserved now.</summary>
    /// <exception cref="ArgumentException">The plan's name, limit, upgrade or period is none that an account takes.</exception>
    Task<bool> SetPlan(string tenant, string meter, QuotaPlan plan);

    /// <summary>Whether so much could be reserved now.</summary>
    Task<bool> Check(string tenant, string meter, decimal amount);

    /// <summary>Keeps units until they are committed, rolled back, or the time is over. The same again changes nothing while it lasts, and is a conflict afterwards.</summary>
    /// <param name="hold"><see cref="QuotaDesk.DefaultHold"/> if null.</param>
    Task<QuotaResult> Reserve(string tenant, string meter, string reservation, decimal amount, TimeSpan? hold = null);

    /// <summary>Charges what was used, less or more than was reserved, also after the reservation's time.</summary>
    Task<QuotaResult> Commit(string tenant, string meter, string reservation, decimal used);

    /// <summary>Gives the units back.</summary>
    Task<QuotaResult> Rollback(string tenant, string meter, string reservation);
}
