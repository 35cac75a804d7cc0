using System.CommandLine;
using System.Globalization;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher job show</c></summary>
internal static class JobShowCommand
{
    public static Command Create(HostEdges edges, RemoteOptions remote)
    {
        var job = ReadingOptions.Job();
        var output = SharedOptions.Output("table", "json", "ids");
        var command = new Command("show", "Show a job: its steps, artifacts and failure") { job, output };
        var reading = new ReadingOptions(edges, command);
        command.SetAction(async (parsed, _) =>
        {
            if (remote.Find(parsed) is { } api)
            {
                using (api) return await RemoteReads.Show(edges, api, parsed.GetRequiredValue(job), parsed.GetRequiredValue(output));
            }

            await using var jobs = await reading.Open(parsed);
            var row = await jobs.Find(parsed.GetRequiredValue(job));
            var state = await jobs.Fold(row.Id, await jobs.Events(row.Id));
            var result = JobResult.Of(state, jobs.ArtifactDirectoryOf(state));
            switch (parsed.GetRequiredValue(output))
            {
                case "ids":
                    edges.Out.WriteLine(result.JobId);
                    break;
                case "json":
                    edges.Out.WriteLine(JsonText.Of(result));
                    break;
                default:
                    Write(edges, state, result);
                    break;
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(HostEdges edges, JobState state, JobResult result)
    {
        var progress = default(JobProgress).Next(state, new Dictionary<StepKey, double>());
        edges.Out.WriteLine($"Job {state.Id}");
        edges.Out.WriteLine($"  workflow  {result.Workflow} version {result.WorkflowVersion}");
        edges.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  status    {state.Status.ToText()}, {Math.Floor(progress.Percent):0} %"));
        edges.Out.WriteLine($"  created   {TimeText.DateAndClock(state.CreatedAt, edges.Time)}");
        if (state.EndedAt is { } ended) edges.Out.WriteLine($"  ended     {TimeText.DateAndClock(ended, edges.Time)}, after {TimeText.Of(ended - state.CreatedAt)}");
        if (state.Priority != 0) edges.Out.WriteLine($"  priority  {state.Priority}");
        if (state.Spec.Labels is { } labels) edges.Out.WriteLine($"  labels    {string.Join(' ', labels.Select(label => $"{label.Key}={label.Value}"))}");
        if (state.Spec.Input is { } input) edges.Out.WriteLine($"  input     {input}");
        if (state.Output is { } output) edges.Out.WriteLine($"  output    {output}");
        if (state.Failure is { } failure) edges.Out.WriteLine($"  failure   {EventText.Of(failure)} ({failure.Class.ToText()})");
        edges.Out.WriteLine();
        PlainTable.Write(edges.Out, ["step", "status", "attempts", "took", "note"], result.Steps.Select((step, index) => Cells(step, state.Steps[index])));
        if (result.Artifacts.Count == 0) return;
        edges.Out.WriteLine();
        edges.Out.WriteLine($"Artifacts in {result.ArtifactsDirectory}");
        PlainTable.Write(edges.Out, ["step", "name", "path", "size", "sha256"], result.Artifacts.Select(artifact =>
            new[] { artifact.Step, artifact.Name, artifact.Path, JobSummary.Size(artifact.Bytes), artifact.Sha256[..Math.Min(12, artifact.Sha256.Length)] }));
    }

    private static string[] Cells(StepResultRow row, StepState step) =>
    [
        row.Id, row.Status.ToText(), row.Attempts.ToString(CultureInfo.InvariantCulture), row.DurationMs is { } ms ? TimeText.Of(TimeSpan.FromMilliseconds(ms)) : "-", Note(row, step),
    ];

    private static string Note(StepResultRow row, StepState step) => row switch
    {
        { Items: { } items } => $"{items.Completed} of {items.Total} items completed{(items.Failed > 0 ? $", {items.Failed} failed: {FirstFailure(step)}" : "")}",
        { Error: { } error } => EventText.OneLine(error.Code is { } code ? $"{code}: {error.Message}" : error.Message),
        _ => step.SkipReason ?? "",
    };

    private static string FirstFailure(StepState step) =>
        step.FanOut!.Items.Find(item => item.Status == StepStatus.Failed)?.Failure is { } failure ? EventText.Of(failure) : "";
}
