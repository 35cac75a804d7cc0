using System.Text;
using System.Text.Json;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary>Which jobs of a server to list; the filters are the gateway's.</summary>
internal sealed record RemoteList(string? Status, string? Workflow, IReadOnlyList<string> Labels, string? Text, int Limit)
{
    public async Task<int> Run(HostEdges edges, ApiClient api, string format)
    {
        RowOutput.Write(
            edges.Out, format, await RemotePages.Read(api, Path(), "jobs", Limit), ["job", "workflow", "status", "waits for", "priority", "created", "updated"], job => Cells(job, edges.Time), job => job.Text("id")!);
        return ExitCode.Ok;
    }

    private string Path()
    {
        var path = new StringBuilder("jobs");
        Add("status", Status);
        Add("workflow", Workflow);
        Add("text", Text);
        foreach (var label in Labels) Add("label", label);
        return path.ToString();

        void Add(string name, string? value)
        {
            if (value is not null) path.Append(path.Length == "jobs".Length ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    private static string[] Cells(JsonElement job, TimeProvider time) =>
    [
        job.Cell("id"), RemoteJobText.Workflow(job), job.Cell("status"), RemoteJobText.WaitsFor(job) ?? "-", job.Cell("priority"), At(job, "created_at", time), At(job, "updated_at", time),
    ];

    private static string At(JsonElement job, string name, TimeProvider time) => job.Time(name) is { } at ? TimeText.DateAndClock(at, time) : "-";
}
