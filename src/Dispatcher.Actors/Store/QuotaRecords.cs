using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>A tenant's account of a meter. Always: <see cref="Used"/> + <see cref="Reserved"/> is at most <see cref="Limit"/>.</summary>
public sealed record QuotaAccount
{
    public required string Tenant { get; init; }

    public required string Meter { get; init; }

    /// <summary>The plan's name, for people.</summary>
    public required string Plan { get; init; }

    /// <summary>Units of the plan.</summary>
    public required long Limit { get; init; }

    /// <summary>Units charged in this period, within the limit.</summary>
    public long Used { get; init; }

    /// <summary>Units that holds keep for what runs now.</summary>
    public long Reserved { get; init; }

    /// <summary>Units charged in this period for which there was no room in the limit.</summary>
    public long Overage { get; init; }

    /// <summary>How to get more, for people: an address or a sentence.</summary>
    public string? Upgrade { get; init; }

    /// <summary>The period in which it was used and charged; null before the first one is named.</summary>
    public string? Period { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Units that are free.</summary>
    public long Remaining => Limit - Used - Reserved;

    public QuotaShortage ShortOf(long needed) => new(Meter, Plan, Limit, Used, Reserved, needed, Upgrade);
}

/// <summary>Units that are kept for one caller or job until it says what it used.</summary>
public sealed record QuotaHold
{
    public required string Tenant { get; init; }

    public required string Meter { get; init; }

    /// <summary>Unique within the account. Those of jobs are <see cref="QuotaOrder.NameOf"/>.</summary>
    public required string Reservation { get; init; }

    /// <summary>Units kept.</summary>
    public required long Amount { get; init; }

    public required QuotaHoldStatus Status { get; init; }

    /// <summary>From then on the units may be given to others; never if null.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The job whose end settles it; null for one that its caller settles.</summary>
    public JobId? Job { get; init; }

    /// <summary>Units charged within the limit.</summary>
    public long Charged { get; init; }

    /// <summary>Units charged beyond it.</summary>
    public long Overage { get; init; }

    /// <summary>What was used before it was rounded up, if that was told.</summary>
    public decimal? Raw { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }
}

public enum QuotaHoldStatus
{
    Held,

    /// <summary>Charged: it stays so.</summary>
    Committed,

    /// <summary>Given back: it stays so.</summary>
    RolledBack,

    /// <summary>Its time was over and the units are free again. It may still be committed, which charges what was used, or rolled back.</summary>
    Expired,
}

/// <summary>What happened to an account, and how it stood then. Entries of one account have growing numbers in the order in which they happened.</summary>
/// <param name="Reservation">Null for an entry about the plan.</param>
/// <param name="Amount">Units of the hold; of an entry about the plan its limit.</param>
/// <param name="Charged">Units charged within the limit.</param>
/// <param name="Overage">Units charged beyond it.</param>
public sealed record QuotaEntry(
    long Id, DateTimeOffset At, QuotaEntryKind Kind, string? Reservation, JobId? Job, long Amount, long Charged, long Overage, decimal? Raw, long Limit, long Used, long Reserved);

public enum QuotaEntryKind
{
    /// <summary>A plan was set.</summary>
    Planned,

    /// <summary>A new period began: used and overage are 0.</summary>
    Renewed,

    Reserved,
    Committed,
    RolledBack,
    Expired,
}

/// <summary>A plan for an account.</summary>
/// <param name="Limit">0..<see cref="JobLimits.QuotaAmount"/>.</param>
/// <param name="Upgrade">How to get more, for people.</param>
/// <param name="Period">Its name, such as <c>2026-12</c>: one that is not the account's begins a new period, in which nothing is used yet; holds stay. Null leaves the account's as it is.</param>
public sealed record QuotaPlan(string Name, long Limit, string? Upgrade = null, string? Period = null);

/// <summary>An order to an account.</summary>
public abstract record QuotaOrder
{
    /// <summary>How the names of jobs' reservations begin. Nobody else may reserve under such a name, so nobody is in a job's way.</summary>
    public const string JobPrefix = "job:";

    /// <summary>True for a name under which jobs alone may reserve.</summary>
    public static bool IsOfJobs(string reservation) => reservation.StartsWith(JobPrefix, StringComparison.Ordinal);

    private QuotaOrder(string tenant, string meter, string reservation) => (Tenant, Meter, Reservation) = (tenant, meter, reservation);

    public string Tenant { get; init; }

    public string Meter { get; init; }

    /// <summary>1..<see cref="IQuotaStore.ReservationCharacters"/> characters.</summary>
    public string Reservation { get; init; }

    /// <summary>The job that gives it, with its events; null for other callers.</summary>
    public JobId? Job { get; init; }

    /// <summary>The name of a job's reservation; each recovery makes one of its own, since the one before has ended.</summary>
    /// <param name="recovery">The recovery's number; 0 for the submission.</param>
    public static string NameOf(JobId job, int recovery) => recovery == 0 ? $"{JobPrefix}{job}" : $"{JobPrefix}{job}/{recovery}";

    /// <summary>Keeps units. The same again changes nothing while they are kept, and is a conflict when the hold has ended.</summary>
    public sealed record Reserve(string Tenant, string Meter, string Reservation, long Amount, DateTimeOffset? ExpiresAt) : QuotaOrder(Tenant, Meter, Reservation);

    /// <summary>Charges what was used, whatever was kept, and ends the hold. Again, with whatever amount, it changes nothing.</summary>
    public sealed record Settle(string Tenant, string Meter, string Reservation, long Amount, decimal? Raw) : QuotaOrder(Tenant, Meter, Reservation);

    /// <summary>Gives the units back and ends the hold. Again it changes nothing.</summary>
    public sealed record Release(string Tenant, string Meter, string Reservation) : QuotaOrder(Tenant, Meter, Reservation);
}

/// <summary>What came of an order.</summary>
public abstract record QuotaResult
{
    private QuotaResult()
    {
    }

    /// <param name="Changed">False when it had been carried out before.</param>
    public sealed record Done(QuotaAccount Account, QuotaHold Hold, bool Changed) : QuotaResult;

    /// <summary>There is not enough.</summary>
    public sealed record Short(QuotaShortage Shortage) : QuotaResult;

    /// <summary>There is no such reservation.</summary>
    public sealed record NotFound : QuotaResult
    {
        public static NotFound Instance { get; } = new();
    }

    /// <summary>The reservation is there and does not allow it: it is another amount's, a job's, or has ended the other way.</summary>
    public sealed record Conflict(QuotaHold Hold) : QuotaResult;
}
