using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Coordination.Doctor;

/// <summary>What must hold between a job's folded state and what else the store says of it.</summary>
internal static class StateExamination
{
    /// <summary>A parked job waits for a handler, which its events do not tell.</summary>
    private const string WaitsForHandler = "handler";

    public static IEnumerable<DoctorFinding> Examine(StoredJob job, JobState state) =>
        [.. Invariants(state), .. Row(job, state), .. WakeUps(job, state)];

    private static IEnumerable<DoctorFinding> Invariants(JobState state) =>
        JobInvariants.Broken(state).Select(broken => new DoctorFinding(DoctorProblem.InvariantBroken, state.Id, broken));

    private static IEnumerable<DoctorFinding> Row(StoredJob job, JobState state)
    {
        if (job.Row is not { } row) return job.RowFault is not null ? [] : [new DoctorFinding(DoctorProblem.RowMissing, job.Id, $"The job is {state.Status.ToText()} and has no row.")];
        return RowFields(job, row, JobRowProjection.Of(state)).Where(field => field.Row != field.Fold)
            .Select(field => new DoctorFinding(DoctorProblem.RowDiffers, job.Id, $"The row's {field.Name} is {field.Row ?? "empty"}, and the events give {field.Fold ?? "none"}."))
            .Concat(job.HasNameTerm ? [] : [new DoctorFinding(DoctorProblem.NotListed, job.Id, $"The job is not among those of workflow {row.WorkflowName}.")]);
    }

    private static IEnumerable<(string Name, string? Row, string? Fold)> RowFields(StoredJob job, JobRow row, JobRow fold)
    {
        yield return ("tenant", row.Tenant, fold.Tenant);
        yield return ("workflow", $"{row.WorkflowName} version {row.WorkflowVersion}", $"{fold.WorkflowName} version {fold.WorkflowVersion}");
        yield return ("status", row.Status.ToText(), fold.Status.ToText());
        yield return ("priority", Text(row.Priority), Text(fold.Priority));
        yield return ("creation time", Text(row.CreatedAt), Text(StoredTime.Truncate(fold.CreatedAt)));
        yield return ("correlation id", row.CorrelationId, fold.CorrelationId);
        yield return ("labels", Text(row.Labels), Text(fold.Labels));
        yield return ("end", job.EndedAt is null ? "open" : "ended", fold.Status.IsTerminal() ? "ended" : "open");
        // Mail makes a job due whatever it waits for.
        var wakeAt = job.MailFrom.Count > 0 && !fold.Status.IsTerminal() ? JobRow.Active : fold.WakeAt;
        yield return ("wake-up time", Text(row.WakeAt), Text(wakeAt is { } at ? StoredTime.Truncate(at) : null));
        if (row.WaitsFor != WaitsForHandler) yield return ("word for what it waits for", row.WaitsFor, fold.WaitsFor);
    }

    /// <summary>A job that has not ended wakes up some time, or names somebody who will see to it.</summary>
    private static IEnumerable<DoctorFinding> WakeUps(StoredJob job, JobState state)
    {
        if (state.Status.IsTerminal()) yield break;
        if (job.Row is { WakeAt: null, WaitsFor: null })
            yield return new DoctorFinding(DoctorProblem.Stuck, job.Id, $"The job is {state.Status.ToText()}, with no wake-up time and nobody to wait for.");
        foreach (var dependency in state.OpenDependencies)
        {
            if (job.MailFrom.Contains(dependency)) continue;
            var watch = job.Watching.FirstOrDefault(watch => watch.Watched == dependency);
            if (watch is { Status: { } status } && !status.IsTerminal()) continue;
            var why = watch is null ? "does not watch it" : watch.Status is { } ended ? $"it is {ended.ToText()}" : "it is not stored any more";
            yield return new DoctorFinding(DoctorProblem.LostWakeUp, job.Id, $"The job waits for job {dependency}, but {why}, and no message is on its way.");
        }
    }

    private static string Text(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string? Text(DateTimeOffset? time) => time is null ? null : time == JobRow.Active ? "now" : time.Value.ToString("O", System.Globalization.CultureInfo.InvariantCulture);

    private static string Text(IReadOnlyDictionary<string, string>? labels) =>
        labels is null ? "" : string.Join(',', labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
}
