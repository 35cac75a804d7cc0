using System.Runtime.CompilerServices;
using System.Text.Json;
using Dispatcher.Web.Access;
using Dispatcher.Web.Json;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Admin.Log;

/// <summary>This node's log: its newest lines, and those that come.</summary>
internal static class LogEndpoints
{
    private const int LinesShown = 100;

    public static void MapLog(this IEndpointRouteBuilder admin)
    {
        var log = admin.MapGroup("/log").RequireRole(Role.ClusterAdmin);
        log.MapGet("/", Show).WithName("getLog").Refuses(ProblemCode.InvalidRequest);
        log.MapGet("/stream", Stream).WithName("streamLog").Refuses(ProblemCode.InvalidRequest).AnswersFile("Server-sent events.", "text/event-stream");
    }

    /// <summary>Show this node's newest log lines</summary>
    /// <remarks>Of the last thousand, oldest first, without secrets.</remarks>
    /// <param name="limit">How many, 0 to 1000; 100 if absent.</param>
    internal static Results<Ok<LogPageView>, ProblemHttpResult> Show(int? limit, HttpContext http, LogRing ring)
    {
        if (limit is < 0 or > LogRing.Limit) return BadLimit().ToProblem(http);
        return TypedResults.Ok(new LogPageView(ring.After(Math.Max(0, ring.Newest - (limit ?? LinesShown)), LogRing.Limit)));
    }

    /// <summary>Follow this node's log</summary>
    /// <remarks>The newest lines first, then each as it comes. A client that is too slow misses lines: their numbers show it.</remarks>
    /// <param name="limit">How many of the past, 0 to 1000; 100 if absent.</param>
    internal static Results<AdminStream, ProblemHttpResult> Stream(int? limit, Caller caller, HttpContext http, LogRing ring)
    {
        if (limit is < 0 or > LogRing.Limit) return BadLimit().ToProblem(http);
        var from = Math.Max(0, ring.Newest - (limit ?? LinesShown));
        return new AdminStream(cancellation => Follow(ring, from, cancellation), caller);
    }

    private static async IAsyncEnumerable<StreamEvent> Follow(LogRing ring, long after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            await ring.WhenAfter(after).WaitAsync(cancellation);
            foreach (var line in ring.After(after, LogRing.Limit))
            {
                after = line.Number;
                yield return new StreamEvent(line.Number, "line", JsonSerializer.SerializeToUtf8Bytes(line, ApiJson.Options));
            }
        }
    }

    private static Refusal BadLimit() => Refusal.Of([new RequestFault("limit", $"must be 0 to {LogRing.Limit}")]);
}

/// <summary>Lines of the log.</summary>
internal sealed record LogPageView(IReadOnlyList<LogLineView> Lines);

/// <summary>A line of the log.</summary>
/// <param name="Number">Counts from the node's start.</param>
/// <param name="Level">trace, debug, info, warning, error or critical.</param>
internal sealed record LogLineView(long Number, DateTimeOffset At, string Level, string Category, int EventId, string Message);

/// <summary>Lets the log's lines come into the ring, from the start on.</summary>
internal sealed class LogStartup(ILoggerFactory loggers, LogRing ring) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        loggers.AddProvider(ring);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
