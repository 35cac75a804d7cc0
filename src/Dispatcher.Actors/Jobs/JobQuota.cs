namespace Dispatcher.Jobs;

/// <summary>What a job holds of its tenant's account of a meter from its submission to its end; evaluated once, when it is submitted.</summary>
/// <param name="Meter">What is metered: <c>analysis-minutes</c>.</param>
/// <param name="Amount">Whole units, 0..<see cref="JobLimits.QuotaAmount"/>.</param>
/// <param name="Hold">After which time the units are free for others again, whether the job has ended or not; never if absent.</param>
public sealed record QuotaReservation(string Meter, long Amount, TimeSpan? Hold = null);

/// <summary>What a job that completed is charged.</summary>
/// <param name="Amount">Whole units: the raw value, rounded up.</param>
/// <param name="Raw">What the workflow's <c>actual</c> gave; absent when it has none, and then the reserved amount is charged.</param>
/// <param name="Fault">Why <c>actual</c> had no value, if so: the reserved amount is charged then.</param>
public sealed record QuotaCharge(long Amount, decimal? Raw = null, string? Fault = null);

/// <summary>Why a reservation is refused: the account as it is, and what was asked of it.</summary>
/// <param name="Plan">Null when the tenant has no plan for the meter.</param>
/// <param name="Limit">Units of the plan.</param>
/// <param name="Used">Units that were charged.</param>
/// <param name="Reserved">Units that others hold.</param>
/// <param name="Needed">Units that were asked for.</param>
/// <param name="Upgrade">How to get more, for people: an address or a sentence.</param>
public sealed record QuotaShortage(string Meter, string? Plan, long Limit, long Used, long Reserved, long Needed, string? Upgrade)
{
    /// <summary>The code of the refusal.</summary>
    public const string Code = "quota-exceeded";

    /// <summary>The tenant has no account of the meter.</summary>
    public static QuotaShortage NoPlan(string meter, long needed) => new(meter, Plan: null, 0, 0, 0, needed, Upgrade: null);

    /// <summary>Units that are free.</summary>
    public long Remaining => Limit - Used - Reserved;

    public Rejection ToRejection() => new(Code, Message) { Quota = this };

    private string Message => Plan is null
        ? $"No plan is set for the meter {Meter}, so nothing of it can be used; {Needed} were needed. An administrator sets one: dispatcher quota set {Meter}."
        : $"The plan {Plan} does not have enough of {Meter}: {Needed} are needed and {Remaining} of {Limit} are free ({Used} used, {Reserved} reserved).{(Upgrade is null ? "" : $" To get more: {Upgrade}")}";
}
