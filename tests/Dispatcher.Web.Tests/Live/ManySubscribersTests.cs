using Dispatcher.Store;
using Dispatcher.Web.Tests.Callbacks;

namespace Dispatcher.Web.Tests.Live;

public sealed class ManySubscribersTests
{
    private const int Subscribers = 1000;
    private const int Jobs = 20;

    [Fact]
    public async Task EachSubscriber_GetsEveryEventOfItsTenant_WhenThereAreAThousand()
    {
        await using var jobs = await LiveJobs.Start();
        var streams = new List<SseClient>();
        for (var i = 0; i < Subscribers; i++) streams.Add(await SseClient.Open(jobs.Http, "/api/v1/stream?after=o0"));
        Assert.Equal(Subscribers, jobs.Service.Engine.Node.Events.Subscriptions);
        var reading = streams.Select(ReadAll).ToList();

        for (var i = 0; i < Jobs; i++)
        {
            await jobs.SubmitQuick("other");
            await jobs.SubmitQuick();
        }

        var seen = await Task.WhenAll(reading);

        var expected = string.Join(' ', (await jobs.Service.Engine.Store.ReadJournal(0, "default", 10_000)).Entries.Select(IdOf));
        Assert.All(seen, ids => Assert.Equal(expected, ids));
        Assert.Equal(0, jobs.Service.Engine.Node.Events.Reloads);
        foreach (var stream in streams) stream.Dispose();
        await Poll.Until(() => Task.FromResult(jobs.Service.Engine.Node.Events.Subscriptions), open => open == 0);
    }

    private static string IdOf(JournalEntry entry) => $"o{entry.Ordering}";

    private static async Task<string> ReadAll(SseClient stream)
    {
        var ids = new List<string>();
        for (var ended = 0; ended < Jobs;)
        {
            var next = (await stream.NextMessage())!;
            ids.Add(next.Id!);
            if (next.Data.Contains("\"type\":\"job.completed\"", StringComparison.Ordinal)) ended++;
        }

        return string.Join(' ', ids);
    }
}
