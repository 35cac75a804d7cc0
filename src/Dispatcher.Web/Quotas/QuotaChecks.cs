using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Problems;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Quotas;

/// <summary>What is wrong with requests about quota.</summary>
internal static class QuotaChecks
{
    /// <summary>Null if the text may name a meter.</summary>
    public static Refusal? RefusalOfMeter(string meter) => QuotaDefinition.IsMeter(meter) ? null : Refusal.Of([new RequestFault("meter", QuotaDefinition.FaultOfMeter(meter))]);

    public static List<RequestFault> Faults(SetQuotaRequest request)
    {
        var faults = new List<RequestFault>();
        if (request.Plan.Length is 0 or > IQuotaStore.PlanCharacters) faults.Add(new RequestFault("plan", $"has {request.Plan.Length} characters; it must have 1 to {IQuotaStore.PlanCharacters}"));
        if (request.Limit is < 0 or > JobLimits.QuotaAmount) faults.Add(new RequestFault("limit", $"is {request.Limit}; it must be from 0 to {JobLimits.QuotaAmount}"));
        if (request.Upgrade?.Length > IQuotaStore.UpgradeCharacters) faults.Add(new RequestFault("upgrade", $"has {request.Upgrade.Length} characters; it may have {IQuotaStore.UpgradeCharacters}"));
        if (request.Period is { Length: 0 or > IQuotaStore.PeriodCharacters })
            faults.Add(new RequestFault("period", $"has {request.Period.Length} characters; it must have 1 to {IQuotaStore.PeriodCharacters}"));
        if (request.Tenant is { } tenant && !TenantName.IsValid(tenant)) faults.Add(new RequestFault("tenant", "is no tenant's name"));
        return faults;
    }

    public static List<RequestFault> Faults(decimal amount, string? reservation)
    {
        var faults = new List<RequestFault>();
        if (amount is < 0 or > JobLimits.QuotaAmount) faults.Add(new RequestFault("amount", string.Create(CultureInfo.InvariantCulture, $"is {amount}; it must be from 0 to {JobLimits.QuotaAmount}")));
        if (reservation is { Length: 0 or > IQuotaStore.ReservationCharacters })
            faults.Add(new RequestFault("reservation_id", $"has {reservation.Length} characters; it must have 1 to {IQuotaStore.ReservationCharacters}"));
        return faults;
    }

    /// <summary>A name under which a caller may reserve.</summary>
    public static void AddFaultOfNewName(string? reservation, List<RequestFault> faults)
    {
        if (reservation is not null && QuotaOrder.IsOfJobs(reservation))
            faults.Add(new RequestFault("reservation_id", $"begins with {QuotaOrder.JobPrefix}, as the reservations of jobs do; give another"));
    }

    public static TimeSpan? Hold(string? text, List<RequestFault> faults)
    {
        if (text is null) return null;
        if (Duration.TryParse(text, out var hold) && hold > TimeSpan.Zero) return hold;
        faults.Add(new RequestFault("hold", $"must be a duration such as 30m, 2h or PT2H, more than 0s and at most {Duration.Format(WorkflowLimits.Duration)}"));
        return null;
    }
}
