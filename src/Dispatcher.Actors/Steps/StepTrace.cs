using System.Diagnostics;
using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Steps;

/// <summary>One span for each attempt: its parent is the request that made the job, and what a handler calls becomes its child.</summary>
internal static class StepTrace
{
    /// <summary>Makes a span that starts when the handler does; null while nobody listens.</summary>
    public static Activity? Create(StepAssignment assignment)
    {
        if (!Tracing.Source.HasListeners()) return null;
        var span = Tracing.Source.CreateActivity($"step {assignment.Step.Id}", ActivityKind.Consumer, Tracing.ParentOf(assignment.TraceParent));
        return span?
            .SetTag("dispatcher.job.id", assignment.JobId.ToString())
            .SetTag("dispatcher.tenant", assignment.Tenant)
            .SetTag("dispatcher.workflow", assignment.WorkflowName)
            .SetTag("dispatcher.step", assignment.Step.ToString())
            .SetTag("dispatcher.attempt", assignment.Attempt)
            .SetTag("dispatcher.handler", assignment.Handler.Name)
            .SetTag("dispatcher.correlation_id", assignment.CorrelationId);
    }

    public static void End(Activity? span, string outcome, Failure? failure)
    {
        if (span is null) return;
        span.SetTag("dispatcher.outcome", outcome);
        if (failure is null)
        {
            span.SetStatus(ActivityStatusCode.Ok);
        }
        else
        {
            span.SetTag("error.type", failure.Code ?? failure.Class.ToText());
            span.SetStatus(ActivityStatusCode.Error, failure.Message);
        }

        span.Dispose();
    }
}
