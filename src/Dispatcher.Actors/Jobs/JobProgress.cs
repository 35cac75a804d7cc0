namespace Dispatcher.Jobs;

/// <summary>
/// How far a job is, 0..100: the mean of its steps weighted by <see cref="StepPlan.Weight"/>. Pure and immutable: each observation gives the next value.
/// It never falls while the job runs, though a retried step begins anew, and is 100 only when the job has completed. A recovery measures afresh.
/// </summary>
/// <param name="Percent">0..100.</param>
public readonly record struct JobProgress(double Percent)
{
    /// <summary>The most that a job shows which has not completed.</summary>
    public const double OpenLimit = 99.9;

    /// <summary>The progress after an observation.</summary>
    /// <param name="state">The job.</param>
    /// <param name="running">0..100 of running steps, as last reported; may be empty.</param>
    public JobProgress Next(JobState state, IReadOnlyDictionary<StepKey, double> running)
    {
        if (state.Status == JobStatus.Completed) return new JobProgress(100);
        var measured = Math.Min(OpenLimit, Measure(state, running));
        return new JobProgress(state.Status == JobStatus.Recovering ? measured : Math.Max(Percent, measured));
    }

    private static double Measure(JobState state, IReadOnlyDictionary<StepKey, double> running)
    {
        double done = 0, total = 0;
        // Weights that are all zero say nothing: then the steps count alike.
        var isWeighted = state.Plan.Steps.Any(step => step.Weight > 0);
        for (var i = 0; i < state.Steps.Length; i++)
        {
            var plan = state.Plan.Steps[i];
            var weight = isWeighted ? Math.Max(0, plan.Weight) : 1;
            total += weight;
            done += weight * PartDone(state.Steps[i], plan, running);
        }

        return total > 0 ? 100 * done / total : 0;
    }

    private static double PartDone(StepState step, StepPlan plan, IReadOnlyDictionary<StepKey, double> running) => step.Status switch
    {
        StepStatus.Completed or StepStatus.Skipped => 1,
        StepStatus.Failed when plan.OnError == OnError.Continue => 1,
        StepStatus.Running when step.FanOut is { Total: > 0 } items => (double)(items.Completed + items.Failed) / items.Total,
        StepStatus.Running when running.TryGetValue(new StepKey(plan.Id), out var percent) => Math.Clamp(double.IsNaN(percent) ? 0 : percent, 0, 100) / 100,
        _ => 0,
    };
}
