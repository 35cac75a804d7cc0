using System.Globalization;
using System.Text.Json;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary>What <c>dispatcher job show | events | state | why | graph</c> answer from a server. As JSON it is the gateway's own body.</summary>
internal static class RemoteReads
{
    private const int EventsPage = 1000;

    public static async Task<int> Show(HostEdges edges, ApiClient api, string job, string format)
    {
        var view = await api.Get($"jobs/{await RemoteJobs.Resolve(api, job)}");
        switch (format)
        {
            case "ids":
                edges.Out.WriteLine(view.Text("id"));
                break;
            case "json":
                edges.Out.WriteLine(JsonText.Of(view));
                break;
            default:
                RemoteJobText.Write(edges, view);
                break;
        }

        return ExitCode.Ok;
    }

    public static async Task<int> Events(HostEdges edges, ApiClient api, string job, string format)
    {
        var id = await RemoteJobs.Resolve(api, job);
        var events = new List<JsonElement>();
        long? after = 0;
        while (after is { } from)
        {
            var page = await api.Get(string.Create(CultureInfo.InvariantCulture, $"jobs/{id}/events?after={from}&limit={EventsPage}"));
            events.AddRange(page.GetProperty("events").EnumerateArray());
            after = page.TryGetProperty("next", out var next) ? next.GetInt64() : null;
        }

        RowOutput.Write(edges.Out, format, events, ["seq", "at", "type", "what"], @event => EventCells(@event, edges.Time));
        return ExitCode.Ok;
    }

    public static async Task<int> State(HostEdges edges, ApiClient api, string job, long? at)
    {
        var id = await RemoteJobs.Resolve(api, job);
        edges.Out.WriteLine(JsonText.Of(await api.Get(at is { } n ? string.Create(CultureInfo.InvariantCulture, $"jobs/{id}/state?at={n}") : $"jobs/{id}")));
        return ExitCode.Ok;
    }

    public static async Task<int> Why(HostEdges edges, ApiClient api, string job, string format)
    {
        var why = await api.Get($"jobs/{await RemoteJobs.Resolve(api, job)}/why");
        if (format == "json") edges.Out.WriteLine(JsonText.Of(why));
        else RemoteJobText.WriteWhy(edges, why);
        return ExitCode.Ok;
    }

    public static async Task<int> Graph(HostEdges edges, ApiClient api, string job, string format)
    {
        var graph = await api.Get($"jobs/{await RemoteJobs.Resolve(api, job)}/graph");
        if (format == "json") edges.Out.WriteLine(JsonText.Of(graph));
        else RemoteJobText.WriteGraph(edges, graph);
        return ExitCode.Ok;
    }

    private static string[] EventCells(JsonElement e, TimeProvider time) =>
    [
        e.GetProperty("seq").ToString(), e.Time("at") is { } at ? TimeText.Clock(at, time) : "-", e.Text("type") ?? "-", RemoteEventText.Of(e, time),
    ];
}
