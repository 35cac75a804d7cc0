using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;
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
    public TimeSpan UntilEnd(JobPlan plan, JobState? state) => UntilEnd(plan, state, engine.Gateway.Now, engine.Node.Admission.Forecast);

    /// <summary>The same, of stages that are given: what the node's admission says of them, null for one that it does not know.</summary>
    internal static TimeSpan UntilEnd(JobPlan plan, JobState? state, DateTimeOffset now, Func<string, TimeSpan, StageForecast?> stages)
    {
        if (state is not null && state.Status.IsTerminal()) return TimeSpan.Zero;
        var ends = new TimeSpan?[plan.Steps.Length];
        return Enumerable.Range(0, ends.Length).Select(EndOf).DefaultIfEmpty(TimeSpan.Zero).Max();

        // As deep as the longest chain of a workflow, which has at most a hundred steps.
        TimeSpan EndOf(int index)
        {
            if (ends[index] is { } known) return known;
            var before = plan.Steps[index].Needs.Select(EndOf).DefaultIfEmpty(TimeSpan.Zero).Max();
            var end = before + Remaining(plan.Steps[index], state?.Steps[index], now, stages);
            ends[index] = end;
            return end;
        }
    }

    private static TimeSpan Remaining(StepPlan plan, StepState? step, DateTimeOffset now, Func<string, TimeSpan, StageForecast?> stages)
    {
        if (step is not null && step.Status.IsTerminal()) return TimeSpan.Zero;
        var weight = TimeSpan.FromSeconds(Math.Max(0, plan.Weight));
        var forecast = stages(plan.Stage, weight) ?? new StageForecast(TimeSpan.Zero, weight);
        if (step is not { Status: StepStatus.Running, StartedAt: { } since }) return forecast.Wait + forecast.Hold;
        var left = forecast.Hold - (now - since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
