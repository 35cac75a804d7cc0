using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging;

namespace Dispatcher.JobActors;

/// <summary>What the job takes of its tenant's account of a meter.</summary>
internal sealed partial class JobActor
{
    /// <summary>The tenant has not enough. Whoever asked hears so; whatever else came with it is decided again.</summary>
    /// <returns>What is to be decided again; null if all is done.</returns>
    private async ValueTask<IReadOnlyList<object>?> AfterQuotaRefusal(JobTurn turn, QuotaShortage shortage, IReadOnlyList<object> messages)
    {
        if (shortage.Plan is null && services is { Quota: { } accounts, DefaultQuotaPlan: { } plan })
        {
            try
            {
                if (await accounts.OpenQuota(turn.State.Spec.Tenant, shortage.Meter, plan, turn.At))
                {
                    WithdrawTickets();
                    return ForAnotherTry(messages);
                }
            }
            catch (StoreException failure)
            {
                turn.RefuseCommands(new CommandReply.Unavailable(failure.Message));
            }
        }

        turn.RefuseReservations(shortage.ToRejection());
        WithdrawTickets();
        if (turn.Before.SequenceNr > 0) return ForAnotherTry(messages);
        foreach (var message in messages) Refuse(message);
        Self.Stop();
        return null;
    }

    /// <summary>A job that has done its work completes, whatever its workflow says of what it took.</summary>
    private QuotaCharge ChargeOf(JobState state, QuotaReservation held)
    {
        try
        {
            return _workflow!.Quota?.Charge(ScopeOf(state), held) ?? new QuotaCharge(held.Amount);
        }
        catch (Exception failure) when (IsFaultOfWorkflow(failure))
        {
            LogChargedAsReserved(Logger, id, held.Amount, held.Meter, failure.Message);
            return new QuotaCharge(held.Amount, Raw: null, failure.Message);
        }
    }

    /// <summary>The child as it is submitted, with what it holds; or why it cannot be.</summary>
    private async ValueTask<(JobSpec? Spec, Rejection? Refusal)> SpecOf(JobState parent, StepKey step, JobId child, ChildRequest request)
    {
        var spec = request.SpecFor(parent, step);
        // One that is not registered any more is refused by the child itself.
        if (await services.Workflows.Find(request.Workflow.Hash) is not { } workflow) return (spec, null);
        try
        {
            return (services.WithQuota(spec, workflow, child), null);
        }
        catch (ExpressionException failure)
        {
            return (null, JobQuotas.RefusalOf(workflow, failure));
        }
    }

    [LoggerMessage(208, LogLevel.Warning, "Job {JobId} is charged what it has reserved, {Amount} of {Meter}, since what it really took cannot be told: {Cause}")]
    private static partial void LogChargedAsReserved(ILogger logger, JobId jobId, long amount, string meter, string cause);
}
