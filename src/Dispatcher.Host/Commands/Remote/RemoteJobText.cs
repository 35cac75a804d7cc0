using System.Globalization;
using System.Text.Json;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary>Bodies of the gateway as tables for people.</summary>
internal static class RemoteJobText
{
    public static void Write(HostEdges edges, JsonElement job)
    {
        var output = edges.Out;
        output.WriteLine($"Job {job.Text("id")}");
        output.WriteLine($"  workflow  {Workflow(job)}");
        output.WriteLine($"  status    {job.Text("status")}, {Math.Floor(job.GetProperty("progress").GetDouble()).ToString("0", CultureInfo.InvariantCulture)} %");
        output.WriteLine($"  version   {job.Cell("version")}");
        if (job.Time("created_at") is { } created) output.WriteLine($"  created   {TimeText.DateAndClock(created, edges.Time)}");
        if (job.Time("ended_at") is { } ended) output.WriteLine($"  ended     {TimeText.DateAndClock(ended, edges.Time)}, after {TimeText.Of(ended - job.Time("created_at")!.Value)}");
        if (WaitsFor(job) is { } wait) output.WriteLine($"  waits for {wait}");
        foreach (var name in (string[])["priority", "input", "output"])
        {
            if (job.TryGetProperty(name, out var value) && value.ToString() is not "0") output.WriteLine($"  {name,-9} {EventText.OneLine(value.GetRawText())}");
        }

        if (job.TryGetProperty("failure", out var failure)) output.WriteLine($"  failure   {Failure(failure)}");
        if (job.TryGetProperty("allowed", out var allowed) && allowed.GetArrayLength() > 0) output.WriteLine($"  allowed   {string.Join(", ", allowed.EnumerateArray().Select(word => word.GetString()))}");
        output.WriteLine();
        PlainTable.Write(output, ["step", "status", "attempt", "note"], job.GetProperty("steps").EnumerateArray().Select(StepCells));
    }

    public static void WriteWhy(HostEdges edges, JsonElement why)
    {
        edges.Out.WriteLine(why.Text("sentence") ?? why.Text("reason"));
        if (why.Time("since") is { } since) edges.Out.WriteLine($"  since         {TimeText.DateAndClock(since, edges.Time)} ({TimeText.Of(edges.Time.GetUtcNow() - since)} ago)");
        if (why.Time("until") is { } until) edges.Out.WriteLine($"  until         {TimeText.DateAndClock(until, edges.Time)}");
        if (why.Text("goes_on_when") is { } when) edges.Out.WriteLine($"  goes on when  {when}");
        if (!why.TryGetProperty("steps", out var steps) || steps.GetArrayLength() == 0) return;
        edges.Out.WriteLine();
        PlainTable.Write(edges.Out, ["step", "reason", "what"], steps.EnumerateArray().Select(step => new[] { step.Cell("step"), step.Cell("reason"), step.Text("sentence") ?? "" }));
    }

    public static void WriteGraph(HostEdges edges, JsonElement graph)
    {
        var critical = graph.TryGetProperty("critical_path", out var path) ? path.EnumerateArray().Select(id => id.GetString()!).ToHashSet(StringComparer.Ordinal) : [];
        PlainTable.Write(edges.Out, ["job", "workflow", "status", "critical"], graph.GetProperty("nodes").EnumerateArray().Select(node => new[]
        {
            node.Cell("id"), node.TryGetProperty("workflow", out _) ? Workflow(node) : "-", node.Cell("status"), critical.Contains(node.Text("id") ?? "") ? "*" : "",
        }));
        edges.Out.WriteLine();
        PlainTable.Write(edges.Out, ["from", "to", "kind"], graph.GetProperty("edges").EnumerateArray().Select(edge => new[] { edge.Cell("from"), edge.Cell("to"), edge.Cell("kind") }));
    }

    public static string Workflow(JsonElement job)
    {
        var workflow = job.GetProperty("workflow");
        return workflow.ValueKind == JsonValueKind.Object ? $"{workflow.Text("name")} v{workflow.Cell("version")}" : workflow.ToString();
    }

    public static string? WaitsFor(JsonElement job)
    {
        if (!job.TryGetProperty("waits_for", out var wait)) return null;
        return wait.ValueKind == JsonValueKind.Object ? wait.Text("kind") : wait.ToString();
    }

    private static string[] StepCells(JsonElement step) => [step.Cell("id"), step.Cell("status"), step.Cell("attempt"), StepNote(step)];

    private static string StepNote(JsonElement step)
    {
        if (step.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Object) return $"{items.Cell("completed")} of {items.Cell("total")} items completed";
        if (step.TryGetProperty("failure", out var failure)) return Failure(failure);
        return step.Text("skip_reason") ?? "";
    }

    private static string Failure(JsonElement failure) =>
        EventText.OneLine(failure.Text("code") is { } code ? $"{code}: {failure.Text("message")}" : failure.Text("message") ?? "");
}
