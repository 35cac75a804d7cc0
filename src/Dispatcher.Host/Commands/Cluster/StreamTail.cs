using System.Net.ServerSentEvents;
using System.Text.Json;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Cluster;

/// <summary>Events of a server as they come, until somebody ends it. A connection that breaks is taken up again, so that the tail outlives a restart of its node.</summary>
internal static class StreamTail
{
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromSeconds(1);

    /// <param name="path">Of the stream, below <c>/api/v1/</c>.</param>
    /// <param name="line">An event as a line for people; null for one that was shown before.</param>
    /// <param name="again">The path after a break, unless it is the same.</param>
    /// <returns>0: it is ended by a signal, which is its usual end.</returns>
    public static async Task<int> Run(HostEdges edges, ApiClient api, string path, bool asJson, Func<JsonElement, string?> line, string? again = null)
    {
        using var stopped = new CancellationTokenSource();
        var following = Follow(edges, api, path, asJson, line, again ?? path, stopped.Token);
        if (await Task.WhenAny(following, edges.Signals.Interrupted, edges.Signals.Terminated) == following) await following;
        await stopped.CancelAsync();
        return ExitCode.Ok;
    }

    private static async Task Follow(HostEdges edges, ApiClient api, string path, bool asJson, Func<JsonElement, string?> line, string again, CancellationToken stopped)
    {
        // The first try says what is wrong; later ones wait until the node is back.
        var answer = await api.Open(path, lastEventId: null, stopped);
        while (true)
        {
            using (answer)
            {
                try
                {
                    await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(stopped)).EnumerateAsync(stopped))
                    {
                        if (item.Data.Length == 0 || item.Data[0] != '{') continue;
                        var data = JsonElement.Parse(item.Data);
                        if (line(data) is not { } text) continue;
                        edges.Out.WriteLine(asJson ? JsonText.Line(data) : text);
                        await edges.Out.FlushAsync(stopped);
                    }
                }
                catch (Exception broken) when (broken is IOException or HttpRequestException)
                {
                    // As with an orderly end: the node has stopped, or the way to it is broken.
                }
            }

            await edges.Error.WriteLineAsync("The connection ended; trying again.");
            answer = await Reopen(edges, api, again, stopped);
        }
    }

    private static async Task<HttpResponseMessage> Reopen(HostEdges edges, ApiClient api, string path, CancellationToken stopped)
    {
        while (true)
        {
            await Task.Delay(ReconnectAfter, edges.Time, stopped);
            try
            {
                return await api.Open(path, lastEventId: null, stopped);
            }
            catch (CommandException failure) when (failure.ExitCode == ExitCode.Failed)
            {
                // Not there yet.
            }
        }
    }
}
