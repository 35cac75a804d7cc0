using Dispatcher.Jobs;
using Dispatcher.Web.Hosting;

namespace Dispatcher.Web.Jobs.Forecasting;

/// <summary>
/// When a job may end: along its steps, what each stage's line and pace make it wait, and how long its steps have run so far. Steps of a stage that has not run yet take
/// their <c>estimated_duration</c>. What this node has seen counts; retries, decisions of people and start times do not. An estimate, and no promise.
/// </summary>
internal sealed class JobForecaster(DispatcherEngine engine)
{
    /// <summary>The time that the job's open steps still take.</summary>
    /// <param name="state">Null for a job that is yet to be made.</param>
    public TimeSpan UntilEnd(JobPlan plan, JobState? state)
    {
        if (state is not null && state.Status.IsTerminal()) return TimeSpan.Zero;
        var ends = new TimeSpan?[plan.Steps.Length];
        return Enumerable.Range(0, ends.Length).Select(EndOf).DefaultIfEmpty(TimeSpan.Zero).Max();

        // As deep as the longest chain of a workflow, which has at most a hundred steps.
        TimeSpan EndOf(int index)
        {
            if (ends[index] is { } known) return known;
            var before = plan.Steps[index].Needs.Select(EndOf).DefaultIfEmpty(TimeSpan.Zero).Max();
            var end = before + Remaining(plan.Steps[index], state?.Steps[index]);
            ends[index] = end;
            return end;
        }
    }

    private TimeSpan Remaining(StepPlan plan, StepState? step)
    {
        if (step is not null && step.Status.IsTerminal()) return TimeSpan.Zero;
        var forecast = engine.Node.Admission.Forecast(plan.Stage);
        var hold = forecast?.Hold ?? TimeSpan.FromSeconds(Math.Max(0, plan.Weight));
        if (step is not { Status: StepStatus.Running, StartedAt: { } since }) return (forecast?.Wait ?? TimeSpan.Zero) + hold;
        var left = hold - (engine.Gateway.Now - since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
