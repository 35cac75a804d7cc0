using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Web.Quotas;

/// <summary>A tenant's account of a meter, in whole units.</summary>
/// <param name="Plan">The plan's name.</param>
/// <param name="Used">Charged in this period, within the limit.</param>
/// <param name="Reserved">Kept for what runs now.</param>
/// <param name="Remaining">Free: limit less used and reserved.</param>
/// <param name="Overage">Charged in this period beyond the limit.</param>
/// <param name="Upgrade">How to get more, for people.</param>
/// <param name="Period">The period's name, if one was set.</param>
internal sealed record QuotaView(string Meter, string Plan, long Limit, long Used, long Reserved, long Remaining, long Overage, string? Upgrade, string? Period, DateTimeOffset UpdatedAt)
{
    public static QuotaView Of(QuotaAccount account) =>
        new(account.Meter, account.Plan, account.Limit, account.Used, account.Reserved, account.Remaining, account.Overage, account.Upgrade, account.Period, account.UpdatedAt);
}

/// <summary>A tenant's accounts, in the order of their meters.</summary>
/// <param name="Next">Give it as <c>cursor</c> for the next page; absent at the end.</param>
internal sealed record QuotaPage(IReadOnlyList<QuotaView> Items, string? Next);

/// <summary>An account that has not enough, and what was asked of it.</summary>
/// <param name="Plan">Absent, as all that follows it, when no plan is set.</param>
internal sealed record ShortageView(string Meter, long Needed, string? Plan, long? Limit, long? Used, long? Reserved, long? Remaining, string? Upgrade)
{
    public static ShortageView Of(QuotaShortage shortage) => shortage.Plan is null
        ? new(shortage.Meter, shortage.Needed, null, null, null, null, null, null)
        : new(shortage.Meter, shortage.Needed, shortage.Plan, shortage.Limit, shortage.Used, shortage.Reserved, shortage.Remaining, shortage.Upgrade);
}

/// <summary>Whether so much could be reserved now.</summary>
/// <param name="Needed">In whole units.</param>
/// <param name="Quota">Absent when no plan is set.</param>
internal sealed record QuotaCheckView(bool Allowed, long Needed, QuotaView? Quota);

/// <summary>A reservation.</summary>
/// <param name="Amount">Units kept.</param>
/// <param name="Status"><c>held</c>, <c>committed</c>, <c>rolled-back</c>, or <c>expired</c>: its time was over; it may still be committed.</param>
/// <param name="Charged">Units charged within the limit.</param>
/// <param name="Overage">Units charged beyond it.</param>
/// <param name="Raw">What was used before it was rounded up.</param>
/// <param name="Quota">The account after it.</param>
internal sealed record ReservationView(
    string ReservationId, string Status, long Amount, DateTimeOffset? ExpiresAt, long Charged, long Overage, decimal? Raw, QuotaView Quota)
{
    public static ReservationView Of(QuotaResult.Done done) => new(
        done.Hold.Reservation, done.Hold.Status.ToText(), done.Hold.Amount, done.Hold.ExpiresAt, done.Hold.Charged, done.Hold.Overage, done.Hold.Raw, QuotaView.Of(done.Account));
}

/// <summary>What happened to an account, newest first.</summary>
/// <param name="Next">Give it as <c>cursor</c> for the next page; absent at the end.</param>
internal sealed record LedgerPage(IReadOnlyList<LedgerEntryView> Entries, string? Next);

/// <summary>One thing that happened to an account.</summary>
/// <param name="Kind"><c>planned</c>, <c>renewed</c>, <c>reserved</c>, <c>committed</c>, <c>rolled-back</c> or <c>expired</c>.</param>
/// <param name="ReservationId">A job's is <c>job:</c> and its id, and after a recovery <c>/</c> and the recovery's number.</param>
/// <param name="JobId">The job whose reservation it is.</param>
/// <param name="Amount">Units of the reservation; of an entry about the plan its limit.</param>
/// <param name="Charged">Units charged within the limit.</param>
/// <param name="Overage">Units charged beyond it.</param>
/// <param name="Raw">What was used before it was rounded up.</param>
/// <param name="Limit">The account's limit then.</param>
/// <param name="Used">Of the account, after it.</param>
/// <param name="Reserved">Of the account, after it.</param>
internal sealed record LedgerEntryView(
    string Id, DateTimeOffset At, string Kind, string? ReservationId, JobId? JobId, long Amount, long Charged, long Overage, decimal? Raw, long Limit, long Used, long Reserved)
{
    public static LedgerEntryView Of(QuotaEntry entry) => new(
        entry.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), entry.At, entry.Kind.ToText(), entry.Reservation, entry.Job, entry.Amount, entry.Charged,
        entry.Overage, entry.Raw, entry.Limit, entry.Used, entry.Reserved);
}
