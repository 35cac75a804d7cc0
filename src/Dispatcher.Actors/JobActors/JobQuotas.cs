using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.JobActors;

/// <summary>What jobs take of meters: what a new one is to hold, and what its events mean for its tenant's account.</summary>
internal static class JobQuotas
{
    /// <summary>The job as it is to be submitted: with what it holds, if its workflow meters it.</summary>
    /// <exception cref="ExpressionException">The workflow's estimate has no value for this input.</exception>
    public static JobSpec WithQuota(this JobServices services, JobSpec spec, WorkflowDefinition workflow, JobId id)
    {
        if (workflow.Quota is not { } quota) return spec.Quota is null ? spec : spec with { Quota = null };
        var state = JobState.Initial(workflow.Plan) with { Id = id, Spec = spec };
        var scope = new JobScope(state, workflow.ApplyInputDefaults(spec.Input), services.EnvironmentValue, services.Steps.Artifacts.FolderOf(spec.Tenant, id).PathOf);
        return spec with { Quota = quota.Estimate(scope) };
    }

    public static Rejection RefusalOf(WorkflowDefinition workflow, ExpressionException failure) =>
        new("invalid-quota", $"What the job would take of {workflow.Quota!.Meter} cannot be told from its input: {failure.Message}");

    /// <summary>
    /// The orders of a turn, in the order of its events: a submission and a recovery reserve, each under a name of its own, and an end settles or releases what was
    /// reserved last.
    /// </summary>
    public static IReadOnlyList<QuotaOrder> OrdersOf(JobTurn turn)
    {
        if (turn.State.Spec.Quota is not { } quota) return [];
        List<QuotaOrder>? orders = null;
        var attempt = turn.Before.RecoveryAttempts;
        foreach (var @event in turn.Events)
        {
            if (@event is JobEvent.Recovering recovering) attempt = recovering.Attempt;
            if (OrderOf(@event, turn.State, quota, attempt) is { } order) (orders ??= []).Add(order with { Job = turn.State.Id });
        }

        return orders ?? (IReadOnlyList<QuotaOrder>)[];
    }

    /// <summary>True if the event is one that a want of quota refuses.</summary>
    public static bool Reserves(JobEvent @event) => @event is JobEvent.Submitted or JobEvent.Recovering;

    private static QuotaOrder? OrderOf(JobEvent @event, JobState state, QuotaReservation quota, int attempt)
    {
        var (tenant, meter) = (state.Spec.Tenant, quota.Meter);
        var name = QuotaOrder.NameOf(state.Id, attempt);
        return @event switch
        {
            _ when Reserves(@event) => new QuotaOrder.Reserve(tenant, meter, name, quota.Amount, @event.At + quota.Hold),
            JobEvent.Completed completed => new QuotaOrder.Settle(tenant, meter, name, completed.Charge?.Amount ?? quota.Amount, completed.Charge?.Raw),
            JobEvent.Failed or JobEvent.Cancelled or JobEvent.Rejected => new QuotaOrder.Release(tenant, meter, name),
            _ => null,
        };
    }
}
