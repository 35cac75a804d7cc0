using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Requests;

namespace Dispatcher.Web.Jobs.Reading;

/// <summary>From the states of a job's steps to what the gateway shows of them.</summary>
internal static class StepViews
{
    /// <summary>Items that are shown one by one.</summary>
    private const int NotableLimit = 20;

    public static IReadOnlyList<StepView> Of(JobState state, JobInspection? inspection)
    {
        var steps = new StepView[state.Steps.Length];
        for (var i = 0; i < steps.Length; i++) steps[i] = Of(state, i, inspection);
        return steps;
    }

    /// <summary>All files of the job, in the order of its steps and their items.</summary>
    public static IEnumerable<ArtifactView> ArtifactsOf(JobState state)
    {
        for (var i = 0; i < state.Steps.Length; i++)
        {
            foreach (var artifact in ArtifactsOf(state, i)) yield return artifact;
        }
    }

    private static StepView Of(JobState state, int index, JobInspection? inspection)
    {
        var (step, plan) = (state.Steps[index], state.Plan.Steps[index]);
        var artifacts = ArtifactsOf(state, index).ToList();
        return new StepView
        {
            Id = plan.Id,
            Status = step.Status,
            Uses = plan.Handler,
            Stage = plan.Stage,
            Needs = plan.Needs.IsEmpty ? null : [.. plan.Needs.Select(need => state.Plan.Steps[need].Id)],
            Attempt = step.Attempt,
            StartedAt = step.StartedAt,
            EndedAt = step.EndedAt,
            DueAt = step.DueAt,
            Progress = ProgressOf(plan.Id, step, inspection),
            Output = step.Output,
            Failure = FailureView.Of(step.Failure),
            SkipReason = step.SkipReason,
            Items = step.FanOut is { } fanOut ? ItemsOf(fanOut) : null,
            Waiting = WaitingOf(plan.Id, inspection),
            Awaits = AwaitView.Of(step.Waiting),
            Lease = LeaseView.Of(step.Lease),
            Artifacts = artifacts.Count == 0 ? null : artifacts,
        };
    }

    private static double? ProgressOf(string id, StepState step, JobInspection? inspection) =>
        step.Status == StepStatus.Running && inspection?.Progress.TryGetValue(new StepKey(id), out var percent) == true ? percent : null;

    private static ItemsView ItemsOf(FanOut fanOut)
    {
        List<ItemView>? notable = null;
        for (var item = 0; item < fanOut.Items.Count && (notable?.Count ?? 0) < NotableLimit; item++)
        {
            var state = fanOut.Items[item];
            if (state.Status is StepStatus.Failed or StepStatus.Retrying || state.Waiting is not null)
                (notable ??= []).Add(new ItemView(item, state.Status, state.Attempt, FailureView.Of(state.Failure), AwaitView.Of(state.Waiting), state.DueAt));
        }

        return new ItemsView(fanOut.Total, fanOut.Completed, fanOut.Failed, fanOut.Open, notable);
    }

    /// <summary>The wait of the step, or of the first of its items in line.</summary>
    private static AdmissionView? WaitingOf(string id, JobInspection? inspection)
    {
        var first = inspection?.Waits.Where(wait => string.Equals(wait.Step.Id, id, StringComparison.Ordinal)).MinBy(wait => wait.Wait.Position);
        return first is null
            ? null
            : new AdmissionView(first.Wait.Reason, first.Wait.Sentence, first.Step.Item, first.Wait.Position, first.Wait.Running, first.Wait.Cap, first.Wait.EstimatedStart);
    }

    private static IEnumerable<ArtifactView> ArtifactsOf(JobState state, int index)
    {
        var (step, id) = (state.Steps[index], state.Plan.Steps[index].Id);
        foreach (var artifact in step.Artifacts ?? []) yield return Of(state.Id, artifact, id);
        if (step.FanOut is not { } fanOut) yield break;
        var item = 0;
        foreach (var itemState in fanOut.Items)
        {
            foreach (var artifact in itemState.Artifacts ?? []) yield return Of(state.Id, artifact, $"{id}[{item}]");
            item++;
        }
    }

    private static ArtifactView Of(JobId job, ArtifactReference artifact, string step) =>
        new(artifact.Name, artifact.Path, step, artifact.Bytes, artifact.Sha256, ApiPaths.Artifact(job, artifact.Path));
}
