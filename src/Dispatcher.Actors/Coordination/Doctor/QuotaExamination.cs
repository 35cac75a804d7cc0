using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Coordination.Doctor;

/// <summary>Whether a job that is metered holds, was charged or has given back what its history says.</summary>
internal static class QuotaExamination
{
    public static async ValueTask<IEnumerable<DoctorFinding>> Examine(JobState state, IQuotaStore quotas)
    {
        if (state.Spec.Quota is not { } quota) return [];
        var name = QuotaOrder.NameOf(state.Id, state.RecoveryAttempts);
        var hold = await quotas.FindHold(state.Spec.Tenant, quota.Meter, name);
        if (hold is not null && IsRight(state.Status, hold.Status)) return [];
        var fault = hold is null ? $"has no reservation {name}" : $"has a reservation that is {hold.Status.ToText()}";
        return [new DoctorFinding(DoctorProblem.QuotaWrong, state.Id, $"The job is {state.Status.ToText()} and {fault} in the account of {state.Spec.Tenant} for {quota.Meter}.")];
    }

    private static bool IsRight(JobStatus job, QuotaHoldStatus hold) => job switch
    {
        JobStatus.Completed => hold == QuotaHoldStatus.Committed,
        _ when job.IsTerminal() => hold == QuotaHoldStatus.RolledBack,
        _ => hold is QuotaHoldStatus.Held or QuotaHoldStatus.Expired,
    };
}
