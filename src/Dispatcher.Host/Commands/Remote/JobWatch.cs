using System.CommandLine;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary><c>dispatcher job watch</c>: a job's events as they happen, to its end. A broken connection is taken up where it broke.</summary>
internal static class JobWatch
{
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromSeconds(1);

    public static Command Create(HostEdges edges, RemoteOptions remote)
    {
        var job = ReadingOptions.Job();
        var output = SharedOptions.Output("table", "jsonl");
        var command = new Command("watch", "Show a job's events as they happen, until it ends") { job, output };
        command.SetAction(async (parsed, _) =>
        {
            using var api = remote.Require(parsed);
            return await Run(edges, api, await RemoteJobs.Resolve(api, parsed.GetRequiredValue(job)), parsed.GetRequiredValue(output) == "jsonl");
        });
        return command;
    }

    /// <returns>0 if the job completed, 1 if it ended otherwise, 130 after Ctrl-C.</returns>
    public static async Task<int> Run(HostEdges edges, ApiClient api, string id, bool asJson)
    {
        using var stopped = new CancellationTokenSource();
        var watching = Watch(edges, api, id, asJson, stopped.Token);
        if (await Task.WhenAny(watching, edges.Signals.Interrupted, edges.Signals.Terminated) == watching) return await watching;
        await stopped.CancelAsync();
        return ExitCode.Interrupted;
    }

    private static async Task<int> Watch(HostEdges edges, ApiClient api, string id, bool asJson, CancellationToken stopped)
    {
        var last = "0";
        while (true)
        {
            try
            {
                using var answer = await api.Open($"jobs/{id}/stream", last, stopped);
                await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(stopped)).EnumerateAsync(stopped))
                {
                    if (item.EventId is { Length: > 0 } position) last = position;
                    if (item.Data.Length == 0 || item.Data[0] != '{') continue;
                    var e = JsonElement.Parse(item.Data);
                    Show(edges, e, asJson);
                    if (EndOf(e.Text("type")) is { } exitCode) return exitCode;
                }

                // Nothing more comes of a job that has ended before.
                if ((await api.Get($"jobs/{id}")).Text("status") is ("completed" or "failed" or "cancelled") and var status) return ExitOf(status);
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException)
            {
                await edges.Error.WriteLineAsync("The connection broke; trying again.");
            }

            await Task.Delay(ReconnectAfter, edges.Time, stopped);
        }
    }

    private static void Show(HostEdges edges, JsonElement e, bool asJson)
    {
        if (asJson) edges.Out.WriteLine(JsonText.Line(e));
        else if (e.TryGetProperty("seq", out _)) edges.Out.WriteLine($"{TimeText.Clock(e.Time("at") ?? default, edges.Time)} {RemoteEventText.Of(e, edges.Time)}");
        edges.Out.Flush();
    }

    private static int? EndOf(string? type) => type switch
    {
        "job.completed" => ExitCode.Ok,
        "job.failed" or "job.cancelled" or "job.rejected" => ExitCode.Failed,
        _ => null,
    };

    private static int ExitOf(string? status) => status == "completed" ? ExitCode.Ok : ExitCode.Failed;
}
